"""`commonweal frontier`: the smallest gap at every budget, and the plan at each."""

import os
import re
from pathlib import Path
from typing import Any

import click

from commonweal.optimizer.commands.shared import as_json, console, fail, loud, of_scenario, on_cluster, print_json
from commonweal.optimizer.language import _

FACTORS = re.compile(r"(\d+(?:\.\d+)?)x?\.\.(\d+(?:\.\d+)?)x?")
SHARE = re.compile(r"(\d+(?:\.\d+)?(?:[eE]-?\d+)?)\s*(%?)")


class Factors(click.ParamType):  # type: ignore[type-arg]
    """Two multiples of the budget, such as 0.5x..3x."""

    name = "A..B"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        """The lower and the higher factor."""
        if isinstance(value, tuple):
            return value
        found = FACTORS.fullmatch(value.replace(" ", ""))
        if found is None:
            self.fail(
                _("'{value}' is not a range of budgets. Write two multiples, such as 0.5x..3x.", value=value),
                param,
                ctx,
            )
        return float(found[1]), float(found[2])


class Share(click.ParamType):  # type: ignore[type-arg]
    """A share, such as 0.1% or 0.001."""

    name = "SHARE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The share as a number."""
        if isinstance(value, float):
            return value
        found = SHARE.fullmatch(value.strip())
        if found is None:
            self.fail(_("'{value}' is not a share. Write 0.1% or 0.001.", value=value), param, ctx)
        return float(found[1]) / (100.0 if found[2] else 1.0)


@click.command()
@click.argument("instance")
@of_scenario
@click.option("--gap", "gaps", multiple=True, metavar="NAME[:WEIGHT]", help="Gap to minimise; replaces the scenario's.")
@click.option(
    "--curve",
    "curves",
    multiple=True,
    metavar="NAME",
    help="One more curve: bundled scenario or TOML file on top; 'default' adds nothing.",
)
@click.option("--budget", type=Factors(), default="0.5x..3x", show_default=True, help="From and to which multiple.")
@click.option(
    "--scale",
    type=click.Choice(("central", "horizontal", "both")),
    default="central",
    show_default=True,
    help="Which money is multiplied.",
)
@click.option(
    "--tolerance",
    type=Share(),
    default="0.1%",
    show_default=True,
    help="How close, as a share of the curve's range.",
)
@click.option("--points", type=click.IntRange(min=2), help="So many budgets, evenly spaced, instead of a tolerance.")
@click.option(
    "--exact",
    type=Factors(),
    help="Between these multiples: every budget at which other rules begin to bind.",
)
@click.option("--plans/--no-plans", default=True, help="Write the plan at every point, or only the curve.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Processes that solve the plans.  [default: cores, at most 4]",
)
@on_cluster
@click.option("--time-limit", type=click.FloatRange(min=0, min_open=True), help="Seconds for each curve.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder to write.  [default: runs/INSTANCE-frontier]",
)
@as_json
@loud
def frontier(
    instance: str,
    scenarios: tuple[str, ...],
    sets: tuple[str, ...],
    gaps: tuple[str, ...],
    curves: tuple[str, ...],
    budget: tuple[float, float],
    scale: Any,
    tolerance: float,
    points: int | None,
    exact: tuple[float, float] | None,
    plans: bool,
    workers: int | None,
    cluster: str,
    time_limit: float | None,
    output: Path | None,
    json_: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Compare budgets: the smallest gap as a function of the money, what more of it buys, and the plan at each point.

    The curve is certified: between the points solved the smallest gap is known to the tolerance. A budget without a
    plan is listed, never fatal.

    \b
    Examples:
      commonweal frontier china-2024
      commonweal frontier china-2024 --scenario five-years --budget 0.5x..2x --exact 0.9x..1.1x
      commonweal frontier china-2024 --scenario five-years --curve unified-rate --curve central-adjustment
    """
    from commonweal import optimizer
    from commonweal.instances import read
    from commonweal.optimizer import frontier as search
    from commonweal.optimizer.curves import Ask
    from commonweal.optimizer.errors import Stopped
    from commonweal.optimizer.screens import frontier as screen
    from commonweal.optimizer.screens.progress import progress

    ask = Ask(*budget, tolerance=tolerance, points=points, exact=exact, scale=scale)
    settings = (*sets, *(f"solver.time_limit={seconds}" for seconds in (time_limit,) if seconds is not None))
    with progress(_("reading the input"), quiet or json_, verbose) as stage:
        case = read(instance)
        named = _named(curves) or {Path(scenarios[-1]).stem if scenarios else "default": ()}
        chosen = {
            name: optimizer.load_scenario(case, (*scenarios, *more), settings, gaps) for name, more in named.items()
        }
        folder = output or Path("runs", f"{case.meta.name}-frontier")
        search.check_free(folder)
        found = search.frontier(case, chosen, ask, stage)
        cores = workers or min(os.cpu_count() or 1, 4)
        found = search.write(found, folder, plans, cores, stage, cluster)
    if json_:
        print_json(screen.document(found, folder))
    else:
        screen.show_frontier(console(), found, folder, plans)
    if any(point.status == "stopped" for curve in found.curves for point in curve.points):
        fail(
            _("Stopped at a limit: a point is not proven, or the curve is coarser than asked."),
            Stopped.exit_code,
        )


def _named(curves: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Curves by name, with the scenario each adds. Error: two curves of one name."""
    named: dict[str, tuple[str, ...]] = {}
    for curve in curves:
        name = Path(curve).stem
        if name in named:
            raise click.UsageError(_("Two curves are called '{name}': rename one of the files.", name=name))
        named[name] = () if curve == "default" else (curve,)
    return named

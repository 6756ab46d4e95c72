"""`commonweal near-optimal`: how far money and benefits can move at nearly the same gap."""

from pathlib import Path
from typing import Literal

import click

from commonweal.optimizer.commands.frontier import Share
from commonweal.optimizer.commands.shared import as_json, console, loud, of_scenario, on_cluster, print_json
from commonweal.optimizer.language import _


@click.command("near-optimal")
@click.argument("instance")
@of_scenario
@click.option("--gap", "gaps", multiple=True, metavar="NAME[:WEIGHT]", help="Gap to minimise; replaces the scenario's.")
@click.option("--within", type=Share(), default="1%", show_default=True, help="How far above the smallest gap.")
@click.option("--region", "regions", multiple=True, help="Only this region's amounts (its id); repeatable.")
@click.option("--year", "years", multiple=True, type=int, help="This year's amounts; repeatable.")
@click.option("--every-year", is_flag=True, help="Amounts of every year.")
@click.option("--plans", type=click.IntRange(min=0), default=3, show_default=True, help="Plans that differ most.")
@click.option("--every-end", is_flag=True, help="Write the plan at every end of every range.")
@click.option(
    "--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes that share the ends."
)
@on_cluster
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Folder to write.  [default: runs/INSTANCE-near-optimal]"
)
@as_json
@loud
def near_optimal(
    instance: str,
    scenarios: tuple[str, ...],
    sets: tuple[str, ...],
    gaps: tuple[str, ...],
    within: float,
    regions: tuple[str, ...],
    years: tuple[int, ...],
    every_year: bool,
    plans: int,
    every_end: bool,
    workers: int,
    cluster: str,
    output: Path | None,
    json_: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Show the room to negotiate: the least and the most of each region's money and each benefit.

    Over all plans that keep every rule and whose gap is within a share of the smallest. Each end is attained by a
    plan; those that differ most are written as run folders. Of several years: money of all together, benefits of the
    last, unless years are named.

    \b
    Examples:
      commonweal near-optimal china-2024
      commonweal near-optimal china-2024 --within 0.5% --region gansu --region henan
    """
    from commonweal import optimizer
    from commonweal.instances import read
    from commonweal.optimizer import near_optimal as search
    from commonweal.optimizer.screens import near_optimal as screen
    from commonweal.optimizer.screens.progress import progress

    with progress(_("reading the input"), quiet or json_, verbose) as stage:
        case = read(instance)
        scenario = optimizer.load_scenario(case, scenarios, sets, gaps)
        folder = output or Path("runs", f"{case.meta.name}-near-optimal")
        search.check_free(folder)
        asked: tuple[int, ...] | Literal["every"] | None = "every" if every_year else years or None
        found = search.near_optimal(
            case,
            scenario,
            within,
            plans,
            stage,
            regions=regions or None,
            years=asked,
            every_end=every_end,
            workers=workers,
            cluster=cluster,
        )
        search.write(found, folder)
    if json_:
        print_json(screen.document(found, folder))
    else:
        screen.show_ranges(console(), found, folder)

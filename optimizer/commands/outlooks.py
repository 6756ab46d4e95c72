"""`commonweal outlooks`: one plan for several ways things may go."""

from pathlib import Path

import click

from commonweal.optimizer.commands.shared import as_json, console, fail, loud, of_scenario, print_json
from commonweal.optimizer.language import _


@click.command()
@click.argument("instance")
@of_scenario
@click.option("--gap", "gaps", multiple=True, metavar="NAME[:WEIGHT]", help="Gap to minimise; replaces the scenario's.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder.  [default: runs/INSTANCE-outlooks]")
@as_json
@loud
def outlooks(
    instance: str,
    scenarios: tuple[str, ...],
    sets: tuple[str, ...],
    gaps: tuple[str, ...],
    output: Path | None,
    json_: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Plan for several outlooks at once: what is decided before one knows is the same in all of them.

    The scenario names them in [outlooks.cases.NAME], each with a probability and the settings that differ. The
    expected gap is minimised, or with outlooks.aim the worst, or the mean of the worst tail. Every outlook gets a run
    folder, and the regret: how much smaller its gap could have been, had one known.

    \b
    Examples:
      commonweal outlooks five-provinces --scenario ups-and-downs
      commonweal outlooks five-provinces --scenario ups-and-downs --set outlooks.aim=worst
    """
    from commonweal import optimizer
    from commonweal.instances import read
    from commonweal.optimizer import outlooks as search
    from commonweal.optimizer.errors import Stopped
    from commonweal.optimizer.screens import outlooks as screen
    from commonweal.optimizer.screens.progress import progress

    with progress(_("reading the input"), quiet or json_, verbose) as stage:
        case = read(instance)
        scenario = optimizer.load_scenario(case, scenarios, sets, gaps)
        folder = output or Path("runs", f"{case.meta.name}-outlooks")
        search.check_free(folder)
        found = search.outlooks(case, scenario, stage)
        search.write(found, folder)
    if json_:
        print_json(screen.document(found, folder))
    else:
        screen.show_outlooks(console(), found, folder)
    if found.claims["status"] == "stopped":
        fail(_("Stopped at a limit: this is the best plan found, not proven to be the best."), Stopped.exit_code)

"""`commonweal diagnose`, and the sentence with which `commonweal solve` says that nothing is possible."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commonweal.optimizer.commands.shared import as_json, console, loud, of_scenario, print_json
from commonweal.optimizer.language import _

if TYPE_CHECKING:
    from commonweal.instances import Instance
    from commonweal.optimizer.scenario import Scenario

PATIENCE = 20.0  # seconds that a failed solve spends on finding the rules in conflict


@click.command()
@click.argument("instance")
@of_scenario
@click.option(
    "--time-limit",
    "seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=120.0,
    show_default=True,
    help="Seconds for everything; what was found by then is told.",
)
@as_json
@loud
def diagnose(
    instance: str,
    scenarios: tuple[str, ...],
    sets: tuple[str, ...],
    seconds: float,
    json_: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Say why INSTANCE has no plan: the rules in conflict, the least money that helps, and repairs.

    Ends with exit code 4 if there is no plan, 0 if there is one.

    \b
    Examples:
      commonweal diagnose china-2024
      commonweal diagnose china-2024 --set "levers.floors.mode='hard'" --set levers.floors.amount=3500.0
    """
    from commonweal import optimizer
    from commonweal.instances import read
    from commonweal.optimizer.diagnose import diagnose as find
    from commonweal.optimizer.errors import Infeasible
    from commonweal.optimizer.screens import diagnose as screen
    from commonweal.optimizer.screens.progress import progress

    with progress(_("reading the input"), quiet or json_, verbose) as stage:
        case = read(instance)
        found = find(case, optimizer.load_scenario(case, scenarios, sets), stage, seconds)
    if json_:
        print_json(screen.document(found))
    else:
        screen.show_diagnosis(console(), found)
    if not found.possible:
        raise click.exceptions.Exit(Infeasible.exit_code)


def command_line(instance: str | None, run: Path | None, scenarios: tuple[str, ...], sets: tuple[str, ...]) -> str:
    """The diagnosis that belongs to a solve of an instance, or of a run's inputs and scenario."""
    given = [str(run / "scenario.toml")] if run is not None else []
    words = ["commonweal", "diagnose", instance if run is None else str(run / "inputs")]
    for scenario in (*given, *scenarios):
        words += ["--scenario", scenario]
    for setting in sets:
        words += ["--set", setting]
    return shlex.join(map(str, words))


def why_impossible(case: "Instance", scenario: "Scenario", command: str) -> str:
    """The levers in conflict and the least money that helps; `command` tells how to learn more."""
    from commonweal.optimizer.diagnose import diagnose as find
    from commonweal.optimizer.diagnose_words import conflict, money

    found = find(case, scenario, seconds=PATIENCE, repair=False)
    told = [conflict(members) for members in found.conflicts]
    told += list(money(found)) if found.conflicts else []
    return " ".join([_("No plan satisfies all rules together."), *told, _("For repairs: {command}", command=command)])

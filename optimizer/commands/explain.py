"""`commonweal explain`: why a plan gives what it gives."""

from pathlib import Path

import click

from commonweal.optimizer.commands.shared import as_json, console, print_json


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--region", help="Region, by id or name; without it, the whole plan.")
@click.option("--group", help="Only this group of the region.")
@click.option("--programme", help="Only this programme of the region.")
@click.option("--year", type=int, help="Year of the plan; default the last.")
@as_json
def explain(
    run: Path, region: str | None, group: str | None, programme: str | None, year: int | None, json_: bool
) -> None:
    """Say why RUN gives what it gives: what binds, what more money would do, who is in the same position.

    With --json every number comes with the table, row and column it stands in.

    \b
    Examples:
      commonweal explain runs/china-2024-default
      commonweal explain runs/china-2024-default --region Gansu
    """
    from commonweal.optimizer import run_folder
    from commonweal.optimizer.explain import explain as find
    from commonweal.optimizer.screens import explain as screen

    found = find(run_folder.read(run), region, group, programme, year)
    if json_:
        print_json(screen.document(found))
    else:
        screen.show_sentences(console(), found)

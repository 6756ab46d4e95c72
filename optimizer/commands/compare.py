"""`commonweal compare`: runs side by side."""

from pathlib import Path

import click

from commonweal.optimizer.commands.shared import as_json, console, print_json


@click.command()
@click.argument("runs", metavar="RUN RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--xlsx", "workbook", type=click.Path(path_type=Path), help="Also write a workbook to this file.")
@click.option("--all", "everything", is_flag=True, help="Show every difference, not only the largest.")
@as_json
def compare(runs: tuple[Path, ...], workbook: Path | None, everything: bool, json_: bool) -> None:
    """Say what differs between runs: inputs and settings first, then plans, against the first run named.

    \b
    Examples:
      commonweal compare runs/china-2024-default runs/china-2024-five-years
      commonweal compare runs/small runs/large --xlsx differences.xlsx
    """
    from commonweal.optimizer.compare import compare as find
    from commonweal.optimizer.screens import compare as screen

    found = find(runs)
    if workbook is not None:
        screen.workbook(found, workbook)
    if json_:
        print_json(screen.document(found))
    else:
        screen.show_comparison(console(), found, everything)
        if workbook is not None:
            click.echo(f"Wrote {workbook}")

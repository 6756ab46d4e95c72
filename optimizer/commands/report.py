"""`commonweal report`: one HTML page that needs no network, and the same as PDF."""

from pathlib import Path

import click

from commonweal.optimizer.commands.shared import as_json, print_json
from commonweal.optimizer.language import _


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="HTML file to write; default RUN.html.")
@click.option("--pdf", is_flag=True, help="Also print it to PDF, with the Chromium that is installed.")
@as_json
def report(run: Path, output: Path | None, pdf: bool, json_: bool) -> None:
    """Write RUN as one HTML page: words, charts, tables, sources. It works without a network.

    RUN is a run folder, or a folder that `commonweal frontier` wrote: the page then has a slider over the budgets.

    \b
    Examples:
      commonweal report runs/china-2024-default
      commonweal report runs/china-2024-default --pdf -o minister.html
    """
    from commonweal.optimizer.report import page
    from commonweal.optimizer.report import pdf as printer

    place = output or run.resolve().parent / f"{run.resolve().name}.html"
    written = {"html": str(page.write(run, place))}
    if pdf:
        written["pdf"] = str(printer.write(place, place.with_suffix(".pdf")))
    if json_:
        print_json(written)
    else:
        click.echo("\n".join(_("Wrote {file}", file=path) for path in written.values()))

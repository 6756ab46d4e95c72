"""`commonweal compare`: runs side by side."""

from pathlib import Path

import click

from commonweal.optimizer.commands.shared import as_json, console, print_json
from commonweal.optimizer.language import _


@click.command()
@click.argument("runs", metavar="RUN RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--xlsx", "workbook", type=click.Path(path_type=Path), help="Also write a workbook to this file.")
@click.option("--all", "everything", is_flag=True, help="Show every difference, not only the largest.")
@click.option(
    "--with",
    "rules",
    metavar="RULES",
    help="Also hold each plan against simple rules, separated by commas, or `all`; then one RUN is enough.",
)
@as_json
def compare(runs: tuple[Path, ...], workbook: Path | None, everything: bool, rules: str | None, json_: bool) -> None:
    """Say what differs between runs: inputs and settings first, then plans, against the first run named.

    The rules of --with spread the same money: equal-per-head, proportional-to-need, like-today,
    central-adjustment. The money-equivalent is what a rule would need to do as well as the plan.

    \b
    Examples:
      commonweal compare runs/china-2024-default runs/china-2024-five-years
      commonweal compare runs/small runs/large --xlsx differences.xlsx
      commonweal compare runs/small --with equal-per-head,proportional-to-need,like-today
    """
    from commonweal.optimizer import run_folder, yardsticks
    from commonweal.optimizer.compare import compare as find
    from commonweal.optimizer.screens import compare as screen
    from commonweal.optimizer.screens import yardsticks as rules_screen

    named = None if rules in (None, "all") else [name.strip() for name in str(rules).split(",") if name.strip()]
    held = {}
    if rules is not None:
        for folder in runs:
            run = run_folder.read(folder)
            held[str(folder)] = (run, yardsticks.against(run, named))
    if held and len(runs) == 1 and workbook is None:
        if json_:
            print_json({"simple_rules": rules_screen.document(held)})
        else:
            rules_screen.show(console(), held)
        return
    found = find(runs)
    if workbook is not None:
        screen.workbook(found, workbook)
    if json_:
        told = {"simple_rules": rules_screen.document(held)} if held else {}
        print_json({**screen.document(found), **told})
    else:
        screen.show_comparison(console(), found, everything)
        rules_screen.show(console(), held)
        if workbook is not None:
            click.echo(_("Wrote {file}", file=workbook))

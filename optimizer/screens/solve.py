"""The screen of `commonweal solve`: what the plan does, in the order in which a minister would ask."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from commonweal.optimizer.blocks import Block, Head
from commonweal.optimizer.exports.json import against_equal_per_head, records
from commonweal.optimizer.language import _
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.screens.console import draw
from commonweal.optimizer.summary import Summary, headline, summarise

MOST = 8  # regions listed by name on each side, without --all

LONGEST = 40  # characters of a value; longer ones are in scenario.toml


def show(
    screen: Console,
    run: Run,
    folder: Path,
    everything: bool = False,
    quiet: bool = False,
    verbose: bool = False,
) -> None:
    """Print the headline and the folder; unless quiet, the whole summary between them."""
    summary = summarise(run, most=None if everything else MOST)
    _headline(screen, summary)
    if not quiet:
        for block in summary.blocks:
            draw(screen, block)
        if summary.assumptions.rows:
            _assumptions(screen, summary.assumptions)
    if verbose:
        draw(screen, _stages(run))
    screen.print()
    screen.print(Text(_("Run folder: {folder}", folder=folder)), soft_wrap=True)
    if not quiet:
        screen.print(Text(_("Check it:   {command}", command=f"commonweal verify {folder}")), soft_wrap=True)
        command = f"commonweal export {folder} --format xlsx"
        screen.print(Text(_("Hand it on: {command}", command=command)), soft_wrap=True)


def _headline(screen: Console, summary: Summary) -> None:
    screen.print(Text(f"{summary.title} - {summary.scenario}", style="bold"))
    first, *rest = summary.headline
    screen.print(Text(first, style="bold green"))
    for sentence in rest:
        screen.print(Text(sentence, style="bold red" if sentence.startswith(_("Attention")) else ""))


def _assumptions(screen: Console, block: Block) -> None:
    """One paragraph for each: the reason first, then the setting it is about."""
    screen.print()
    screen.print(Text(block.title, style="bold"))
    for setting, value, why in block.rows:
        shown = f"{setting} = {value}" if len(str(value)) <= LONGEST else str(setting)
        screen.print(Text.assemble("- ", str(why), (f" [{shown}]", "dim")))


def _stages(run: Run) -> Block:
    """Stages of the search, as run.json tells them."""
    stages = run.info["stages"]
    heads = tuple(Head(_(name), "text" if isinstance(value, str) else "number") for name, value in stages[0].items())
    rows = (tuple(_(value) if isinstance(value, str) else value for value in stage.values()) for stage in stages)
    return Block(_("Stages"), heads, tuple(rows), mixed=True)


def document(run: Run, folder: Path) -> dict[str, Any]:
    """What --json prints: run.json, the folder, the headline, and the tables of gaps and indicators."""
    return {
        "folder": str(folder),
        **run.info,
        "headline": list(headline(run)),
        "money_equivalent": against_equal_per_head(run),
        "gaps": records(run.tables["gaps"]),
        "indicators": records(run.tables["indicators"]),
    }

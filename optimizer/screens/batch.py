"""The screen of `commonweal batch`: one line a case."""

from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.text import Text

from commonweal.optimizer.batch import SUMMARY
from commonweal.optimizer.blocks import Block, Head
from commonweal.optimizer.exports.json import records
from commonweal.optimizer.language import _
from commonweal.optimizer.screens.console import draw


def show_summary(screen: Console, summary: pd.DataFrame, folder: Path) -> None:
    """Print how many cases have a plan, then each with its gap."""
    proven = int((summary["status"] == "optimal").sum())
    text = _("{n} of {all} cases have a plan that is proven to be the best.", n=proven, all=len(summary))
    screen.print(Text(text, style="bold green" if proven == len(summary) else "bold"))
    rows = tuple(
        (str(row["case"]), _(str(row["status"])), row["gap_before"], row["gap"], row["central"])
        for row in records(summary)
    )
    numbers = (Head(title, "number") for title in (_("gap before"), _("gap"), _("central grants")))
    draw(screen, Block("", (Head(_("case")), Head(_("status")), *numbers), rows))
    for row in records(summary):
        if row["message"]:
            screen.print(Text(f"- {row['case']}: {row['message'].splitlines()[-1]}"))
    screen.print(Text(_("Summary: {file}", file=folder / SUMMARY)), soft_wrap=True)


def document(summary: pd.DataFrame, folder: Path) -> dict[str, Any]:
    """What --json prints: the folder and the summary."""
    return {"folder": str(folder), "cases": records(summary)}

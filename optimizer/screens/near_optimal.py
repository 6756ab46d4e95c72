"""The screen of `commonweal near-optimal`: the range of each region's money and of each benefit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.text import Text

from commonweal.optimizer.amounts import amounts
from commonweal.optimizer.blocks import Block, Head, show
from commonweal.optimizer.exports.json import records
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.names import labels, names
from commonweal.optimizer.near_optimal import OPTIMAL, TABLE, NearOptimal
from commonweal.optimizer.screens.console import draw

MOVED = 1e-6  # relative: ranges narrower than this are points


def show_ranges(screen: Console, found: NearOptimal, folder: Path) -> None:
    """Print the sentence, then ranges of money and of benefits, then the plans."""
    title = f"{_(found.instance.meta.title)} - {_(found.best.scenario.title or mark('default scenario'))}"
    screen.print(Text(title, style="bold"))
    share = show(found.within, "share", 3)
    text = _("Room to negotiate: all plans whose gap is at most {share} above the smallest.", share=share)
    screen.print(Text(text, style="bold green"))
    for block in _blocks(found):
        draw(screen, block)
    screen.print()
    screen.print(Text(_("Ranges: {file}", file=folder / TABLE)), soft_wrap=True)
    for label in (OPTIMAL, *found.plans):
        screen.print(Text(_("Plan:   {folder}", folder=folder / label)), soft_wrap=True)


def _blocks(found: NearOptimal) -> Iterator[Block]:
    words, ranges = amounts(found.instance), found.ranges
    years = ranges["year"].dropna()
    last = None if years.empty else int(years.max())
    for (what, fund, group, programme), part in ranges.groupby(["what", "fund", "group", "programme"], sort=False):
        shown = part[part["year"].isna()] if part["year"].isna().any() else part[part["year"] == last]
        when = _("all years together") if shown["year"].isna().all() else str(last)
        if what == "net":
            called = names(found.instance, "fund")[str(fund)]
            name = _("Net transfers, {fund}, {when}, {unit}", fund=called, when=when, unit=words.money)
            shown = shown.assign(**{side: shown[side] * words.money_times for side in ("least", "plan", "most")})
        else:
            name = _(
                "Benefits, {group}, {programme}, {when}, {unit}",
                group=names(found.instance, "group")[str(group)],
                programme=names(found.instance, "programme")[str(programme)],
                when=when,
                unit=words.benefit,
            )
        wide = shown["most"] - shown["least"] > MOVED * shown[["most", "least"]].abs().max(axis=1)
        yield _block(found, name, shown[wide], int((~wide).sum()))


def _block(found: NearOptimal, title: str, rows: pd.DataFrame, still: int) -> Block:
    region = labels(found.instance, "region")
    notes = (_("{n} cannot move.", n=still),) if still else ()
    heads = (Head(_("region")), *(Head(name, "number") for name in (_("least"), _("best plan"), _("most"))))
    table = tuple(
        (region[str(row["region"])], float(row["least"]), float(row["plan"]), float(row["most"]))
        for row in rows.to_dict("records")
    )
    return Block(title, heads, table, notes)


def document(found: NearOptimal, folder: Path) -> dict[str, Any]:
    """What --json prints: the ranges and the plans."""
    return {
        "folder": str(folder),
        "within": found.within,
        "gap": found.best.objective,
        "ranges": records(found.ranges),
        "plans": {label: plan.objective for label, plan in found.plans.items()},
    }

"""The screen of `commonweal outlooks`: what was aimed at, and what each outlook comes to."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from commonweal.optimizer.blocks import Block, Head, show
from commonweal.optimizer.exports.json import records
from commonweal.optimizer.language import _, mark, plural
from commonweal.optimizer.outlooks import TABLE, Prospect
from commonweal.optimizer.screens.console import draw

NOTHING = 1e-6  # of a gap
AIMS = {"expected": mark("expected gap"), "worst": mark("worst gap"), "cvar": mark("mean gap of the worst tail")}


def show_outlooks(screen: Console, found: Prospect, folder: Path) -> None:
    """Print the sentences, the outlooks and where the plans are."""
    title = f"{_(found.instance.meta.title)} - {_(found.scenario.title or mark('default scenario'))}"
    screen.print(Text(title, style="bold"))
    first, *rest = _sentences(found)
    screen.print(Text(first, style="bold green"))
    for sentence in rest:
        screen.print(Text(sentence))
    draw(screen, _block(found))
    screen.print()
    screen.print(Text(_("Outlooks: {file}", file=folder / TABLE)), soft_wrap=True)
    for name in found.plans:
        screen.print(Text(_("Plan:     {folder}", folder=folder / name)), soft_wrap=True)


def _sentences(found: Prospect) -> Iterator[str]:
    claims = found.claims
    proven = claims["status"] == "optimal"
    yield _(
        "The {aim} over {n} outlooks is {value}, {proof}.",
        aim=_(AIMS[claims["aim"]]),
        n=len(found.plans),
        value=f"{claims['value']:.6g}",
        proof=_("proven to {distance}", distance=f"{claims['relative_gap']:.1e}")
        if proven
        else _("not proven to be the least"),
    )
    years, tied = claims["decided"], f"{claims['shared_decisions']:,d}"
    when = plural("the first year", "the first {n} years", years) if years else _("no year")
    if found.scenario.outlooks and found.scenario.outlooks.benefits:
        yield _(
            "Yes-or-no decisions, contribution rates, and grants and benefits of {when} are the same in every outlook "
            "({tied} decisions tied).",
            when=when,
            tied=tied,
        )
    else:
        yield _(
            "Yes-or-no decisions, contribution rates, and grants of {when} are the same in every outlook "
            "({tied} decisions tied).",
            when=when,
            tied=tied,
        )
    worst = max(found.table.to_dict("records"), key=lambda row: row["regret"])
    if worst["regret"] <= NOTHING * worst["gap"]:
        yield _("Not knowing costs nothing: every outlook is as good as if one had known.")
        return
    yield _(
        "Not knowing costs most in {outlook}: {regret}, {share} of its gap.",
        outlook=worst["outlook"],
        regret=f"{worst['regret']:.3g}",
        share=show(worst["regret"] / worst["gap"] if worst["gap"] else 0.0, "share", 2),
    )


def _block(found: Prospect) -> Block:
    heads = (
        Head(_("outlook")),
        Head(_("probability"), "share"),
        Head(_("part of the aim"), "share"),
        *(Head(name, "number", 6) for name in (_("gap before"), _("gap"), _("gap had one known"), _("regret"))),
    )
    columns = ["outlook", "probability", "share_of_aim", "before", "gap", "gap_alone", "regret"]
    rows = tuple(tuple(row) for row in found.table[columns].itertuples(index=False, name=None))
    return Block(_("Outlooks"), heads, rows)


def document(found: Prospect, folder: Path) -> dict[str, Any]:
    """What --json prints: what is proven, and every outlook."""
    return {"folder": str(folder), **found.claims, "outlooks": records(found.table)}

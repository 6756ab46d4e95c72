"""The screen of `commonweal outlooks`: what was aimed at, and what each outlook comes to."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from commonweal.optimizer.blocks import Block, Head, show
from commonweal.optimizer.exports.json import records
from commonweal.optimizer.outlooks import TABLE, Prospect
from commonweal.optimizer.screens.console import draw

NOTHING = 1e-6  # of a gap
AIMS = {"expected": "expected gap", "worst": "worst gap", "cvar": "mean gap of the worst tail"}


def show_outlooks(screen: Console, found: Prospect, folder: Path) -> None:
    """Print the sentences, the outlooks and where the plans are."""
    title = found.scenario.title or "default scenario"
    screen.print(Text(f"{found.instance.meta.title} - {title}", style="bold"))
    first, *rest = _sentences(found)
    screen.print(Text(first, style="bold green"))
    for sentence in rest:
        screen.print(Text(sentence))
    draw(screen, _block(found))
    screen.print()
    screen.print(Text(f"Outlooks: {folder / TABLE}"), soft_wrap=True)
    for name in found.plans:
        screen.print(Text(f"Plan:     {folder / name}"), soft_wrap=True)


def _sentences(found: Prospect) -> Iterator[str]:
    claims = found.claims
    proof = f"proven to {claims['relative_gap']:.1e}" if claims["status"] == "optimal" else "not proven to be the least"
    yield f"The {AIMS[claims['aim']]} over {len(found.plans)} outlooks is {claims['value']:.6g}, {proof}."
    years = claims["decided"]
    when = "no year" if years == 0 else "the first year" if years == 1 else f"the first {years} years"
    benefits = " and benefits" if found.scenario.outlooks and found.scenario.outlooks.benefits else ""
    yield (
        f"Yes-or-no decisions, contribution rates, and grants{benefits} of {when} are the same in every outlook "
        f"({claims['shared_decisions']:,d} decisions tied)."
    )
    worst = max(found.table.to_dict("records"), key=lambda row: row["regret"])
    if worst["regret"] <= NOTHING * worst["gap"]:
        yield "Not knowing costs nothing: every outlook is as good as if one had known."
        return
    yield (
        f"Not knowing costs most in {worst['outlook']}: {worst['regret']:.3g}, "
        f"{show(worst['regret'] / worst['gap'] if worst['gap'] else 0.0, 'share', 2)} of its gap."
    )


def _block(found: Prospect) -> Block:
    heads = (
        Head("outlook"),
        Head("probability", "share"),
        Head("part of the aim", "share"),
        *(Head(name, "number", 6) for name in ("gap before", "gap", "gap had one known", "regret")),
    )
    columns = ["outlook", "probability", "share_of_aim", "before", "gap", "gap_alone", "regret"]
    rows = tuple(tuple(row) for row in found.table[columns].itertuples(index=False, name=None))
    return Block("Outlooks", heads, rows)


def document(found: Prospect, folder: Path) -> dict[str, Any]:
    """What --json prints: what is proven, and every outlook."""
    return {"folder": str(folder), **found.claims, "outlooks": records(found.table)}

"""The screen and the workbook of `commonweal compare`: inputs that differ first, then the plans."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.text import Text

from commonweal.optimizer.amounts import amounts
from commonweal.optimizer.blocks import Block, Head, Value, show
from commonweal.optimizer.compare import Comparison
from commonweal.optimizer.exports import xlsx
from commonweal.optimizer.exports.json import records
from commonweal.optimizer.language import _, mark, plural
from commonweal.optimizer.names import labels, names
from commonweal.optimizer.screens.console import draw
from commonweal.optimizer.summary_words import count_regions, listed

MOST = 12  # rows of a list on the screen, without --all
GRAIN = 1e-9  # of the largest difference: what is no further apart than this keeps its order
WORDS = {
    "central": mark("central grants"),
    "horizontal_paid": mark("from region to region"),
    "own": mark("regions' own effort"),
    "pool_paid": mark("common pool"),
    "spending": mark("spending on benefits"),
    "unfunded": mark("obligations without money"),
    "net": mark("net money received"),
}


def show_comparison(screen: Console, found: Comparison, everything: bool) -> None:
    """Print headline sentences, then the blocks."""
    for sentence in sentences(found):
        screen.print(Text(sentence, style="bold"))
    for block in blocks(found, None if everything else MOST):
        draw(screen, block)


def sentences(found: Comparison) -> Iterator[str]:
    """What differs in the inputs, the gap, and who gains and loses."""
    inputs, settings = found.tables["inputs"], found.tables["settings"]
    if inputs.empty and settings.empty:
        yield _("The runs have the same inputs and settings.")
    else:
        yield _(
            "The runs differ in {inputs} and {settings}.",
            inputs=plural("{n} input", "{n} inputs", len(inputs)),
            settings=plural("{n} setting", "{n} settings", len(settings)),
        )
    gaps = found.tables["gaps"]
    total = gaps[gaps["gap"] == "total"].iloc[0]
    for name in found.names[1:]:
        one, other = float(total[found.names[0]]), float(total[name])
        gap = _("{run}: the gap is {gap} instead of {other}.", run=name, gap=show(other), other=show(one))
        yield f"{gap} {_gains(found, name)}"


def _gains(found: Comparison, name: str) -> str:
    rows = found.tables["gains"]
    if not found.common[name]:
        return _("The plans have no benefit in common: they cover other years, or other people.")
    parts = []
    for word, text in (("gain", mark("{persons} in {regions} gain")), ("lose", mark("{persons} in {regions} lose"))):
        row = rows[(rows["run"] == name) & (rows["who"] == word)].iloc[0]
        if row["cells"]:
            persons = amounts(found.runs[0].instance).of_persons(float(row["persons"]))
            parts.append(_(text, persons=persons, regions=count_regions(int(row["regions"]))))
    if not parts:
        return _("Nobody's benefit differs.")
    return _("Benefits: {who}, all years counted.", who=listed(parts))


def blocks(found: Comparison, most: int | None) -> Iterator[Block]:
    """Inputs and settings that differ, then money, gaps, indicators, regions and benefits."""
    unit = amounts(found.runs[0].instance)
    heads = tuple(Head(name, "number") for name in found.names)
    plain = tuple(Head(name) for name in found.names)
    keys: tuple[Head, ...] = (Head(_("table")), Head(_("row")), Head(_("column")))
    yield _block(found, _("Inputs that differ"), "inputs", keys, plain, most)
    yield _block(found, _("Settings that differ"), "settings", (Head(_("setting")),), plain, most)
    title = _("Money, {unit}, all years", unit=unit.money)
    yield _block(found, title, "money", (Head(_("what")),), heads, None, times=unit.money_times)
    keys = (Head(_("gap")), Head(_("programme")), Head(_("year")))
    yield _block(found, _("Gaps after"), "gaps", keys, heads, most, mixed=True)
    keys, title = (Head(_("region")), Head(_("what"))), _("Regions, {unit}, all years", unit=unit.money)
    yield _block(found, title, "regions", keys, heads, most, times=unit.money_times)
    keys = (Head(_("region")), Head(_("group")), Head(_("programme")), Head(_("year")))
    yield _block(found, _("Benefits, {unit}", unit=unit.benefit), "benefits", keys, heads, most)
    keys = (Head(_("indicator")), Head(_("for")), Head(_("year")))
    yield _block(found, _("Indicators after"), "indicators", keys, heads, most, mixed=True)


def _block(
    found: Comparison,
    title: str,
    table: str,
    keys: tuple[Head, ...],
    heads: tuple[Head, ...],
    most: int | None,
    mixed: bool = False,
    times: float = 1.0,
) -> Block:
    """Rows with names instead of ids, the largest differences first; two runs also get their change.

    Numbers are shown as so many times themselves.
    """
    frame = _named(found, found.tables[table])
    numbers = heads[0].style == "number"
    if times != 1.0:
        frame = frame.assign(**{name: frame[name].astype(float) * times for name in found.names})
    if numbers and most is not None and len(frame):
        values = frame[list(found.names)].astype(float)
        apart = values.max(axis=1) - values.min(axis=1)
        grain = GRAIN * float(apart.max()) or 1.0
        frame = frame.loc[(apart / grain).round().sort_values(ascending=False, kind="stable").index]
    change = (Head(_("change"), "change"),) if numbers and len(found.names) == 2 else ()
    rows = tuple(
        (*_cells(row, numbers, len(keys)), *([_change(row)] if change else []))
        for row in frame.itertuples(index=False, name=None)
    )
    shown = rows if most is None else rows[:most]
    notes = [] if rows else [_("None.")]
    if len(shown) < len(rows):
        notes.append(_("... and {n} more: --all shows every one.", n=f"{len(rows) - len(shown):,d}"))
    return Block(title, (*keys, *heads, *change), shown, tuple(notes), mixed)


def _cells(row: tuple[Any, ...], numbers: bool, keys: int) -> Iterator[Value]:
    for position, value in enumerate(row):
        if pd.isna(value):
            yield "" if position < keys or not numbers else None
        elif position < keys or not numbers:
            yield f"{value:.10g}" if isinstance(value, float) else str(value)
        else:
            yield float(value)


def _change(row: tuple[Any, ...]) -> float | None:
    one, other = row[-2:]
    return None if pd.isna(one) or pd.isna(other) else float(other) - float(one)


def _named(found: Comparison, frame: pd.DataFrame) -> pd.DataFrame:
    instance = found.runs[0].instance
    known = {column: names(instance, column) for column in ("group", "programme") if column in frame}
    if "region" in frame:
        known["region"] = labels(instance, "region")
    for column in ("what", "measure"):
        if column in frame:
            known[column] = {key: _(word) for key, word in WORDS.items()}
    named = {column: frame[column].map(lambda key, words=words: words.get(key, key)) for column, words in known.items()}
    return frame.assign(**named)


def document(found: Comparison) -> dict[str, Any]:
    """What --json prints: names, sentences and every table in full."""
    return {
        "runs": list(found.names),
        "sentences": list(sentences(found)),
        **{name: records(frame) for name, frame in found.tables.items()},
    }


def workbook(found: Comparison, path: Path) -> None:
    """Write the comparison as one Excel workbook, nothing left out."""
    title = _(" against ").join(found.names)
    xlsx.write_blocks(path, title, list(sentences(found)), list(blocks(found, None)))

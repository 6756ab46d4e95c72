"""The screen and the workbook of `commonweal compare`: inputs that differ first, then the plans."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.text import Text

from commonweal.optimizer.blocks import Block, Head, Value, show
from commonweal.optimizer.compare import Comparison
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.exports import xlsx
from commonweal.optimizer.exports.json import records
from commonweal.optimizer.names import labels, names
from commonweal.optimizer.screens.console import draw
from commonweal.optimizer.summary_words import count

MOST = 12  # rows of a list on the screen, without --all
WORDS = {
    "central": "central grants",
    "horizontal_paid": "from region to region",
    "own": "regions' own effort",
    "pool_paid": "common pool",
    "spending": "spending on benefits",
    "unfunded": "obligations without money",
    "net": "net money received",
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
        yield "The runs have the same inputs and settings."
    else:
        changed = [count(len(inputs), "input"), count(len(settings), "setting")]
        yield f"The runs differ in {changed[0]} and {changed[1]}."
    gaps = found.tables["gaps"]
    total = gaps[gaps["gap"] == "total"].iloc[0]
    for name in found.names[1:]:
        one, other = float(total[found.names[0]]), float(total[name])
        yield f"{name}: the gap is {show(other)} instead of {show(one)}. " + _gains(found, name)


def _gains(found: Comparison, name: str) -> str:
    rows = found.tables["gains"]
    if not found.common[name]:
        return "The plans have no benefit in common: they cover other years, or other people."
    parts = []
    for word in ("gain", "lose"):
        row = rows[(rows["run"] == name) & (rows["who"] == word)].iloc[0]
        if row["cells"]:
            persons = f"{show(float(row['persons']))} {units(found.runs[0].instance).persons}"
            parts.append(f"{persons} in {count(int(row['regions']), 'region')} {word}")
    return f"Benefits: {' and '.join(parts)}, all years counted." if parts else "Nobody's benefit differs."


def blocks(found: Comparison, most: int | None) -> Iterator[Block]:
    """Inputs and settings that differ, then money, gaps, indicators, regions and benefits."""
    unit = units(found.runs[0].instance)
    heads = tuple(Head(name, "number") for name in found.names)
    plain = tuple(Head(name) for name in found.names)
    yield _block(found, "Inputs that differ", "inputs", (Head("table"), Head("row"), Head("column")), plain, most)
    yield _block(found, "Settings that differ", "settings", (Head("setting"),), plain, most)
    yield _block(found, f"Money, {unit.money}, all years", "money", (Head("what"),), heads, None)
    keys: tuple[Head, ...] = (Head("gap"), Head("programme"), Head("year"))
    yield _block(found, "Gaps after", "gaps", keys, heads, most, mixed=True)
    keys = (Head("region"), Head("what"))
    yield _block(found, f"Regions, {unit.money}, all years", "regions", keys, heads, most)
    keys = (Head("region"), Head("group"), Head("programme"), Head("year"))
    yield _block(found, f"Benefits, {unit.benefit}", "benefits", keys, heads, most)
    keys = (Head("indicator"), Head("for"), Head("year"))
    yield _block(found, "Indicators after", "indicators", keys, heads, most, mixed=True)


def _block(
    found: Comparison,
    title: str,
    table: str,
    keys: tuple[Head, ...],
    heads: tuple[Head, ...],
    most: int | None,
    mixed: bool = False,
) -> Block:
    """Rows with names instead of ids, the largest differences first; two runs also get their change."""
    frame = _named(found, found.tables[table])
    numbers = heads[0].style == "number"
    if numbers and most is not None and len(frame):
        values = frame[list(found.names)].astype(float)
        order = (values.max(axis=1) - values.min(axis=1)).rank(method="first", ascending=False)
        frame = frame.loc[order.sort_values().index]
    change = (Head("change", "change"),) if numbers and len(found.names) == 2 else ()
    rows = tuple(
        (*_cells(row, numbers, len(keys)), *([_change(row)] if change else []))
        for row in frame.itertuples(index=False, name=None)
    )
    shown = rows if most is None else rows[:most]
    notes = [] if rows else ["None."]
    if len(shown) < len(rows):
        notes.append(f"... and {len(rows) - len(shown):,d} more: --all shows every one.")
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
            known[column] = WORDS
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
    title = " against ".join(found.names)
    xlsx.write_blocks(path, title, list(sentences(found)), list(blocks(found, None)))

"""Check sums: the rows of a table that match `where` add up to `total`, in every year."""

import re
from collections.abc import Iterator, Mapping
from math import fsum

import pandas as pd

from commonweal.instances.faults import Fault, advice
from commonweal.instances.rows import TABLES
from commonweal.language import _

ROUNDING = 1e-12  # share of the total by which adding up in another order may differ


def check_totals(frames: Mapping[str, pd.DataFrame]) -> Iterator[Fault]:
    """A fault for each check sum that names something unknown or does not match."""
    totals = frames.get("totals")
    names = ["table", "column", "where", "total", "tolerance"]
    if totals is None or not set(names) <= set(totals):
        return
    numbers = {t.TABLE: [c.name for c in t.columns() if c.kind == "number"] for t in TABLES}
    for line, table, column, where, total, tolerance in totals[names].itertuples(name=None):
        if table not in numbers:
            if table:
                yield _fault(line, "table", table, _("a table"), advice(table, numbers))
        elif column not in numbers[table]:
            if column:
                expected = _("a column of numbers in {table}", table=table)
                yield _fault(line, "column", column, expected, advice(column, numbers[table]))
        elif column in frames.get(table, ()):
            rows = _matching(frames[table], table, where)
            if isinstance(rows, tuple):
                yield _fault(line, "where", *rows)
            else:
                yield from _compare(rows, line, f"{table}.{column}", total, tolerance)


def _matching(frame: pd.DataFrame, table: str, where: str) -> pd.DataFrame | tuple[str, str, str]:
    """The rows that match, doubles left out; or what was found, what was expected and the remedy."""
    kind = next(t for t in TABLES if table == t.TABLE)
    frame = frame.drop_duplicates([name for name in kind.KEY if name in frame])
    for condition in filter(None, re.split(r"\s*;\s*", where)):
        name, equals, word = (part.strip() for part in condition.partition("="))
        if name == "year" and kind.yearly() and "year" not in frame:
            continue  # one value serves all years
        if not equals or name not in frame:
            return condition, _("<column of {table}>=<value>", table=table), advice(name, map(str, frame.columns))
        words = frame[name].map(lambda v: f"{v:.12g}" if isinstance(v, float) else str(v))
        if not (words == word).any():
            return (
                condition,
                _("a value of {name} in {table}", name=name, table=table),
                advice(word, sorted(set(words))),
            )
        frame = frame[(words == word) | (words == "")]  # a blank one is faulty and may be meant
    return frame


def _compare(rows: pd.DataFrame, line: int, name: str, total: float, tolerance: float) -> Iterator[Fault]:
    """NaN stands for a faulty cell, told already: it makes the comparison false."""
    column = name.partition(".")[2]
    years = rows["year"].dropna() if "year" in rows else pd.Series(0, index=rows.index)
    for year in years.unique().tolist():
        found = fsum(rows.loc[years.index[years == year], column])
        if abs(found - total) > (tolerance + ROUNDING) * abs(total):
            when = _(" in {year:.0f}", year=year) if "year" in rows else ""
            remedy = _("Correct the rows of {partition}.csv, or the total", partition=name.partition(".")[0])
            yield _fault(
                line,
                "total",
                f"{total:.12g}",
                _("{found:.12g}, the sum of {name}{when}", found=found, name=name, when=when),
                remedy,
            )


def _fault(line: int, column: str, value: str, expected: str, remedy: str) -> Fault:
    return Fault("totals.csv", line, column, value, expected, remedy)

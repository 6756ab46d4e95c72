"""What the files of indicators share: a row, and a measure of the benefits without and with the plan."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pandas as pd

from commonweal.optimizer.inequality import Numbers

Measure = Callable[[Numbers, Numbers], float]
Meaning = tuple[str, str]  # what it measures, and its unit as a template over `dictionary.Units`

BENEFIT, MONEY, PERSONS = "{benefit}", "{money}", "{persons}"
SIDES = ("benefit_before", "benefit")


class Row(NamedTuple):
    """One row of the table of indicators."""

    indicator: str
    scope: str
    year: int
    before: float
    after: float


def blocks(frame: pd.DataFrame, keys: list[str]) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    """The rows of each combination of keys, in order."""
    for key, rows in frame.groupby(keys):
        yield key if isinstance(key, tuple) else (key,), rows


def both(cells: pd.DataFrame, measure: Measure) -> tuple[float, float]:
    """`measure` of the benefits without and with the plan, with eligible persons as weights."""
    eligible = cells["eligible"].to_numpy(float)
    before, after = (measure(cells[column].to_numpy(float), eligible) for column in SIDES)
    return before, after

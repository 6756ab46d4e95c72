"""What the parts of a summary share: the last year, who moved, and how things are called."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from commonweal.optimizer.language import _, plural
from commonweal.optimizer.names import names
from commonweal.optimizer.run_folder import Run

MOVED = 1e-6  # relative changes of a benefit below this are rounding


def last(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the last year."""
    found: pd.DataFrame = table[table["year"] == table["year"].max()]
    return found


def year(table: pd.DataFrame) -> str:
    """The last year as text."""
    return str(table["year"].max())


def period(table: pd.DataFrame) -> str:
    """The years of a table whose rows are summed over them."""
    first, final = table["year"].min(), table["year"].max()
    return str(first) if first == final else _("{first}-{final} together", first=first, final=final)


def up(cells: pd.DataFrame) -> "pd.Series[bool]":
    """Whose benefit rises, against no plan."""
    larger = np.maximum(cells["benefit"], cells["benefit_before"])
    return cells["benefit"] > cells["benefit_before"] + MOVED * larger


def down(cells: pd.DataFrame) -> "pd.Series[bool]":
    """Whose benefit falls, against no plan."""
    return cells["benefit"] < cells["benefit_before"] * (1 - MOVED)


def tiny(amounts: "pd.Series[float]") -> float:
    """Below this an amount of money is rounding, next to amounts like these."""
    return 1e-7 * max(float(amounts.abs().max()), 1e-9) if len(amounts) else 0.0


def count_regions(number: int) -> str:
    """1 region, 2 regions."""
    return plural("{n} region", "{n} regions", number)


def who(run: Run, programme: str, group: str) -> str:
    """The group; with its programme where there are several."""
    name = names(run.instance, "group")[group]
    several = len(run.instance.programmes) > 1
    return _(", ").join([name, names(run.instance, "programme")[programme]]) if several else name


def listed(words: Sequence[str]) -> str:
    """a, b and c."""
    first, *rest = words
    for word in rest[:-1]:
        first = _("{words}, {word}", words=first, word=word)
    return _("{words} and {last}", words=first, last=rest[-1]) if rest else first

"""Small tables of numbers with the words around them: what screens print and workbooks format.

A block keeps numbers as numbers; `decimals` decides once with how many places they are shown, so that a
screen and a workbook show the same digits.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from commonweal.optimizer.language import _

Value = str | float | int | None

Style = Literal["text", "number", "change", "share"]
"""text; number; change: a number with its sign; share: 0.194 is shown as 19.4 %."""

NOTHING = 1e-9  # shown as zero where nothing larger stands beside it
SIGNIFICANT = 4  # figures that the largest number of a column shows


@dataclass(frozen=True)
class Head:
    """A column of a block: its title and how values are shown; `digits` after the point, if not by size.

    bar: on a terminal with room for it, a bar beside the row is as long as the value is large.
    """

    title: str
    style: Style = "text"
    digits: int | None = None
    bar: bool = False


@dataclass(frozen=True)
class Block:
    """A titled table; `notes` are sentences below it. In a `mixed` one every row has its own unit."""

    title: str
    heads: tuple[Head, ...] = ()
    rows: tuple[tuple[Value, ...], ...] = ()
    notes: tuple[str, ...] = ()
    mixed: bool = False

    def decimals(self) -> list[list[int]]:
        """Decimal places of every cell: alike in a column, or in a row of a mixed block."""
        columns = [
            (1 if head.style == "share" else places(values)) if head.digits is None else head.digits
            for head, values in zip(self.heads, zip(*self.rows, strict=True), strict=False)
        ]
        return [[places(row)] * len(row) if self.mixed else columns for row in self.rows]

    def texts(self) -> list[list[str]]:
        """Every cell as text."""
        return [
            [show(*cell) for cell in zip(row, (head.style for head in self.heads), digits, strict=True)]
            for row, digits in zip(self.rows, self.decimals(), strict=True)
        ]


def places(values: Iterable[Value]) -> int:
    """Places for numbers shown together: four figures of the largest, two places at most from 1 up."""
    numbers = [abs(value) for value in values if isinstance(value, float) and math.isfinite(value)]
    largest = max(numbers, default=0.0)
    if largest < NOTHING:
        return 0
    fitting = SIGNIFICANT - 1 - math.floor(math.log10(largest))
    return max(0, min(fitting, 2)) if largest >= 1 else min(fitting, 12)


def percent(number: str) -> str:
    """A number of hundredths with its sign, as the language writes it: 19.4 %, in Chinese 19.4%."""
    return _("{number} %", number=number)


def show(value: Value, style: Style = "number", decimals: int | None = None) -> str:
    """One value as text, with thousands separators; missing values are empty."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,d}"
    if style == "share":
        return percent(f"{value:.{1 if decimals is None else decimals}%}"[:-1])
    digits = places([value]) if decimals is None else decimals
    text = f"{value:{'+' if style == 'change' else ''},.{digits}f}"
    return text.lstrip("+-") if float(text.replace(",", "")) == 0 else text

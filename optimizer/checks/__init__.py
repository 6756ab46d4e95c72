"""Independent checks, in pandas alone, found by folder; none of them knows the model.

<lever>.py        one lever: SETTINGS it knows, OPENS (columns it may change), check(evidence, settings)
gap_<measure>.py  one gap measure: SETTINGS it knows, gap(cells, settings) -> number
_<topic>.py       what holds for every plan: check(evidence)
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    import pandas as pd

    from commonweal.optimizer.evidence import Evidence, Finding


class CoreCheck(Protocol):
    """The contract of a file `_<topic>.py`."""

    def check(self, evidence: "Evidence") -> "Iterator[Finding]":
        """Examine what holds for every plan."""


class LeverCheck(Protocol):
    """The contract of a file `<lever>.py`.

    One that obliges funds to add to reserves also has `set_aside(evidence, ledger, settings)`: money by row. One that
    opens coverage also has `covers(rows, settings)`: whether it may change each row of `evidence.coverage`. One that
    lets reserves be used also has `released(ledger, settings)`: money by row, below what other rules ask.
    """

    SETTINGS: frozenset[str]
    OPENS: frozenset[str]

    def check(self, evidence: "Evidence", settings: Mapping[str, Any]) -> "Iterator[Finding]":
        """Examine every rule of the lever."""


class GapCheck(Protocol):
    """The contract of a file `gap_<measure>.py`."""

    SETTINGS: frozenset[str]

    def gap(self, cells: "pd.DataFrame", settings: Mapping[str, Any]) -> float:
        """The gap of one programme and year; columns region, group, area, eligible, attainment."""


@cache
def _names() -> tuple[str, ...]:
    return tuple(sorted(info.name for info in iter_modules(__path__)))


def core() -> tuple[CoreCheck, ...]:
    """What every plan is checked for."""
    return tuple(import_module(f"{__name__}.{name}") for name in _names() if name.startswith("_"))


def lever(name: str) -> LeverCheck | None:
    """The check of one lever, None if there is none."""
    known = name in _names() and not name.startswith(("_", "gap_"))
    return cast(LeverCheck, import_module(f"{__name__}.{name}")) if known else None


def gap(name: str) -> GapCheck | None:
    """The independent formula of one gap measure, None if there is none."""
    return cast(GapCheck, import_module(f"{__name__}.gap_{name}")) if f"gap_{name}" in _names() else None


def opened(levers: Iterable[str]) -> frozenset[str]:
    """The ledger columns that these levers may change."""
    return frozenset[str]().union(*(found.OPENS for found in map(lever, levers) if found))


def claimed(evidence: "Evidence", rows: "pd.DataFrame", *, deciding: bool = False) -> "pd.Series[bool]":
    """Whether an active lever may change the coverage of each row of `evidence.coverage`.

    `deciding`: only levers that decide it, not those that set it by a rule.
    """
    found = rows["lacking"] & False
    decided = set(evidence.tables["decisions"]["lever"])
    for name, settings in evidence.levers.items():
        part = lever(name)
        if part is not None and hasattr(part, "covers") and (name in decided or not deciding):
            found |= part.covers(rows, settings)
    return found


def released(evidence: "Evidence", ledger: "pd.DataFrame") -> "pd.Series[float]":
    """Money by which the reserve of each row may lie below what other rules ask, locked parts apart."""
    money = 0.0 * ledger["data_opening"]
    for name, settings in evidence.levers.items():
        if (part := lever(name)) is not None and hasattr(part, "released"):
            money = money + part.released(ledger, settings)
    return money

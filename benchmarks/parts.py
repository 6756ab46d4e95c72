"""What a benchmark case is, and how its steps are timed.

A case is a file of `cases/` with a docstring (its first line is the title), `AGAINST` (what it is compared with),
`prepare(tiny)` for what is not timed and `measure(prepared)` for one run of every step.
"""

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Step:
    """One step of a case, seconds of wall clock; `other` is what it is compared with, if anything.

    `note`: what else was measured, in words, and `figures`: what the case's picture shows; both of the last run.
    """

    name: str
    ours: float
    other: float | None = None
    note: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


class Case(Protocol):
    """The contract of a file in `cases/`. `RUNS`, where it has one, is the most runs of a long case.

    A case with a `PICTURE` (a file name) has `draw(steps, file)` as well, which writes it beside the table, and `SHOWS`,
    what is seen on it.
    """

    __doc__: str
    AGAINST: str

    def prepare(self, tiny: bool) -> Any:
        """What the case needs; `tiny` asks for the smallest size that still runs every step."""

    def measure(self, prepared: Any) -> list[Step]:
        """One run of every step, both sides one after the other."""


def cases() -> dict[str, Case]:
    """Every case by name."""
    home = import_module("benchmarks.cases")
    return {
        name: import_module(f"{home.__name__}.{name}") for name in sorted(i.name for i in iter_modules(home.__path__))
    }


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Seconds and result of one call; garbage of earlier work is collected first."""
    gc.collect()
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result

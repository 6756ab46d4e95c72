"""What a plan will take, before anything is built: told where it is long, refused where it cannot fit.

The search by parts keeps reduced parts only, shared among processes; what the workers of a cluster have is not known here.
Yes-or-no decisions are not counted: they can take much longer.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from typing import Any

from commonweal.instances import Instance, project
from commonweal.optimizer.decompose.split import parts_of
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import _
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.searches import auto
from commonweal.optimizer.workers import cores

LONG = 10.0  # seconds from which on an estimate is told
CGROUPS = (  # limit and use of this process's group, in both versions of Linux control groups
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)


@dataclass(frozen=True)
class Counts:
    """What makes a model large: benefits, rows of funds, years."""

    cells: int
    ledger: int
    years: int

    @classmethod
    def of(cls, case: Instance) -> "Counts":
        """Of a case in its plan years."""
        return cls(len(case.people), len(case.accounts), len(case.years))


@dataclass(frozen=True)
class Estimate:
    """Expected seconds on idle cores, and megabytes of all processes at the peak; processes: 0 for a plan made whole."""

    counts: Counts
    seconds: float
    megabytes: float
    processes: int = 0


def estimate(counts: Counts) -> Estimate:
    """By the fit that `python -m benchmarks.estimate` prints; how well it fits stands in docs/scale.md."""
    base, per_cell, per_row = MEGABYTES
    constant, power, yearly = SECONDS
    seconds = exp(constant + power * log(max(1, counts.cells + counts.ledger)) + yearly * log(counts.years))
    return Estimate(counts, seconds, base + per_cell * counts.cells + per_row * counts.ledger)


def in_parts(counts: Counts, processes: int) -> Estimate:
    """The same for the search by parts, shared among so many processes; what it is fitted to stands in docs/scale.md."""
    per_process, per_cell, per_row = PARTS_MEGABYTES
    own = per_process * (processes + 1 if processes > 1 else 1)
    megabytes = own + per_cell * counts.cells + per_row * counts.ledger
    return Estimate(counts, PARTS_TIMES * estimate(counts).seconds / processes, megabytes, processes)


def check(
    case: Instance,
    scenario: Scenario,
    tell: Callable[[str], None],
    *,
    force: bool = False,
    available: float | None = None,
) -> Estimate | None:
    """Tell what a long search will take; None where nothing is estimated. `case` is as read; `available` in megabytes.

    Error: UsageError, with remedies, for what does not fit in the memory there is, unless `force`.
    """
    years = case if scenario.projection is None else project(case, scenario.projection)
    if splits(years, scenario):
        search: Any = scenario.search
        if search.cluster:
            return None
        found = in_parts(Counts.of(years), min(search.processes or cores(), len(parts_of(years, scenario))))
    else:
        found = estimate(Counts.of(years))
    if found.seconds > LONG:
        tell(
            _(
                "{cells} benefits in {years} years: about {time} and {memory} of memory are expected.",
                cells=f"{found.counts.cells:,}",
                years=found.counts.years,
                time=_time(found.seconds),
                memory=_memory(found.megabytes),
            )
        )
    free = free_memory() if available is None else available
    if free is not None and found.megabytes > free and not force:
        raise UsageError(
            _(
                "This needs about {memory} of memory, and {free} are free. Plan for fewer years or programmes, {remedy}, or "
                "start all the same with --force.",
                memory=_memory(found.megabytes),
                free=_memory(free),
                remedy=_("use fewer processes (--set search.processes=1)")
                if found.processes > 1
                else _("split the nation into parts (--set search.name=decompose)")
                if found.processes == 0
                else _("use a larger machine or a cluster"),
            )
        )
    return found


def splits(case: Instance, scenario: Scenario) -> bool:
    """Whether the search that is named, or chosen by size, plans `case` (in its plan years) in parts."""
    if scenario.search.name == "auto":
        return auto.splits(case, scenario)
    return scenario.search.name == "decompose"


def free_memory() -> float | None:
    """Megabytes that this process can still have; None where the system does not tell."""
    found: list[float] = []
    with suppress(OSError, StopIteration, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found.append(float(next(line for line in lines if line.startswith("MemAvailable")).split()[1]) / 1024)
    if not found:
        with suppress(OSError, ValueError, AttributeError):
            found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES") / 2**20)
    for limit, used in CGROUPS:
        with suppress(OSError, ValueError):  # "max" is no number: no limit
            found.append((int(limit.read_text()) - int(used.read_text())) / 2**20)
    return max(0.0, min(found)) if found else None


def _time(seconds: float) -> str:
    if seconds < 100:
        return _("{n} seconds", n=f"{seconds:.0f}")
    if seconds < 6000:
        return _("{n} minutes", n=f"{seconds / 60:.0f}")
    return _("{n} hours", n=f"{seconds / 3600:.0f}")


def _memory(megabytes: float) -> str:
    return f"{megabytes:,.0f} MB" if megabytes < 2000 else f"{megabytes / 1000:,.1f} GB"


# Fitted to thirteen invented nations and the counties of China in one and five years: 434 to 39,900 benefits.
MEGABYTES = (185.0, 0.033, 0.03)  # all, of a benefit, of a row of a fund
SECONDS = (-7.55, 1.03, 0.3)  # constant, power of benefits + rows, power of years
# In parts: fitted to 342 x 2 x 7 x 3 and to the counties of China in five years, with two processes.
PARTS_TIMES = 2.0  # the processor seconds of the whole
PARTS_MEGABYTES = (
    160.0,
    0.0092,
    0.003,
)  # of each process and the one that waits for them, of a benefit, of a row of a fund

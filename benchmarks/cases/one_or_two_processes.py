"""generated, 342 x 2 x 7 x 10 and 2,850 x 2 x 7 x 1, in parts: two processes against one.

The whole command both times. Two processes hold the parts beside the first, which only asks them; one process holds
and does everything. Every table of the two plans must be the same to the last digit, or the benchmark fails.
"""

from pathlib import Path

from benchmarks.parts import Step
from benchmarks.planned import nation, plan

AGAINST = "the same parts in one process"
RUNS = 1
SIZES = ((342, 2, 7, 10), (2_850, 2, 7, 1))


def prepare(tiny: bool) -> tuple[tuple[int, int, int, int], ...]:
    """Regions, groups, programmes, years."""
    return ((12, 2, 1, 1),) if tiny else SIZES


def measure(prepared: tuple[tuple[int, int, int, int], ...]) -> list[Step]:
    """Every size both ways. Error: RuntimeError when two plans differ."""
    return [_step(size) for size in prepared]


def _step(size: tuple[int, int, int, int]) -> Step:
    with nation(*size) as place:
        two = plan(place, "decompose", processes=2)
        (place / "run").rename(place / "by two")
        one = plan(place, "decompose", processes=1)
        _same(place / "by two", place / "run")
    note = f"{two.sweeps} sweeps, {two.taken.megabytes:,.0f} MB in all processes; in one {one.taken.megabytes:,.0f} MB"
    return Step(f"{size[0]:,} regions, {size[3]} year{'s' * (size[3] > 1)}", two.taken.seconds, one.taken.seconds, note)


def _same(first: Path, second: Path) -> None:
    for table in sorted(first.glob("*.csv")):
        if table.read_bytes() != (second / table.name).read_bytes():
            raise RuntimeError(f"one process and two make different plans: {table.name}")

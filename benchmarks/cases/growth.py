"""generated, 31 to 2,850 regions x 2 groups x 7 programmes x 1 to 10 years, planned in parts and whole.

The whole command, from tables on disk to the run folder. The parts share two processes beside the first. A nation is
planned whole as well where `solve` expects that to take no more than 150 seconds; then the gap of each must not lie
below the bound of the other, or the benchmark fails. Memory is measured: all processes together, at the peak.
"""

from itertools import product
from pathlib import Path

from benchmarks.growth_picture import Point, draw_points
from benchmarks.parts import Step
from benchmarks.planned import Planned, nation, plan
from commonweal.optimizer.estimate import Counts, estimate

AGAINST = "the whole model in one process"
RUNS = 1
PICTURE = "growth.svg"
SHOWS = (
    "Time by the clock and memory at the peak against the number of benefits, in parts and whole, both axes "
    "logarithmic, with the fitted exponents."
)
REGIONS, YEARS = (31, 342, 2_850), (1, 3, 5, 10)
GROUPS, PROGRAMMES, PROCESSES = 2, 7, 2
LONGEST = 150.0  # expected seconds of a whole model

Size = tuple[int, int, int]  # regions, programmes, years


def prepare(tiny: bool) -> list[Size]:
    """The sizes, from the smallest nation to the largest; the tiny one has one programme."""
    if tiny:
        return [(12, 1, 1)]
    return [(regions, PROGRAMMES, years) for regions, years in product(REGIONS, YEARS)]


def measure(prepared: list[Size]) -> list[Step]:
    """Every size in parts and, where that is not too long, whole."""
    return [_step(*size) for size in prepared]


def draw(steps: list[Step], file: Path) -> None:
    """The picture of all sizes."""
    draw_points([Point(**step.figures) for step in steps], file)


def _step(regions: int, programmes: int, years: int) -> Step:
    benefits = regions * GROUPS * programmes * years
    expected = estimate(Counts(benefits, regions * GROUPS * years, years)).seconds
    with nation(regions, GROUPS, programmes, years) as place:
        parts = plan(place, "decompose", PROCESSES)
        whole = plan(place, "single") if expected <= LONGEST else None
    note = f"{benefits:,} benefits; {_told(parts)}, {parts.sweeps} sweeps, proven to {parts.distance:.0e}"
    figures = {
        "benefits": benefits,
        "parts_seconds": parts.taken.seconds,
        "parts_megabytes": parts.taken.megabytes,
    }
    name = f"{regions:,} regions, {years} year{'s' * (years > 1)}"
    if whole is None:
        note += f"; whole: not run, {expected:,.0f} s are expected"
        return Step(name, parts.taken.seconds, None, note, figures)
    parts.agree(whole)
    figures |= {"whole_seconds": whole.taken.seconds, "whole_megabytes": whole.taken.megabytes}
    return Step(name, parts.taken.seconds, whole.taken.seconds, f"{note}; whole: {_told(whole)}", figures)


def _told(found: Planned) -> str:
    return f"{found.taken.processor:.0f} s of processor, {found.taken.megabytes:,.0f} MB"

"""china-2024, five years: 31 provinces, 2 groups, 1 programme."""

from benchmarks.linear_program import AGAINST, Problem, problem, side_by_side
from commonweal.instances import read

__all__ = ["AGAINST", "measure", "prepare"]

measure = side_by_side


def prepare(tiny: bool) -> Problem:
    """The case as bundled; the tiny one has a single year."""
    return problem(read("china-2024"), *([] if tiny else ["five-years"]))

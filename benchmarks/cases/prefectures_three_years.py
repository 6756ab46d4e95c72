"""generated, 342 regions x 2 groups x 7 programmes x 3 years."""

from benchmarks.generate import generate
from benchmarks.linear_program import AGAINST, Problem, problem, side_by_side

__all__ = ["AGAINST", "measure", "prepare"]

measure = side_by_side


def prepare(tiny: bool) -> Problem:
    """An invented nation of prefectures."""
    return problem(generate(13, 2, 2, 1) if tiny else generate(342, 2, 7, 3))

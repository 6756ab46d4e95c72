"""generated, 31 regions x 2 groups x 7 programmes x 10 years."""

from benchmarks.generate import generate
from benchmarks.linear_program import AGAINST, Problem, problem, side_by_side

__all__ = ["AGAINST", "measure", "prepare"]

measure = side_by_side


def prepare(tiny: bool) -> Problem:
    """An invented nation of provinces."""
    return problem(generate(6, 2, 2, 2) if tiny else generate(31, 2, 7, 10))

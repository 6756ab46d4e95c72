"""The zero of a function: against arithmetic, and against scipy's own version of the same method."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from commonweal.optimizer.root import root

SHAPES: dict[str, Callable[[float, float], float]] = {
    "straight": lambda x, c: x - c,
    "flat at its zero": lambda x, c: (x - c) ** 3,
    "with a kink": lambda x, c: max(x - c, 5 * (x - c)),
    "levelling off": lambda x, c: math.exp(-x) - math.exp(-c),
    "steep": lambda x, c: math.atan(50 * (x - c)),
}


@pytest.mark.parametrize("shape", SHAPES)
@given(zero=st.floats(0.01, 0.99), high=st.sampled_from([1.0, 2.0, 1024.0]))
def test_it_is_what_scipy_finds(shape: str, zero: float, high: float) -> None:
    def f(x: float) -> float:
        return SHAPES[shape](x, zero)

    found = root(f, (0.0, f(0.0)), (high, f(high)), near=1e-12 * high, relative=1e-12)
    assert found == pytest.approx(
        brentq(f, 0.0, high, xtol=1e-12 * high, rtol=1e-12, maxiter=2000), rel=1e-11, abs=1e-11 * high
    )
    assert found == pytest.approx(zero, rel=1e-9, abs=2e-12 * high)


def test_an_end_that_is_the_zero_is_found_at_once() -> None:
    def never(_x: float) -> float:
        raise AssertionError

    assert root(never, (3.0, 0.0), (5.0, 1.0), near=1e-9, relative=0.0) == 3.0
    assert root(never, (3.0, -1.0), (5.0, 0.0), near=1e-9, relative=0.0) == 5.0

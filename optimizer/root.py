"""Where a function of one number is zero, by Brent's method: secants and parabolas, halving where they do not help.

Source: R. P. Brent, Algorithms for Minimization without Derivatives (1973), chapter 4. Written out here because
scipy.optimize, which has it too, takes longer to load than anything that is asked of it.
"""

from collections.abc import Callable

MOST = 2000  # the square of the halvings that would do: by Brent, never more
Point = tuple[float, float]
"""A number, and the value of the function there."""


def root(f: Callable[[float], float], low: Point, high: Point, near: float, relative: float) -> float:
    """A zero between `low` and `high`, whose values have opposite signs: to `near` plus `relative` times it."""
    (a, fa), (b, fb) = low, high  # b is the best so far, a the one before it
    if fa == 0:
        return a
    c, fc, before, step = a, fa, b - a, b - a  # the zero lies between b and c
    for _round in range(MOST):
        if fa != 0 and fb != 0 and (fa < 0) != (fb < 0):
            c, fc = a, fa
            before = step = b - a
        if abs(fc) < abs(fb):
            a, b, c = b, c, b
            fa, fb, fc = fb, fc, fb
        enough, half = (near + relative * abs(b)) / 2, (c - b) / 2
        if fb == 0 or abs(half) < enough:
            break
        before, step = _step((a, fa), (b, fb), (c, fc), (before, step), enough, half)
        a, fa = b, fb
        b += step if abs(step) > enough else enough if half > 0 else -enough
        fb = f(b)
    return b


def _step(
    last: Point, best: Point, other: Point, steps: tuple[float, float], enough: float, half: float
) -> tuple[float, float]:
    """The step before and the next one: to where the curve through the points is zero, if that is a good step."""
    (a, fa), (b, fb), (c, fc), (before, step) = last, best, other, steps
    if abs(before) > enough and abs(fb) < abs(fa):
        if a == c:
            tried = -fb * (b - a) / (fb - fa)
        else:
            left, right = (fa - fb) / (a - b), (fc - fb) / (c - b)
            tried = -fb * (fc * right - fa * left) / (right * left * (fc - fa))
        if 2 * abs(tried) < min(abs(before), 3 * abs(half) - enough):
            return step, tried
    return half, half

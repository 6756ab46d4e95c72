"""Inequality of a distribution, as numbers: small pure functions of values and weights (persons).

    mean       m = sum p x,                                    p = weights scaled to sum 1
    gini       sum over pairs p_i p_j |x_i - x_j| / (2 m)
    variation  coefficient of variation: sqrt(sum p (x - m)^2) / m
    theil      Theil T = sum p (x / m) ln(x / m)
    theil_parts  T = between + within exactly, for any partition into parts k with share s_k of the total:
                 between = sum s_k ln(m_k / m),  within = sum s_k T_k
    spread     highest / lowest value of those that carry weight

Cells of no weight never count. By definition x ln x = 0 at x = 0, and where everybody has zero there is no
inequality: gini, variation and theil are 0. A quotient with a zero denominator, and any measure of nobody, is
not a number (NaN), which the files leave blank. Values may not be negative.

Sources: Gini by sorting, Theil T with its exact decomposition: Shorrocks, Econometrica 48 (1980) 613-626.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


class Parts(NamedTuple):
    """An inequality split exactly into what lies between parts and what lies inside them."""

    between: float
    within: float


def ratio(numerator: float, denominator: float) -> float:
    """`numerator / denominator`, NaN where the denominator is zero or unknown."""
    return numerator / denominator if denominator else float("nan")


def mean(values: Numbers, weights: Numbers) -> float:
    """Weighted mean, in the unit of `values`."""
    return ratio(float(weights @ values), float(weights.sum()))


def lowest(values: Numbers, weights: Numbers) -> float:
    """The lowest value that carries weight, in the unit of `values`."""
    return float(np.min(values[weights > 0], initial=np.inf)) if (weights > 0).any() else float("nan")


def spread(values: Numbers, weights: Numbers) -> float:
    """Highest over lowest value of those that carry weight."""
    carried = values[weights > 0]
    return ratio(float(carried.max()), float(carried.min())) if carried.size else float("nan")


def gini(values: Numbers, weights: Numbers) -> float:
    """Gini coefficient, 0 (all alike) to 1, by sorting: sum p_i x_i (2 F_i + p_i - 1) / m (F: below i)."""
    order = np.argsort(values, kind="stable")
    shares = _shares(weights)[order]
    below = np.cumsum(shares) - shares
    return _relative(float(shares * values[order] @ (2 * below + shares - 1)), mean(values, weights))


def variation(values: Numbers, weights: Numbers) -> float:
    """Coefficient of variation: standard deviation over mean."""
    centre = mean(values, weights)
    return _relative(float(np.sqrt(_shares(weights) @ (values - centre) ** 2)), centre)


def theil(values: Numbers, weights: Numbers) -> float:
    """Theil T, 0 (all alike) upwards."""
    centre = mean(values, weights)
    if not centre > 0:
        return centre  # 0: everybody has zero; NaN: there is nobody
    relative = values / centre
    return float(_shares(weights) @ (relative * np.log(np.where(relative > 0, relative, 1.0))))


def theil_parts(values: Numbers, weights: Numbers, parts: npt.NDArray[np.int_]) -> Parts:
    """Theil T split by `parts` (a whole number for each cell); between + within = theil, to rounding."""
    persons = np.bincount(parts, weights).astype(float)
    totals = np.bincount(parts, weights * values).astype(float)
    means = np.divide(totals, persons, out=np.zeros_like(totals), where=persons > 0)
    between = theil(means, persons)
    if not totals.sum() > 0:
        return Parts(between, between)
    inside = [theil(values[parts == k], weights[parts == k]) for k in np.flatnonzero(totals)]
    return Parts(between, float(totals[np.flatnonzero(totals)] @ inside / totals.sum()))


def _shares(weights: Numbers) -> Numbers:
    total = weights.sum()
    return weights / total if total > 0 else weights * np.nan


def _relative(amount: float, centre: float) -> float:
    """`amount / centre`; where everybody has zero there is no inequality."""
    return 0.0 if centre == 0 else amount / centre

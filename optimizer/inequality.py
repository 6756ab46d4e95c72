"""Inequality of a distribution, as numbers: small pure functions of values and weights (persons).

    mean       m = sum p x,                                    p = weights scaled to sum 1
    gini       sum over pairs p_i p_j |x_i - x_j| / (2 m)
    variation  coefficient of variation: sqrt(sum p (x - m)^2) / m
    entropy    generalised entropy: sum p phi(x / m), with phi(z) = z ln z for Theil T (order 1),
               -ln z for Theil L (order 0), (z^2 - 1) / 2 for GE(2)
    entropy_parts  the same as between + within exactly, for any partition into parts k:
               between = sum p_k phi(m_k / m),  within = sum p [phi(x / m) - phi(m_k / m)]
    palma      total of the best-off tenth / total of the worst-off four tenths
    percentile_ratio  P90 / P10, without interpolation
    spread     highest / lowest value of those that carry weight
    lorenz     share of the total that the worst-off share s of persons has

Cells of no weight never count. By definition x ln x = 0 at x = 0, and where everybody has zero there is no
inequality: gini, variation and entropy are 0. Theil L where somebody has zero, a quotient with a zero denominator,
and any measure of nobody, is not a number (NaN), which the files leave blank. Values may not be negative.

Sources: Shorrocks, The class of additively decomposable inequality measures, Econometrica 48 (1980) 613-626; Palma,
Homogeneous middles vs. heterogeneous tails, Development and Change 42 (2011) 87-153; Shorrocks, Ranking income
distributions, Economica 50 (1983) 3-17 (Lorenz curves).
"""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Order = Literal[0, 1, 2]
THEIL_L: Order = 0
THEIL_T: Order = 1
GE2: Order = 2
GRAIN = 1e-12  # a sum of shares that misses a limit by rounding reaches it


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


def entropy(values: Numbers, weights: Numbers, order: Order) -> float:
    """Generalised entropy of an order (THEIL_T, THEIL_L, GE2), 0 (all alike) upwards."""
    centre = mean(values, weights)
    if not centre > 0:
        return centre  # 0: everybody has zero; NaN: there is nobody
    carried = weights > 0
    return float(_shares(weights)[carried] @ _phi(values[carried] / centre, order))


def entropy_parts(values: Numbers, weights: Numbers, parts: npt.NDArray[np.int_], order: Order) -> Parts:
    """Entropy split by `parts` (a whole number for each cell); between + within = entropy, to rounding."""
    persons = np.bincount(parts, weights).astype(float)
    totals = np.bincount(parts, weights * values).astype(float)
    means = np.divide(totals, persons, out=np.zeros_like(totals), where=persons > 0)
    centre = mean(values, weights)
    if not centre > 0:
        return Parts(centre, centre)
    carried = weights > 0
    inside = _phi(values[carried] / centre, order) - _phi(means[parts[carried]] / centre, order)
    return Parts(entropy(means, persons, order), float(_shares(weights)[carried] @ inside))


def palma(values: Numbers, weights: Numbers) -> float:
    """What the best-off tenth has over what the worst-off four tenths have; a cell on a limit is split."""
    bottom, top = (lorenz(values, weights, share) for share in (0.4, 0.9))
    return ratio(1 - top, bottom)


def percentile_ratio(values: Numbers, weights: Numbers) -> float:
    """P90 / P10: the value that nine tenths do not exceed, over the one that a tenth do not exceed."""
    if not weights.sum() > 0:
        return float("nan")
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(_shares(weights)[order])
    low, high = (float(values[order][np.searchsorted(reached, share - GRAIN)]) for share in (0.1, 0.9))
    return ratio(high, low)


def lorenz(values: Numbers, weights: Numbers, share: float) -> float:
    """Share of the total that the worst-off `share` of persons has; equal where everybody has zero."""
    order = np.argsort(values, kind="stable")
    held = np.concatenate([[0.0], np.cumsum((weights * values)[order])])
    people = np.concatenate([[0.0], np.cumsum(_shares(weights)[order])])
    return share if weights.sum() > 0 and held[-1] == 0 else ratio(float(np.interp(share, people, held)), held[-1])


def _phi(z: Numbers, order: Order) -> Numbers:
    """What a person counts who has z times the mean; NaN for Theil L of nothing."""
    if order == GE2:
        return (z**2 - 1) / 2
    positive = np.where(z > 0, z, 1.0)
    return z * np.log(positive) if order == THEIL_T else np.where(z > 0, -np.log(positive), np.nan)


def _shares(weights: Numbers) -> Numbers:
    total = weights.sum()
    return weights / total if total > 0 else weights * np.nan


def _relative(amount: float, centre: float) -> float:
    """`amount / centre`; where everybody has zero there is no inequality."""
    return 0.0 if centre == 0 else amount / centre

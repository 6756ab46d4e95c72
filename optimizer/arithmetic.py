"""Cheap tests of an impossible case: what the limits of single rows say, before anything is solved.

From the bounds of all other variables in a row follows the least and the most that one variable can be.
Repeating this a few times (interval propagation) shows many impossible cases by sums that anybody can check,
region by region: a fund must spend at least so much, and can have at most so much. Nothing found here means
nothing: the conflict may lie in the interplay of several rows.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from commonweal.models.parts import Index
from commonweal.optimizer.highs import Floats, Solver

Rows = npt.NDArray[np.int64]
ROUNDS = 12
GRAIN = 1e-7  # relative: what is closer than this fits


@dataclass(frozen=True)
class Shortage:
    """One row that cannot hold: rule is the name of its constraint, `lacks` the amount in the row's unit."""

    rule: str
    place: Index
    lacks: float


def shortages(solver: Solver) -> list[Shortage]:
    """Rows that contradict the bounds that other rows imply; the first round that finds some."""
    count = solver.matrix.shape
    matrix, limits, kinds = csr_array(solver.matrix), solver.limits, solver.kinds
    row = np.repeat(np.arange(count[0]), np.diff(matrix.indptr))
    column, entry = matrix.indices, matrix.data
    lower, upper = solver.lower[: count[1]].copy(), solver.upper[: count[1]].copy()
    for _ in range(ROUNDS):
        least, most = _sides(entry, lower[column], upper[column])
        low, high = _sums(row, least, count[0], -1.0), _sums(row, most, count[0], 1.0)
        with np.errstate(invalid="ignore"):
            over = np.where(kinds >= 0, low.total - limits, 0.0)
            under = np.where(kinds <= 0, limits - high.total, 0.0)
        lacks = np.nan_to_num(np.maximum(over, under), nan=0.0, posinf=0.0, neginf=0.0)
        size = np.maximum.reduce([np.abs(limits), _largest(row, least, count[0]), _largest(row, most, count[0])])
        if (wrong := np.flatnonzero(lacks > GRAIN * np.maximum(size, 1.0))).size:
            return [_named(solver, int(k), float(lacks[k])) for k in wrong]
        room_above = np.where(kinds[row] >= 0, limits[row] - low.others(row, least), np.inf) / entry
        room_below = np.where(kinds[row] <= 0, limits[row] - high.others(row, most), -np.inf) / entry
        np.minimum.at(upper, column, np.where(entry > 0, room_above, room_below))
        np.maximum.at(lower, column, np.where(entry > 0, room_below, room_above))
    return []


@dataclass(frozen=True)
class _Sums:
    """Sums of finite terms by row, and how many terms are infinite."""

    finite: Floats
    infinite: Floats
    sign: float

    @property
    def total(self) -> Floats:
        return np.where(self.infinite > 0, self.sign * np.inf, self.finite)

    def others(self, row: Rows, terms: Floats) -> Floats:
        """The sum of a row without each of its terms."""
        inside = np.isfinite(terms)
        left = self.infinite[row] - ~inside
        return np.where(left > 0, self.sign * np.inf, self.finite[row] - np.where(inside, terms, 0.0))


def _sides(entry: Floats, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """Least and largest value of every term entry * x."""
    one, other = entry * lower, entry * upper
    return np.where(entry > 0, one, other), np.where(entry > 0, other, one)


def _sums(row: Rows, terms: Floats, rows: int, sign: float) -> _Sums:
    inside = np.isfinite(terms)
    finite, infinite = np.zeros(rows), np.zeros(rows)
    np.add.at(finite, row, np.where(inside, terms, 0.0))
    np.add.at(infinite, row, (~inside).astype(float))
    return _Sums(finite, infinite, sign)


def _largest(row: Rows, terms: Floats, rows: int) -> Floats:
    size = np.zeros(rows)
    np.maximum.at(size, row, np.where(np.isfinite(terms), np.abs(terms), 0.0))
    return size


def _named(solver: Solver, row: int, lacks: float) -> Shortage:
    constraint = solver.rows[row]
    place = constraint.index()
    name = constraint.parent_component().local_name
    return Shortage(name, place if isinstance(place, tuple) else (place,), lacks)

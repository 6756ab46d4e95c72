"""Which limits bind, and how far one limit can move before that changes.

At the solution of the gap stage every column either stands at a bound or is free, and every row either binds or has
room. While that stays so, the smallest gap is one quadratic function of every limit: plan and prices move along
straight lines, which one system of linear equations gives, and the first of them to meet a bound, a limit or zero
says how far. With the curvature H of the gap, the free columns F and the binding rows B:

    [ H_FF  A_BF' ] [ change of the plan   ]   [ 0                      ]
    [ A_BF  0     ] [ change of the prices ] = [ change of the limits   ]
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import block_array, csc_array, csr_array, diags_array
from scipy.sparse.linalg import splu

from commonweal.optimizer.highs import Floats, Solution, Solver
from commonweal.optimizer.refine import Family, Knots

Flags = npt.NDArray[np.int8]
FREE, LOW, HIGH = 0, -1, 1
GRAIN = 1e-9  # of scaled columns, rows and prices: what is closer to a bound than this stands at it
EVEN = 1e-11  # keeps the equations regular where plans or prices are not unique
TRIES = 12


@dataclass(frozen=True)
class Motion:
    """How everything moves as one limit moves: columns, prices of rows, reduced costs of columns; scaled units."""

    x: Floats
    y: Floats
    z: Floats
    price: float
    bend: float


class BindingSet:
    """The state of every column and row at one solution, settled exactly."""

    def __init__(self, solver: Solver, knots: Sequence[Knots], found: Solution, stage: str = "gap") -> None:
        """Read the state from the last solve of `stage`, whose solution is `found`."""
        matrix, (lower, upper), (self.low, self.high) = solver.loaded()
        scale, linear = solver.column_scale, solver.costs[stage].copy()
        x, bend, spare = found.x.copy(), np.zeros(len(linear)), np.zeros(len(linear), dtype=bool)
        basic_column, basic_row = solver.basic()
        families = [family.family for family in knots]
        for family, knot in zip(families, knots, strict=True):
            first, z = family.columns[:, 0], knot.place(found)
            slope = family.slope(np.stack([np.zeros_like(z), family.end], axis=1))
            worth = family.weight / family.unit
            x[first], lower[first], upper[first] = z * family.unit, 0.0, family.end * family.unit / scale[first]
            linear[first] = worth * slope[:, 0]
            bend[first] = worth / family.unit * (slope[:, 1] - slope[:, 0]) / family.end
            spare[family.columns[:, 1:].ravel()] = True
            basic_column[first] = basic_column[family.columns].any(axis=1)
        self.columns = np.flatnonzero(~spare)  # one column a cell stands for all its segments
        self.at = np.cumsum(~spare) - 1
        self.scale = scale[self.columns]
        self.unit = 1.0 / max(float(np.abs(linear * scale).max(initial=0.0)), 1e-300)
        self.cost = linear[self.columns] * self.scale * self.unit
        self.bend = bend[self.columns] * self.scale**2 * self.unit
        self.lower, self.upper, self.x = lower[self.columns], upper[self.columns], x[self.columns] / self.scale
        self.matrix = csr_array(csc_array(matrix)[:, self.columns])
        self.state = self._state(basic_column[self.columns])
        for family, knot in zip(families, knots, strict=True):  # nothing lies beyond a curve that is not used up
            beyond = _beyond(matrix, family)
            short = knot.place(found) < family.end * (1 - GRAIN)
            self.state[self.at[beyond[short & (beyond >= 0)]]] = LOW
        self.bound = self._bound(basic_row)

    def _state(self, inner: npt.NDArray[np.bool_]) -> Flags:
        low = self.x - self.lower <= GRAIN * np.maximum(1.0, np.abs(self.lower))
        with np.errstate(invalid="ignore"):
            high = self.upper - self.x <= GRAIN * np.maximum(1.0, np.abs(self.upper))
        low, high = low & np.isfinite(self.lower), high & np.isfinite(self.upper)
        return np.where(~inner & low, LOW, np.where(~inner & high, HIGH, FREE)).astype(np.int8)

    def _bound(self, basic: npt.NDArray[np.bool_]) -> Flags:
        activity = self.matrix @ self.x
        nearer = np.where(np.abs(activity - self.low) <= np.abs(activity - self.high), LOW, HIGH)
        return np.where(basic, FREE, nearer).astype(np.int8)  # also equalities that others imply

    def settle(self) -> bool:
        """Solve for the state, and change the state until plan and prices fit it; False if they never do."""
        for _ in range(TRIES):
            if not self._solve():
                return False
            if not self._correct():
                return True
        return False

    def plan(self) -> Floats:
        """Every column of the solver in the model's units; the first segment of a cell stands for all of them."""
        x = np.zeros(len(self.at))
        x[self.columns] = np.clip(self.x, self.lower, self.upper) * self.scale
        return x

    def _solve(self) -> bool:
        """Plan and prices that belong to the state."""
        self._free, self._rows = np.flatnonzero(self.state == FREE), np.flatnonzero(self.bound != FREE)
        part = csr_array(self.matrix[:, self._free])[self._rows, :]
        bend = self.bend[self._free]
        empty = csr_array((len(self._rows), len(self._rows)))
        self._exact = block_array([[diags_array(bend), part.T], [part, empty]], format="csc")
        even = np.concatenate([np.full(len(bend), EVEN), np.full(len(self._rows), -EVEN)])
        try:
            self._factor = splu(csc_array(self._exact + diags_array(even)))
        except RuntimeError:
            return False
        fixed = np.where(self.state == LOW, self.lower, np.where(self.state == HIGH, self.upper, 0.0))
        fixed[self._free] = 0.0
        limits = np.where(self.bound == LOW, self.low, self.high)[self._rows] - (self.matrix @ fixed)[self._rows]
        found = self._equations(np.concatenate([-self.cost[self._free], limits]))
        if found is None:
            return False
        self.x, self.y = fixed, np.zeros(len(self.low))
        self.x[self._free], self.y[self._rows] = found[: len(bend)], -found[len(bend) :]
        self.z = self.bend * self.x + self.cost - self.matrix.T @ self.y
        return True

    def _equations(self, right: Floats) -> Floats | None:
        found = self._factor.solve(right)
        for _ in range(4):
            found += self._factor.solve(right - self._exact @ found)
        wrong = np.abs(right - self._exact @ found).max(initial=0.0)
        return found if wrong <= GRAIN * max(1.0, np.abs(right).max(initial=0.0)) else None

    def _correct(self) -> bool:
        """Move what does not fit its state; False if everything does."""
        activity = self.matrix @ self.x
        size = np.maximum(1.0, np.abs(self.x))
        under, over = self.x < self.lower - GRAIN * size, self.x > self.upper + GRAIN * size
        moving = self.lower < self.upper
        released = moving & (((self.state == LOW) & (self.z < -GRAIN)) | ((self.state == HIGH) & (self.z > GRAIN)))
        room = GRAIN * np.maximum(1.0, np.abs(activity))
        below, above = activity < self.low - room, activity > self.high + room
        loosened = (self.low < self.high) & (
            ((self.bound == LOW) & (self.y < -GRAIN)) | ((self.bound == HIGH) & (self.y > GRAIN))
        )
        free, slack = self.state == FREE, self.bound == FREE
        changes = (free & (under | over)).any() or released.any() or loosened.any()
        changes = changes or (slack & (below | above)).any()
        self.state = np.where(free & under, LOW, np.where(free & over, HIGH, self.state)).astype(np.int8)
        self.state = np.where(released, FREE, self.state).astype(np.int8)
        self.bound = np.where(slack & below, LOW, np.where(slack & above, HIGH, self.bound)).astype(np.int8)
        self.bound = np.where(loosened, FREE, self.bound).astype(np.int8)
        return bool(changes)


def _beyond(matrix: csr_array, family: Family) -> npt.NDArray[np.int64]:
    """The column of each cell that takes what lies beyond its curve; -1 where there is none."""
    rows = matrix[family.rows]
    own = {int(column) for column in family.columns.ravel()}
    found = np.full(len(family.rows), -1)
    for cell, (start, stop) in enumerate(zip(rows.indptr[:-1], rows.indptr[1:], strict=True)):
        for column, value in zip(rows.indices[start:stop].tolist(), rows.data[start:stop].tolist(), strict=True):
            if column not in own and value * family.sign[cell] > 0:
                found[cell] = column
    return found

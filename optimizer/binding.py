"""Which limits bind, and how far one limit can move before that changes.

At the solution of the gap stage every column either stands at a bound or is free, and every row either binds or has
room. While that stays so, the smallest gap is one quadratic function of every limit: plan and prices move along
straight lines, which one system of linear equations gives, and the first of them to meet a bound, a limit or zero
says how far. With the curvature H of the gap, the free columns F and the binding rows B:

    [ H_FF  A_BF' ] [ change of the plan   ]   [ 0                      ]
    [ A_BF  0     ] [ change of the prices ] = [ change of the limits   ]
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace

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
STILL = 1e-11  # what moves no faster than this does not move
TRIES = 12


def settled(
    solver: Solver, knots: Sequence[Knots], found: Solution, stage: str = "gap"
) -> tuple[Solution, "BindingSet | None"]:
    """The plan and the prices of a stage without the rounding of its segments, and what binds.

    As they are, with None, where what binds does not become clear. `found` must come from the solver's last solve.
    """
    binding = BindingSet(solver, knots, found, stage)
    if not binding.settle():
        return found, None
    (rows, columns), costs = binding.prices(), solver.costs[stage].copy()
    exact = replace(found, x=binding.plan(), row_dual=rows, column_dual=columns)
    for knot in knots:
        costs[knot.family.columns.ravel()] = 0.0
    change = float(costs @ (exact.x - found.x))
    change += sum(knot.true_value(exact) - knot.true_value(found) for knot in knots)
    return replace(exact, objective=found.objective + change), binding


@dataclass(frozen=True)
class Motion:
    """How everything moves per unit of one limit: columns, activities of rows, prices of rows, reduced costs; scaled.

    bend: of the gap, second derivative by the limit in the model's units.
    """

    x: Floats
    activity: Floats
    y: Floats
    z: Floats
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
        self.regular = all(_quadratic(family) for family in families)
        for family, knot in zip(families, knots, strict=True):
            first, z = family.columns[:, 0], knot.place(found)
            slope = family.slope(np.stack([np.zeros_like(z), family.end], axis=1))
            worth = family.weight / family.unit
            x[first], lower[first], upper[first] = (
                z * family.unit,
                0.0,
                family.end * family.unit / scale[first],
            )
            linear[first] = worth * slope[:, 0]
            bend[first] = worth / family.unit * (slope[:, 1] - slope[:, 0]) / family.end
            spare[family.columns[:, 1:].ravel()] = True
            basic_column[first] = basic_column[family.columns].any(axis=1)
        self.columns = np.flatnonzero(~spare)  # one column a cell stands for all its segments
        self.at = np.cumsum(~spare) - 1
        self.scale, self.row_scale = scale[self.columns], solver.row_scale
        self.unit = 1.0 / max(float(np.abs(linear * scale).max(initial=0.0)), 1e-300)
        self.cost = linear[self.columns] * self.scale * self.unit
        self.bend = bend[self.columns] * self.scale**2 * self.unit
        self.lower, self.upper, self.x = (
            lower[self.columns],
            upper[self.columns],
            x[self.columns] / self.scale,
        )
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
        for _ in range(TRIES if self.regular else 0):
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

    def prices(self) -> tuple[Floats, Floats]:
        """Change of the gap per unit of every row's limit and of every column's bound, in the model's units."""
        reduced = np.zeros(len(self.at))
        reduced[self.columns] = self.z / self.scale / self.unit
        return self.y * self.row_scale / self.unit, reduced

    def motion(self, *, column: int | None = None, row: int | None = None) -> Motion | None:
        """How everything moves per unit of the bound of a column that stands at it, or of the limit of a binding row.

        None where the equations have no single answer.
        """
        x, right = np.zeros(len(self.x)), np.zeros(len(self._free) + len(self._rows))
        if column is not None:
            at = self.at[column]
            x[at] = 1.0 / self.scale[at]
            right[len(self._free) :] = -(self.matrix @ x)[self._rows]
        elif row is not None:
            right[len(self._free) + int(np.searchsorted(self._rows, row))] = self.row_scale[row]
        found = self._equations(right)
        if found is None:
            return None
        x[self._free] = found[: len(self._free)]
        y = np.zeros(len(self.y))
        y[self._rows] = -found[len(self._free) :]
        z = self.bend * x - self.matrix.T @ y
        moved = z[self.at[column]] / self.scale[self.at[column]] if column is not None else y[row] * self.row_scale[row]
        return Motion(x, self.matrix @ x, y, z, float(moved) / self.unit)

    def reach(self, motion: Motion, side: int) -> float:
        """How far the limit can move up (side 1) or down (side -1) until what binds changes; infinite if never."""
        free, bound = self.state == FREE, self.bound != FREE
        low = np.concatenate([self.lower[free], self.low[~bound]])
        high = np.concatenate([self.upper[free], self.high[~bound]])
        value = np.concatenate([self.x[free], (self.matrix @ self.x)[~bound]])
        speed = side * np.concatenate([motion.x[free], motion.activity[~bound]])
        signed = np.concatenate([self.state * self.z, self.bound * self.y])  # never above zero while it binds
        moving = np.concatenate([(self.lower < self.upper) & ~free, (self.low < self.high) & bound])
        rising = side * np.concatenate([self.state * motion.z, self.bound * motion.y])
        with np.errstate(divide="ignore", invalid="ignore"):
            steps = [
                np.where(speed > STILL, (high - value) / speed, np.inf),
                np.where(speed < -STILL, (low - value) / speed, np.inf),
                np.where(moving & (rising > STILL * np.abs(rising).max(initial=1.0)), -signed / rising, np.inf),
            ]
        return max(0.0, float(min(step.min(initial=np.inf) for step in steps)))

    def hold(self, column: int, value: float) -> None:
        """Give a column another value; `settle` finds what then binds."""
        at = self.at[column]
        self.lower[at] = self.upper[at] = value / self.scale[at]
        self.state[at] = LOW

    def copy(self) -> "BindingSet":
        """The same state, to be moved elsewhere."""
        other = copy(self)
        for name in ("lower", "upper", "low", "high", "state", "bound"):
            setattr(other, name, getattr(self, name).copy())
        return other

    def holds(self, kind: str, at: int) -> bool:
        """Does the limit of a row, or the lower or upper bound of a column, bind in this state."""
        if kind == "row":
            return bool(self.bound[at] != FREE)
        return bool(self.state[self.at[at]] == (LOW if kind == "lower" else HIGH))

    def price(self, kind: str, at: int) -> float:
        """Change of the gap per unit of a limit that binds, in the model's units."""
        rows, columns = self.prices()
        return float(rows[at] if kind == "row" else columns[at])

    def move(self, kind: str, at: int, by: float) -> None:
        """Move a limit; `settle` finds what then binds. An upper bound may not fall below the lower one."""
        if kind == "row":
            self.low[at] += by * self.row_scale[at]
            self.high[at] += by * self.row_scale[at]
            return
        place = self.at[at]
        bound = self.lower if kind == "lower" else self.upper
        bound[place] += by / self.scale[place]

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


def _quadratic(family: Family) -> bool:
    """Is the slope of the curve a straight line."""
    slope = family.slope(family.end[:, None] * np.array([0.0, 0.25, 0.5, 1.0]))
    straight = slope[:, [0]] + (slope[:, [3]] - slope[:, [0]]) * np.array([0.0, 0.25, 0.5, 1.0])
    return bool(np.allclose(slope, straight, rtol=1e-12, atol=1e-12 * np.abs(slope).max(initial=1.0)))

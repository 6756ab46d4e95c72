"""One-sided derivatives of the smallest gap: what happens when a limit moves a little, up or down.

At the solution of the gap stage the gap is replaced by its slope and every limit by the room it leaves: what binds may
not be overstepped, what does not bind is free. The smallest change of the gap when a limit moves by one unit is then
a small linear program, and it is the one-sided derivative itself (the largest, or smallest, price among all that are
optimal together), also where prices are not unique. The stages before the gap are kept in order: if the moved limit
changes what stays unfunded or missing, that is minimised first.

    slope(d) = min  c'x   such that  x keeps every binding rule, whose limits have moved by d

Bends of the gap itself matter only to second order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from commonweal.optimizer.highs import Floats, Program, Solution, Solver
from commonweal.optimizer.refine import Knots

BINDING = 1e-7  # relative to a limit, at least absolute: less room than this is none
GRAIN = 1e-9  # of sums: what the solver itself may be wrong by
FIRST = ("unfunded", "floors")


@dataclass(frozen=True)
class Shift:
    """Limits that move together, each by so much for one unit: of rows, and of lower and upper bounds of columns."""

    rows: Mapping[int, float] | None = None
    lower: Mapping[int, float] | None = None
    upper: Mapping[int, float] | None = None


class Tangent:
    """The linear program around one solution of the gap stage."""

    def __init__(self, solver: Solver, knots: Sequence[Knots], found: Solution, bounds: tuple[Floats, Floats]) -> None:
        """`bounds` are the columns' (lower, upper) before any stage was kept."""
        rows, count = solver.matrix.shape
        x, curves = found.x[:count], [family.family for family in knots]
        attained = np.concatenate([curve.rows for curve in curves] or [np.empty(0, dtype=np.int32)])
        segments = np.concatenate([curve.columns.ravel() for curve in curves] or [np.empty(0, dtype=np.int32)])
        # A cell's curve becomes its slope, which the dual of the row that defines the cell holds.
        dual = np.zeros(rows)
        dual[attained] = found.row_dual[attained]
        self.costs = solver.costs["gap"][:count] - solver.matrix.T @ dual
        used = np.ones(rows, dtype=bool)
        used[attained] = False
        self._stages = [solver.costs[stage][:count] for stage in FIRST]
        near_columns = np.full(count, BINDING)
        for stage in self._stages:  # a stage is kept up to rounding, which the gap has taken
            kept = 4 * GRAIN * max(1.0, float(stage @ x))
            near_columns = np.maximum(near_columns, np.divide(kept, stage, out=np.zeros(count), where=stage > 0))
        self._lower, self._upper = _room(x, bounds[0][:count], bounds[1][:count], near_columns)
        self._lower[segments], self._upper[segments], self.costs[segments] = 0.0, 0.0, 0.0
        activity = solver.matrix @ x
        near = np.abs(activity - solver.limits) <= BINDING * np.maximum(1.0, np.abs(solver.limits))
        used &= near | (solver.kinds == 0)
        self._at = {int(row): k for k, row in enumerate(np.flatnonzero(used))}
        kinds = solver.kinds[used]
        low, high = np.where(kinds == 1, -np.inf, 0.0), np.where(kinds == -1, np.inf, 0.0)
        self._pending = any(bool(stage @ x > BINDING) for stage in self._stages)
        scale_rows, scale_columns = solver.scales
        sizes = [float(2.0 ** -np.round(np.log2(np.abs(stage).max() or 1.0))) for stage in self._stages]
        self._rows = (np.append(low, [-np.inf] * len(FIRST)), np.append(high, [0.0] * len(FIRST)))
        self.program = Program(
            csr_array(vstack([csr_array(solver.matrix)[used], csr_array(np.array(self._stages))])),
            (self._lower, self._upper),
            self._rows,
            (np.append(scale_rows[used], sizes), scale_columns),
        )

    def binds(self, row: int) -> bool:
        """Does a row of the model leave no room."""
        return row in self._at

    def slope(self, shift: Shift, size: float = 1.0) -> float | None:
        """Change of the gap per unit of `shift`, moved by `size` (its sign is the side); None if no plan is left.

        Limits of rows that do not bind have no effect. Error: SolverFailed.
        """
        moved = [(self._at[row], step * size) for row, step in (shift.rows or {}).items() if row in self._at]
        low, high = shift.lower or {}, shift.upper or {}
        try:
            for row, step in moved:
                self.program.set_row(row, self._rows[0][row] + step, self._rows[1][row] + step)
            for column in {*low, *high}:
                down, up = low.get(column, 0.0) * size, high.get(column, 0.0) * size
                self.program.set_column(column, self._lower[column] + down, self._upper[column] + up)
            value = self._lexicographic()
        finally:
            for row, _ in moved:
                self.program.set_row(row, self._rows[0][row], self._rows[1][row])
            for column in {*low, *high}:
                self.program.set_column(column, self._lower[column], self._upper[column])
            self._hold(0.0, 0.0)
        return None if value is None else value / abs(size)

    def _lexicographic(self) -> float | None:
        """Smallest change of the gap, after the smallest changes of what is unfunded and missing."""
        if not self._pending:
            found = self.program.minimise(self.costs)
            if found is not None:
                return self._worth(found)
        held = [np.inf, np.inf]
        for k, stage in enumerate(self._stages):
            self._hold(*held)
            found = self.program.minimise(stage)
            if found is None:
                return None
            held[k] = float(stage @ found)
        for room in (0.0, GRAIN):  # rounding may forbid what was just reached
            self._hold(*(limit + room * abs(limit) for limit in held))
            found = self.program.minimise(self.costs)
            if found is not None:
                return self._worth(found)
        return None

    def _worth(self, found: Floats) -> float:
        """Change of the gap; sums that cancel are nothing."""
        parts = self.costs * found
        value = float(parts.sum())
        return value if abs(value) > GRAIN * float(np.abs(parts).sum()) else 0.0

    def _hold(self, *limits: float) -> None:
        """Most by which each first stage may change."""
        first = len(self._rows[0]) - len(FIRST)
        for k, limit in enumerate(limits):
            self.program.set_row(first + k, -np.inf, limit)


def _room(x: Floats, lower: Floats, upper: Floats, near: Floats) -> tuple[Floats, Floats]:
    """How far a column may move: nowhere across a bound it stands at, or so near, anywhere else."""

    def at(bound: Floats) -> npt.NDArray[np.bool_]:
        return np.isfinite(bound) & (np.abs(x - bound) <= near * np.maximum(1.0, np.abs(bound)))

    fixed = lower == upper
    return np.where(at(lower) | fixed, 0.0, -np.inf), np.where(at(upper) | fixed, 0.0, np.inf)

"""The linear program of a part without what no price can change: what is left is solved at many prices.

- Columns that their rows leave only one value (benefits whose growth is given) become constants.
- A row that an unpriced column of its own can always fulfil (cuts against today) says nothing, and goes with it.
- A benefit is replaced by the segments that make it up: benefit = sum of segments + rest (`models.gap_terms`).

Columns and rows keep their numbers of the full program, outside. Its own units are those of the full one, scaled.
"""

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array

from commonweal.optimizer.arrays import entries
from commonweal.optimizer.errors import Infeasible
from commonweal.optimizer.highs import ABSENT, Floats, Ints, Program, Solution, Solver
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.structure import Structure

HELD = 1e-11  # relative: columns with less room have one value
APART = 1e-7  # relative: bounds that cross by more contradict each other
IMPOSSIBLE = mark("No plan of these regions satisfies all rules together.")


class Reduced:
    """What `optimizer.refine.Knots` and the price loop need of a solver, on fewer columns and rows."""

    def __init__(self, solver: Solver, priced: Ints, defined: Ints, by: Ints) -> None:
        """Read what `solver` holds now. Only columns `priced` may ever have a cost or new bounds. Error: Infeasible.

        defined, by: columns, and the rows that define each of them by others; shapes (definitions,), ABSENT for none.
        """
        matrix, (lower, upper), (low, high) = solver.loaded()
        count = matrix.shape[1]
        self._col_scale, self._row_scale = solver.column_scale[:count].copy(), solver.row_scale.copy()
        self.costs = {"gap": solver.costs["gap"][:count].copy()}
        self.offsets = {"gap": solver.offsets["gap"]}
        free = np.ones(count, dtype=bool)
        free[priced] = False
        least, most = Structure(matrix, lower, upper, low, high, np.ones(count)).reach()
        if (least - most > APART * np.maximum(1.0, np.abs(least))).any():
            raise Infeasible(_(IMPOSSIBLE))
        held = (free & (most - least <= HELD * np.maximum(1.0, np.abs(least)))) | (lower == upper)
        self._constant = np.where(held, np.where(lower == upper, lower, least), 0.0)
        moved = matrix @ self._constant
        low, high = low - moved, high - moved
        matrix = csr_array(matrix @ diags_array((~held).astype(float)))
        matrix.eliminate_zeros()
        dead = _fulfilled(csc_array(matrix), free & ~held, (lower, upper), (low, high))
        rows = np.isfinite(low) | np.isfinite(high)
        rows[dead] = False
        rows &= np.diff(matrix.indptr) > 0
        there = (defined != ABSENT) & (by != ABSENT)
        defined, by = defined[there], by[there]
        fits = ~held[defined] & (lower[defined] <= 0) & np.isinf(upper[defined]) & rows[by]
        self._defined, self._by = defined[fits], by[fits]
        rows[self._by] = False
        columns = ~held
        columns[self._defined] = False
        self._rows, self._columns = np.flatnonzero(rows), np.flatnonzero(columns)
        # x = (limit - others) / entry, put into every row that holds x.
        entry = entries(matrix, self._by, self._defined)
        self._using = csr_array(matrix[self._rows][:, self._defined]) @ diags_array(1 / entry)
        shift = self._using @ low[self._by]
        left = csr_array(matrix[self._rows][:, self._columns] - self._using @ matrix[self._by][:, self._columns])
        used = np.diff(csc_array(left).indptr) > 0
        self._columns, left = self._columns[used | ~free[self._columns]], left[:, used | ~free[self._columns]]
        self._at = np.full(count, ABSENT, dtype=np.int32)
        self._at[self._columns] = np.arange(len(self._columns))
        self._program = Program(
            csr_array(left),
            (lower[self._columns], upper[self._columns]),
            (low[self._rows] - shift, high[self._rows] - shift),
            (np.ones(left.shape[0]), np.ones(left.shape[1])),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns that are left."""
        return len(self._rows), len(self._columns)

    def set_costs(self, stage: str, columns: Ints, costs: Floats) -> None:
        """New costs of priced columns."""
        self.costs[stage][columns] = costs

    def set_bounds(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """New bounds of priced columns, in the model's units."""
        scale = self._col_scale[columns]
        self._program.set_columns(self._at[columns], lower / scale, upper / scale)

    def minimise_costs(self, costs: Floats, offset: float) -> Solution:
        """Solve; x of what was left out is its constant or nought. Errors: Infeasible, SolverFailed."""
        scaled = (costs * self._col_scale)[self._columns]
        found = self._program.minimise(scaled)
        if found is None:
            raise Infeasible(_(IMPOSSIBLE))
        x = self._constant.copy()
        x[self._columns] = found
        duals, price = np.zeros(len(self._row_scale)), self._program.duals()
        duals[self._rows] = price
        duals[self._by] = -(self._using.T @ price)
        x *= self._col_scale
        objective = float(costs @ x) + offset
        return Solution(objective, x, duals * self._row_scale, np.zeros(len(x)), objective)


def _fulfilled(
    matrix: csc_array, free: np.ndarray, bounds: tuple[Floats, Floats], limits: tuple[Floats, Floats]
) -> Ints:
    """Rows that a free column of their own, which may be as large as it likes, can always fulfil."""
    own = np.flatnonzero(free & (np.diff(matrix.indptr) == 1) & np.isinf(bounds[1]))
    row, entry = matrix.indices[matrix.indptr[own]], matrix.data[matrix.indptr[own]]
    always = np.where(entry > 0, np.isinf(limits[1][row]), np.isinf(limits[0][row]))
    return np.asarray(row[always])

"""The linear program of a part without what no price can change: what is left is solved at many prices.

- Columns that their rows leave only one value (benefits whose growth is given) become constants.
- A row that an unpriced column of its own can always fulfil (cuts against today) says nothing, and goes with it.
- A benefit is replaced by the segments that make it up: benefit = sum of segments + rest (`models.gap_terms`).
- Idle units, whose gap nothing changes, are a program of their own: prices of the others do not concern them.

Columns and rows keep their numbers of the full program, outside. Its own units are those of the full one, scaled.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array

from commonweal.optimizer.arrays import entries
from commonweal.optimizer.decompose.messages import Bools
from commonweal.optimizer.errors import Infeasible
from commonweal.optimizer.highs import ABSENT, Floats, Ints, Program, Solution, Solver
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.structure import Structure

HELD = 1e-11  # relative: columns with less room have one value
APART = 1e-7  # relative: bounds that cross by more contradict each other
IMPOSSIBLE = mark("No plan of these regions satisfies all rules together.")


@dataclass(frozen=True)
class Given:
    """Columns that their rows leave only one value: where, and which; shapes (columns,)."""

    there: Bools
    value: Floats

    @classmethod
    def of(cls, solver: Solver) -> "Given":
        """Read from what `solver` holds now. Error: Infeasible for rules that contradict each other."""
        matrix, (lower, upper), (low, high) = solver.loaded()
        least, most = Structure(matrix, lower, upper, low, high, np.ones(matrix.shape[1])).reach()
        size = np.maximum(1.0, np.abs(least))
        if (least - most > APART * size).any():
            raise Infeasible(_(IMPOSSIBLE))
        return cls(most - least <= HELD * size, least)


@dataclass
class _Piece:
    """A program over some of the rows and columns that are left (numbers in the full one). at: the piece's numbers by those.

    plan, price: of the last solve, for costs and bounds that are still the same.
    """

    program: Program
    rows: Ints
    columns: Ints
    at: Ints
    costs: Floats | None = None
    plan: Floats = field(default_factory=lambda: np.empty(0))
    price: Floats = field(default_factory=lambda: np.empty(0))

    def minimise(self, costs: Floats) -> None:
        """Solve, unless that was just done. Errors: Infeasible, SolverFailed."""
        own = costs[self.columns]
        if self.costs is not None and np.array_equal(own, self.costs):
            return
        self.costs = None
        found = self.program.minimise(own)
        if found is None:
            raise Infeasible(_(IMPOSSIBLE))
        self.costs, self.plan, self.price = own, found, self.program.duals()

    def set_bounds(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """New bounds of those of these columns that are here, scaled."""
        at = self.at[columns]
        here = at != ABSENT
        if here.any():
            self.program.set_columns(at[here], lower[here], upper[here])
            self.costs = None


class Reduced:
    """What `optimizer.refine.Knots` and the price loop need of a solver, on fewer columns and rows."""

    def __init__(self, solver: Solver, given: Given, priced: Ints, definitions: tuple[Ints, Ints], idle: Bools) -> None:
        """Read what `solver` holds now. Only columns `priced` may ever have a cost or new bounds.

        definitions: columns, and the rows that define each of them by others; shapes (definitions,), ABSENT for none.
        idle: columns of idle units, shape (columns,).
        """
        defined, by = definitions
        matrix, (lower, upper), (low, high) = solver.loaded()
        count = matrix.shape[1]
        self._col_scale, self._row_scale = solver.column_scale[:count].copy(), solver.row_scale.copy()
        self.costs = {"gap": solver.costs["gap"][:count].copy()}
        self.offsets = {"gap": solver.offsets["gap"]}
        free = np.ones(count, dtype=bool)
        free[priced] = False
        held = (free & given.there) | (lower == upper)
        self._constant = np.where(held, np.where(lower == upper, lower, given.value), 0.0)
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
        limits = low[self._rows] - shift, high[self._rows] - shift
        quiet = idle[self._columns]
        among = np.diff(csr_array(left[:, quiet]).indptr) > 0
        there = np.diff(csc_array(left[among]).indptr) > 0  # what all regions share is in both
        self._busy = self._piece(left, (lower, upper), limits, ~among, ~quiet)
        self._idle = self._piece(left, (lower, upper), limits, among, quiet | there)

    def _piece(
        self, left: csr_array, bounds: tuple[Floats, Floats], limits: tuple[Floats, Floats], rows: Bools, columns: Bools
    ) -> _Piece:
        """Those of the rows and columns that are left."""
        own = self._columns[columns]
        at = np.full(len(self._constant), ABSENT, dtype=np.int32)
        at[own] = np.arange(len(own))
        matrix = csr_array(left[rows][:, columns])
        program = Program(
            matrix,
            (bounds[0][own], bounds[1][own]),
            (limits[0][rows], limits[1][rows]),
            (np.ones(matrix.shape[0]), np.ones(matrix.shape[1])),
        )
        return _Piece(program, self._rows[rows], own, at)

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
        for piece in (self._busy, self._idle):
            piece.set_bounds(columns, lower / scale, upper / scale)

    def minimise_costs(self, costs: Floats, offset: float, idle: bool = False) -> Solution:
        """Solve, or the idle units alone; x of what was left out is its constant or nought.

        Errors: Infeasible, SolverFailed.
        """
        x, duals = self._constant.copy(), np.zeros(len(self._row_scale))
        for piece in (self._idle,) if idle else (self._busy, self._idle):
            piece.minimise(costs * self._col_scale)
            x[piece.columns], duals[piece.rows] = piece.plan, piece.price
        duals[self._by] = -(self._using.T @ duals[self._rows])
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

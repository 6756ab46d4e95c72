"""What a linear program says about its columns without being solved: who shares rows, and how far each can move.

Everything is read from what HiGHS holds now, so rules that were kept and columns that were held count.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from commonweal.optimizer.highs import Floats, Ints, Solver

PASSES = 12  # bounds that follow from bounds, chains of years included
HELD = 1e-12  # columns with less room than this, relative to their size, are held


@dataclass(frozen=True)
class Structure:
    """One linear program, scaled as in the solver; `columns` counts those of the model, later ones are left out."""

    matrix: csr_array
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    scale: Floats

    @classmethod
    def of(cls, solver: Solver, columns: int) -> "Structure":
        """The program in `solver`, without columns from number `columns` on and the rows that hold nothing."""
        matrix, bounds, limits = solver.loaded()
        used = np.isfinite(limits[0]) | np.isfinite(limits[1])
        return cls(
            csr_array(matrix[used][:, :columns]),
            bounds[0][:columns].copy(),
            bounds[1][:columns].copy(),
            limits[0][used],
            limits[1][used],
            solver.column_scale[:columns],
        )

    def components(self) -> Ints:
        """A number for each column; two columns have the same if rows over columns that can move connect them."""
        room = self.upper - self.lower
        moving = room > HELD * np.maximum(1.0, np.abs(self.lower))
        pattern = csr_array(self.matrix[:, moving])
        pattern.eliminate_zeros()
        rows, columns = pattern.shape
        label = joined(pattern)
        found = np.arange(len(room)) + rows + columns  # a column that is held stands alone
        found[np.flatnonzero(moving)] = label
        return found

    def reach(self) -> tuple[Floats, Floats]:
        """The least and the most each column can be, as far as rows taken one by one say; in the model's units."""
        lower, upper = self.lower.copy(), self.upper.copy()
        entries = self.matrix.tocoo()
        for _ in range(PASSES):
            before = lower.copy(), upper.copy()
            for sign, limit in ((1.0, self.row_upper), (-1.0, -self.row_lower)):
                _tighten(np.asarray(entries.row), np.asarray(entries.col), sign * entries.data, limit, lower, upper)
            if np.array_equal(before[0], lower) and np.array_equal(before[1], upper):
                break
        return lower * self.scale, upper * self.scale


def joined(pattern: csr_array) -> Ints:
    """A number for each column; two columns have the same if rows connect them."""
    rows, columns = pattern.shape
    at = pattern.tocoo()
    graph = csr_array((np.ones(at.nnz), (at.row, at.col + rows)), shape=(rows + columns, rows + columns))
    return np.asarray(connected_components(graph, directed=False)[1][rows:])


def _tighten(
    row: npt.NDArray[np.int_], column: npt.NDArray[np.int_], value: Floats, limit: Floats, lower: Floats, upper: Floats
) -> None:
    """Bounds that follow from rows sum(value * x) <= limit, each column against the least of all others; in place."""
    least = np.where(value > 0, value * lower[column], value * upper[column])
    endless = ~np.isfinite(least)
    count = np.bincount(row, endless, minlength=len(limit))
    total = np.bincount(row, np.where(endless, 0.0, least), minlength=len(limit))
    others = np.where(endless, total[row], total[row] - np.where(endless, 0.0, least))
    known = (count[row] - endless == 0) & np.isfinite(limit[row]) & (value != 0)
    bound = (limit[row][known] - others[known]) / value[known]
    up = value[known] > 0
    np.minimum.at(upper, column[known][up], bound[up])
    np.maximum.at(lower, column[known][~up], bound[~up])

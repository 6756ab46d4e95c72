"""A linear program given as arrays."""

import highspy
import numpy as np
from scipy.sparse import csc_array, csr_array

from commonweal.optimizer.arrays import COST_SIZE, FEASIBILITY, Floats, Ints, expect
from commonweal.optimizer.errors import SolverFailed
from commonweal.optimizer.language import _
from commonweal.optimizer.running import Interruptible
from commonweal.optimizer.scaling import power_of_two

DUAL, PRIMAL = 1, 4  # of HiGHS' simplex strategies


class Program:
    """A linear program given as arrays, solved again and again as its bounds change; numbers in the caller's units."""

    def __init__(
        self,
        matrix: csr_array,
        columns: tuple[Floats, Floats],
        rows: tuple[Floats, Floats],
        scales: tuple[Floats, Floats],
        *,
        grows: bool = False,
    ) -> None:
        """`columns` and `rows` are (lower, upper); `scales` multiply rows and columns to bring entries near one.

        grows: columns will be added. What was optimal then is a plan still, but its duals are not: primal simplex goes on from
        there several times faster.
        """
        self._row_scale, self._col_scale = scales
        scaled = csr_array(matrix.multiply(self._row_scale[:, None]).multiply(self._col_scale[None, :]))
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = scaled.shape
        lp.col_lower_, lp.col_upper_ = columns[0] / self._col_scale, columns[1] / self._col_scale
        lp.row_lower_, lp.row_upper_ = rows[0] * self._row_scale, rows[1] * self._row_scale
        lp.col_cost_ = np.zeros(scaled.shape[1])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_ = scaled.indptr, scaled.indices
        lp.a_matrix_.value_ = scaled.data
        self.highs = Interruptible()
        for name, value in (
            ("threads", 1),
            ("solver", "simplex"),
            ("simplex_strategy", PRIMAL if grows else DUAL),
            ("primal_feasibility_tolerance", FEASIBILITY),
            ("dual_feasibility_tolerance", FEASIBILITY),
        ):
            expect(self.highs.setOptionValue(name, value), _("option {name} = {value}", name=name, value=value))
        expect(self.highs.passModel(lp), _("the linear program"))
        self._costs: Floats | None = None
        self._unit = 1.0

    def add_columns(self, entries: csc_array, lower: Floats, upper: Floats) -> None:
        """More columns about one in size; entries has shape (rows, new columns)."""
        scaled = csc_array(entries.multiply(self._row_scale[:, None]))
        count, zeros = scaled.shape[1], np.zeros(scaled.shape[1])
        starts, index = scaled.indptr[:-1].astype(np.int32), scaled.indices.astype(np.int32)
        self.highs.addCols(count, zeros, lower, upper, scaled.nnz, starts, index, scaled.data)
        self._col_scale = np.append(self._col_scale, np.ones(count))

    def duals(self) -> Floats:
        """Change of the last minimum per unit of the limit of each row, shape (rows,)."""
        return np.asarray(self.highs.getSolution().row_dual) * self._row_scale / self._unit

    def set_row(self, row: int, lower: float, upper: float) -> None:
        """New bounds of a row."""
        self.highs.changeRowBounds(row, lower * self._row_scale[row], upper * self._row_scale[row])

    def set_column(self, column: int, lower: float, upper: float) -> None:
        """New bounds of a column."""
        scale = self._col_scale[column]
        self.highs.changeColBounds(column, lower / scale, upper / scale)

    def set_columns(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """New bounds of columns."""
        scale = self._col_scale[columns]
        self.highs.changeColsBounds(len(columns), columns, lower / scale, upper / scale)

    def minimise(self, costs: Floats) -> Floats | None:
        """The best point, shape (columns,); None if there is none. Error: SolverFailed."""
        scaled = costs * self._col_scale
        if self._costs is None or not np.array_equal(scaled, self._costs):
            largest = float(np.abs(scaled).max(initial=0.0))
            self._unit = COST_SIZE / power_of_two(largest) if largest > 0 else 1.0
            self.highs.changeColsCost(len(scaled), np.arange(len(scaled), dtype=np.int32), scaled * self._unit)
            self._costs = scaled
        status = self._run()
        if status == highspy.HighsModelStatus.kModelEmpty:  # nothing to choose, and no row to keep
            return costs
        if status != highspy.HighsModelStatus.kOptimal:
            self.highs.clearSolver()  # a kept basis can mislead, and so can presolve
            self.highs.setOptionValue("presolve", "off")
            status = self._run()
            self.highs.setOptionValue("presolve", "choose")
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverFailed(
                _(
                    "HiGHS stopped with status '{status}'.",
                    status=self.highs.modelStatusToString(status),
                )
            )
        return np.asarray(self.highs.getSolution().col_value) * self._col_scale

    def _run(self) -> highspy.HighsModelStatus:
        expect(self.highs.run(), _("the linear program"))
        return self.highs.getModelStatus()

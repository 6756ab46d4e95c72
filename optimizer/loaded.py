"""A Pyomo model in HiGHS: where its variables and rows are, and how it is changed without loading it again.

Columns and rows are scaled by powers of two here and nowhere else, so that entries are near one whatever the currency;
every number that goes in or comes out is in the model's units.
"""

import time
from collections.abc import Iterable
from typing import Any

import highspy
import numpy as np
import pyomo.environ as pyo
from scipy.sparse import csc_array, csr_array, hstack, vstack

from commonweal.models.build import collector_paused
from commonweal.optimizer.arrays import ABSENT, FEASIBILITY, Floats, Ints, expect
from commonweal.optimizer.language import _
from commonweal.optimizer.running import Interruptible
from commonweal.optimizer.scaling import equilibrate, size_of_limits
from commonweal.optimizer.solution import Solution, SolverOptions
from commonweal.optimizer.standard_form import standard_form


class Loaded:
    """A Pyomo model compiled once and kept in HiGHS; its bounds, rows and columns are changed in place."""

    def __init__(self, model: pyo.ConcreteModel, options: SolverOptions) -> None:
        """Compile and load; raises Infeasible when a row without variables contradicts the data."""
        self.options = options
        self.deadline = None if options.time_limit is None else time.monotonic() + options.time_limit
        with collector_paused():
            self._read(model)

    def _read(self, model: pyo.ConcreteModel) -> None:
        """Compile, number columns and rows, load."""
        clock = time.perf_counter()
        form, self.stages = standard_form(model)
        self.compile_seconds = time.perf_counter() - clock
        self.model = model
        self.variables = list(form.columns)
        self._column = {id(var): k for k, var in enumerate(self.variables)}
        self._row = {id(row.constraint): k for k, row in enumerate(form.rows)}
        self.rows = [row.constraint for row in form.rows]
        self.costs = {name: form.c[[k], :].toarray().ravel() for k, name in enumerate(self.stages)}
        self.offsets = dict(zip(self.stages, map(float, form.c_offset), strict=True))
        self.integer = np.array(
            [var.domain is not pyo.Reals and not var.is_continuous() for var in form.columns], dtype=bool
        )
        self.mixed = bool(self.integer.any())  # False once the integers are held
        self._load(form)

    def _load(self, form: Any) -> None:
        """Scale, add one free row for each stage, pass the model."""
        matrix = csc_array(form.A)
        bounds = np.array([var.bounds for var in form.columns], dtype=float).reshape(-1, 2)  # None becomes nan
        lower = np.nan_to_num(bounds[:, 0], nan=-np.inf)
        upper = np.nan_to_num(bounds[:, 1], nan=np.inf)
        kinds = np.array([row.bound_type for row in form.rows], dtype=int)
        rhs = np.asarray(form.rhs, dtype=float)
        self._row_scale, self._col_scale = equilibrate(matrix, self.integer)
        self.size = size_of_limits(rhs * self._row_scale)
        self._row_scale /= self.size
        self._col_scale[~self.integer] *= self.size
        scaled = csr_array(matrix.multiply(self._row_scale[:, None]).multiply(self._col_scale[None, :]))
        self.matrix, self.limits, self.kinds = matrix, rhs, kinds
        self.shape = scaled.shape
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = self.shape
        lp.col_lower_, lp.col_upper_ = lower / self._col_scale, upper / self._col_scale
        lp.col_cost_ = np.zeros(self.shape[1])
        lp.row_lower_ = np.where(kinds == 1, -np.inf, rhs * self._row_scale)
        lp.row_upper_ = np.where(kinds == -1, np.inf, rhs * self._row_scale)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = scaled.indptr
        lp.a_matrix_.index_ = scaled.indices
        lp.a_matrix_.value_ = scaled.data
        if self.integer.any():
            kinds_of = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            lp.integrality_ = [kinds_of[whole] for whole in self.integer.astype(int).tolist()]
        self.highs = Interruptible()
        for name, value in (
            ("threads", self.options.threads),
            ("solver", "choose" if self.integer.any() else "simplex"),
            ("primal_feasibility_tolerance", FEASIBILITY),
            ("dual_feasibility_tolerance", FEASIBILITY),
            ("mip_feasibility_tolerance", FEASIBILITY),
        ):
            expect(self.highs.setOptionValue(name, value), _("option {name} = {value}", name=name, value=value))
        expect(self.highs.passModel(lp), _("the model"))
        self.lower, self.upper = lower, upper
        self.given = lower.copy(), upper.copy()  # bounds of the model itself, whatever stages are kept
        self._interior = False
        self._kept: dict[str, tuple[int, Floats]] = {}
        self._kept_limits: dict[int, float] = {}  # by row, scaled
        self._followed: dict[int, tuple[str, Floats]] = {}  # by row: a stage, and its scaled costs as the row has them

    def columns(self, var: pyo.Var, indices: Iterable[Any] | None = None) -> Ints:
        """Column numbers of a variable's entries (all, in order, or those named); ABSENT where fixed or unused."""
        chosen = var.values() if indices is None else (var[i] for i in indices)
        return np.fromiter((self._column.get(id(v), ABSENT) for v in chosen), dtype=np.int32)

    def column(self, data: Any) -> int:
        """Column number of one variable; ABSENT where fixed or unused."""
        return self._column.get(id(data), ABSENT)

    def row_numbers(self, constraint: pyo.Constraint, indices: Iterable[Any]) -> Ints:
        """Row numbers of a constraint's entries; ABSENT where the row held no variable."""
        return np.fromiter((self._row.get(id(constraint[i]), ABSENT) for i in indices), dtype=np.int32)

    def load(self, solution: Solution) -> None:
        """Give every variable of the Pyomo model its value, so that any expression can be evaluated."""
        for var, value in zip(self.variables, solution.x.tolist(), strict=False):
            var.set_value(value, skip_validation=True)
        for var in self.model.component_data_objects(pyo.Var):
            if var.value is None:
                var.set_value(resting(var), skip_validation=True)

    def values(self, var: pyo.Var, solution: Solution) -> dict[Any, float]:
        """A variable's values in the model's units, fixed entries included."""
        at = self.columns(var)
        return {
            index: float(solution.x[k]) if k != ABSENT else resting(data)
            for (index, data), k in zip(var.items(), at.tolist(), strict=True)
        }

    def loaded(self) -> tuple[csr_array, tuple[Floats, Floats], tuple[Floats, Floats]]:
        """What HiGHS holds now, kept stages included: matrix, bounds of columns, bounds of rows; scaled."""
        lp = self.highs.getLp()
        kind = csr_array if lp.a_matrix_.format_ == highspy.MatrixFormat.kRowwise else csc_array
        entries = (np.array(lp.a_matrix_.value_), np.array(lp.a_matrix_.index_), np.array(lp.a_matrix_.start_))
        matrix = csr_array(kind(entries, shape=(lp.num_row_, lp.num_col_)))
        return (
            matrix,
            (np.array(lp.col_lower_), np.array(lp.col_upper_)),
            (np.array(lp.row_lower_), np.array(lp.row_upper_)),
        )

    @property
    def column_scale(self) -> Floats:
        """What a scaled column is multiplied with to be in the model's units; shape (columns,)."""
        return self._col_scale

    @property
    def row_scale(self) -> Floats:
        """What a row is multiplied with to be scaled; shape (rows,), kept stages included."""
        return self._row_scale

    @property
    def scales(self) -> tuple[Floats, Floats]:
        """What rows and columns of `matrix` are multiplied with to bring entries near one."""
        return self._row_scale[: self.matrix.shape[0]], self._col_scale[: self.matrix.shape[1]]

    def set_bounds(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """New bounds of columns, in the model's units."""
        scale = self._col_scale[columns]
        self.lower[columns], self.upper[columns] = lower, upper
        self.highs.changeColsBounds(len(columns), columns, lower / scale, upper / scale)

    def add_parameter(self, limit_step: Floats, upper_step: Floats) -> int:
        """A new column, fixed at zero, that moves limits of rows and upper bounds of columns by its value times a step.

        Bounds that move become rows. Returns the column; `set_bounds` gives it another value, and its dual is the
        change of the objective per unit of it. Shapes: limit_step (rows,), upper_step (columns,).
        """
        moved, capped = np.flatnonzero(limit_step).astype(np.int32), np.flatnonzero(upper_step).astype(np.int32)
        column, count = self.matrix.shape[1], len(capped)
        self.highs.addCol(0.0, 0.0, 0.0, len(moved), moved, -limit_step[moved] * self._row_scale[moved])
        self._col_scale = np.append(self._col_scale, 1.0)
        self.lower, self.upper = np.append(self.lower, 0.0), np.append(self.upper, 0.0)
        self.integer = np.append(self.integer, False)
        self.costs = {stage: np.append(cost, 0.0) for stage, cost in self.costs.items()}
        size, limit = 1.0 / self._col_scale[capped], self.upper[capped]
        for at, scale, step, most in zip(capped, size, upper_step[capped], limit, strict=True):
            entries = np.array([1.0, -step * scale])
            self.highs.addRow(-np.inf, most * scale, 2, np.array([at, column], dtype=np.int32), entries)
        self.set_bounds(capped, self.lower[capped], np.full(count, np.inf))
        caps = csc_array((np.ones(count), (np.arange(count), capped)), shape=(count, column))
        steps = csc_array(-np.concatenate([limit_step, upper_step[capped]])[:, None])
        self.matrix = csc_array(hstack([vstack([self.matrix, caps]), steps]))
        self.limits = np.append(self.limits, limit)
        self.kinds = np.append(self.kinds, np.ones(count, dtype=int))
        self._row_scale = np.append(self._row_scale, size)
        return column

    def add_columns(self, count: int, lower: float, upper: float, unit: float = 1.0) -> Ints:
        """New columns about `unit` in size, without costs and in no row yet; their numbers."""
        first = len(self._col_scale)
        low, high = np.full(count, lower), np.full(count, upper)
        starts = np.zeros(count, dtype=np.int32)
        empty = np.empty(0, dtype=np.int32)
        expect(
            self.highs.addCols(count, np.zeros(count), low / unit, high / unit, 0, starts, empty, np.empty(0)),
            _("new columns"),
        )
        self._col_scale = np.append(self._col_scale, np.full(count, unit))
        self.lower, self.upper = np.append(self.lower, low), np.append(self.upper, high)
        self.integer = np.append(self.integer, np.zeros(count, dtype=bool))
        self.costs = {stage: np.append(cost, np.zeros(count)) for stage, cost in self.costs.items()}
        return np.arange(first, first + count, dtype=np.int32)

    def add_rows(self, columns: Ints, values: Floats, lower: Floats) -> Ints:
        """New rows: sum over a row of values * columns >= lower, all three of shape (rows, ...); their numbers."""
        count, width = columns.shape
        first = len(self._row_scale)
        entries = values * self._col_scale[columns]
        scale = 2.0 ** -np.round(np.log2(np.abs(entries).max(axis=1)))
        starts = np.arange(count, dtype=np.int32) * width
        entries = (entries * scale[:, None]).ravel()
        upper = np.full(count, np.inf)
        index = np.ascontiguousarray(columns, dtype=np.int32).ravel()
        expect(self.highs.addRows(count, lower * scale, upper, index.size, starts, index, entries), _("new rows"))
        self._row_scale = np.append(self._row_scale, scale)
        return np.arange(first, first + count, dtype=np.int32)

    def set_row_lower(self, rows: Ints, lower: Floats) -> None:
        """New limits of rows that `add_rows` made."""
        for row, limit in zip(rows.tolist(), (lower * self._row_scale[rows]).tolist(), strict=True):
            self.highs.changeRowBounds(row, limit, np.inf)

    def hold_rows(self, rows: Ints) -> None:
        """Let rows of the model hold with equality; `let_rows` lets them go."""
        for row, limit in zip(rows.tolist(), (self.limits[rows] * self._row_scale[rows]).tolist(), strict=True):
            self.highs.changeRowBounds(row, limit, limit)

    def let_rows(self, rows: Ints) -> None:
        """Let rows of the model hold as they were written."""
        for row, limit in zip(rows.tolist(), (self.limits[rows] * self._row_scale[rows]).tolist(), strict=True):
            low, high = -np.inf if self.kinds[row] == 1 else limit, np.inf if self.kinds[row] == -1 else limit
            self.highs.changeRowBounds(row, low, high)

    def free_rows(self, rows: Ints) -> None:
        """Let rows that `add_rows` made hold nothing from now on."""
        for row in rows.tolist():
            self.highs.changeRowBounds(row, -np.inf, np.inf)

    def add_segments(self, columns: Ints, start: Floats, width: Floats, pieces: int) -> tuple[Ints, Ints]:
        """New columns that split existing ones: x[j] = start[j] + sum of segments[j, k], each at most `width[j]` long.

        Returns column numbers (columns, pieces) and row numbers (columns,); a row's segments have coefficient -1.
        """
        count, first, row = len(columns), len(self._col_scale), len(self._row_scale)
        scale = 2.0 ** np.round(np.log2(width))
        empty = np.empty(0, dtype=np.int32)
        size = np.repeat(scale, pieces)
        self.highs.addCols(
            count * pieces,
            np.zeros(count * pieces),
            np.zeros(count * pieces),
            np.repeat(width, pieces) / size,
            0,
            np.zeros(count * pieces, dtype=np.int32),
            empty,
            np.empty(0),
        )
        segments = np.arange(first, first + count * pieces, dtype=np.int32).reshape(count, pieces)
        index = np.concatenate([np.asarray(columns, dtype=np.int32)[:, None], segments], axis=1)
        value = np.concatenate([(self._col_scale[columns] / scale)[:, None], -np.ones((count, pieces))], axis=1)
        starts = np.arange(count, dtype=np.int32) * (pieces + 1)
        self.highs.addRows(count, start / scale, start / scale, index.size, starts, index.ravel(), value.ravel())
        self._col_scale = np.append(self._col_scale, size)
        self._row_scale = np.append(self._row_scale, 1 / scale)
        self.lower = np.append(self.lower, np.zeros(count * pieces))
        self.upper = np.append(self.upper, np.repeat(width, pieces))
        self.integer = np.append(self.integer, np.zeros(count * pieces, dtype=bool))
        self.costs = {stage: np.append(cost, np.zeros(count * pieces)) for stage, cost in self.costs.items()}
        return segments, np.arange(row, row + count, dtype=np.int32)

    def add_slacks(self, rows: Ints, entries: Floats) -> Ints:
        """New columns, held at zero, one for each of `rows` (rows may repeat) with that entry; returns the columns."""
        count, first = len(rows), len(self._col_scale)
        scaled = np.abs(entries) * self._row_scale[rows]
        scale = 2.0 ** -np.round(np.log2(scaled))
        starts, zeros = np.arange(count, dtype=np.int32), np.zeros(count)
        entry = entries * self._row_scale[rows] * scale
        self.highs.addCols(count, zeros, zeros, zeros, count, starts, np.asarray(rows, dtype=np.int32), entry)
        self._col_scale = np.append(self._col_scale, scale)
        self.lower, self.upper = np.append(self.lower, zeros), np.append(self.upper, zeros)
        self.integer = np.append(self.integer, np.zeros(count, dtype=bool))
        self.costs = {stage: np.append(cost, zeros) for stage, cost in self.costs.items()}
        return np.arange(first, first + count, dtype=np.int32)

    def add_limits(self, columns: Ints, lower: Floats, upper: Floats) -> Ints:
        """New rows that say lower <= x <= upper of single columns, in the model's units; returns the rows."""
        count, first = len(columns), len(self._row_scale)
        scale = 1.0 / self._col_scale[columns]
        starts = np.arange(count, dtype=np.int32)
        index = np.asarray(columns, dtype=np.int32)
        self.highs.addRows(count, lower * scale, upper * scale, count, starts, index, np.ones(count))
        self._row_scale = np.append(self._row_scale, scale)
        return np.arange(first, first + count, dtype=np.int32)


def resting(data: Any) -> float:
    """Value of a variable that has no column: its fixed value, or the bound nearest zero."""
    if data.fixed:
        return float(data.value)
    return float(max(0.0, data.lb or 0.0))

"""The only file that talks to HiGHS: a Pyomo model compiled once and kept, its bounds and costs changed in place.

Compiling with Pyomo's standard form writer and one `passModel` is several times faster than Pyomo's solver
interfaces, and keeps the basis between solves. Columns and rows are scaled by powers of two here and nowhere else,
so that entries are near one whatever the currency; every number that goes in or comes out is in the model's units.
"""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
import pyomo.environ as pyo
from pydantic import BaseModel, Field
from pyomo.common.errors import InfeasibleConstraintException
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy.sparse import csc_array, csr_array, hstack, vstack

from commonweal.models.build import collector_paused
from commonweal.optimizer.errors import Infeasible, SolverFailed, Stopped
from commonweal.optimizer.running import Enough, Interruptible, Tell

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.signedinteger[Any]]
FEASIBILITY = 1e-9
COST_SIZE = 2.0**10  # the largest scaled cost: gaps have tiny slopes, and HiGHS compares them with 1e-9
NOTHING = 2e-9  # a kept stage this small is nothing at all
LOOSER = (1e-9, 1e-8, 1e-7)  # relative room for kept stages that rounding has made contradict each other
UNPROVEN = (
    highspy.HighsModelStatus.kInfeasible,
    highspy.HighsModelStatus.kUnboundedOrInfeasible,
    highspy.HighsModelStatus.kUnknown,
    highspy.HighsModelStatus.kSolveError,
)
STOPPED = (highspy.HighsModelStatus.kTimeLimit, highspy.HighsModelStatus.kInterrupt)
LIMIT_SIZE = 2.0**10  # the largest scaled right-hand side: feasibility is absolute
EXACT = 1e-9  # relative distance of a stage with integers that has none of its own
ABSENT = -1  # a variable that is fixed, or in no row, has no column


class SolverOptions(BaseModel, extra="forbid", frozen=True):
    """Options of the solver and of when a search may stop."""

    threads: int = Field(default=1, ge=1, description="threads of HiGHS")
    time_limit: float | None = Field(default=None, gt=0, description="seconds for the whole search")
    tolerance: float = Field(
        default=1e-6, gt=0, lt=1, description="certified relative gap, and accuracy of benefits, at which to stop"
    )
    mip_tolerance: float = Field(
        default=1e-4,
        gt=0,
        lt=1,
        description="certified relative gap at which to stop when there are yes-or-no decisions",
    )


@dataclass(frozen=True)
class Solution:
    """One solved stage. x, column_dual: (columns,); row_dual: (rows,); duals are change of the objective per unit of
    the limit as written. bound: proven lower bound of the objective (the objective itself without integers); it is
    further below the objective than asked for only when a limit stopped the search."""

    objective: float
    x: Floats
    row_dual: Floats
    column_dual: Floats
    bound: float


class Solver:
    """One model in HiGHS. Stages are the model's objectives; `keep` turns one into a row for those that follow."""

    def __init__(self, model: pyo.ConcreteModel, options: SolverOptions) -> None:
        """Compile and load; raises Infeasible when a row without variables contradicts the data."""
        self.options = options
        self.deadline = None if options.time_limit is None else time.monotonic() + options.time_limit
        with collector_paused():
            self._read(model)

    def _read(self, model: pyo.ConcreteModel) -> None:
        """Compile, number columns and rows, load."""
        clock = time.perf_counter()
        form, self.stages = _compile(model)
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
        self._row_scale, self._col_scale = _equilibrate(matrix, self.integer)
        self.size = _size(rhs * self._row_scale)
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
            _expect(self.highs.setOptionValue(name, value), f"option {name} = {value}")
        _expect(self.highs.passModel(lp), "the model")
        self.lower, self.upper = lower, upper
        self.given = lower.copy(), upper.copy()  # bounds of the model itself, whatever stages are kept
        self._interior = False
        self._kept: dict[str, tuple[int, Floats]] = {}
        self._kept_limits: dict[int, float] = {}  # by row, scaled
        self._followed: dict[int, tuple[str, Floats]] = {}  # by row: a stage, and its scaled costs as the row has them

    # -- where things are -------------------------------------------------------------------------------------

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
                var.set_value(_resting(var), skip_validation=True)

    def values(self, var: pyo.Var, solution: Solution) -> dict[Any, float]:
        """A variable's values in the model's units, fixed entries included."""
        at = self.columns(var)
        return {
            index: float(solution.x[k]) if k != ABSENT else _resting(data)
            for (index, data), k in zip(var.items(), at.tolist(), strict=True)
        }

    # -- changing it in place ---------------------------------------------------------------------------------

    def set_bounds(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """New bounds of columns, in the model's units."""
        scale = self._col_scale[columns]
        self.lower[columns], self.upper[columns] = lower, upper
        self.highs.changeColsBounds(len(columns), columns, lower / scale, upper / scale)

    def set_costs(self, stage: str, columns: Ints, costs: Floats) -> None:
        """New costs of some columns in a stage."""
        self.costs[stage][columns] = costs

    def new_stage(self, stage: str) -> None:
        """A stage without costs, to be given some."""
        self.costs[stage] = np.zeros(len(self._col_scale))
        self.offsets[stage] = 0.0

    def blend(self, stage: str, shares: Mapping[str, float]) -> None:
        """Make a stage the weighted sum of others, as they are now."""
        self.costs[stage] = np.sum([share * self.costs[part] for part, share in shares.items()], axis=0)
        self.offsets[stage] = sum(share * self.offsets[part] for part, share in shares.items())

    def epigraphs(self, stages: Sequence[str], unit: float) -> tuple[Ints, Ints]:
        """For each stage a new column of size `unit`, and a row by which it is not below the stage's objective.

        Costs of the stages that change later are followed until `let_epigraphs`. Returns columns and rows.
        """
        columns = self.add_columns(len(stages), -np.inf, np.inf, unit)
        first = len(self._row_scale)
        for row, (stage, column) in enumerate(zip(stages, columns.tolist(), strict=True), start=first):
            at = np.array([column], dtype=np.int32)
            _expect(self.highs.addRow(self.offsets[stage] / unit, np.inf, 1, at, np.ones(1)), "a row for a stage")
            self._row_scale = np.append(self._row_scale, 1.0 / unit)
            self._followed[row] = (stage, np.zeros(0))
        return columns, np.arange(first, first + len(stages), dtype=np.int32)

    def size_of(self, stages: Sequence[str]) -> float:
        """The largest scaled cost of these stages, as a power of two."""
        largest = max(float(np.abs(self.costs[stage] * self._col_scale).max(initial=0.0)) for stage in stages)
        return _power_of_two(largest) if largest > 0 else 1.0

    def let_epigraphs(self) -> None:
        """Take the stages out of their rows, which then hold nothing."""
        for row, (_, seen) in self._followed.items():
            for column in np.flatnonzero(seen).tolist():
                self.highs.changeCoeff(row, column, 0.0)
            self.highs.changeRowBounds(row, -np.inf, np.inf)
        self._followed.clear()

    def _follow(self) -> None:
        """Give rows of stages the costs that these have now."""
        for row, (stage, seen) in self._followed.items():
            entries = -self.costs[stage] * self._col_scale * self._row_scale[row]
            for column in np.flatnonzero(entries != np.pad(seen, (0, len(entries) - len(seen)))).tolist():
                self.highs.changeCoeff(row, column, entries[column])
            self._followed[row] = (stage, entries)

    def keep(self, stage: str, value: float) -> None:
        """From now on a stage's objective may not exceed `value`."""
        limit = value - self.offsets[stage]
        used = np.flatnonzero(self.costs[stage]).astype(np.int32)
        if (
            limit <= NOTHING * max(1.0, self.size)
            and (self.costs[stage][used] > 0).all()
            and (self.lower[used] >= 0).all()
        ):
            self.set_bounds(used, self.lower[used], self.lower[used])  # firmer than a row that sums to nothing
            return
        cost = self.costs[stage] * self._col_scale
        if stage in self._kept:
            row, before = self._kept[stage]
            before = np.pad(before, (0, len(cost) - len(before)))
            for column in np.flatnonzero(cost != before).tolist():  # costs change when knots move
                self.highs.changeCoeff(row, column, cost[column] * self._row_scale[row])
            self.highs.changeRowBounds(row, -np.inf, limit * self._row_scale[row])
            self._kept_limits[row] = limit * self._row_scale[row]
            self._kept[stage] = (row, cost)
            return
        columns = np.flatnonzero(cost).astype(np.int32)
        if len(columns) == 0:
            return
        scale = 1.0 / _power_of_two(np.abs(cost[columns]).max())
        self.highs.addRow(-np.inf, limit * scale, len(columns), columns, cost[columns] * scale)
        self._kept_limits[len(self._row_scale)] = limit * scale
        self._kept[stage] = (len(self._row_scale), cost)
        self._row_scale = np.append(self._row_scale, scale)

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

    def restart(self, lower: Floats, upper: Floats) -> None:
        """Let go of every kept stage and give the columns these bounds, in the model's units."""
        for row, _ in self._kept.values():
            self.highs.changeRowBounds(row, -np.inf, np.inf)
        self._kept_limits.clear()
        self.set_bounds(np.arange(len(lower), dtype=np.int32), lower, upper)

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
        _expect(self.highs.addCols(count, np.zeros(count), low / unit, high / unit, 0, starts, empty, np.empty(0)), "new columns")
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
        _expect(self.highs.addRows(count, lower * scale, upper, index.size, starts, index, entries), "new rows")
        self._row_scale = np.append(self._row_scale, scale)
        return np.arange(first, first + count, dtype=np.int32)

    def set_entries(self, rows: Ints, columns: Ints, values: Floats) -> None:
        """New entries, one for each row, of rows that `add_rows` made."""
        entries = values * self._col_scale[columns] * self._row_scale[rows]
        for row, column, entry in zip(rows.tolist(), columns.tolist(), entries.tolist(), strict=True):
            self.highs.changeCoeff(row, column, entry)

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

    # -- solving ----------------------------------------------------------------------------------------------

    def minimise(
        self, stage: str, distance: float = EXACT, tell: Tell | None = None, enough: Enough | None = None
    ) -> Solution:
        """Solve one stage to proven optimality; with integers to a relative distance, or until `enough` says so.

        Errors: Infeasible (proven without presolve as well), Stopped (time limit), SolverFailed (anything else).
        """
        return self.minimise_costs(self.costs[stage], self.offsets[stage], distance, tell, enough)

    def minimise_costs(
        self,
        costs: Floats,
        offset: float = 0.0,
        distance: float = EXACT,
        tell: Tell | None = None,
        enough: Enough | None = None,
    ) -> Solution:
        """Solve for costs that are not a stage of the model."""
        self._follow()
        scaled = costs * self._col_scale
        largest = float(np.abs(scaled).max(initial=0.0))
        unit = COST_SIZE / _power_of_two(largest) if largest > 0 else 1.0
        count = len(self._col_scale)
        self.highs.changeColsCost(count, np.arange(count, dtype=np.int32), scaled * unit)
        if self.mixed:
            self.highs.changeObjectiveOffset(offset * unit)  # a distance is relative to the whole objective
            self.highs.setOptionValue("mip_rel_gap", distance)
        self._tell = None if tell is None else lambda bound, best: tell(bound / unit, best / unit)
        self._enough = None if enough is None else lambda bound: enough(bound / unit)
        status = self._run()
        if self._interior and status not in (highspy.HighsModelStatus.kOptimal, *STOPPED):
            self.interior(False)
            status = self._run()
        if status in UNPROVEN:
            self.highs.clearSolver()  # a kept basis can mislead
            status = self._run()
        if status in UNPROVEN:
            status = self._run(presolve="off")  # presolve has called feasible models infeasible before
        for room in LOOSER if self._kept_limits else ():
            if status in UNPROVEN:  # what is kept was reached before, so that only its last digits can be too much
                for row, limit in self._kept_limits.items():
                    self.highs.changeRowBounds(row, -np.inf, limit + room * max(1.0, abs(limit)))
                status = self._run()
        if status == highspy.HighsModelStatus.kInfeasible:
            raise Infeasible("No plan satisfies all rules together.")
        if status in STOPPED and not self._has_plan():
            raise Stopped("The time limit was reached before a first plan was found.")
        if status not in (highspy.HighsModelStatus.kOptimal, *STOPPED):
            raise SolverFailed(f"HiGHS stopped with status '{self.highs.modelStatusToString(status)}'.")
        found = self.highs.getSolution()
        x = np.asarray(found.col_value) * self._col_scale
        duals, reduced = np.asarray(found.row_dual), np.asarray(found.col_dual)
        objective = float(costs @ x) + offset
        bound = objective
        if self._interior:  # its dual objective is what is proven
            error = float(self.highs.getInfo().primal_dual_objective_error)  # type: ignore[attr-defined]
            bound -= abs(objective) * max(0.0, error)
        if self.mixed:
            bound = min(objective, float(self.highs.getInfo().mip_dual_bound) / unit)
            duals, reduced = np.zeros(len(self._row_scale)), np.zeros(count)
        return Solution(objective, x, duals * self._row_scale / unit, reduced / self._col_scale / unit, bound)

    def forget(self) -> None:
        """Start the next solve from nothing: with presolve, faster than from the basis of another kind of problem."""
        self.highs.clearSolver()

    def interior(self, wanted: bool) -> None:
        """Solve linear programs by interior points without crossover: faster where a start from before is of no use.

        Their solutions are no vertices, so stages that follow each other closely are better solved the usual way.
        """
        self._interior = wanted
        _expect(self.highs.setOptionValue("solver", "ipm" if wanted else "simplex"), "the kind of solver")
        _expect(self.highs.setOptionValue("run_crossover", "off" if wanted else "on"), "the crossover")
        self.highs.clearSolver()

    def basic(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which columns and which rows are basic in the last solve; shapes (columns,), (rows,)."""
        basis, inside = self.highs.getBasis(), highspy.HighsBasisStatus.kBasic
        return (
            np.array([status == inside for status in basis.col_status]),
            np.array([status == inside for status in basis.row_status]),
        )

    def _run(self, presolve: str = "choose") -> Any:
        self.highs.setOptionValue("presolve", presolve)
        if self.deadline is not None:
            left = max(self.deadline - time.monotonic(), 1e-3)
            self.highs.setOptionValue("time_limit", self.highs.getRunTime() + left)
        if presolve == "off":
            self.highs.clearSolver()
        if self.highs.work(self._tell, self._enough) == highspy.HighsStatus.kError:
            return highspy.HighsModelStatus.kSolveError
        return self.highs.getModelStatus()

    def _has_plan(self) -> bool:
        """Did a mixed-integer search that was stopped find anything."""
        return self.mixed and self.highs.getInfo().primal_solution_status == highspy.kSolutionStatusFeasible

    def fix_integers(self, x: Floats) -> None:
        """Hold the integer columns at `x`, rounded: what is left is a linear program, with prices."""
        columns = np.flatnonzero(self.integer).astype(np.int32)
        held = np.round(x[columns])
        self._free = (self.lower[columns].copy(), self.upper[columns].copy())
        self.set_bounds(columns, held, held)
        self._kinds_of_columns(columns, highspy.HighsVarType.kContinuous)

    def free_integers(self, start: Floats) -> None:
        """Let the integer columns that were held be decided again; the search starts from the plan `start`."""
        columns = np.flatnonzero(self.integer).astype(np.int32)
        self.set_bounds(columns, *self._free)
        self._kinds_of_columns(columns, highspy.HighsVarType.kInteger)
        known = highspy.HighsSolution()
        values = np.zeros(len(self._col_scale))
        values[: len(start)] = start
        known.col_value = (values / self._col_scale).tolist()
        self.highs.setSolution(known)

    def relax_integers(self) -> None:
        """Let the integer columns take any value between their bounds: what is left is a linear program."""
        self._kinds_of_columns(np.flatnonzero(self.integer).astype(np.int32), highspy.HighsVarType.kContinuous)

    def demand_integers(self) -> None:
        """Integer columns are whole again, between the bounds they have now."""
        columns = np.flatnonzero(self.integer).astype(np.int32)
        if len(columns):
            self._kinds_of_columns(columns, highspy.HighsVarType.kInteger)

    def _kinds_of_columns(self, columns: Ints, kind: Any) -> None:
        self.highs.changeColsIntegrality(len(columns), columns, np.full(len(columns), kind, dtype=np.uint8))
        self.mixed = kind == highspy.HighsVarType.kInteger
        self.highs.setOptionValue("solver", "choose" if self.mixed else "simplex")
        self.highs.changeObjectiveOffset(0.0)

    @property
    def late(self) -> bool:
        """Has the time limit passed."""
        return self.deadline is not None and time.monotonic() > self.deadline

    def release(self) -> None:
        """Lift the time limit: the short stages after the gap finish a plan that a limit interrupted."""
        self.deadline = None
        self.highs.setOptionValue("time_limit", highspy.kHighsInf)


class Program:
    """A linear program given as arrays, solved again and again as its bounds change; numbers in the caller's units."""

    def __init__(
        self,
        matrix: csr_array,
        columns: tuple[Floats, Floats],
        rows: tuple[Floats, Floats],
        scales: tuple[Floats, Floats],
    ) -> None:
        """`columns` and `rows` are (lower, upper); `scales` multiply rows and columns to bring entries near one."""
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
            ("primal_feasibility_tolerance", FEASIBILITY),
            ("dual_feasibility_tolerance", FEASIBILITY),
        ):
            _expect(self.highs.setOptionValue(name, value), f"option {name} = {value}")
        _expect(self.highs.passModel(lp), "the linear program")
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

    def minimise(self, costs: Floats) -> Floats | None:
        """The best point, shape (columns,); None if there is none. Error: SolverFailed."""
        scaled = costs * self._col_scale
        if self._costs is None or not np.array_equal(scaled, self._costs):
            largest = float(np.abs(scaled).max(initial=0.0))
            self._unit = COST_SIZE / _power_of_two(largest) if largest > 0 else 1.0
            self.highs.changeColsCost(len(scaled), np.arange(len(scaled), dtype=np.int32), scaled * self._unit)
            self._costs = scaled
        _expect(self.highs.run(), "the linear program")
        status = self.highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverFailed(f"HiGHS stopped with status '{self.highs.modelStatusToString(status)}'.")
        return np.asarray(self.highs.getSolution().col_value) * self._col_scale


def _compile(model: pyo.ConcreteModel) -> tuple[Any, Sequence[str]]:
    """Standard form with every stage as a cost row; the model's own choice of objective is put back."""
    names = {id(objective): name for name, objective in model.stage.items()}
    active = {name: objective.active for name, objective in model.stage.items()}
    try:
        for objective in model.stage.values():
            objective.activate()
        logging.getLogger("pyomo.core.base.param").addFilter(_not_about_itself)
        form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
    except InfeasibleConstraintException as error:
        raise Infeasible(f"No plan satisfies all rules: a rule contradicts the data ({error}).") from error
    finally:
        logging.getLogger("pyomo.core.base.param").removeFilter(_not_about_itself)
        for name, was in active.items():
            if not was:
                model.stage[name].deactivate()
    return form, [names[id(objective)] for objective in form.objectives]


def _not_about_itself(record: logging.LogRecord) -> bool:
    """Pyomo 6.10.1 warns that its own template code calls a deprecated method of its own."""
    return "sparse_iteritems" not in record.getMessage()


def _size(limits: Floats) -> float:
    """Power of two by which limits are divided, so that the largest is near LIMIT_SIZE whatever the money unit."""
    largest = float(np.abs(limits[np.isfinite(limits)]).max(initial=0.0))
    return _power_of_two(largest / LIMIT_SIZE) if largest > 0 else 1.0


def _equilibrate(matrix: csc_array, integer: npt.NDArray[np.bool_], rounds: int = 3) -> tuple[Floats, Floats]:
    """Row and column scales, powers of two, that bring entries near one; integer columns stay as they are."""
    size = abs(matrix).tocoo()
    row, col = np.ones(matrix.shape[0]), np.ones(matrix.shape[1])
    if size.nnz == 0:
        return row, col
    log = np.log2(size.data)
    for _ in range(rounds):
        now = log + np.log2(row)[size.row] + np.log2(col)[size.col]
        row /= 2 ** _middle(now, size.row, len(row))
        now = log + np.log2(row)[size.row] + np.log2(col)[size.col]
        shift = 2 ** _middle(now, size.col, len(col))
        col /= np.where(integer, 1.0, shift)
    return np.exp2(np.round(np.log2(row))), np.exp2(np.round(np.log2(col)))


def _middle(log: Floats, group: npt.NDArray[Any], count: int) -> Floats:
    """Midpoint of the smallest and largest logarithm in each group; zero for empty groups."""
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, group, log)
    np.maximum.at(high, group, log)
    found = np.isfinite(low)
    return np.where(found, (np.where(found, low, 0.0) + np.where(found, high, 0.0)) / 2, 0.0)


def _power_of_two(value: float) -> float:
    return float(2.0 ** np.round(np.log2(value)))


def _resting(data: Any) -> float:
    """Value of a variable that has no column: its fixed value, or the bound nearest zero."""
    if data.fixed:
        return float(data.value)
    return float(max(0.0, data.lb or 0.0))


def _expect(status: Any, what: str) -> None:
    """HiGHS returns failures instead of raising them; an unchecked one silently changes the method."""
    if status == highspy.HighsStatus.kError:
        raise SolverFailed(f"HiGHS refused {what}.")

"""Solving: stages one after the other, every status checked, and integers held or let go.

Compiling with Pyomo's standard form writer and one `passModel` is several times faster than Pyomo's solver
interfaces, and keeps the basis between solves.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from commonweal.optimizer.arrays import ABSENT, COST_SIZE, Floats, Ints, expect
from commonweal.optimizer.errors import Infeasible, SolverFailed, Stopped
from commonweal.optimizer.language import _
from commonweal.optimizer.loaded import Loaded
from commonweal.optimizer.program import Program
from commonweal.optimizer.running import Enough, Tell
from commonweal.optimizer.scaling import power_of_two
from commonweal.optimizer.solution import Solution, SolverOptions

__all__ = ["ABSENT", "Floats", "Ints", "Program", "Solution", "Solver", "SolverOptions"]

NOTHING = 2e-9  # a kept stage this small is nothing at all
LOOSER = (1e-9, 1e-8, 1e-7)  # relative room for kept stages that rounding has made contradict each other
UNPROVEN = (
    highspy.HighsModelStatus.kInfeasible,
    highspy.HighsModelStatus.kUnboundedOrInfeasible,
    highspy.HighsModelStatus.kUnknown,
    highspy.HighsModelStatus.kSolveError,
)
STOPPED = (highspy.HighsModelStatus.kTimeLimit, highspy.HighsModelStatus.kInterrupt)
EXACT = 1e-9  # relative distance of a stage with integers that has none of its own


class Solver(Loaded):
    """One model in HiGHS. Stages are the model's objectives; `keep` turns one into a row for those that follow."""

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
            expect(self.highs.addRow(self.offsets[stage] / unit, np.inf, 1, at, np.ones(1)), _("a row for a stage"))
            self._row_scale = np.append(self._row_scale, 1.0 / unit)
            self._followed[row] = (stage, np.zeros(0))
        return columns, np.arange(first, first + len(stages), dtype=np.int32)

    def size_of(self, stages: Sequence[str]) -> float:
        """The largest scaled cost of these stages, as a power of two."""
        largest = max(float(np.abs(self.costs[stage] * self._col_scale).max(initial=0.0)) for stage in stages)
        return power_of_two(largest) if largest > 0 else 1.0

    def let_epigraphs(self) -> None:
        """Take the stages out of their rows, which then hold nothing."""
        for row, (_kept, seen) in self._followed.items():
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
        scale = 1.0 / power_of_two(np.abs(cost[columns]).max())
        self.highs.addRow(-np.inf, limit * scale, len(columns), columns, cost[columns] * scale)
        self._kept_limits[len(self._row_scale)] = limit * scale
        self._kept[stage] = (len(self._row_scale), cost)
        self._row_scale = np.append(self._row_scale, scale)

    def restart(self, lower: Floats, upper: Floats) -> None:
        """Let go of every kept stage and give the columns these bounds, in the model's units."""
        for row, _limit in self._kept.values():
            self.highs.changeRowBounds(row, -np.inf, np.inf)
        self._kept_limits.clear()
        self.set_bounds(np.arange(len(lower), dtype=np.int32), lower, upper)

    def set_entries(self, rows: Ints, columns: Ints, values: Floats) -> None:
        """New entries, one for each row, of rows that `add_rows` made."""
        entries = values * self._col_scale[columns] * self._row_scale[rows]
        for row, column, entry in zip(rows.tolist(), columns.tolist(), entries.tolist(), strict=True):
            self.highs.changeCoeff(row, column, entry)

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
        unit = COST_SIZE / power_of_two(largest) if largest > 0 else 1.0
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
            raise Infeasible(_("No plan satisfies all rules together."))
        if status in STOPPED and not self._has_plan():
            raise Stopped(_("The time limit was reached before a first plan was found."))
        if status not in (highspy.HighsModelStatus.kOptimal, *STOPPED):
            raise SolverFailed(
                _(
                    "HiGHS stopped with status '{modelStatusToString}'.",
                    modelStatusToString=self.highs.modelStatusToString(status),
                )
            )
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

    def basis(self) -> highspy.HighsBasis:
        """Where the last solve ended."""
        return self.highs.getBasis()

    def start_from(self, basis: highspy.HighsBasis) -> None:
        """Start the next solve there, and from nothing else that was learnt since."""
        self.highs.clearSolver()
        expect(self.highs.setBasis(basis), _("a basis"))

    def interior(self, wanted: bool) -> None:
        """Solve linear programs by interior points without crossover: faster where a start from before is of no use.

        Their solutions are no vertices, so stages that follow each other closely are better solved the usual way.
        """
        self._interior = wanted
        expect(self.highs.setOptionValue("solver", "ipm" if wanted else "simplex"), _("the kind of solver"))
        expect(self.highs.setOptionValue("run_crossover", "off" if wanted else "on"), _("the crossover"))
        self.highs.clearSolver()

    def basic(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which columns and which rows are basic in the last solve; shapes (columns,), (rows,)."""
        status, numbers = self.highs.getBasicVariables()  # type: ignore[attr-defined]
        expect(status, _("to say what is basic"))
        columns, rows = np.zeros(len(self._col_scale), dtype=bool), np.zeros(len(self._row_scale), dtype=bool)
        found = np.asarray(numbers)  # rows are counted down from -1
        columns[found[found >= 0]], rows[-1 - found[found < 0]] = True, True
        return columns, rows

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

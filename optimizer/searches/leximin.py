"""Leximin: the lowest share of the standard as high as possible, then the second lowest, and so on to the last.

    maximise, one after the other in rising order, the shares x[i] = benefit / standard of all cells i that the plan decides

Cells of all groups, regions and years are compared together, or programme by programme in a given order. Persons do
not weigh in the order, only in the money that a step costs. No money that could lift anybody stays unspent: every cell
ends where no plan can lift it further without lowering one that has no more.

Each round is one linear program: the level of all cells that are still free, as high as it gets,

    maximise sum over parts c of level[c]   with   x[i] >= level[c]   for every free cell i of part c

A part is a set of cells that share money with no others; once a level has used up the money they had in common, parts
fall apart and go on side by side, so that rounds are few. A cell whose row has a positive dual cannot rise above the
level in any best plan, and a flow with a reduced cost cannot move: both are held from then on. Where it is growth caps
of single cells that stop a part, the cells that end at their own cap are found together by halving. Where no dual is
positive, cells are tested one by one.

Source: Rawls, A Theory of Justice (1971); Ogryczak and Sliwinski, On direct methods for lexicographic min-max
optimization, ICCSA 2006, LNCS 3982; the law of Brazil's education funds is this rule (docs/gaps.md).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import Field

from commonweal.instances import Instance
from commonweal.models.parts import known
from commonweal.optimizer.errors import Stopped, UsageError
from commonweal.optimizer.highs import ABSENT, Floats, Ints, Solution
from commonweal.optimizer.scenario import Scenario, Search
from commonweal.optimizer.stages import Progress
from commonweal.optimizer.structure import Structure
from commonweal.optimizer.walk import Solved, Walk

Mask = npt.NDArray[np.bool_]

PRICED = 1e-9  # a dual, or a reduced cost of a scaled column, above this is positive
SAME = 1e-9  # shares of the standard closer than this are one level
STAGE = "leximin"


class Settings(Search):
    """Settings of the leximin search."""

    line: float | None = Field(
        default=None, gt=0, description="share of the standard above which nobody is lifted; by default no limit"
    )
    programmes: list[str] = Field(
        default=[], description="programmes one after the other, those not named last; by default all together"
    )


@dataclass(frozen=True)
class Cells:
    """What is compared. Arrays are (cells,): column of the benefit, standard, turn (programmes named earlier go first)."""

    column: Ints
    unit: Floats
    turn: Ints


def search(instance: Instance, scenario: Scenario, before: float, progress: Progress) -> Solved:
    """Lift the lowest, again and again; `before` is not needed.

    Errors: Infeasible, SolverFailed, UsageError, and Stopped when a time limit passes before a first level is found.
    """
    settings = scenario.search
    assert isinstance(settings, Settings)
    known(instance, "programme", settings.programmes)
    walk = Walk(instance, scenario, progress)
    if walk.solver.mixed:
        raise UsageError(
            "leximin compares plans with the same cells and cannot take yes-or-no decisions. "
            "Use --gap squared_shortfall instead, or the shares the decisions should have."
        )
    levels = _Levels(walk, _cells(walk, settings), np.inf if settings.line is None else settings.line)
    done = levels.climb()
    walk.note(STAGE, levels.lowest, "optimal" if done else "stopped", levels.rounds)
    lower_bound = max(0.0, 1.0 - levels.lowest)
    return walk.finish(levels.priced, "optimal" if done else "stopped", lower_bound)


def _cells(walk: Walk, settings: Settings) -> Cells:
    """The cells with people whose benefit the plan decides."""
    m = walk.built.model
    index = [i for i in m.CELLS if not m.benefit[i].fixed and m.eligible[i] > 0]
    turns = {name: k for k, name in enumerate(settings.programmes)}
    column = walk.solver.columns(m.benefit, index)
    unit = np.array([m.standard[i] for i in index], dtype=float)
    turn = np.array([turns.get(i[2], len(turns)) for i in index], dtype=np.int32)
    used = column != ABSENT
    return Cells(column[used], unit[used], turn[used])


class _Levels:
    """The levels reached so far; arrays are (cells,)."""

    def __init__(self, walk: Walk, cells: Cells, line: float) -> None:
        self.solver, self.progress = walk.solver, walk.progress
        self.cells, self.line = cells, line
        self.free = np.ones(len(cells.unit), dtype=bool)
        self.reached = np.zeros(len(cells.unit))
        self.rounds = 0
        self.lowest = 1.0
        self.model = len(self.solver.lower)  # columns before the levels of any round
        self.priced = Solution(0.0, np.zeros(self.model), np.zeros(0), np.zeros(self.model), 0.0)

    def climb(self) -> bool:
        """Hold every cell at its level; False if time ran out first. Error: Stopped before the first level."""
        while self.free.any():
            turn = self.cells.turn[self.free].min()
            try:
                self._round(self.free & (self.cells.turn == turn))
            except Stopped:
                if self.rounds == 0:
                    raise
                return False
            held = len(self.free) - int(self.free.sum())
            top = float(self.reached[~self.free].max(initial=0.0))
            self.progress(f"leximin: round {self.rounds}, {held:,d} of {len(self.free):,d} cells held, level {top:.6g}")
        if self.rounds == 0:
            self.priced = self.solver.minimise_costs(np.zeros(self.model))
        return True

    def _round(self, free: Mask) -> None:
        """One level for every part of the free cells; the first round has one level for all, whose duals are prices."""
        first = self.rounds == 0
        structure = Structure.of(self.solver, self.model)
        part = np.zeros(len(free), dtype=np.int64) if first else structure.components()[self.cells.column]
        names, inverse = np.unique(part[free], return_inverse=True)
        start = np.full(len(names), 0.0 if first else self.reached[~self.free].max(initial=0.0))
        np.minimum.at(start, inverse, self.reached[free])
        found, level, dual = self._solve(free, inverse, start)
        if first:
            self.priced, self.lowest = found, min(float(level.min()), self._held_lowest(found))
        self.rounds += 1
        saturated = np.zeros(len(free), dtype=bool)
        saturated[free] = (dual > PRICED) | (level[inverse] >= self.line)
        at = np.zeros(len(free))
        at[free] = level[inverse]
        ceiling = structure.highest()[self.cells.column] / self.cells.unit
        ceiling = np.minimum(ceiling, self.line)
        capped = saturated & (ceiling <= at + SAME)
        self._freeze(found)
        stuck = np.ones(len(names), dtype=bool)
        stuck[inverse[saturated[free]]] = False
        for k in np.flatnonzero(stuck).tolist():
            self._test(np.flatnonzero(free)[inverse == k], float(level[k]), saturated)
        self._hold(saturated, at)
        only_caps = np.ones(len(names), dtype=bool)
        only_caps[inverse[(saturated & ~capped)[free]]] = False
        open_ = free & ~saturated
        label = np.full(len(free), -1)
        label[free] = inverse
        halved = open_ & np.isfinite(ceiling) & only_caps[label] & (label >= 0)
        if halved.any():
            self._halve(open_, label, ceiling, at)

    def _solve(self, free: Mask, part: Ints, start: Floats) -> tuple[Solution, Floats, Floats]:
        """Highest levels of all parts: the solution, levels (parts,) and duals of the free cells' rows."""
        solver, cells = self.solver, self.cells
        level = solver.add_columns(len(start), 0.0, self.line)
        columns = np.stack([cells.column[free], level[part]], axis=1)
        values = np.stack([1 / cells.unit[free], np.full(int(free.sum()), -1.0)], axis=1)
        rows = solver.add_rows(columns, values, np.zeros(int(free.sum())))
        costs = np.zeros(len(solver.lower))
        costs[level] = -1.0
        found = solver.minimise_costs(costs)
        solver.free_rows(rows)
        solver.set_bounds(level, np.zeros(len(level)), np.zeros(len(level)))
        return found, found.x[level], found.row_dual[rows]

    def _freeze(self, found: Solution) -> None:
        """Hold every column that no best plan of this round can move."""
        reduced = np.abs(found.column_dual[: self.model]) * self.solver.column_scale[: self.model]
        held = np.flatnonzero(reduced > PRICED).astype(np.int32)
        self.solver.set_bounds(held, found.x[held], found.x[held])

    def _hold(self, saturated: Mask, at: Floats) -> None:
        """From now on these cells get no less, and are free no more."""
        columns = self.cells.column[saturated]
        least = np.minimum(at[saturated] * self.cells.unit[saturated], self.solver.upper[columns])
        self.solver.set_bounds(columns, np.maximum(least, self.solver.lower[columns]), self.solver.upper[columns])
        self.reached[saturated] = at[saturated]
        self.free &= ~saturated

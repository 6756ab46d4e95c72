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
from commonweal.optimizer.language import _
from commonweal.optimizer.scenario import Scenario, Search
from commonweal.optimizer.stages import Progress
from commonweal.optimizer.structure import Structure
from commonweal.optimizer.walk import Solved, Walk

Mask = npt.NDArray[np.bool_]

PRICED = 1e-9  # a dual, or a reduced cost of a scaled column, above this is positive
SAME = 1e-9  # shares of the standard closer than this are one level
ROOM = 1e-11  # relative, of a level that later stages keep: it was reached, but for the last digits
STAGE = "leximin"
GAPS = False


class Settings(Search):
    """Settings of the leximin search."""

    line: float | None = Field(
        default=None, gt=0, description="share of the standard above which nobody is lifted; by default no limit"
    )
    programmes: list[str] = Field(
        default=[], description="programmes one after the other, those not named last; by default all together"
    )

    @property
    def turns(self) -> tuple[str, ...]:
        """Programmes that go before all others."""
        return tuple(self.programmes)


@dataclass(frozen=True)
class Cells:
    """What is compared. Arrays are (cells,): column of the benefit, standard, turn (programmes named earlier go first)."""

    column: Ints
    unit: Floats
    turn: Ints


def search(
    instance: Instance, scenario: Scenario, before: float, progress: Progress, *, prices: bool = False
) -> Solved:
    """Lift the lowest, again and again; `before` and `prices` are of no use: the prices are those of the lowest share.

    Errors: Infeasible, SolverFailed, UsageError, and Stopped when a time limit passes before a first level is found.
    """
    settings = scenario.search
    assert isinstance(settings, Settings)
    known(instance, "programme", settings.programmes)
    walk = Walk(instance, scenario, progress)
    if walk.solver.mixed:
        raise UsageError(
            _(
                "leximin compares plans with the same cells and cannot take yes-or-no decisions. "
                "Use --gap squared_shortfall instead, or the shares the decisions should have."
            )
        )
    levels = _Levels(walk, _cells(walk, settings), np.inf if settings.line is None else settings.line)
    status = "optimal" if levels.climb() else "stopped"
    walk.note(STAGE, levels.lowest, status, levels.rounds)
    return walk.finish(levels.priced, status, max(0.0, 1.0 - levels.lowest))


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
    """The levels reached so far; arrays are (cells,), or (parts,) where a method speaks of parts."""

    def __init__(self, walk: Walk, cells: Cells, line: float) -> None:
        self.solver, self.progress = walk.solver, walk.progress
        self.cells, self.line = cells, line
        self.free = np.ones(len(cells.unit), dtype=bool)
        self.rounds = 0
        self.lowest = -np.inf  # nothing to decide: the lowest share is what it is
        self.model = len(self.solver.lower)  # columns before those of any round
        self.bounds = self.solver.lower.copy(), self.solver.upper.copy()
        self.tight = np.zeros(self.solver.matrix.shape[0], dtype=bool)  # rows that hold with equality by now
        self.least = np.zeros(len(cells.unit))  # benefits that no plan falls below from now on
        self.priced = self.solver.minimise_costs(np.zeros(self.model))

    def climb(self) -> bool:
        """Hold every cell at its level; False if time ran out first. Error: Stopped before the first level."""
        done = True
        while done and self.free.any():
            now = self.free & (self.cells.turn == self.cells.turn[self.free].min())
            try:
                level = self._round(np.flatnonzero(now))
            except Stopped:
                if self.rounds == 0:
                    raise
                done = False
            self.rounds += 1
            held, count = len(self.free) - int(self.free.sum()), len(self.free)
            self.progress(
                _(
                    "leximin: round {rounds}, level {level:.6g}, {held:,d} of {count:,d} cells at theirs",
                    rounds=self.rounds,
                    level=level,
                    held=held,
                    count=count,
                )
            )
        self._let_go()
        return done

    def _round(self, free: Ints) -> float:
        """Lift the free cells (their numbers) part by part, hold those that rise no further; the lowest level.

        The first round has one level for all: its duals are the prices of the lowest share.
        """
        structure = Structure.of(self.solver, self.model)
        column, unit = self.cells.column[free], self.cells.unit[free]
        lowest, highest = (bound[column] / unit for bound in structure.reach())
        highest = np.minimum(highest, self.line)
        label = 0 * free if self.rounds == 0 else structure.components()[column]
        parts, part = np.unique(label, return_inverse=True)
        found, level, dual = self._lift(column, unit, part, len(parts))
        if self.rounds == 0:
            self.priced, self.lowest = found, float(level[0])
        at = level[part]
        full = (dual > PRICED) | (at >= self.line)
        self._freeze(found)
        settled = highest <= lowest + SAME
        self._hold(free, np.where(settled, found.x[column] / unit, at))
        for k in np.setdiff1d(np.arange(len(parts)), part[full]).tolist():
            tight = np.flatnonzero((part == k) & (found.x[column] <= (at + SAME) * unit))
            full[next(i for i in tight.tolist() if self._cannot_rise(int(column[i]), at[i] * unit[i]))] = True
        stopped_by_more = np.bincount(part, full & (highest > at + SAME), minlength=len(parts)) > 0
        full |= settled
        capped = ~full & np.isfinite(highest) & ~stopped_by_more[part]
        if capped.any():
            ended = self._own_caps(column, unit, part, np.where(full, at, highest), capped)
            self._hold(free[ended], highest[ended])
            full |= ended
        self.free[free[full]] = False
        return float(level.min())

    def _lift(self, column: Ints, unit: Floats, part: Ints, parts: int) -> tuple[Solution, Floats, Floats]:
        """Highest levels of all parts: the solution, the levels (parts,) and the duals of the cells' rows."""
        solver = self.solver
        level = solver.add_columns(parts, 0.0, self.line)
        values = np.stack([1 / unit, np.full(len(unit), -1.0)], axis=1)
        rows = solver.add_rows(np.stack([column, level[part]], axis=1), values, np.zeros(len(unit)))
        costs = np.zeros(len(solver.lower))
        costs[level] = -1.0
        solver.forget()
        found = solver.minimise_costs(costs)
        solver.free_rows(rows)
        solver.set_bounds(level, np.zeros(parts), np.zeros(parts))
        return found, found.x[level], found.row_dual[rows]

    def _freeze(self, found: Solution) -> None:
        """Hold every flow, and let every rule bind, that does so in all best plans of this round."""
        rows, columns = self.solver.scales[0], self.solver.column_scale[: self.model]
        held = np.flatnonzero(np.abs(found.column_dual[: self.model]) * columns > PRICED).astype(np.int32)
        self.solver.set_bounds(held, found.x[held], found.x[held])
        binds = ~self.tight & (np.abs(found.row_dual[: len(rows)]) / rows > PRICED)
        self.solver.hold_rows(np.flatnonzero(binds).astype(np.int32))
        self.tight |= binds

    def _let_go(self) -> None:
        """In the end the levels alone are kept: what they imply need not be held as well, nor to the last digit."""
        self.solver.let_rows(np.flatnonzero(self.tight).astype(np.int32))
        lower, upper = self.bounds[0].copy(), self.bounds[1]
        at = self.cells.column
        lower[at] = np.maximum(lower[at], np.minimum(self.least * (1 - ROOM), upper[at]))
        self.solver.set_bounds(np.arange(self.model, dtype=np.int32), lower, upper)

    def _hold(self, cells: Ints, level: Floats) -> None:
        """From now on these cells (their numbers) have no less."""
        column = self.cells.column[cells]
        lower, upper = self.solver.lower[column], self.solver.upper[column]
        least = np.maximum(lower, np.minimum(level * self.cells.unit[cells], upper))
        self.solver.set_bounds(column, least, upper)
        self.least[cells] = least

    def _cannot_rise(self, column: int, level: float) -> bool:
        """Is the benefit at its highest."""
        costs = np.zeros(len(self.solver.lower))
        costs[column] = -1.0
        return -self.solver.minimise_costs(costs).objective <= level * (1 + SAME)

    def _own_caps(self, column: Ints, unit: Floats, part: Ints, ceiling: Floats, capped: Mask) -> Mask:
        """Which cells end at their own ceiling.

        In each part all cells below the largest level T at which every cell can have min(ceiling, T); T is found among
        the ceilings by halving, in all parts at once.
        """
        solver, count = self.solver, len(unit)
        caps = [np.unique(ceiling[capped & (part == k)]) for k in range(int(part.max()) + 1)]
        low, high = np.full(len(caps), -1), np.array([len(values) for values in caps])
        short = solver.add_columns(count, 0.0, np.inf)
        entries = np.stack([1 / unit, np.ones(count)], axis=1)
        rows = solver.add_rows(np.stack([column, short], axis=1), entries, np.zeros(count))
        costs = np.zeros(len(solver.lower))
        costs[short] = 1.0

        def top(at: Ints) -> Floats:
            return np.array([values[k] if k >= 0 else 0.0 for values, k in zip(caps, at.tolist(), strict=True)])

        while (high - low > 1).any():
            middle = np.where(high - low > 1, (low + high) // 2, low)
            solver.set_row_lower(rows, np.minimum(ceiling, top(middle)[part]))
            missing = solver.minimise_costs(costs).x[short]
            possible = np.bincount(part, missing) <= SAME * np.bincount(part)
            low, high = np.where(possible, middle, low), np.where(possible, high, np.minimum(high, middle))
        solver.free_rows(rows)
        solver.set_bounds(short, np.zeros(count), np.zeros(count))
        ended: Mask = capped & (ceiling <= top(low)[part])
        return ended

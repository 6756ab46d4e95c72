"""Half the mean difference of many cells, bounded from below by quantile lines that are added where they are missed.

The mean difference is an integral over quantiles: with L(tau) = least over q of [tau * (mean - q) + E(q - x)+],

    1/2 * sum over pairs of p[i] p[j] |x[i] - x[j]|  =  2 * integral from 0 to 1 of L(tau),

and L is concave. Lines at tau[1..K] and the trapezoids between them lie below it, so that the linear program proves a
bound, while the true value of its plan is found by sorting. After each solve the trapezoids that miss most are split
where they miss most. A new line needs the excess (q - x)+ only of cells near it: of the others it takes 0, or q - x, as
the last plan has it. Both lie below the excess, so the bound holds whatever the plan does; cells that cross a line are
added to it.

Source: METHOD of this project, docs/gaps.md; Ogryczak and Ruszczynski, Dual stochastic dominance and related mean-risk
models, SIAM Journal on Optimization 13 (2002) 60-78.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from commonweal.models.build import Built
from commonweal.models.parts import Ranked
from commonweal.optimizer.highs import ABSENT, Floats, Ints, Solution, Solver

MOST = 120  # lines: their number costs time, and the error falls with its square
WINDOW = 60  # cells on either side of a new line that it looks at
GRAIN = 1e-7  # shares of the standard closer than this are the same


@dataclass
class Line:
    """One quantile: its level's column, the cells it looks at with their columns, and those it takes to be below."""

    tau: float
    level: int
    near: npt.NDArray[np.bool_]
    short: Ints
    below: npt.NDArray[np.bool_]


def lines_of(built: Built, solver: Solver, order: int) -> list["Lines"]:
    """The quantile lines of every gap of one order that needs them."""
    return [Lines(ranked, solver, gap.stage) for gap in built.gaps[order : order + 1] for ranked in gap.ranked]


class Lines:
    """The lines of one programme and year; arrays are (cells,)."""

    def __init__(self, ranked: Ranked, solver: Solver, stage: str) -> None:
        """Take over the lines of the model, which look at every cell."""
        self.ranked, self.solver, self.stage = ranked, solver, stage
        self.columns = solver.columns(ranked.benefit, ranked.cells)
        self.free = self.columns != ABSENT
        self.held = np.array(
            [0.0 if free else ranked.benefit[i].value for i, free in zip(ranked.cells, self.free, strict=True)]
        )
        everybody = np.ones(len(ranked.cells), dtype=bool)
        self.lines = [
            Line(tau, solver.column(level), everybody, _numbers(solver, short), ~everybody)
            for tau, level, short in zip(ranked.taus, ranked.level, ranked.short, strict=True)
        ]
        self.cost, self.constant = self._cost()

    def correction(self, solution: Solution) -> tuple[float, float]:
        """The plan's true value by sorting; the bound needs no correction."""
        count = min(len(self.cost), len(solution.x))
        seen = float(self.cost[:count] @ solution.x[:count]) + self.constant
        return self.ranked.weight * _half_difference(self.ranked.share, self._place(solution)) - seen, 0.0

    def spacing(self, solution: Solution) -> float:
        """Lines have no knots."""
        return 0.0

    def gather(self, solution: Solution) -> bool:
        """Split the trapezoids that miss most, and show every line the cells that crossed it."""
        x = self._place(solution)
        fresh = [] if len(self.lines) >= MOST else self._missed(x, min(len(self.lines), MOST - len(self.lines)))
        crossed = sum(self._show(line, x, solution) for line in self.lines)
        if not fresh and not crossed:
            return False
        for tau in fresh:
            self._add(tau, x)
        self.lines.sort(key=lambda line: line.tau)
        cost, constant = self._cost()
        change = cost.copy()
        change[: len(self.cost)] -= self.cost
        self.solver.costs[self.stage] = self.solver.costs[self.stage] + change
        self.solver.offsets[self.stage] += constant - self.constant
        self.cost, self.constant = cost, constant
        return True

    def _place(self, solution: Solution) -> Floats:
        """Attainment of every cell."""
        return np.where(self.free, solution.x[np.maximum(self.columns, 0)], self.held) / self.ranked.unit

    def _cost(self) -> tuple[Floats, float]:
        """Costs of all columns that the lines stand for, and what does not depend on any column."""
        ranked, cost = self.ranked, np.zeros(len(self.solver.lower))
        factor = np.zeros(len(ranked.cells))  # of the attainments themselves
        taus = np.array([0.0, *(line.tau for line in self.lines), 1.0])
        for line, step in zip(self.lines, (taus[2:] - taus[:-2]) / 2, strict=True):
            worth = 2 * ranked.weight * step
            factor += worth * ranked.share * (line.tau - line.below)
            cost[line.level] += worth * (float(ranked.share[line.below].sum()) - line.tau)
            np.add.at(cost, line.short, worth * ranked.share[line.near])
        np.add.at(cost, self.columns[self.free], (factor / ranked.unit)[self.free])
        return cost, float((factor * self.held / ranked.unit)[~self.free].sum())

    def _missed(self, x: Floats, most: int) -> list[float]:
        """Where to split the trapezoids that miss most: at most so many, the smallest tenth of the error left alone."""
        order = np.argsort(x, kind="stable")
        share = self.ranked.share[order]
        taus = np.concatenate([[0.0], np.cumsum(share)])
        taus /= taus[-1]
        held = np.concatenate([[0.0], np.cumsum(share * x[order])])
        curve = taus * held[-1] - held  # L at every cell's end; straight in between
        ends = np.array([0.0, *(line.tau for line in self.lines), 1.0])
        missed = curve - np.interp(taus, ends, np.interp(ends, taus, curve))
        at = np.clip(np.searchsorted(ends, taus, side="right") - 1, 0, len(ends) - 2)
        area = np.bincount(at[:-1], (missed[:-1] + missed[1:]) / 2 * np.diff(taus), minlength=len(ends) - 1)
        worst = np.argsort(-area, kind="stable")[:most]
        worst = worst[np.cumsum(area[worst]) - area[worst] <= 0.99 * area.sum()]
        places = [np.flatnonzero(at == k) for k in worst[area[worst] > 0].tolist()]
        return [float(taus[place[np.argmax(missed[place])]]) for place in places]

    def _add(self, tau: float, x: Floats) -> None:
        """A line that looks at the cells around it."""
        order = np.argsort(x, kind="stable")
        at = int(np.searchsorted(np.cumsum(self.ranked.share[order]), tau))
        near = np.zeros(len(x), dtype=bool)
        near[order[max(0, at - WINDOW) : at + WINDOW]] = True
        middle = x[order[min(at, len(x) - 1)]]
        near |= np.abs(x - middle) <= GRAIN
        level = int(self.solver.add_columns(1, 0.0, np.inf)[0])
        line = Line(tau, level, near, np.empty(0, dtype=np.int32), (x < middle) & ~near)
        line.short = self._rows(line, near)
        self.lines.append(line)

    def _show(self, line: Line, x: Floats, solution: Solution) -> int:
        """Let a line look at the cells that are not on the side it took them to be; their number."""
        if line.near.all():
            return 0
        level = solution.x[line.level]
        wrong = ~line.near & np.where(line.below, x > level + GRAIN, x < level - GRAIN)
        if wrong.any():
            short = np.full(len(x), ABSENT, dtype=np.int32)
            short[line.near], short[wrong] = line.short, self._rows(line, wrong)
            line.near, line.below = line.near | wrong, line.below & ~wrong
            line.short = short[line.near]
        return int(wrong.sum())

    def _rows(self, line: Line, cells: npt.NDArray[np.bool_]) -> Ints:
        """The columns short >= level - x of some cells, with their rows."""
        short = self.solver.add_columns(int(cells.sum()), 0.0, np.inf)
        for free in (True, False):
            part = self.free[cells] == free
            count = int(part.sum())
            if count == 0:
                continue
            unit = self.ranked.unit[cells][part]
            columns = [short[part], np.full(count, line.level, dtype=np.int32)]
            values = [np.ones(count), -np.ones(count)]
            if free:
                columns.append(self.columns[cells][part])
                values.append(1 / unit)
            fixed = np.zeros(count) if free else -self.held[cells][part] / unit
            self.solver.add_rows(np.stack(columns, axis=1), np.stack(values, axis=1), fixed)
        return short


def _numbers(solver: Solver, short: tuple[object, ...]) -> Ints:
    return np.array([solver.column(data) for data in short], dtype=np.int32)


def _half_difference(share: Floats, x: Floats) -> float:
    """1/2 * sum over pairs of share * share * |difference|, by sorting."""
    order = np.argsort(x, kind="stable")
    share, x = share[order], x[order]
    return float(share * x @ (2 * np.cumsum(share) - share - 1))

"""The stages of every search on one kept model: unfunded obligations, missing floors, then the gap to exactness.

Each stage keeps the earlier ones; every solver status is checked. What comes after the gap (cuts, money moved, the
even spread) picks one plan among equals and is left to the search.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from commonweal.models.build import Built, GapStage
from commonweal.models.parts import Curves
from commonweal.optimizer.arrays import entries
from commonweal.optimizer.errors import Stopped
from commonweal.optimizer.highs import ABSENT, Floats, Ints, Solution, Solver
from commonweal.optimizer.language import _
from commonweal.optimizer.refine import Family, Knots

ROUNDS = 60
SLACK = 1e-11  # room, relative to a kept stage's value, for its last digits; more would be used to shift money
FINE = 0.03  # knots close in so much further than the tolerance, so that names and order of regions do not show
ROOM = 1e-7  # room of a gap kept by value, as a share of it and of what it gained
NOISE = 1e-12  # relative: two values of the gap this close are the same

Progress = Callable[[str], None]


@dataclass(frozen=True)
class GapFound:
    """The gap stage: the best plan (its objective is the true gap, its duals the prices) and what is proven.

    support: the solve whose duals prove `lower_bound`; with them the bound is an affine function of every limit.
    """

    best: Solution
    support: Solution
    lower_bound: float
    rounds: int
    proven: bool


class Refined(Protocol):
    """A cost that the linear model only approximates, and how to come closer."""

    def correction(self, solution: Solution) -> tuple[float, float]:
        """What to add to the LP value for the true value of the plan, and for the certified lower bound."""

    def spacing(self, solution: Solution) -> float:
        """How far, in multiples of its unit, the solution may lie from the optimum of the true cost."""

    def gather(self, solution: Solution) -> bool:
        """Come closer around the solution; False if this is as close as it gets."""


@dataclass(frozen=True)
class Quotient:
    """A multiple of the objective `over` that is subtracted from a gap."""

    over: str
    times: float

    def minimise(self, solver: Solver, stage: str) -> Solution:
        """Minimise the stage less so many times `over`."""
        costs = solver.costs[stage] - self.times * solver.costs[self.over]
        return solver.minimise_costs(costs, solver.offsets[stage] - self.times * solver.offsets[self.over])

    def taken(self, solver: Solver, solution: Solution) -> float:
        """What is subtracted in a solution."""
        return self.times * value_of(solver, self.over, solution)


def keep_stage(solver: Solver, stage: str) -> Solution:
    """Minimise a stage and hold what it reached."""
    found = solver.minimise(stage)
    solver.keep(stage, found.objective + SLACK * max(1.0, abs(found.objective)))
    return found


def knots_of(built: Built, solver: Solver, order: int = 0, stage: str | None = None, share: float = 1.0) -> list[Knots]:
    """The knots of every curved gap of one order, spread evenly; in `stage` they may count for a `share` only."""
    return [
        Knots(family, solver, stage or gap.stage)
        for gap in built.gaps[order : order + 1]
        for family in families_of(built, solver, order, share)
    ]


def families_of(built: Built, solver: Solver, order: int = 0, share: float = 1.0) -> list[Family]:
    """The columns and rows of every curved gap of one order."""
    return [
        _family(built, curves, solver, share)
        for gap in built.gaps[order : order + 1]
        for curves in gap.curves
        if curves.cells
    ]


def _family(built: Built, curves: Curves, solver: Solver, share: float) -> Family:
    """The columns and rows of a gap's curves in the kept model."""
    rows = solver.row_numbers(curves.attained, curves.cells)
    above = solver.columns(curves.above)
    opened = built.model.opened
    shares = solver.columns(built.model.coverage_share, curves.cells)
    new = np.array([i in opened and built.model.share_today[i] == 0 for i in curves.cells])
    return Family(
        columns=solver.columns(curves.segment).reshape(len(curves.cells), -1),
        rows=rows,
        sign=entries(solver.matrix, rows, above),
        weight=share * curves.weight,
        unit=curves.unit,
        end=np.full(len(curves.cells), curves.end),
        phi=curves.phi,
        slope=curves.slope,
        switch=np.where(new, shares, ABSENT),
        least=np.array([opened.get(i, 1.0) for i in curves.cells]),
    )


def minimise_gap(
    solver: Solver,
    families: Sequence[Refined],
    tolerance: float,
    progress: Progress,
    stage: str = "gap",
    less: Quotient | None = None,
    coarse: float | None = None,
) -> GapFound:
    """Minimise a gap until the certified relative distance and the knots' spacing reach the tolerance.

    With `less`, a multiple of a mean is subtracted; distances then are relative to the gap itself. `coarse`
    is for those who go on from what binds: knots need not be closer than this.
    Errors: Infeasible, SolverFailed, and Stopped when a time limit passes before a first plan is found.
    """
    best: Solution | None = None
    support: Solution | None = None
    lower, proven = -np.inf, False
    for rounds in range(1, ROUNDS + 1):
        try:
            found = solver.minimise(stage) if less is None else less.minimise(solver, stage)
        except Stopped:
            if best is None or support is None:
                raise
            return GapFound(best, support, lower, rounds, proven)
        corrections = [family.correction(found) for family in families]
        value = found.objective + sum(up for up, _ in corrections)
        bound = found.bound + sum(down for _, down in corrections)
        if support is None or bound >= lower:
            support, lower = found, bound
        if best is None or value <= best.objective + NOISE * abs(best.objective):
            best = Solution(value, found.x, found.row_dual, found.column_dual, lower)
        size = best.objective + (0.0 if less is None else less.taken(solver, best))
        distance = (best.objective - lower) / max(abs(size), tolerance)
        spacing = max((family.spacing(found) for family in families), default=0.0)
        progress(
            _(
                "minimising {stage}: round {rounds}, gap {size:.6g}, proven distance {value:.1e}",
                stage=_(stage),
                rounds=rounds,
                size=size,
                value=max(distance, 0),
            )
        )
        proven = distance <= tolerance and spacing <= (coarse or tolerance)
        if (proven and spacing <= (coarse or FINE * tolerance)) or solver.late:
            return GapFound(best, support, lower, rounds, proven)
        refined = [family.gather(found) for family in families]
        if not any(refined):
            return GapFound(best, support, lower, rounds, proven)
    assert best is not None and support is not None
    return GapFound(best, support, lower, ROUNDS, proven)


def keep_gap(built: Built, solver: Solver, priced: Solution, before: float, order: int = 0) -> None:
    """Hold what a gap stage reached, as its gaps say: benefits up to the line, or the value.

    A gap of which the model only holds a bound is held by the benefits it depends on.
    """
    gap = built.gaps[order]
    for ranked in gap.ranked:
        hold(solver, solver.columns(ranked.benefit, ranked.cells), priced.x, None)
    if gap.keep == "benefits":
        for curves in gap.curves:
            hold(solver, solver.columns(built.model.benefit, curves.cells), priced.x, curves.unit * curves.end)
    elif not gap.ranked:
        room = max(ROOM * min(before - priced.objective, priced.objective), SLACK)
        if gap.over is None:
            solver.keep(gap.stage, priced.objective + room)
        else:
            mean = value_of(solver, gap.over, priced)
            solver.costs[gap.stage] = solver.costs[gap.stage] - priced.objective * solver.costs[gap.over]
            solver.offsets[gap.stage] -= priced.objective * solver.offsets[gap.over]
            solver.keep(gap.stage, room * mean)


def let_curves(gap: GapStage, solver: Solver, knots: Sequence[Knots]) -> None:
    """Let go of the curves of a gap that is kept by benefits: what is not there any more costs later stages nothing."""
    for knot in knots if gap.keep == "benefits" else ():
        columns = knot.family.columns.ravel()
        solver.free_rows(knot.family.rows)
        solver.set_bounds(columns, np.zeros(len(columns)), np.zeros(len(columns)))


def hold(solver: Solver, columns: Ints, x: Floats, ends: Floats | None) -> None:
    """Keep benefits from falling, at most up to `ends`; without `ends`, keep them where they are."""
    open_ = columns != ABSENT
    at = columns[open_]
    reached = x[at] if ends is None else np.minimum(x[at], ends[open_])
    lower = np.maximum(reached, solver.lower[at])
    solver.set_bounds(at, lower, lower if ends is None else solver.upper[at])


def value_of(solver: Solver, stage: str, solution: Solution) -> float:
    """What an objective of the model is worth in a solution."""
    count = min(len(solution.x), len(solver.costs[stage]))
    return float(solver.costs[stage][:count] @ solution.x[:count]) + solver.offsets[stage]

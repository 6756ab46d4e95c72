"""The stages of every search on one kept model: unfunded obligations, missing floors, then the gap to exactness.

Each stage keeps the earlier ones; every solver status is checked. What comes after the gap (cuts, money moved, the
even spread) picks one plan among equals and is left to the search.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from commonweal.models.build import Built
from commonweal.models.parts import Curves
from commonweal.optimizer.errors import Stopped
from commonweal.optimizer.highs import ABSENT, Solution, Solver
from commonweal.optimizer.refine import Family, Knots

ROUNDS = 60
SLACK = 1e-9  # room, relative to a kept stage's value, for the solver's own tolerance
ROOM = 1e-6  # room of a gap kept by value, as a share of what it gained
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


def keep_stage(solver: Solver, stage: str) -> Solution:
    """Minimise a stage and hold what it reached."""
    found = solver.minimise(stage)
    solver.keep(stage, found.objective + SLACK * max(1.0, abs(found.objective)))
    return found


def knots_of(built: Built, solver: Solver) -> list[Knots]:
    """The knots of every gap that can be refined, spread evenly."""
    return [Knots(_family(curves, solver), solver, "gap") for curves in built.curves if curves.cells]


def _family(curves: Curves, solver: Solver) -> Family:
    """The columns and rows of a gap's curves in the kept model."""
    rows = solver.row_numbers(curves.attained, curves.cells)
    above = solver.columns(curves.above)
    sign = [solver.matrix[row, column] for row, column in zip(rows.tolist(), above.tolist(), strict=True)]
    return Family(
        columns=solver.columns(curves.segment).reshape(len(curves.cells), -1),
        rows=rows,
        sign=np.array(sign),
        weight=curves.weight,
        unit=curves.unit,
        end=np.full(len(curves.cells), curves.end),
        phi=curves.phi,
        slope=curves.slope,
    )


def minimise_gap(solver: Solver, knots: Sequence[Knots], tolerance: float, progress: Progress) -> GapFound:
    """Minimise the gap until the certified relative distance and the knots' spacing reach the tolerance.

    Errors: Infeasible, SolverFailed, and Stopped when a time limit passes before a first plan is found.
    """
    best: Solution | None = None
    support: Solution | None = None
    lower = -np.inf
    for rounds in range(1, ROUNDS + 1):
        try:
            found = solver.minimise("gap")
        except Stopped:
            if best is None or support is None:
                raise
            return GapFound(best, support, lower, rounds, False)
        corrections = [family.correction(found) for family in knots]
        value = found.objective + sum(up for up, _ in corrections)
        bound = found.bound + sum(down for _, down in corrections)
        if support is None or bound >= lower:
            support, lower = found, bound
        if best is None or value <= best.objective + NOISE * abs(best.objective):
            best = Solution(value, found.x, found.row_dual, found.column_dual, lower)
        distance = (best.objective - lower) / max(abs(best.objective), tolerance)
        spacing = max((family.spacing(found) for family in knots), default=0.0)
        progress(f"minimising gap: round {rounds}, gap {best.objective:.6g}, proven distance {max(distance, 0):.1e}")
        if distance <= tolerance and spacing <= tolerance:
            return GapFound(best, support, lower, rounds, True)
        if solver.late:
            return GapFound(best, support, lower, rounds, False)
        for family in knots:
            family.gather(found)
    assert best is not None and support is not None
    return GapFound(best, support, lower, ROUNDS, False)


def keep_gap(built: Built, solver: Solver, priced: Solution, before: float) -> None:
    """Hold what the gap stage reached, as each gap says: benefits up to the line, or the value."""
    if set(built.keep.values()) != {"benefits"}:
        solver.keep("gap", priced.objective + ROOM * max(before - priced.objective, SLACK))
        return
    for curves in built.curves:
        columns = solver.columns(built.model.benefit, curves.cells)
        open_ = columns != ABSENT
        at = columns[open_]
        reached = np.minimum(priced.x[at], curves.unit[open_] * curves.end)
        solver.set_bounds(at, np.maximum(reached, solver.lower[at]), solver.upper[at])

"""One plan: the lexicographic stages on one kept model.

unfunded obligations, missing floors, the gap (refined to exactness), cuts against today, money moved, and last the
even spread that makes the plan unique. Each stage keeps the earlier ones; every solver status is checked.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from commonweal.instances import Instance
from commonweal.models.build import Built, build_model
from commonweal.models.parts import Curves
from commonweal.optimizer.errors import Stopped
from commonweal.optimizer.highs import ABSENT, Solution, Solver
from commonweal.optimizer.refine import Family, Knots
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.spread import spread

ROUNDS = 60
SLACK = 1e-9  # room, relative to a kept stage's value, for the solver's own tolerance
ROOM = 1e-6  # room of a gap kept by value, as a share of what it gained

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Solved:
    """What the stages found: the final solution, the gap stage with its prices, the certificate and the stages."""

    built: Built
    solver: Solver
    solution: Solution
    priced: Solution
    status: str
    lower_bound: float
    stages: list[dict[str, str | float | int]]


def search(instance: Instance, scenario: Scenario, before: float, progress: Progress) -> Solved:
    """Run all stages; `before` is the total gap of the status quo.

    Errors: Infeasible, SolverFailed, and Stopped when a time limit passes before a first plan is found.
    """
    progress("building the model")
    built = build_model(instance, scenario.levers, scenario.gaps, scenario.weights)
    solver = Solver(built.model, scenario.solver)
    stages: list[dict[str, str | float | int]] = []

    def keep(stage: str) -> Solution:
        progress(f"minimising {stage}")
        found = solver.minimise(stage)
        solver.keep(stage, found.objective + SLACK * max(1.0, abs(found.objective)))
        stages.append({"stage": stage, "value": found.objective + 0.0, "status": "optimal", "rounds": 1})
        return found

    for stage in ("unfunded", "floors"):
        keep(stage)
    priced, lower_bound, rounds, done = _gap(built, solver, scenario.solver.tolerance, progress)
    solver.release()
    status = "optimal" if done else "stopped"
    stages.append({"stage": "gap", "value": priced.objective, "status": status, "rounds": rounds})
    _keep_gap(built, solver, priced, before)
    keep("cuts")
    solution = keep("moved")
    progress("spreading evenly")
    solution = spread(built, solver, solution)
    stages.append({"stage": "spread", "value": solution.objective + 0.0, "status": "optimal", "rounds": 1})
    return Solved(built, solver, solution, priced, status, lower_bound, stages)


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


def _gap(built: Built, solver: Solver, tolerance: float, progress: Progress) -> tuple[Solution, float, int, bool]:
    """Minimise the gap: (best solution, certified lower bound, rounds, proven within the tolerance)."""
    knots = [Knots(_family(curves, solver), solver, "gap") for curves in built.curves if curves.cells]
    best: Solution | None = None
    lower = -np.inf
    for rounds in range(1, ROUNDS + 1):
        try:
            found = solver.minimise("gap")
        except Stopped:
            if best is None:
                raise
            return best, lower, rounds, False
        corrections = [family.correction(found) for family in knots]
        value = found.objective + sum(up for up, _ in corrections)
        lower = max(lower, found.bound + sum(down for _, down in corrections))
        if best is None or value <= best.objective:
            best = Solution(value, found.x, found.row_dual, found.column_dual, lower)
        distance = (best.objective - lower) / max(abs(best.objective), tolerance)
        spacing = max((family.spacing(found) for family in knots), default=0.0)
        progress(f"minimising gap: round {rounds}, gap {best.objective:.6g}, proven distance {max(distance, 0):.1e}")
        if distance <= tolerance and spacing <= tolerance:
            return best, lower, rounds, True
        if solver.late:
            return best, lower, rounds, False
        for family in knots:
            family.gather(found)
    assert best is not None
    return best, lower, ROUNDS, False


def _keep_gap(built: Built, solver: Solver, priced: Solution, before: float) -> None:
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

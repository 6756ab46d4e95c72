"""One plan: the lexicographic stages on one kept model.

unfunded obligations, missing floors, the gap (refined to exactness), cuts against today, money moved, and last the
even spread that makes the plan unique. Each stage keeps the earlier ones; every solver status is checked.
"""

from dataclasses import dataclass

from commonweal.instances import Instance
from commonweal.models.build import Built, build_model
from commonweal.optimizer.highs import Solution, Solver
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.spread import spread
from commonweal.optimizer.stages import Progress, keep_gap, keep_stage, knots_of, minimise_gap


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
        found = keep_stage(solver, stage)
        stages.append({"stage": stage, "value": found.objective + 0.0, "status": "optimal", "rounds": 1})
        return found

    for stage in ("unfunded", "floors"):
        keep(stage)
    gap = minimise_gap(solver, knots_of(built, solver), scenario.solver.tolerance, progress)
    solver.release()
    status = "optimal" if gap.proven else "stopped"
    stages.append({"stage": "gap", "value": gap.best.objective, "status": status, "rounds": gap.rounds})
    keep_gap(built, solver, gap.best, before)
    keep("cuts")
    solution = keep("moved")
    progress("spreading evenly")
    solution = spread(built, solver, solution)
    stages.append({"stage": "spread", "value": solution.objective + 0.0, "status": "optimal", "rounds": 1})
    return Solved(built, solver, solution, gap.best, status, gap.lower_bound, stages)


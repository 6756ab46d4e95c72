"""What every search shares: one kept model, the stages before the gap and those after it.

First unfunded obligations and missing floors, in money. Then the search's own part. Last cuts against today, money
moved, and the even spread that makes the plan unique. Each stage keeps the earlier ones; every solver status is checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonweal.instances import Instance
from commonweal.models.build import Built, build_model
from commonweal.optimizer.highs import Solution, Solver
from commonweal.optimizer.language import _
from commonweal.optimizer.prices import Prices
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.spread import spread
from commonweal.optimizer.stages import Progress, keep_stage

Stage = dict[str, str | float | int]


@dataclass(frozen=True)
class Solved:
    """What a search found: the final solution, the gap stage with its prices, the certificate and the stages."""

    built: Built
    solver: Solver
    solution: Solution
    priced: Solution
    status: str
    lower_bound: float
    stages: list[Stage]
    integer: Mapping[str, Any] | None
    prices: Prices


class Walk:
    """A model in the solver, and the stages it has gone through."""

    def __init__(self, instance: Instance, scenario: Scenario, progress: Progress) -> None:
        """Build, compile, and minimise what goes before any gap. Errors: Infeasible, SolverFailed, Stopped."""
        self.progress, self.stages = progress, list[Stage]()
        self.integer: Mapping[str, Any] | None = None  # what run.json tells of yes-or-no decisions
        self.prices: Prices = {}  # of rules on both sides, where the search finds them
        progress(_("building the model"))
        self.built = build_model(instance, scenario.levers, scenario.gaps, scenario.weights)
        self.solver = Solver(self.built.model, scenario.solver)
        for stage in ("unfunded", "floors"):
            self._keep(stage)

    def _keep(self, stage: str) -> Solution:
        self.progress(_("minimising {stage}", stage=_(stage)))
        found = keep_stage(self.solver, stage)
        self.note(stage, found.objective, "optimal", 1)
        return found

    def note(self, stage: str, value: float, status: str, rounds: int) -> None:
        """One line of run.json: what a stage reached."""
        self.stages.append({"stage": stage, "value": value + 0.0, "status": status, "rounds": rounds})

    def finish(self, priced: Solution, status: str, lower_bound: float) -> Solved:
        """The stages after the gap; a limit of time no longer holds, so that a plan that was interrupted is whole."""
        self.solver.release()
        for stage in ("cuts", "moved"):
            self.solver.forget()  # presolve is faster than the basis of another objective
            solution = self._keep(stage)
        self.progress(_("spreading evenly"))
        solution = spread([self.built], self.solver, solution)
        self.note("spread", solution.objective, "optimal", 1)
        return Solved(
            self.built, self.solver, solution, priced, status, lower_bound, self.stages, self.integer, self.prices
        )

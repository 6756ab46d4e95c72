"""One compiled case, solved at many budgets: limits move in place, nothing is rebuilt.

What a budget changes is read from two compiled models, the scenario with once and with twice its money: every limit
of a row and upper bound of a column is an affine function of the factor, whichever levers use the money. One column,
the factor less one, carries the difference; its dual is the slope of the gap.
"""

from dataclasses import dataclass

import numpy as np

from commonweal.instances import Instance
from commonweal.models.build import Built, build_model
from commonweal.optimizer.budgets import Scale, money, scaled
from commonweal.optimizer.errors import Infeasible, UsageError
from commonweal.optimizer.highs import Floats, Solver
from commonweal.optimizer.refine import Knots
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.stages import GapFound, Progress, keep_stage, knots_of, minimise_gap
from commonweal.optimizer.tangent import Shift, Tangent

NOTHING = 1e-7  # money: less than this is not missing


@dataclass(frozen=True)
class Found:
    """The stages at one factor. unfunded, floors: money. slope: of the proven lower bound, gap per unit of factor.

    left, right: one-sided slopes of the gap itself; None where a little less money changes the stages before.
    """

    factor: float
    unfunded: float
    floors: float
    gap: GapFound
    slope: float
    left: float | None
    right: float | None

    @property
    def missing(self) -> float:
        """Money that is missing before the gap is looked at."""
        return self.unfunded + self.floors


class Kept:
    """A case whose budget is moved in place."""

    def __init__(self, case: Instance, scenario: Scenario, scale: Scale) -> None:
        """Build and compile; `case` is projected. Errors: Infeasible, UsageError."""
        self.scenario, self.budget = scenario, money(case, scenario, scale)
        if self.budget <= 0:
            raise UsageError("There is no budget to vary: it is zero in every fund and year.")
        self.built, self.solver = _compiled(case, scenario)
        _, twice = _compiled(case, scaled(scenario, 2.0, scale))
        self._column = self.solver.add_parameter(*_steps(self.solver, twice))
        self._bounds = self.solver.lower.copy(), self.solver.upper.copy()

    def at(self, factor: float, progress: Progress) -> Found:
        """Unfunded obligations, missing floors and the gap with `factor` times the budget.

        Errors: Infeasible, Stopped (before a first plan), SolverFailed.
        """
        self._restart(factor, factor)
        unfunded, floors = (keep_stage(self.solver, stage).objective for stage in ("unfunded", "floors"))
        knots = knots_of(self.built, self.solver)
        gap = minimise_gap(self.solver, knots, self.scenario.solver.tolerance, progress)
        left, right = self._sides(knots, gap)
        return Found(factor, unfunded, floors, gap, float(gap.support.column_dual[self._column]), left, right)

    def least(self, low: float, high: float, like: Found | None = None) -> float:
        """Least factor in [low, high] with a plan at all, or with no more missing than in `like`; exact.

        Error: Infeasible if there is none.
        """
        self._restart(low, high)
        if like is not None:
            for stage, value in (("unfunded", like.unfunded), ("floors", like.floors)):
                self.solver.keep(stage, 0.0 if value < NOTHING else value * (1 + 1e-9))
        cost = np.zeros(len(self._bounds[0]))
        cost[self._column] = 1.0
        least = 1.0 + self.solver.minimise_costs(np.pad(cost, (0, len(self.solver.lower) - len(cost)))).objective
        return min(max(least, low), high)

    def _restart(self, low: float, high: float) -> None:
        lower, upper = self._bounds[0].copy(), self._bounds[1].copy()
        lower[self._column], upper[self._column] = low - 1.0, high - 1.0
        self.solver.restart(lower, upper)

    def _sides(self, knots: list[Knots], gap: GapFound) -> tuple[float | None, float | None]:
        """Slopes of the gap for a little less and a little more money."""
        column = {self._column: 1.0}
        bounds = self._bounds[0].copy(), self._bounds[1].copy()
        bounds[0][self._column] = bounds[1][self._column] = gap.best.x[self._column]
        tangent = Tangent(self.solver, knots, gap.best, bounds)
        less, more = (tangent.slope(Shift(lower=column, upper=column), size) for size in (-1.0, 1.0))
        return None if less is None else -less, more


def _compiled(case: Instance, scenario: Scenario) -> tuple[Built, Solver]:
    built = build_model(case, scenario.levers, scenario.gaps, scenario.weights)
    return built, Solver(built.model, scenario.solver)


def _steps(once: Solver, twice: Solver) -> tuple[Floats, Floats]:
    """How every limit of a row and upper bound of a column grows from the one model to the other."""
    same = (
        once.matrix.shape == twice.matrix.shape
        and (once.matrix != twice.matrix).nnz == 0
        and np.array_equal(once.lower, twice.lower)
    )
    if not same:
        raise Infeasible("")
    with np.errstate(invalid="ignore"):
        upper = np.where(np.isfinite(once.upper), twice.upper - once.upper, 0.0)
    return twice.limits - once.limits, upper

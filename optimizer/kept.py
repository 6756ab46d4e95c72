"""One compiled case, solved at many budgets: limits move in place, nothing is rebuilt.

What a budget changes is read from two compiled models, with the highest budget asked for and with twice that: every
limit of a row and upper bound of a column is an affine function of the factor, whichever levers use the money. One
column, the factor less the highest, carries the difference; its dual is the slope of the gap. Bounds that only say how
much money could be there at most stay those of the highest budget.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from commonweal.instances import Instance
from commonweal.models.build import Built, build_model
from commonweal.optimizer.binding import settled
from commonweal.optimizer.budgets import Scale, levers_of, money, scaled
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.highs import ABSENT, Floats, Solver
from commonweal.optimizer.integers import decide
from commonweal.optimizer.language import _
from commonweal.optimizer.quantiles import lines_of
from commonweal.optimizer.refine import Knots
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.stages import GapFound, Progress, keep_stage, knots_of, minimise_gap
from commonweal.optimizer.tangent import Shift, Tangent

COARSE = 3e-2  # spacing of knots after which what binds is tried to be settled
NOTHING = 1e-7  # money: less than this is not missing
TIGHT = 1e-9  # relative: how exactly a stage is held while the least budget is sought


@dataclass(frozen=True)
class Found:
    """The stages at one factor. unfunded, floors: money. gap: the plan. lower: no plan has a smaller gap.

    slope: of a line below the curve through (factor, lower), gap per unit of factor; None with free decisions.
    left, right: one-sided slopes of the gap itself, given the decisions; None where not defined.
    decisions: the yes-or-no decisions of the plan, shape (integer columns,).
    """

    factor: float
    unfunded: float
    floors: float
    gap: float
    lower: float
    proven: bool
    slope: float | None
    left: float | None
    right: float | None
    decisions: Floats


class Kept:
    """A case whose budget is moved in place. `mixed`: it has yes-or-no decisions."""

    def __init__(self, case: Instance, scenario: Scenario, scale: Scale, highest: float) -> None:
        """Build and compile; `case` is projected, no factor may be above `highest`. Errors: Infeasible, UsageError."""
        self.case, self.scenario, self.budget = case, scenario, money(case, scenario, scale)
        if self.budget <= 0:
            raise UsageError(_("There is no budget to vary: it is zero in every fund and year."))
        self.highest = highest
        self.built, self.solver = _compiled(case, scaled(scenario, highest, scale))
        if len(self.built.gaps) > 1 or self.built.gaps[0].over is not None:
            raise UsageError(
                _(
                    "Gaps that are minimised one after the other, or relative to a mean, have no convex curve. "
                    "Choose gaps of one order with relative = false, for instance --gap squared_shortfall."
                )
            )
        _model, twice = _compiled(case, scaled(scenario, 2 * highest, scale))
        rows, bounds = _steps(self.built, self.solver, twice, levers_of(scenario, scale))
        self.column = self.solver.add_parameter(rows / highest, bounds / highest)
        self.mixed = self.solver.mixed
        self._bounds = self.solver.lower.copy(), self.solver.upper.copy()
        self._lines = lines_of(self.built, self.solver, 0)
        self._families = [knots.family for knots in knots_of(self.built, self.solver)]

    def at(self, factor: float, progress: Progress, *, held: Floats | None = None, relaxed: bool = False) -> Found:
        """Unfunded obligations, missing floors and the gap with `factor` times the budget.

        Decisions are free, `held` at given values, or `relaxed` to any value between yes and no.
        Errors: Infeasible, Stopped (before a first plan), SolverFailed.
        """
        unfunded, floors = self.first(factor, held=held, relaxed=relaxed)
        knots = [Knots(family, self.solver, "gap") for family in self._families]
        if self.solver.mixed:
            decided = decide(self.solver, knots, self._lines, self.scenario.solver, progress)
            gap, lower, proven, slope = decided.gap, decided.bound, decided.proven, None
        else:
            gap = self._gap(knots, progress)
            lower, proven = min(gap.lower_bound, gap.best.objective), gap.proven
            slope = float(gap.support.column_dual[self.column])
        decisions = np.round(gap.best.x[: len(self.solver.integer)][self.solver.integer])
        left, right = self._sides(knots, gap)
        return Found(factor, unfunded, floors, gap.best.objective, lower, proven, slope, left, right, decisions)

    def _gap(self, knots: list[Knots], progress: Progress) -> GapFound:
        """The smallest gap: from a coarse solution by what binds there, or else by refined knots.

        Where plan and prices fit each other exactly no plan is better, so that the gap is its own lower bound.
        """
        if not self._lines:
            gap = minimise_gap(self.solver, knots, COARSE, progress)
            exact, binding = settled(self.solver, knots, gap.best)
            if binding is not None:
                return GapFound(exact, exact, exact.objective, gap.rounds, proven=True)
        return minimise_gap(self.solver, [*knots, *self._lines], self.scenario.solver.tolerance, progress)

    def first(self, factor: float, *, held: Floats | None = None, relaxed: bool = False) -> tuple[float, float]:
        """Start anew with `factor` times the budget; minimise and keep what is unfunded and missing, money."""
        self._restart(factor, factor, held=held, relaxed=relaxed)
        unfunded, floors = (keep_stage(self.solver, stage).objective for stage in ("unfunded", "floors"))
        return unfunded, floors

    def least(self, low: float, high: float, like: Found | None = None) -> float:
        """Least factor in [low, high] with a plan at all, or with no more missing than in `like`; exact.

        Error: Infeasible if there is none.
        """
        self._restart(low, high)
        if like is not None:
            for stage, value in (("unfunded", like.unfunded), ("floors", like.floors)):
                self.solver.keep(stage, 0.0 if value < NOTHING else value * (1 + TIGHT))
        cost = np.zeros(len(self.solver.lower))
        cost[self.column] = 1.0
        return min(max(self.highest + self.solver.minimise_costs(cost).objective, low), high)

    def value(self, factor: float) -> float:
        """What the factor's column stands for."""
        return factor - self.highest

    def _restart(self, low: float, high: float, *, held: Floats | None = None, relaxed: bool = False) -> None:
        lower, upper = self._bounds[0].copy(), self._bounds[1].copy()
        lower[self.column], upper[self.column] = self.value(low), self.value(high)
        if held is not None:
            whole = self.solver.integer[: len(lower)]
            lower[whole] = upper[whole] = held
        self.solver.restart(lower, upper)
        if self.mixed:
            self.solver.relax_integers() if relaxed or held is not None else self.solver.demand_integers()

    def _sides(self, knots: list[Knots], gap: GapFound) -> tuple[float | None, float | None]:
        """Slopes of the gap for a little less and a little more money, the decisions held."""
        if self._lines:
            return None, None
        lower, upper = self._bounds[0].copy(), self._bounds[1].copy()
        whole = np.flatnonzero(self.solver.integer[: len(lower)])
        held = settled(self.solver, knots, gap.best)[0] if self.solver.mixed else gap.best
        for columns in (whole, [self.column]):
            lower[columns] = upper[columns] = held.x[columns]
        tangent = Tangent(self.solver, knots, held, (lower, upper))
        column = {self.column: 1.0}
        less, more = (tangent.slope(Shift(lower=column, upper=column), size) for size in (-1.0, 1.0))
        return None if less is None else -less, more


def _compiled(case: Instance, scenario: Scenario) -> tuple[Built, Solver]:
    built = build_model(case, scenario.levers, scenario.gaps, scenario.weights)
    return built, Solver(built.model, scenario.solver)


def _steps(built: Built, once: Solver, twice: Solver, levers: list[str]) -> tuple[Floats, Floats]:
    """How limits of rows and upper bounds of columns grow from the one model to the other.

    All of them, if nothing else differs; else only those of `levers`, because how much money could be there at most is
    written elsewhere too, where yes-or-no decisions are. Error: UsageError if the levers' own rows differ.
    """
    with np.errstate(invalid="ignore"):
        upper = np.where(np.isfinite(once.upper), twice.upper - once.upper, 0.0)
    limits = twice.limits - once.limits
    other = abs(once.matrix - twice.matrix)
    if other.sum() == 0:
        return limits, upper
    blocks = [built.model.lever[name] for name in levers]
    own = np.array([any(row.parent_block() is block for block in blocks) for row in once.rows])
    if csr_array(other)[own].sum() > 0:
        raise UsageError(
            _(
                "The budget enters a rule of this scenario in another way than as a limit, so that one model "
                "cannot serve all budgets. Solve the budgets one by one with `commonweal solve`."
            )
        )
    capped = np.zeros(len(upper), dtype=bool)
    for name in levers:
        for bound in built.effects[name].bounds:
            columns = once.columns(bound.var, bound.indices)
            capped[columns[columns != ABSENT]] = True
    return np.where(own, limits, 0.0), np.where(capped, upper, 0.0)

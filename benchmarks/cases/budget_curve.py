"""china-2024, five years: the certified budget curve from 0.5 to 3 times the central budget.

One kept model, whose budget moves, against the same points one by one, each refined by the same knots until its gap is
proven to 1e-6. Cold solves build the model anew for every round and load it by Pyomo's own interface; with rounds kept,
the model is built for every point, and the interface passes on what a round changes. All sides must reach the same
gap at every point, or the benchmark fails.
"""

from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
from pyomo.contrib.appsi.solvers.highs import Highs

from benchmarks.linear_program import COST_SIZE, Problem, hold_unfunded, problem
from benchmarks.parts import Step, timed
from commonweal.instances import read
from commonweal.models.build import build_model
from commonweal.optimizer.budgets import scaled
from commonweal.optimizer.curves import Ask
from commonweal.optimizer.highs import Floats, Ints, Solution
from commonweal.optimizer.refine import PIECES, Family, Knots
from commonweal.optimizer.searches.frontier import trace

AGAINST = "plain Pyomo with appsi_highs"
RUNS = 3
ROUNDS = 60
CLOSE = 1e-6  # relative: when a point is proven, and how equal both gaps must be


@dataclass(frozen=True)
class Curve:
    """A case and what is asked of it."""

    problem: Problem
    ask: Ask


def prepare(tiny: bool) -> Curve:
    """The curve over 0.5x..3x, certified to 0.1 % of its range; the tiny one has two points of one year."""
    if tiny:
        return Curve(problem(read("two-regions")), Ask(0.5, 1.5, points=2))
    return Curve(problem(read("china-2024"), "five-years"), Ask(0.5, 3.0))


def measure(prepared: Curve) -> list[Step]:
    """One run of both sides. Error: RuntimeError when two gaps differ."""
    case = prepared.problem
    ours, curve = timed(lambda: trace("curve", case.instance, case.scenario, prepared.ask, lambda _: None))
    steps = []
    for kept, against in ((False, "cold solves"), (True, "rounds kept")):
        seconds, gaps = timed(lambda kept=kept: [_single(case, point.factor, kept) for point in curve.points])  # type: ignore[misc]
        for point, gap in zip(curve.points, gaps, strict=True):
            if point.gap is None or abs(gap - point.gap) > CLOSE * abs(gap):
                raise RuntimeError(f"two gaps at {point.factor:g} times the budget: {point.gap} and {gap}")
        steps.append(Step(f"{len(curve.points)} points, against {against}", ours, seconds))
    return steps


class _Model:
    """A plain Pyomo model of one point; what `Knots` changes in it are segments, numbered by cell and piece."""

    def __init__(self, case: Problem, factor: float) -> None:
        """Build and load, then solve and hold the first stage."""
        scenario = scaled(case.scenario, factor)
        built = build_model(case.instance, scenario.levers, scenario.gaps, scenario.weights, templates=False)
        self.model, (self.curves,) = built.model, built.gaps[0].curves
        self.segments = list(self.curves.segment.values())
        self.model.cost = pyo.Param(range(len(self.segments)), mutable=True, initialize=0.0)
        worth = sum(self.model.cost[k] * column for k, column in enumerate(self.segments))
        self.model.stage["gap"].set_value(worth)
        self.interface = Highs()
        self.interface.highs_options = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
        self.interface.set_instance(self.model)
        hold_unfunded(self.model, self.interface)

    def set_bounds(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """Lengths of segments."""
        for column, low, high in zip(columns.tolist(), lower.tolist(), upper.tolist(), strict=True):
            self.segments[column].setlb(low)
            self.segments[column].setub(high)

    def set_costs(self, _: str, columns: Ints, costs: Floats) -> None:
        """Slopes of segments."""
        for column, cost in zip(columns.tolist(), costs.tolist(), strict=True):
            self.model.cost[column] = COST_SIZE * cost

    def family(self) -> Family:
        """The segments as `Knots` sees them."""
        curves, count = self.curves, len(self.curves.cells)
        return Family(
            columns=np.arange(count * PIECES, dtype=np.int32).reshape(count, PIECES),
            rows=np.arange(count, dtype=np.int32),
            sign=-np.ones(count),
            weight=curves.weight,
            unit=curves.unit,
            end=np.full(count, curves.end),
            phi=curves.phi,
            slope=curves.slope,
        )

    def minimise(self) -> Solution:
        """The plan with the segments as they are, and the prices of their rows."""
        nothing = float(np.sum(self.curves.weight * self.curves.phi(np.zeros((len(self.curves.cells), 1)))[:, 0]))
        value = self.interface.solve(self.model).best_feasible_objective / COST_SIZE + nothing
        rows = [self.curves.attained[i] for i in self.curves.cells]
        duals = self.interface.get_duals(rows)
        x = np.array([column.value for column in self.segments])
        return Solution(value, x, np.array([duals[row] for row in rows]) / COST_SIZE, np.zeros(len(x)), value)


def _single(case: Problem, factor: float, kept: bool) -> float:
    """The gap with so many times the budget; the model is built once or, unless `kept`, for every round."""
    model = _Model(case, factor)
    knots = Knots(model.family(), model, "gap")  # type: ignore[arg-type]
    best, lower = np.inf, -np.inf
    for _ in range(ROUNDS):
        found = model.minimise()
        up, down = knots.correction(found)
        best, lower = min(best, found.objective + up), max(lower, found.objective + down)
        if best - lower <= CLOSE * abs(best):
            return best
        if not kept:
            model = _Model(case, factor)
            knots.solver = model  # type: ignore[assignment]
        knots.gather(found)
    raise RuntimeError(f"not proven at {factor:g} times the budget: {lower} to {best}")

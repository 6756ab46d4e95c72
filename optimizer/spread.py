"""The last stage: one plan by rule among all that are equally good.

What earlier stages left open is spread evenly: the sum of flow^2 / size is minimised over the ledger's flows, where
size is how much money a flow could carry (a cap, a budget, a pool), together with the squared change of benefits and
rates that are still free, in money. The sum is strictly convex in every decision of the ledger, so the plan is unique
and does not depend on row order, threads or solver version. A region's grant then holds the same mix of central and
horizontal money everywhere, and donors pay in proportion to their caps.

HiGHS' quadratic solver refuses or cycles on these models (docs/decisions/0001), so the squares are refined as
segments like any other convex function. A few rounds tell which flows are zero and which limits bind; the equations
that then hold give the plan exactly (`optimizer.binding`).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from commonweal.models.build import Built
from commonweal.optimizer.binding import BindingSet
from commonweal.optimizer.highs import ABSENT, Floats, Solution, Solver
from commonweal.optimizer.refine import PIECES, Family, Knots

SPACING = 1e-7  # of each flow's size; below it the solver's own tolerance speaks
STALLED = 1e-7
FAR = 0.01  # as long as knots are farther apart, the basis of the last round is of little use
CLOSE = 1e-3  # from here on, what binds may be known
ROUNDS = 40
STAGE = "spread"


def spread(parts: Sequence[Built], solver: Solver, solution: Solution) -> Solution:
    """The unique plan among those that keep every earlier stage; `solution` is any of them.

    `parts` is the one model in the solver, or those of several outlooks.
    """
    terms = [_terms(built, solver, solution) for built in parts]
    columns, start, width, weight, goal = (np.concatenate(each) for each in zip(*terms, strict=True))
    if len(columns) == 0:
        return solution
    solver.new_stage(STAGE)
    segments, rows = solver.add_segments(columns, start, width, PIECES)
    target = ((goal - start) / width)[:, None]
    family = Family(
        columns=segments,
        rows=rows,
        sign=-np.ones(len(columns)),
        weight=weight * width**2,
        unit=width,
        end=np.ones(len(columns)),
        phi=lambda z: 0.5 * (z - target) ** 2,
        slope=lambda z: z - target,
    )
    knots = Knots(family, solver, STAGE)
    finest = np.inf
    for _ in range(ROUNDS):
        if finest > FAR:
            solver.forget()  # presolve is faster than a basis that knots have moved away from
        found = solver.minimise(STAGE)
        spacing = knots.spacing(found)
        if spacing >= finest and finest <= STALLED:
            break
        solution, finest = found, spacing
        exact = _settled(solver, knots, found) if spacing <= CLOSE else None
        if exact is not None or spacing <= SPACING:
            solution = exact or found
            break
        knots.gather(found)
    return replace(solution, objective=knots.true_value(solution))


def _settled(solver: Solver, knots: Knots, solution: Solution) -> Solution | None:
    """The exact plan, if what binds in `solution` is what binds in it."""
    binding = BindingSet(solver, [knots], solution, STAGE)
    return replace(solution, x=binding.plan()) if binding.settle() else None


def _terms(built: Built, solver: Solver, solution: Solution) -> tuple[Any, Floats, Floats, Floats, Floats]:
    """Columns to spread, with the range [start, start + width] they may move in, the weight and goal of each."""
    m = built.model
    terms: list[tuple[int, float, float, float, float]] = []

    def even(data: Any, goal: float, reach: float, unit: float, size: float) -> None:
        column = solver.column(data)
        if column == ABSENT or size <= 0 or solver.lower[column] >= solver.upper[column]:
            return
        low = float(solver.lower[column])
        high = min(float(solver.upper[column]), max(reach, goal, float(solution.x[column])))
        if high > low:
            terms.append((column, low, high - low, unit**2 / size, goal))

    for flow, size in m.size.items():
        even(flow, 0.0, size, 1.0, size)
    for effect in built.effects.values():
        for var, size in effect.spread:
            for data in var.values():
                even(data, 0.0, size, 1.0, size)
    for i in m.CELLS:
        worth = m.eligible[i] * m.per_head.value
        level = max(m.before[i], m.standard[i])
        even(m.benefit[i], m.before[i], 2 * level, worth, worth * level)
    for i in m.LEDGER:
        turnover = max(m.base[i], m.spending_today[i], m.other_spending[i])
        even(m.unfunded[i], 0.0, turnover, 1.0, turnover)
        even(m.rate[i], m.rate_today[i], 1.0, m.base[i], m.base[i])
    table = np.array(terms, dtype=float).reshape(-1, 5)
    start, width, weight, goal = table[:, 1:].T
    return table[:, 0].astype(np.int32), start, width, weight, goal

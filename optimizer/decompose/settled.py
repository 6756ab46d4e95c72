"""The end of a part: with its money given, it is planned like any case, stage by stage, to its own tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from commonweal.instances import Instance
from commonweal.models.build import Built
from commonweal.optimizer.decompose.messages import Floats, Link
from commonweal.optimizer.exact import NEAR, minimise_exactly
from commonweal.optimizer.highs import Solver
from commonweal.optimizer.rules import rules_table
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.spread import spread
from commonweal.optimizer.stages import keep_gap, keep_stage, knots_of, let_curves
from commonweal.optimizer.tables import own_tables
from commonweal.optimizer.walk import Solved, Stage

WINDOW = 0.01  # of the end of a curve: how far from where prices put it a cell is looked for at first
Money = Mapping[Link, float]
"""What a part may use of each link, money."""


@dataclass(frozen=True)
class Settled:
    """A part's plan. used: what it uses of each link; proven: whether its own gap is."""

    tables: Mapping[str, pd.DataFrame]
    stages: list[Stage]
    used: dict[Link, float]
    proven: bool
    payers: dict[str, str]


def settle(
    built: Built,
    solver: Solver,
    case: Instance,
    scenario: Scenario,
    rows: Mapping[Link, int],
    money: Money,
    places: Sequence[Floats],
) -> Settled:
    """All stages with the links at what the part may use. Errors: Infeasible, SolverFailed.

    places: where the cells of each family of curves stood at the last prices, in multiples of their unit; near there the plan is looked for.
    """
    at = np.array(list(rows.values()), dtype=np.int32)
    solver.limits[at] = [money[link] for link in rows]
    solver.let_rows(at)
    stages: list[Stage] = []

    def note(stage: str, value: float, rounds: int = 1) -> None:
        stages.append({"stage": stage, "value": value + 0.0, "status": "optimal", "rounds": rounds})

    for stage in ("unfunded", "floors"):
        note(stage, keep_stage(solver, stage).objective)
    knots = knots_of(built, solver)
    for knot, place in zip(knots, places, strict=True):
        knot.near(place, WINDOW * knot.family.end)
    solver.forget()  # presolve is faster than the basis of another objective
    spacings = NEAR if built.gaps[0].keep == "benefits" else ()
    found, _ = minimise_exactly(solver, knots, scenario.solver.tolerance, lambda _: None, spacings=spacings)
    best = found.best
    note("gap", best.objective, found.rounds)
    keep_gap(built, solver, best, best.objective)
    let_curves(built.gaps[0], solver, knots)
    for stage in ("cuts", "moved"):
        solver.forget()
        solution = keep_stage(solver, stage)
        note(stage, solution.objective)
    solution = spread([built], solver, solution)
    note("spread", solution.objective)
    whole = Solved(built, solver, solution, best, "optimal", found.lower_bound, stages, None, {})
    rules = rules_table(built, solver, best, case, {})
    national = {(lever, rule) for lever, rule, _ in rows}
    names = rules["rule"].str.split(":").str[0]
    local = np.array([pair not in national for pair in zip(rules["lever"], names, strict=True)], dtype=bool)
    activity = solver.matrix @ solution.x[: solver.matrix.shape[1]]
    payers = {name: effect.payer for name, effect in built.effects.items()}
    tables = {**own_tables(whole, case), "rules": rules[local]}
    return Settled(tables, stages, {link: float(activity[row]) for link, row in rows.items()}, found.proven, payers)

"""The certificate: in every round the proven bound is below the true optimum and the plan's value above it.

The true optimum comes from a formula of its own. With money M to share among cells whose weights p are their persons N,
a cell below its standard s ends at a = max(today, s (1 - m s)), where m >= 0 is the value of money: (1 - a / s) / s = m
for every cell that is lifted. m is found by bisection, so that the lifts cost M.
"""

import numpy as np
import pytest
from cases import TINY, Case, joint, scenario
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.models.build import build_model
from commonweal.optimizer import solve
from commonweal.optimizer.highs import Solver, SolverOptions
from commonweal.optimizer.stages import keep_stage, knots_of

CELLS = [(region, group) for region in ("n", "s") for group in ("workers", "farmers")]
NUMBER = st.integers(min_value=1, max_value=400)


@st.composite
def problems(draw: st.DrawFn) -> tuple[Case, float]:
    """Four cells of one fund, with any persons, benefits and standards, and a budget."""
    case = joint()
    for group in ("workers", "farmers"):
        case = case.put("schemes", group=group, standard=10 * draw(NUMBER))
    revenue = dict.fromkeys(("n", "s"), 0.0)
    for region, group in CELLS:
        persons, paid = draw(NUMBER), 10 * draw(st.integers(min_value=0, max_value=400))
        case = case.put("people", region=region, group=group, eligible=persons, covered=persons, benefit=paid)
        revenue[region] += persons * paid / 1000
    for region, money in revenue.items():
        case = case.put("accounts", region=region, fund="f", other_revenue=money)
    return case, draw(st.floats(min_value=0, max_value=500))


def cells(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Persons, benefits and standards."""
    people = case.tables["people"].merge(case.tables["schemes"], on=["programme", "group"])
    return tuple(people[name].to_numpy(dtype=float) for name in ("eligible", "benefit", "standard"))


def benefits(case: Case, money: float) -> np.ndarray:
    persons, today, standard = cells(case)

    def lifted(value: float) -> np.ndarray:
        return np.maximum(today, standard * (1 - value * standard))

    low, high = 0.0, 1 / standard.min()
    if (persons * (lifted(low) - today)).sum() / 1000 <= money:
        return lifted(low)
    for _ in range(200):
        middle = (low + high) / 2
        dear = (persons * (lifted(middle) - today)).sum() / 1000 > money
        low, high = (middle, high) if dear else (low, middle)
    return lifted(high)


def gap(case: Case, paid: np.ndarray) -> float:
    persons, _, standard = cells(case)
    return float((persons / persons.sum() * 0.5 * np.maximum(0, 1 - paid / standard) ** 2).sum())


@settings(max_examples=20, deadline=None, derandomize=True)
@given(problems())
def test_in_every_round_the_true_optimum_lies_between_the_bounds(problem: tuple[Case, float]) -> None:
    case, money = problem
    optimum = gap(case, benefits(case, money))
    chosen = scenario({"vertical_transfers": {"budget": {"f": money}}, "benefit_rigidity": {}})
    built = build_model(case.read(), chosen.levers, chosen.gaps, chosen.weights)
    solver = Solver(built.model, SolverOptions())
    for stage in ("unfunded", "floors"):
        keep_stage(solver, stage)
    knots = knots_of(built, solver)
    grain = 1e-9 * max(optimum, 1e-3)
    distances = []
    for _ in range(8):
        found = solver.minimise("gap")
        up, down = np.sum([(0.0, 0.0), *(family.correction(found) for family in knots)], axis=0)
        assert found.bound + down <= optimum + grain
        assert optimum <= found.objective + up + grain
        distances.append(up - down + found.objective - found.bound)
        for family in knots:
            family.gather(found)
    assert distances[-1] <= max(1e-3 * distances[0], 10 * grain)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(problems())
def test_the_plan_is_the_one_of_the_formula(problem: tuple[Case, float]) -> None:
    case, money = problem
    best = benefits(case, money)
    plan = solve(case.read(), scenario({"vertical_transfers": {"budget": {"f": money}}, "benefit_rigidity": {}}))
    assert plan.status == "optimal"
    assert plan.lower_bound <= gap(case, best) + 1e-10
    assert plan.objective == pytest.approx(gap(case, best), rel=2e-6, abs=1e-9)
    people = case.tables["people"].assign(best=best)
    both = plan.benefits.merge(people[["region", "group", "best"]], on=["region", "group"])
    below = both["best"] < both["standard"]
    assert (both["benefit"] - both["best"])[below].abs().max() <= 1e-6 * both["standard"].max() or not below.any()


def test_status_quo_and_bounds_are_told_with_the_plan() -> None:
    plan = solve(TINY.read(), scenario({"vertical_transfers": {"budget": {"f": 20.0}}}))
    assert plan.lower_bound <= 0.065 <= plan.objective + 1e-12
    assert plan.relative_gap <= 1e-6

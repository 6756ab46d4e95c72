"""When there is no plan, or no time: what the caller is told."""

import time

import highspy
import numpy as np
import pytest
from cases import FARMERS_GET, TINY, generated, scenario

from commonweal.instances import read
from commonweal.models.build import build_model
from commonweal.optimizer import load_scenario, solve
from commonweal.optimizer.errors import Infeasible, SolverFailed, Stopped
from commonweal.optimizer.highs import Solver, SolverOptions

BIG = generated(60, seed=5, years=3)
LEVERS = {
    "vertical_transfers": {"budget": {"f": 300.0}},
    "horizontal_transfers": {"fund": "f", "share_of_capacity": 0.1},
    "benefit_rigidity": {},
}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("two-regions", ["levers.floors.amount=100000"]),
        ("china-2024", ["levers.floors.amount=50000", 'levers.floors.mode="hard"']),
    ],
)
def test_floors_above_all_money_are_impossible_and_said_so_in_a_sentence(name: str, settings: list[str]) -> None:
    case = read(name)
    with pytest.raises(Infeasible) as told:
        solve(case, load_scenario(case, settings=settings))
    assert told.value.exit_code == 4
    assert str(told.value).startswith("No plan")
    assert str(told.value).endswith(".")


def test_a_rule_that_contradicts_the_data_alone_is_impossible_too() -> None:
    # The coast must get 25 crowns a head and the budget is nothing: there is no variable left in the row.
    levers = {"vertical_transfers": {"budget": {"f": 0.0}, "per_head_floor": {"coast": 25.0}}}
    with pytest.raises(Infeasible, match="No plan"):
        solve(TINY.read(), scenario(levers))


def test_a_limit_before_any_plan_stops_without_one() -> None:
    with pytest.raises(Stopped) as told:
        solve(BIG.read(), scenario(LEVERS, solver={"time_limit": 1e-3}))
    assert told.value.exit_code == 5
    assert told.value.plan is None


def test_a_limit_between_rounds_gives_the_best_plan_and_its_proven_distance() -> None:
    exact = solve(TINY.read(), scenario(FARMERS_GET)).objective

    def dawdle(words: str) -> None:
        if "gap: round 2" in words:
            time.sleep(2.0)

    found = solve(TINY.read(), scenario(FARMERS_GET, solver={"time_limit": 2.0}), progress=dawdle)
    assert found.status == "stopped"
    assert found.lower_bound <= exact <= found.objective
    assert found.relative_gap == pytest.approx((found.objective - found.lower_bound) / found.objective)
    assert 1e-6 < found.relative_gap < 0.1
    # What is there is a whole plan: the ledger closes.
    funds = found.funds
    inflow = funds[["opening", "contributions", "other_revenue", "central", "unfunded"]].sum(axis=1)
    assert inflow.tolist() == pytest.approx((funds["spending"] + funds["closing"]).tolist(), rel=1e-9)


def test_a_generous_limit_changes_nothing() -> None:
    one = solve(TINY.read(), scenario(FARMERS_GET))
    other = solve(TINY.read(), scenario(FARMERS_GET, solver={"time_limit": 600.0}))
    assert other.status == "optimal"
    assert one.benefits.equals(other.benefits)


def solver_of(levers: dict[str, object]) -> Solver:
    chosen = scenario(levers)
    return Solver(build_model(TINY.read(), chosen.levers, chosen.gaps, chosen.weights).model, SolverOptions())


def test_an_impossible_model_is_solved_again_without_presolve_before_anybody_is_told() -> None:
    solver = solver_of({"floors": {"amount": 5000.0}})
    with pytest.raises(Infeasible):
        solver.minimise("gap")
    assert solver.highs.getOptionValue("presolve")[1] == "off"
    assert solver.highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible


def test_a_solver_works_on_after_an_impossible_question() -> None:
    # South's farmers must get 5,000 crowns: impossible. Without that bound the kept model is as good as new.
    solver = solver_of(FARMERS_GET)
    first = solver.minimise("gap").objective
    column = solver.columns(solver.model.benefit, [("s", "farmers", "pension", 2030)])
    lower, upper = solver.lower[column].copy(), solver.upper[column].copy()
    solver.set_bounds(column, np.array([5000.0]), upper)
    with pytest.raises(Infeasible):
        solver.minimise("gap")
    solver.set_bounds(column, lower, upper)
    assert solver.minimise("gap").objective == pytest.approx(first, rel=1e-9)


def test_a_model_without_a_smallest_value_is_a_failure_and_no_plan() -> None:
    solver = solver_of(FARMERS_GET)
    costs = np.zeros(len(solver.lower))
    costs[solver.columns(solver.model.benefit, [("s", "farmers", "pension", 2030)])] = 1.0
    column = solver.columns(solver.model.central, [("s", "f", 2030)])
    solver.set_bounds(column, np.array([-np.inf]), np.array([np.inf]))
    free = solver.columns(solver.model.benefit, [("s", "farmers", "pension", 2030)])
    solver.set_bounds(free, np.array([-np.inf]), np.array([np.inf]))
    above = solver.columns(next(solver.model.gap[name].above for name in solver.model.gap))
    solver.set_bounds(above, np.full(len(above), -np.inf), np.full(len(above), np.inf))
    with pytest.raises(SolverFailed, match="Unbounded"):
        solver.minimise_costs(costs)


@pytest.mark.parametrize(("name", "value"), [("no_such_option", 1), ("solver", "no such solver"), ("threads", -3)])
def test_an_option_that_highs_refuses_is_a_failure_and_not_passed_over(name: str, value: object) -> None:
    from commonweal.optimizer.arrays import expect

    solver = solver_of(FARMERS_GET)
    with pytest.raises(SolverFailed, match=name):
        expect(solver.highs.setOptionValue(name, value), f"option {name} = {value}")

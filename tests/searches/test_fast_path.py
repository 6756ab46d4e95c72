"""The fast path from Pyomo to HiGHS against Pyomo's own, and templated rows against plain ones."""

import logging
from collections.abc import Iterator

import pyomo.environ as pyo
import pytest
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from commonweal.instances import Instance, Projection, project, read
from commonweal.models.build import Built, build_model
from commonweal.models.parts import levers
from commonweal.optimizer import load_scenario
from commonweal.optimizer.highs import Solver, SolverOptions
from commonweal.optimizer.scenario import Scenario, from_document

CASES = ("two-regions", "china-2024")
# Every lever of the first path, with every rule that is a row: what a case's own scenario leaves out.
EVERY = {
    "two-regions": {
        "vertical_transfers": {
            "budget": {"farmers": 240.0, "workers": 10.0},
            "tilt": 0.5,
            "favoured": ["hills"],
            "per_head_floor": {"hills": 100.0, "coast": 1.0},
            "stability": 0.3,
        },
        "horizontal_transfers": {"fund": "farmers", "share_of_capacity": 0.025, "loss": 0.1},
        "own_effort": {"fund": "farmers", "share_of_revenue": 0.01},
        "unified_rate": {"fund": "workers", "target": "free", "bounds": [0.1, 0.3]},
        "fund_pool": {"fund": "workers", "share": 0.5, "surplus": "current"},
        "benefit_rigidity": {"groups": {"*": {"min_growth": 0.0, "max_growth": 5.0}}},
        "floors": {"share": 0.3, "mode": "soft"},
        "reserves": {
            "funds": {"workers": {"months": 1}, "farmers": {"months": 1, "keep": 0.1}},
            "interest": 0.01,
        },
    },
    "china-2024": {
        "vertical_transfers": {
            "budget": {"residents": 99.0, "employees": 1.0},
            "tilt": 0.5,
            "favoured": ["central", "west"],
            "per_head_floor": {"west": 1.0},
            "stability": 0.5,
        },
        "horizontal_transfers": {"fund": "residents", "share_of_capacity": 0.01, "share_of_revenue": 0.005},
        "own_effort": {"fund": "residents", "share_of_revenue": 0.005},
        "unified_rate": {"fund": "employees", "target": "free", "bounds": [0.19, 0.21]},
        "fund_pool": {"fund": "employees", "share": 1.0, "surplus": "current"},
        "benefit_rigidity": {"groups": {"*": {"min_growth": 0.0, "max_growth": 1.0}}},
        "floors": {"amount": 1476.0, "mode": "soft"},
        "reserves": {"funds": {"employees": {"months": 3}, "residents": {"months": 1, "keep": 0.5}}, "interest": 0.01},
    },
}
YEARS = {1: [2024], 3: [2024, 2025, 2026]}


def prepared(name: str, years: int) -> tuple[Instance, Scenario]:
    case = read(name)
    document = {
        "levers": EVERY[name],
        "gaps": {"squared_shortfall": {}, "urban_rural": {"weight": 0.1}},
        "weights": {"discount": 0.9},
        "projection": {"years": YEARS[years], "growth": {"people.eligible": ["ageing"], "schemes.standard": [0.01]}},
    }
    scenario = from_document(document)
    assert isinstance(scenario.projection, Projection)
    return project(case, scenario.projection), scenario


def model(case: Instance, scenario: Scenario, templates: bool = True) -> Built:
    return build_model(case, scenario.levers, scenario.gaps, scenario.weights, templates=templates)


def by_pyomo(built: Built) -> float:
    """The gap objective by Pyomo's persistent HiGHS interface."""
    solver = pyo.SolverFactory("appsi_highs")
    found = solver.solve(built.model)
    assert found.solver.termination_condition == pyo.TerminationCondition.optimal
    return float(pyo.value(built.model.stage["gap"]))


@pytest.mark.parametrize("name", CASES)
def test_the_cases_own_scenario_has_the_same_optimum_by_pyomos_own_interface(name: str) -> None:
    case = read(name)
    scenario = load_scenario(case)
    ours = Solver(model(case, scenario).model, SolverOptions()).minimise("gap").objective
    assert ours == pytest.approx(by_pyomo(model(case, scenario)), rel=1e-7)


@pytest.mark.parametrize("years", YEARS)
@pytest.mark.parametrize("name", CASES)
def test_all_levers_and_two_gaps_have_the_same_optimum_by_pyomos_own_interface(name: str, years: int) -> None:
    case, scenario = prepared(name, years)
    ours = Solver(model(case, scenario).model, SolverOptions()).minimise("gap").objective
    assert ours == pytest.approx(by_pyomo(model(case, scenario)), rel=1e-7)


def entries(built: Built) -> Iterator[tuple[object, ...]]:
    """Everything the compiled model says, in words: coefficients, sides, bounds and costs; empty rows left out."""
    for objective in built.model.stage.values():
        objective.activate()
    logging.getLogger("pyomo").setLevel(logging.ERROR)
    form = LinearStandardFormCompiler().write(built.model, mixed_form=True, set_sense=None)
    names = [var.name for var in form.columns]
    matrix = form.A.tocsr()
    for k, row in enumerate(form.rows):
        part = matrix[[k], :].tocoo()
        told = {names[j]: round(value, 12) for j, value in zip(part.col, part.data, strict=True) if value != 0}
        if told:
            yield ("row", row.constraint.name, row.bound_type, round(float(form.rhs[k]), 9), *sorted(told.items()))
    costs = form.c.tocsr()
    for k, objective in enumerate(form.objectives):
        part = costs[[k], :].tocoo()
        told = {names[j]: round(value, 12) for j, value in zip(part.col, part.data, strict=True) if value != 0}
        yield ("cost", objective.name, round(float(form.c_offset[k]), 12), *sorted(told.items()))
    for var in form.columns:
        yield ("column", var.name, var.lb, var.ub, var.is_continuous())


@pytest.mark.parametrize("years", YEARS)
@pytest.mark.parametrize("name", CASES)
def test_templated_rows_are_the_plain_rows_with_all_levers_on(name: str, years: int) -> None:
    case, scenario = prepared(name, years)
    assert set(scenario.levers) <= set(levers())
    fast, plain = (sorted(entries(model(case, scenario, on)), key=repr) for on in (True, False))
    assert fast == plain
    assert len(fast) > 100


@pytest.mark.parametrize("files", [(), ("five-years",), ("five-years", "unified-rate")])
def test_templated_rows_are_the_plain_rows_in_the_bundled_scenarios(files: tuple[str, ...]) -> None:
    case = read("china-2024")
    scenario = load_scenario(case, files)
    case = case if scenario.projection is None else project(case, scenario.projection)
    fast, plain = (sorted(entries(model(case, scenario, on)), key=repr) for on in (True, False))
    assert fast == plain

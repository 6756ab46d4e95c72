"""Levers and gaps in a nation that is planned in parts: each is the same there as in the whole model.

Every lever that the search takes is found, not listed: its rows for some regions alone are those of the nation, and in the
cases in which its rules bind (its register) the optimum of the whole model lies between the bounds.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from cases import TINY, Case, Document
from scipy.sparse import csr_array
from test_register import BINDING

from benchmarks.generate import generate
from commonweal.instances import Instance, project, read
from commonweal.models.build import Built, build_model
from commonweal.models.parts import levers
from commonweal.optimizer import Plan, load_scenario, run_folder, solve
from commonweal.optimizer.decompose.commons import promise, search_commons
from commonweal.optimizer.decompose.coordinator import Priced
from commonweal.optimizer.decompose.messages import UNMET, Ask, Common, Cut
from commonweal.optimizer.decompose.split import refuse, shares
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.highs import Solver
from commonweal.optimizer.scenario import Scenario, from_document
from commonweal.optimizer.verify import verify
from docs.effects import CASE, MECHANISMS, documents

WITHIN = 5e-4
ALONE = {"left after release"}  # rules at work while obligations stay unmet, which parts cannot weigh
SETTINGS = {
    lever: documents(code)[1]["levers"][lever] for code, told in MECHANISMS.items() for lever in told.get("levers", [])
}


def of(*chosen: str) -> Scenario:
    """These levers in `five-provinces`, as the table of mechanisms sets them, and no others."""
    return from_document({**documents("M1")[1], "levers": {lever: SETTINGS[lever] for lever in chosen}})


@cache
def provinces() -> Instance:
    """`five-provinces` in the plan years."""
    projection = of().projection
    assert projection is not None
    return project(read(CASE), projection)


def taken(lever: str) -> bool:
    """Does the search take it in `five-provinces`."""
    try:
        refuse(provinces(), of(lever))
    except UsageError as error:
        assert f"lever {lever}" in str(error)
        return False
    return True


def rows_of(built: Built, scenario: Scenario, regions: set[str]) -> dict[str, tuple[dict[str, float], float]]:
    """Rows over variables of these regions alone, national rows apart: entries by variable, and the limit."""
    solver = Solver(built.model, scenario.solver)
    national = {f"lever[{name}].{link.rule}[" for name, effect in built.effects.items() for link in effect.links}
    matrix, found = csr_array(solver.matrix), {}
    for row, data in enumerate(solver.rows):
        columns = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tolist()
        own = {solver.variables[column].index()[0] for column in columns} <= regions
        if own and not any(data.name.startswith(name) for name in national):
            values = matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]].tolist()
            entries = {solver.variables[c].name: v for c, v in zip(columns, values, strict=True)}
            found[data.name] = (entries, float(solver.limits[row]))
    return found


def test_rows_of_some_regions_alone_are_those_of_the_nation_for_every_lever_that_is_taken() -> None:
    every = [lever for lever in levers() if taken(lever)]
    assert {lever for lever in every if levers()[lever].module.SCOPE == "region"} >= {"downturn", "medical_cap"}
    case, scenario = provinces(), of(*every)
    chosen = case.regions["region"].tolist()[1:3]
    part = case.restrict(chosen)
    whole = build_model(case, scenario.levers, scenario.gaps, scenario.weights)
    blocks = shares(case, scenario, [chosen])[0]
    own = build_model(part, scenario.levers, scenario.gaps, scenario.weights, blocks=blocks)
    rows = rows_of(own, scenario, set(chosen))
    assert len(rows) > 100
    assert rows == rows_of(whole, scenario, set(chosen))


def between(case: Instance, scenario: Document | Scenario, folder: Path) -> Plan:
    """The plan in parts, whose bounds hold the optimum of the whole model; it passes verification."""
    whole = from_document(scenario) if isinstance(scenario, dict) else scenario
    parts = whole.model_copy(
        update={
            "search": from_document({"search": {"name": "decompose", "processes": 1}}).search,
            "solver": whole.solver.model_copy(update={"tolerance": WITHIN}),
        }
    )
    best, split = solve(case, whole), solve(case, parts)
    assert split.status == "optimal"
    assert split.lower_bound <= best.objective * (1 + 1e-9) + 1e-12
    assert best.objective <= split.objective * (1 + 1e-9) + 1e-12
    assert split.objective - split.lower_bound <= WITHIN * split.objective
    verdict = verify(run_folder.write(split, folder))
    assert verdict.accepted, [violation.message for violation in verdict.violations]
    return split


def at_work() -> list[Any]:
    """The cases in which a rule binds of every lever that the search takes with all others of the case."""
    found = []
    for lever, rules in BINDING.items():
        for rule, entries in rules.items():
            for k, (case, document) in enumerate(entries):
                if levers()[lever].module.SCOPE == "region" and rule not in ALONE and all_taken(case, document):
                    found.append(pytest.param(case, document, id=f"{lever}-{rule}-{k}"))
    return found


def all_taken(case: Case, document: Document) -> bool:
    """Does the search take a case; floors that no money meets it refuses once it knows."""
    scenario, instance = from_document(document), case.read()
    years = instance if scenario.projection is None else project(instance, scenario.projection)
    try:
        refuse(years, scenario)
    except UsageError:
        return False
    return True


@pytest.mark.parametrize(("case", "document"), at_work())
def test_where_a_rule_of_a_region_binds_the_optimum_lies_between_the_bounds(
    case: Case, document: Document, tmp_path: Path
) -> None:
    best = solve(case.read(), from_document(document))
    if best.info["stages"][1]["value"] > 1e-6:  # floors that no money meets
        with pytest.raises(UsageError, match=UNMET):
            between(case.read(), document, tmp_path / "run")
    else:
        between(case.read(), document, tmp_path / "run")


REGIONAL = {
    "active_assistance": ('levers.active_assistance={cash=["programme-2"],least={programme-1=0.3},ratio=1.3}',),
    "equal_entitlement": ("levers.equal_entitlement={groups={group-2='group-1'},parity=0.6}",),
    "full_coverage": ("levers.full_coverage={dates={programme-2=2031},package=1.0}",),
    "soft floors": ("levers.floors={share=0.67,mode='soft'}",),
}


@pytest.mark.parametrize("sets", REGIONAL.values(), ids=REGIONAL.keys())
def test_with_a_lever_of_regions_the_optimum_of_many_regions_lies_between_the_bounds(
    sets: tuple[str, ...], tmp_path: Path
) -> None:
    case = generate(12, 2, 2, 2)
    with_lever, plain = load_scenario(case, (), sets), load_scenario(case)
    assert solve(case, with_lever).objective > solve(case, plain).objective * (1 + 1e-4)  # the lever costs something
    between(case, with_lever, tmp_path / "run")


GAPS = {
    "urban-rural": ("gaps.urban_rural={weight=0.05}",),
    "urban-rural, regions alike": ("gaps.urban_rural={weight=0.05, weights='regions'}",),
    "regional": ("gaps.regional={weight=0.1}", "gaps.shortfall={weight=0.1}"),
    "regions alike": ("gaps.squared_shortfall.weights='regions'",),
    "cells alike": ("gaps.squared_shortfall.weights='equal'",),
}


@pytest.mark.parametrize("sets", GAPS.values(), ids=GAPS.keys())
def test_with_several_gaps_and_whatever_weights_the_optimum_lies_between_the_bounds(
    sets: tuple[str, ...], tmp_path: Path
) -> None:
    case = generate(12, 2, 2, 2)
    between(case, load_scenario(case, (), sets), tmp_path / "run")


@pytest.mark.slow
def test_the_urban_rural_gap_of_31_regions_and_three_years_lies_between_the_bounds(tmp_path: Path) -> None:
    case = generate(31, 2, 3, 3)
    between(case, load_scenario(case, (), GAPS["urban-rural"]), tmp_path / "run")


def test_only_regions_with_both_groups_count_for_the_urban_rural_gap_of_parts() -> None:
    """Regions 1 and 2 have workers and farmers, 100 of each; region 3 has 100 workers and counts for nothing."""
    case = TINY.add("regions", "t,Third,hills").add("people", "t,workers,pension,100,100,1500")
    case = case.add("accounts", "t,w,50,500,0.3,0,0,0,0\nt,f,6,0,0,0,0,0,0").add(
        "budgets", "t,400,600,200,300,3000,20,0"
    )
    chosen = from_document({"levers": {}, "gaps": {"squared_shortfall": {}, "urban_rural": {"weight": 0.1}}})
    parts = shares(case.read(), chosen, [("n", "t"), ("s",)])
    assert [part["urban_rural"]["pension", 2030] for part in parts] == pytest.approx([0.5, 0.5])
    assert [part["squared_shortfall"]["pension", 2030] for part in parts] == pytest.approx([0.6, 0.4])


# -- decisions that all regions share ------------------------------------------------------------------------------

RATE = "levers.unified_rate={fund='group-2', target='free', bounds=[0.02, 0.08], phase_in=1}"
"""Rural regions pay 5 to 9 per cent today: the largest common rate brings most, and the least leaves obligations unmet."""


def test_a_free_common_rate_is_proven_for_all_rates_and_told_once(tmp_path: Path) -> None:
    case = generate(6, 2, 1, 2)
    scenario = load_scenario(case, (), (RATE,))
    found = between(case, scenario, tmp_path / "run")
    whole = solve(case, scenario)
    keys = ["lever", "decision", "region", "year"]
    pd.testing.assert_frame_equal(found.tables["decisions"][keys], whole.tables["decisions"][keys])
    places = ["lever", "rule", "region", "year"]
    rules = [set(plan.rules[places].astype(str).itertuples(index=False, name=None)) for plan in (whole, found)]
    assert rules[0] == rules[1]


def test_from_a_rate_without_a_plan_the_search_finds_the_best_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("commonweal.optimizer.decompose.whole.first_prices", lambda *_: {})
    found = between(generate(6, 2, 1, 2), load_scenario(generate(6, 2, 1, 2), (), (RATE,)), tmp_path / "run")
    assert found.tables["decisions"]["value"].tolist() == pytest.approx([0.08])
    largest = found.rules[found.rules["rule"].str.startswith("largest")]
    assert largest["price"].iloc[0] < 0


def test_a_neutral_rate_of_some_regions_is_that_of_the_nation() -> None:
    case = generate(6, 2, 1, 1)
    scenario = load_scenario(case, (), ("levers.unified_rate={fund='group-1', target='neutral', phase_in=1}",))
    assert scenario.projection is not None
    case = project(case, scenario.projection)
    part = case.restrict(case.regions["region"].tolist()[:2])
    whole, own = (build_model(each, scenario.levers, scenario.gaps, scenario.weights).model for each in (case, part))
    rates = {index: rate.value for index, rate in own.rate.items()}
    assert rates == {index: whole.rate[index].value for index in rates}


def test_cuts_promise_the_least_gap_that_all_of_them_leave_room_for() -> None:
    """1 - 2 (v - 0) falls and 0.2 + 1 (v - 0.4) rises: they meet where 1 - 2v = v - 0.2, at v = 0.4 with 0.2."""
    cuts = [Cut(1.0, np.array([-2.0]), np.array([0.0])), Cut(0.2, np.array([1.0]), np.array([0.4]))]
    bound, at = promise(cuts, np.array([0.0]), np.array([1.0]), 0.2)
    assert (bound, at.tolist()) == (pytest.approx(0.2), pytest.approx([0.4]))
    cuts.append(Cut(1e9, np.array([-1e10]), np.array([0.0])))  # from where there is no plan: it changes nothing here
    assert promise(cuts, np.array([0.0]), np.array([1.0]), 0.2)[0] == pytest.approx(0.2)
    assert promise(cuts, np.array([0.5]), np.array([1.0]), 0.2)[0] == pytest.approx(0.3)


def test_a_common_value_without_a_plan_has_none_beyond_it() -> None:
    """The gap is (v - 0.2)^2 + 1 but from 0.3 down nothing can be planned: the best value is just above."""

    def run(values: npt.NDArray[np.float64]) -> tuple[Priced | None, list[Cut]]:
        v = float(values[0])
        if v < 0.3:
            return None, []
        gap = (v - 0.2) ** 2 + 1
        return Priced([{}], {}, gap, gap, 1, True, Ask({}, {}, 1e-4)), [Cut(gap, np.array([2 * (v - 0.2)]), values)]

    found = search_commons(run, [Common(("rate", "common", ("f",)), 0.0, 1.0)], np.array([0.9]), 1e-4)
    assert found.cost == pytest.approx(1.01, rel=1e-3)
    assert found.lower_bound <= found.cost
    assert found.money[0]["rate", "common", ("f",)] == pytest.approx(0.3, abs=0.02)

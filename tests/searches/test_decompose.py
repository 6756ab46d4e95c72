"""A nation split by region and price: the interval holds the optimum, and the plan is examined like any other.

Invented regions of `benchmarks.generate`, with every lever that can be split. 1e-9 of a gap is the solver's rounding.
"""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cases import TINY, renamed
from scipy.sparse import csr_array

from benchmarks.generate import generate
from commonweal.instances import Instance, project
from commonweal.instances.assemble import national_sums
from commonweal.models.build import build_model
from commonweal.models.parts import RefusedError
from commonweal.models.weights import block_weights
from commonweal.optimizer import Plan, load_scenario, run_folder, solve
from commonweal.optimizer.decompose.coordinator import Coordinator
from commonweal.optimizer.decompose.master import Master
from commonweal.optimizer.decompose.messages import UNMET, Answer, Ask, Blend, Described, Limit, Spec, menu_price
from commonweal.optimizer.decompose.part import Part
from commonweal.optimizer.decompose.regions import Whole
from commonweal.optimizer.decompose.sample import sampled
from commonweal.optimizer.decompose.split import parts_of, refuse, shares, specs
from commonweal.optimizer.decompose.whole import decompose as decompose_in
from commonweal.optimizer.decompose.whole import first_prices
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.executors import Executor, Inline, Processes
from commonweal.optimizer.highs import Solver
from commonweal.optimizer.planning import Clock, plan_from
from commonweal.optimizer.scenario import Scenario, from_document
from commonweal.optimizer.stages import knots_of, minimise_gap
from commonweal.optimizer.verify import verify

WITHIN = 5e-4
SIZES = {
    "31 regions, ten years": (31, 2, 10),
    "342 regions, three years": (342, 1, 3),
    "2,850 regions, one year": (2850, 1, 1),
}  # regions, programmes, years; the optimum lies between the bounds with all seven programmes, too, which takes longer


def case_of(regions: int, years: int, programmes: int = 3) -> tuple[Instance, Scenario]:
    """Two groups; the gap has to be proven to 5e-4."""
    case = generate(regions, 2, programmes, years)
    return case, load_scenario(case, (), (f"solver.tolerance={WITHIN}",))


def decompose(case: Instance, scenario: Scenario, executor: Executor) -> Plan:
    """The plan in parts that live in this executor."""
    years = case if scenario.projection is None else project(case, scenario.projection)
    found = decompose_in(years, scenario, executor, lambda _: None)
    return plan_from(found.tables, found.certificate, case, years, scenario, Clock(), found.more)


def spec_of(regions: int, years: int, chosen: slice = slice(None)) -> Spec:
    """Some regions of a case."""
    case, scenario = case_of(regions, years)
    assert scenario.projection is not None
    case = project(case, scenario.projection)
    return specs(case, scenario, [sorted(case.regions["region"])[chosen]])[0]


def part_of(regions: int, years: int, chosen: slice = slice(None)) -> Part:
    """The same in a solver."""
    return Part(spec_of(regions, years, chosen))


def sizes() -> Iterator[Any]:
    for name, size in SIZES.items():
        yield pytest.param(size, id=name, marks=[pytest.mark.slow] if size[0] > 1000 else [])


@pytest.fixture(scope="module", params=sizes())
def both(request: pytest.FixtureRequest) -> tuple[Plan, Plan]:
    """The same case whole, and in parts."""
    regions, programmes, years = request.param
    case, _ = case_of(regions, years, programmes)
    search = load_scenario(case, (), (f"solver.tolerance={WITHIN}", "search.name=decompose", "search.processes=1"))
    return solve(case, load_scenario(case, (), ("search.name=single",))), solve(case, search)


def test_the_optimum_of_the_whole_model_lies_between_the_bounds_and_the_plan_is_as_close_as_it_says(
    both: tuple[Plan, Plan],
) -> None:
    whole, split = both
    assert split.status == "optimal"
    assert split.lower_bound <= whole.objective * (1 + 1e-9)
    assert whole.objective <= split.objective * (1 + 1e-9)
    assert split.objective <= split.info["decomposition"]["upper_bound"] * (1 + 1e-9)
    assert split.relative_gap <= WITHIN


def test_a_plan_made_of_parts_passes_verification(both: tuple[Plan, Plan], tmp_path: Path) -> None:
    verdict = verify(run_folder.write(both[1], tmp_path / "run"))
    assert verdict.accepted, [violation.message for violation in verdict.violations]


def test_a_plan_made_of_parts_has_the_tables_of_the_whole_in_the_same_rows(both: tuple[Plan, Plan]) -> None:
    whole, split = both
    assert list(split.tables) == list(whole.tables)
    for name in ("benefits", "transfers", "funds", "rates", "coverage"):
        keys = [key for key in ("region", "group", "programme", "fund", "year") if key in whole.tables[name]]
        pd.testing.assert_frame_equal(split.tables[name][keys], whole.tables[name][keys])
    places = ["lever", "rule", "region", "year"]
    rules = [set(plan.rules[places].astype(str).itertuples(index=False, name=None)) for plan in both]
    assert rules[0] == rules[1]


def test_what_a_unit_of_budget_does_to_the_gap_is_nearly_the_price_in_the_whole_model(both: tuple[Plan, Plan]) -> None:
    whole, split = (plan.rules[plan.rules["rule"].str.startswith("budget")]["price"] for plan in both)
    assert (whole < 0).all()
    assert np.allclose(whole, split, rtol=0.1)


@pytest.mark.parametrize(
    "sets",
    [
        ("levers.vertical_transfers.stability=0.02",),
        ("levers.vertical_transfers.per_head_floor={west=20.0}",),
        ("levers.horizontal_transfers.loss=0.2", "levers.vertical_transfers.tilt=1.0"),
        ("levers.floors.share=0.35", "gaps.squared_shortfall.line=0.9"),
        ("weights.programmes={programme-1=3.0, programme-2=0.0}", "gaps.squared_shortfall.weight=2.0"),
    ],
)
def test_whatever_the_settings_the_optimum_lies_between_the_bounds(sets: tuple[str, ...], tmp_path: Path) -> None:
    case = generate(14, 2, 2, 3)
    whole = solve(case, load_scenario(case, (), sets))
    split = solve(
        case,
        load_scenario(case, (), (*sets, f"solver.tolerance={WITHIN}", "search.name=decompose", "search.processes=1")),
    )
    assert split.status == "optimal"
    assert split.lower_bound <= whole.objective * (1 + 1e-9)
    assert whole.objective <= split.objective * (1 + 1e-9)
    assert verify(run_folder.write(split, tmp_path / "run")).accepted


def numbers(plan: Plan) -> dict[str, pd.DataFrame]:
    """Everything that may not depend on where parts live."""
    return {**plan.tables, "bounds": pd.DataFrame([[plan.objective, plan.lower_bound]])}


def same(one: Plan, other: Plan) -> None:
    for name, frame in numbers(one).items():
        pd.testing.assert_frame_equal(frame, numbers(other)[name], check_exact=True)


class Killed(Processes):
    """Two processes, of which one is killed in the middle of the price loop: its parts have learnt from three prices."""

    prices = 0

    def call(self, method: str, messages: Any) -> list[Any]:
        """Kill once."""
        self.prices += method == "price"
        if self.prices == 4 and self.restarts == 0:
            os.kill(self.pids[0], signal.SIGKILL)
        return super().call(method, messages)


def test_one_and_two_processes_and_none_of_its_own_give_the_same_plan_to_the_last_digit_and_a_killed_one_is_replaced() -> (
    None
):
    case, scenario = case_of(10, 2)
    here = decompose(case, scenario, Inline())
    with Processes(1) as executor:
        same(here, decompose(case, scenario, executor))
    with Killed(2) as executor:
        same(here, decompose(case, scenario, executor))
        assert executor.restarts == 1


def test_an_error_in_a_process_is_raised_where_the_answer_is_awaited() -> None:
    with Processes(1) as executor:
        executor.start(int, ["not a number"])
        with pytest.raises(ValueError, match="not a number"):
            executor.call("bit_length", [None])


def test_order_and_names_of_regions_leave_both_bounds_within_the_tolerance() -> None:
    case, scenario = case_of(10, 2)
    first = decompose(case, scenario, Inline())
    ids = case.regions["region"].tolist()
    names = dict(zip(ids, reversed(ids), strict=True))
    frames = {}
    for name in ("regions", "people", "accounts", "budgets"):
        frame: pd.DataFrame = getattr(case, name)
        keys = [key for key in ("region", "group", "programme", "fund", "year") if key in frame]
        frames[name] = frame.assign(region=frame["region"].map(names)).sort_values(keys, ignore_index=True)
    people, accounts, budgets = frames["people"], frames["accounts"], frames["budgets"]
    nation = national_sums(people, accounts, budgets, case.per_head)
    other = decompose(replace(case, **frames, nation=nation), scenario, Inline())
    assert other.objective == pytest.approx(first.objective, rel=WITHIN)
    assert other.lower_bound == pytest.approx(first.lower_bound, rel=WITHIN)


# -- a part is the whole, seen from some regions ------------------------------------------------------------------


def rows_of(solver: Solver, regions: set[str]) -> Iterator[tuple[str, dict[str, float], float]]:
    """Rows over variables of these regions alone: name, entries by variable, limit."""
    matrix = csr_array(solver.matrix)
    for row, data in enumerate(solver.rows):
        columns = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tolist()
        if {solver.variables[column].index()[0] for column in columns} <= regions:
            values = matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]].tolist()
            entries = {solver.variables[c].name: v for c, v in zip(columns, values, strict=True)}
            yield data.name, entries, float(solver.limits[row])


def test_rows_and_costs_of_some_regions_alone_are_those_of_the_whole_model_whatever_the_lever() -> None:
    case, scenario = case_of(8, 3)
    assert scenario.projection is not None
    case = project(case, scenario.projection)
    levers = {**scenario.levers, **from_document({"levers": {"floors": {"share": 0.01}}}).levers}
    chosen = sorted(case.regions["region"])[2:5]
    part = case.restrict(chosen)
    blocks = shares(case, scenario, [chosen])[0]
    one = Solver(build_model(case, levers, scenario.gaps, scenario.weights).model, scenario.solver)
    other = Solver(build_model(part, levers, scenario.gaps, scenario.weights, blocks=blocks).model, scenario.solver)
    links = ("budget", "tilt", "balance[")
    whole, own = (
        {name: (e, limit) for name, e, limit in rows_of(solver, set(chosen)) if not any(f".{k}" in name for k in links)}
        for solver in (one, other)
    )
    assert len(own) > 100
    assert whole == own
    costs = [
        {var.name: solver.costs["gap"][k] for k, var in enumerate(solver.variables) if var.index()[0] in chosen}
        for solver in (one, other)
    ]
    assert costs[0] == pytest.approx(costs[1], rel=1e-12)


def test_shares_of_parts_add_up_to_the_weights_of_the_nation() -> None:
    case, scenario = case_of(11, 1)
    parts = shares(case, scenario, parts_of(case, scenario))
    for block, weight in block_weights(case, scenario.weights).items():
        assert sum(part["squared_shortfall"][block] for part in parts) == pytest.approx(weight, rel=1e-12)


def test_a_region_pays_one_price_for_money_from_several_sources() -> None:
    told = part_of(10, 2).describe()
    # 10 regions with two funds that nothing joins, and what 3 donors pay from their own budgets in each of 2 years.
    assert told.units == 10 * 2 + 3 * 2
    # In each year central and horizontal money, in regions that the tilt favours and in others; donors have none of it.
    assert [len(menu) for menu in told.menus] == [2] * len(told.menus)
    assert len(told.menus) >= 2


# -- the errors that were made before ------------------------------------------------------------------------------

MONEY = ("lever", "budget", (2030,))


def master(*plans: tuple[float, float], limit: float = 10.0) -> Master:
    """One unit that knows plans (cost, money used), and one budget."""
    found = Master([Described(1, (MONEY,), (), (Limit(limit, False),), 1.0)], 1.0)
    for cost, used in plans:
        found.add([Answer(np.array([cost]), np.array([0.0]), np.array([[used]]))])
    return found


def test_what_a_mix_leaves_of_a_budget_is_handed_to_those_who_use_it_and_what_is_paid_too_much_is_not_paid() -> None:
    # A budget of 10, of which two parts use 2 and 6: the 2 that are left go to them as 2 : 6, 0.5 and 1.5. Of payments
    # between regions -5 and 3 sum to -2: the payer pays 3, and nobody pays what nobody receives.
    payments = ("lever", "payments", (2030,))
    known = Master([Described(1, (MONEY, payments), (), (Limit(10.0, False), Limit(0.0, False)), 1.0)] * 2, 1.0)
    known.add([Answer(np.ones(1), np.zeros(1), np.array([used])) for used in ([2.0, -5.0], [6.0, 3.0])])
    first, second = known.money(known.plan())
    assert (first[MONEY], second[MONEY]) == (pytest.approx(2.5), pytest.approx(7.5))
    assert (first[payments], second[payments]) == (pytest.approx(-3.0), pytest.approx(3.0))


def test_credit_for_money_that_is_not_spent_is_no_part_of_what_a_plan_costs() -> None:
    # Half of each plan spends 10 and costs 3. At a price of at least 0.3, spending nothing costs 5 - 0.3 * 10 = 2.
    known = master((5.0, 0.0), (1.0, 20.0))
    step = known.step(np.array([0.3]), np.array([0.4]))
    assert (step.value, step.cost) == (pytest.approx(2.0), pytest.approx(5.0))
    plan = known.plan()
    assert plan.possible
    assert plan.cost == pytest.approx(3.0)


def test_a_mix_that_spends_more_than_there_is_is_no_plan_even_if_spending_costs_nothing() -> None:
    known = master((1.0, 20.0))
    assert not known.step(np.array([0.0]), np.array([0.0])).possible
    assert not known.plan().possible


def test_start_prices_of_nought_lead_to_the_same_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    case, scenario = case_of(10, 2)
    monkeypatch.setattr("commonweal.optimizer.decompose.whole.first_prices", lambda *_: {})
    found = decompose(case, scenario, Inline())
    assert found.lower_bound <= solve(case, load_scenario(case)).objective <= found.objective * (1 + 1e-9)
    assert found.relative_gap <= WITHIN


def test_a_sample_without_money_overspends_at_a_finite_price_instead_of_giving_none() -> None:
    prices = sampled(spec_of(8, 1), 0.0)
    budget = [price for (_, rule, _), price in prices.items() if rule == "budget"]
    assert min(budget) > 0
    assert np.isfinite(list(prices.values())).all()


def test_money_of_a_sample_is_scaled_by_need_so_that_first_prices_are_near_the_last() -> None:
    case, scenario = case_of(60, 1)
    assert scenario.projection is not None
    prices = first_prices(project(case, scenario.projection), scenario)
    rules = solve(case, load_scenario(case)).rules
    last = -float(rules[rules["rule"].str.startswith("budget")]["price"].iloc[0])
    first = next(price for (_, rule, _), price in prices.items() if rule == "budget")
    assert last / 2 < first < 2 * last


def test_every_price_gives_a_bound_and_the_price_of_nothing_gives_the_worst() -> None:
    part = part_of(8, 1)
    told = part.describe()

    def bound(price: float) -> float:
        links = {
            link: price if link[1] in ("budget", "balance") and "group-2" in link[2] else 0.0 for link in told.links
        }
        answer = part.price(Ask(links, dict.fromkeys(told.menus, price), 1e-5))
        spent = sum(links[link] * limit.limit for link, limit in zip(told.links, told.limits, strict=True))
        return float(answer.least.sum()) - spent

    case, _ = case_of(8, 1)
    best = solve(case, load_scenario(case)).objective
    bounds = [bound(price) for price in (0.0, 1e-5, 3e-5, 1e-4)]
    assert max(bounds) <= best * (1 + 1e-9)
    assert max(bounds) > 0.9 * best


class Needy:
    """A region that needs 10 of money, whatever it costs, and has a gap of 1."""

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def describe(self, _: object = None) -> Described:
        return Described(1, (MONEY,), (), (Limit(self.limit, False),), 1.0)

    def blend(self, _: Blend) -> float:
        return 1.0

    def price(self, ask: Ask) -> Answer:
        return Answer(np.array([1.0]), np.array([1.0 + 10.0 * ask.links[MONEY]]), np.array([[10.0]]))


def test_bounds_that_run_away_end_at_a_price_that_no_plan_is_worth_and_name_the_rule() -> None:
    """Of 5 there are, 10 are needed: the bound 1 + (10 - 5) * price has no end. From 0.55 to 100 in steps of 1.3: 20 sweeps."""
    executor = Inline()
    executor.start(Needy, [5.0])
    loop = Coordinator(executor, executor.call("describe", [None]), WITHIN, lambda _: None)
    with pytest.raises(UsageError, match=r"100 times .* use more of lever budget than there is.*search.name = single"):
        loop.search({MONEY: 0.5})
    assert loop.sweeps < 30
    assert loop.lower == pytest.approx(1 + 5 * loop.best[0])
    assert 100 <= loop.best[0] < 100 * 1.3**2


def test_a_need_that_can_be_met_is_no_reason_to_stop() -> None:
    executor = Inline()
    executor.start(Needy, [10.0])
    found = Coordinator(executor, executor.call("describe", [None]), WITHIN, lambda _: None).search({MONEY: 0.5})
    assert (found.cost, found.lower_bound) == (pytest.approx(1.0), pytest.approx(1.0))


# -- what cannot be split is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sets", "named"),
    [
        (("levers.rural_share={shares={programme-1=0.1}}",), "lever rural_share"),
        (('levers.fund_pool.surplus="current"',), "levers.fund_pool.surplus = current"),
        (("gaps.gini={}",), "gap gini"),
        (("gaps.urban_rural={order=2}",), "gaps of several orders"),
        (("gaps.urban_rural={relative=true}",), "gaps.urban_rural.relative = true"),
        (('gaps.regional={against="mean"}',), "gaps.regional.against = mean"),
        (("gaps={shortfall={}, squared_shortfall=false}",), "a plan without the gap squared_shortfall"),
        (("solver.time_limit=5",), "solver.time_limit"),
    ],
)
def test_what_cannot_be_split_is_refused_by_name(sets: tuple[str, ...], named: str) -> None:
    case = generate(4, 2, 1, 1)
    with pytest.raises(UsageError, match=named):
        refuse(case, load_scenario(case, (), sets))


def test_obligations_that_no_money_meets_are_refused_and_not_left_out() -> None:
    case = generate(8, 2, 2, 1)
    scenario = load_scenario(case, (), ("levers.fund_pool=false",))
    assert solve(case, scenario).info["stages"][0]["value"] > 0
    with pytest.raises(UsageError, match=UNMET):
        decompose(case, scenario, Inline())
    chosen = load_scenario(case, (), ("levers.fund_pool=false", "search.benefits=10", "search.processes=1"))
    assert (
        solve(case, chosen).info["stages"] == solve(case, scenario).info["stages"]
    )  # by size in parts, but whole after all


def test_a_pool_of_current_surpluses_is_not_built_for_some_regions_alone() -> None:
    case, _ = case_of(4, 1)
    scenario = load_scenario(case, (), ('levers.fund_pool.surplus="current"',))
    with pytest.raises(RefusedError, match="surplus = today"):
        build_model(case.restrict(["r0001"]), scenario.levers, scenario.gaps, scenario.weights)


def test_the_size_chooses_the_way_and_what_cannot_be_split_is_planned_whole() -> None:
    """12 regions x 2 groups x 3 programmes = 72 benefits in one year."""
    case = generate(12, 2, 3, 1)

    def plan(*sets: str) -> tuple[Plan, list[str]]:
        said: list[str] = []
        return solve(case, load_scenario(case, (), ("search.processes=1", *sets)), said.append), said

    whole, _ = plan("search.benefits=72")
    split, _ = plan("search.benefits=71")
    joined, said = plan("search.benefits=71", "levers.rural_share={shares={programme-1=0.1}}")
    assert [("decomposition" in each.info) for each in (whole, split, joined)] == [False, True, False]
    assert split.lower_bound <= whole.objective * (1 + 1e-9)
    assert split.relative_gap <= 5e-4  # enough in parts; solver.tolerance of 1e-6 is for the whole
    assert any(line.startswith("planned whole: ") and "rural_share" in line for line in said)


def test_two_regions_are_split_as_well_as_many() -> None:
    case = renamed(TINY, {"n": "north"}).read()
    scenario = from_document({"levers": {"vertical_transfers": {"budget": {"f": 20.0}}, "benefit_rigidity": {}}})
    # South's farmers have 200 of 1,000 crowns, North's 600; 20m for 100,000 farmers is 200 crowns each for South's.
    found = decompose(case, scenario, Inline())
    south = found.benefits[(found.benefits["region"] == "s") & (found.benefits["group"] == "farmers")]
    assert float(south["benefit"].iloc[0]) == pytest.approx(400.0)
    assert found.objective == pytest.approx(solve(case, scenario).objective)


def test_a_reduced_part_finds_the_same_best_plan_of_every_price_as_the_whole_one() -> None:
    spec = spec_of(12, 4)
    part, whole = Part(spec), Whole.of(spec)
    asked = first_prices(spec.case, spec.scenario)
    links = {link: max(0.0, price) for link, price in asked.items()}
    ask = Ask(links, {menu: menu_price(menu, links) for menu in part.describe().menus}, 1e-7)
    answer = part.price(ask)
    solver = whole.solver
    solver.free_rows(np.array(list(whole.rows.values()), dtype=np.int32))
    whole.nothing_missing()
    solver.set_bounds(part.columns.capped, solver.lower[part.columns.capped], part.columns.caps)
    knots = knots_of(whole.built, solver)
    solver.costs["gap"] = solver.costs["gap"] + part.columns.uses.T @ part.columns.prices(ask)
    found = minimise_gap(solver, knots, 1e-7, lambda _: None)
    assert answer.least.sum() == pytest.approx(found.best.objective, rel=1e-6)
    assert part.reduced.shape[0] < 0.4 * solver.matrix.shape[0]


def test_what_is_worth_nothing_has_to_add_up_all_the_same() -> None:
    """Urban benefits are given, so that the pool of their fund has no price; what is paid has to be what is received."""
    case, scenario = case_of(20, 6)
    found = decompose(case, scenario, Inline())
    pool = found.rules[found.rules["lever"].eq("fund_pool") & found.rules["region"].eq("")]
    assert found.status == "optimal"
    assert (pool["slack"] < 1e-6).all()
    assert found.info["decomposition"]["sweeps"] < 30

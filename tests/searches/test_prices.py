"""Prices: known by hand, both sides true, and worth what a small step of the limit is worth when solved again."""

from random import Random

import numpy as np
import pandas as pd
import pytest
from cases import FARMERS_GET, TINY, Case, at, generated, scenario

from commonweal.instances import Instance, read
from commonweal.models.build import build_model
from commonweal.optimizer import load_scenario, solve
from commonweal.optimizer.binding import settled
from commonweal.optimizer.errors import Infeasible
from commonweal.optimizer.highs import Solver
from commonweal.optimizer.prices import price_rules
from commonweal.optimizer.rules import Rule, rules_of
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.stages import keep_stage, knots_of, minimise_gap

RIGID = {"benefit_rigidity": {}}


def priced(case: Instance, rules: Scenario) -> pd.DataFrame:
    return solve(case, rules, prices=True).rules


def rule(table: pd.DataFrame, lever: str, name: str, region: str = "") -> pd.Series:
    found = table[(table["lever"] == lever) & (table["rule"] == name) & (table["region"] == region)]
    assert len(found) == 1, found
    return found.iloc[0]


def test_the_price_of_a_budget_and_the_limits_between_which_it_holds_are_those_by_hand() -> None:
    # South's farmers alone rise, 0.01 of the standard a million; their share is 0.4 at a budget of 20, so the gap falls
    # by 1/4 * (1 - 0.4) * 0.01 = 0.0015 a million. From 40 million on North's rise too; below nothing there is no plan.
    table = priced(TINY.read(), scenario({**FARMERS_GET, **RIGID}))
    budget = rule(table, "vertical_transfers", "budget: f")
    assert budget["price"] == pytest.approx(-0.0015)
    assert (budget["price_from"], budget["price_to"]) == (budget["price"], budget["price"])
    assert (budget["valid_from"], budget["valid_to"]) == (pytest.approx(0, abs=1e-6), pytest.approx(40))
    assert (budget["limit"], budget["unit"], budget["binding"]) == (20.0, "million crown", True)


def test_a_donors_cap_and_the_balance_of_payments_are_worth_what_the_budget_is() -> None:
    table = priced(case := read("two-regions"), load_scenario(case))
    value = pytest.approx(-0.5 / (6 * 360))  # README of the case
    assert rule(table, "vertical_transfers", "budget: farmers")["price"] == value
    assert rule(table, "horizontal_transfers", "cap: farmers", "rich")["price"] == value
    budget = rule(table, "vertical_transfers", "budget: farmers")
    # 120 + 60 million bring Poor Hills level with Rich Coast; 840 + 60 bring both to the standard.
    assert (budget["valid_from"], budget["valid_to"]) == (pytest.approx(120), pytest.approx(840))


def test_a_hard_floor_costs_what_it_takes_from_the_poorer() -> None:
    # Both at 20 + 40 = 60 million would be at 0.7; a floor of 800 crowns for North, 0.8, takes 20 million for North and
    # leaves South 0.6. A hundredth of the standard more in North takes 1 million from South:
    # 1/4 * (0.4 * 0.01 - 0.2 * 0.01) = 0.0005 per 10 crowns.
    case = TINY.put("people", region="n", group="farmers", benefit=600)
    rules = {"vertical_transfers": {"budget": {"f": 60.0}}, **RIGID}
    floor = {"floors": {"amount": 800.0, "groups": ["farmers"]}}
    split = case.put("schemes", group="farmers", standard=1000)
    table = priced(split.read(), scenario({**rules, "floors": {"amount": 650.0, "groups": ["farmers"]}}))
    spare = rule(table, "floors", "floor: farmers, pension", "n")
    assert not spare["binding"]
    assert (spare["price"], spare["price_from"], spare["price_to"]) == (0.0, 0.0, 0.0)
    # Both have 700 crowns: that high the floor could be without being felt.
    assert spare["valid_to"] == pytest.approx(700)
    assert np.isnan(spare["valid_from"])
    with pytest.raises(Infeasible):
        solve(split.read(), scenario({**rules, **floor}))


def test_where_two_prices_are_right_both_are_shown_and_neither_alone() -> None:
    # The kink of the urban-rural gap at 480 million (see test_frontier): 1/720 below, 7/10800 above.
    case = read("two-regions")
    rules = load_scenario(case, settings=["levers.vertical_transfers.budget.farmers=480.0"], gap=["urban_rural"])
    budget = rule(priced(case, rules), "vertical_transfers", "budget: farmers")
    assert np.isnan(budget["price"])
    assert budget["price_from"] == pytest.approx(-1 / 720)
    assert budget["price_to"] == pytest.approx(-7 / 10800)
    assert budget["valid_from"] == budget["valid_to"] == 480.0


def test_a_limit_that_no_plan_allows_to_move_has_no_price_on_that_side() -> None:
    rules = {**FARMERS_GET, "benefit_rigidity": {"groups": {"*": {"max_growth": 0.0}, "farmers": {}}}}
    table = priced(TINY.read(), scenario(rules))
    least = rule(table, "benefit_rigidity", "min_growth_first: workers, pension", "s")
    most = rule(table, "benefit_rigidity", "max_growth_first: workers, pension", "s")
    assert (least["price_from"], most["price_to"]) == (0.0, 0.0)
    assert np.isnan(least["price_to"])
    assert np.isnan(most["price_from"])
    assert (least["limit"], most["limit"]) == (1500.0, 1500.0)


def test_without_being_asked_only_national_rules_have_both_sides() -> None:
    table = solve(read("china-2024")).rules
    nation = table["region"] == ""
    assert table.loc[nation, ["price_from", "price_to"]].notna().all(axis=None)
    assert table.loc[~nation, ["price_from", "price_to"]].isna().all(axis=None)
    assert table[["valid_from", "valid_to"]].isna().all(axis=None)


class Again:
    """A case whose limits a test moves one at a time, and solves again from the first stage on."""

    def __init__(self, case: Instance, rules: Scenario) -> None:
        self.built = build_model(case, rules.levers, rules.gaps, rules.weights)
        self.solver = Solver(self.built.model, rules.solver)
        self.gap = self.solve()

    def solve(self) -> float:
        self.solver.restart(*self.solver.given)
        for stage in ("unfunded", "floors"):
            keep_stage(self.solver, stage)
        self.knots = knots_of(self.built, self.solver)
        found = minimise_gap(self.solver, self.knots, 1e-6, lambda _: None)
        self.found, self.binding = settled(self.solver, self.knots, found.best)
        return self.found.objective

    def moved(self, one: Rule, by: float) -> float | None:
        """The gap when a limit has moved; None without a plan."""
        solver = self.solver
        given = solver.given
        if one.kind == "row":
            limit, scale = solver.limits[one.at] + one.sense * by, solver.row_scale[one.at]
            kind = solver.kinds[one.at]
            low, high = -np.inf if kind == 1 else limit, np.inf if kind == -1 else limit
            solver.highs.changeRowBounds(one.at, low * scale, high * scale)
        else:
            changed = given[0].copy(), given[1].copy()
            changed[one.kind == "upper"][one.at] += by
            solver.given = changed
        try:
            if (solver.given[0] > solver.given[1]).any():
                return None
            return self.solve()
        except Infeasible:
            return None
        finally:
            solver.given = given
            if one.kind == "row":
                limit = solver.limits[one.at]
                low, high = -np.inf if kind == 1 else limit, np.inf if kind == -1 else limit
                solver.highs.changeRowBounds(one.at, low * scale, high * scale)


def drawn(seed: int) -> tuple[Case, dict[str, object]]:
    """A small case and a set of levers, all by chance."""
    random = Random(seed)
    case = generated(random.randint(2, 5), seed, years=random.randint(1, 3))
    belts = sorted(set(case.tables["regions"]["belt"]))
    levers: dict[str, object] = {
        "vertical_transfers": {
            "budget": {"f": random.uniform(2.0, 40.0)},
            **random.choice([{}, {"tilt": random.uniform(0.3, 0.9), "favoured": [random.choice(belts)]}]),
            **random.choice([{}, {"stability": 0.3}]),
        },
        "horizontal_transfers": {"fund": "f", "share_of_capacity": random.uniform(0.01, 0.1)},
        "benefit_rigidity": {"groups": {"*": random.choice([{}, {"max_growth": 0.6}]), "workers": {"max_growth": 0.0}}},
        "fund_pool": {"fund": "w", "share": 0.5, "surplus": "today"},
        "reserves": {"funds": {"w": {"months": 1}, "f": {"months": 0.5}}},
    }
    if random.random() < 0.5:
        levers["floors"] = {"share": random.uniform(0.1, 0.5), "mode": "soft", "groups": ["farmers"]}
    gaps = random.choice(
        [
            {"squared_shortfall": {}},
            {"squared_shortfall": {"weights": "regions"}},
            {"squared_shortfall": {}, "urban_rural": {"weight": 0.05}},
        ]
    )
    return case, {"levers": levers, "gaps": gaps}


@pytest.mark.parametrize("seed", range(20))
def test_a_price_times_a_small_step_is_the_change_when_solved_again(seed: int) -> None:
    case, document = drawn(seed)
    rules = scenario(document["levers"], gaps=document["gaps"])
    again = Again(case.read(), rules)
    start = again.gap
    table = price_rules(again.built, again.solver, again.knots, again.found, again.binding, everything=True)
    largest: dict[str, float] = {}
    for one in rules_of(again.built, again.solver):
        price = table[one.kind, one.at]
        for side in (price.left, price.right):
            largest[one.unit] = max(largest.get(one.unit, 0.0), abs(side or 0.0))
    random = Random(seed)
    binding = [
        one
        for one in rules_of(again.built, again.solver)
        if (price := table[one.kind, one.at]).low == price.high == one.limit or price.left or price.right
    ]
    chosen = random.sample(binding, min(12, len(binding)))
    checked = 0
    for one in chosen:
        price = table[one.kind, one.at]
        step = 1e-5 * max(1.0, abs(one.limit))
        for side, slope in ((-1.0, price.left), (1.0, price.right)):
            gap = again.moved(one, side * step)
            if slope is None:
                assert gap is None, (one, side)
                continue
            assert gap is not None, (one, side)
            change = side * (gap - start) / step
            assert change == pytest.approx(slope, rel=0.01, abs=1e-6 * largest[one.unit] + 1e-13 / step), (one, price)
            checked += 1
    assert checked > 0


@pytest.mark.parametrize("seed", range(0, 20, 4))
def test_inside_its_limits_the_gap_is_one_quadratic_function_of_a_budget(seed: int) -> None:
    case, document = drawn(seed)
    document["levers"]["vertical_transfers"] = {"budget": {"f": [20.0] * len(case.meta["years"])}}
    instance = case.read()
    plan = solve(instance, scenario(document["levers"], gaps=document["gaps"]), prices=True)
    year = int(case.meta["years"][0])
    budget = plan.rules[(plan.rules["rule"] == "budget: f") & (plan.rules["year"] == year)].iloc[0]
    low, high = max(budget["valid_from"], 1.0), min(budget["valid_to"], 60.0)
    assert low <= 20 <= high

    def gap(money: float) -> float:
        changed = [money, *[20.0] * (len(case.meta["years"]) - 1)]
        levers = {**document["levers"], "vertical_transfers": {"budget": {"f": changed}}}
        return solve(instance, scenario(levers, gaps=document["gaps"])).objective

    if high - low < 0.1:
        return
    places = np.linspace(low, high, 4)
    fit = np.polyfit(places[:3], [gap(place) for place in places[:3]], 2)
    assert np.polyval(fit, places[3]) == pytest.approx(gap(places[3]), rel=1e-6, abs=1e-9)
    assert np.polyval(np.polyder(fit), 20.0) == pytest.approx(budget["price"], rel=1e-4, abs=1e-9)


def test_the_objective_of_a_plan_is_that_of_its_exact_gap_stage() -> None:
    plan = solve(case := read("two-regions"), load_scenario(case))
    assert plan.objective == pytest.approx(5 / 72, rel=1e-13)
    assert at(plan.benefits, "benefit", region="poor", group="farmers") == pytest.approx(3000, rel=1e-12)

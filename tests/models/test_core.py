"""The core: what every plan has, whatever the levers; by hand on the case of `cases.py`."""

import pandas as pd
import pytest
from cases import FARMERS_GET, TINY, benefit, deficit, money, plan, scenario

from commonweal.instances import read
from commonweal.models.core import FLOWS
from commonweal.optimizer import load_scenario, solve

RIGID = {"benefit_rigidity": {}}
LOCKED = deficit().put("accounts", region="s", fund="w", locked=50)
FREE_W = {"reserves": {"funds": {"w": {"months": 0}}}, **RIGID}
UNCOVERED = TINY.put("people", region="s", group="farmers", covered=0, benefit=0)

# Rule of the core -> a case in which it binds; the register test takes it away and asks for another optimum.
BINDING = {
    "balance_first": (TINY, {"levers": RIGID}),
    "balance": (TINY.years(2030, 2031), {"levers": RIGID}),  # has no rows in a case of one year
    "cut_from_today": (
        TINY,
        {"levers": {"benefit_rigidity": {"groups": {"*": {"min_growth": None, "max_growth": -0.1}}}}},
    ),
    "fixed benefit": (UNCOVERED, {"levers": FARMERS_GET}),
    "fixed rate": (LOCKED, {"levers": FREE_W}),
    "fixed own": (TINY, {"levers": RIGID}),
    "fixed central": (TINY, {"levers": RIGID}),
    "fixed horizontal_received": (TINY, {"levers": RIGID}),
    "fixed pool_received": (TINY, {"levers": RIGID}),
    "reserve path": (TINY, {"levers": RIGID}),
    "unfunded limit": (TINY, {"levers": {"floors": {"amount": 300.0}}}),
}


def assert_status_quo(found):
    """Benefits, rates and gaps as today, nothing moved, the ledger closed."""
    same = pd.testing.assert_series_equal
    same(found.benefits["benefit"], found.benefits["benefit_before"], check_names=False, rtol=1e-9)
    same(found.rates["rate"], found.rates["rate_before"], check_names=False, rtol=1e-9)
    assert found.transfers[list(FLOWS)].abs().max().max() == 0.0
    assert found.pairs.empty
    assert found.gaps["after"].tolist() == pytest.approx(found.gaps["before"].tolist(), rel=1e-9)


@pytest.mark.parametrize("name", ["two-regions", "china-2024"])
def test_without_any_lever_the_plan_is_the_status_quo(name):
    case = read(name)
    found = solve(case, load_scenario(case, settings=[f"levers.{lever}=false" for lever in case.scenario["levers"]]))
    assert not found.scenario.levers
    assert_status_quo(found)


def test_without_any_lever_deficits_eat_reserves_and_are_then_shown_as_unfunded():
    # South's workers' fund has 50 and loses 50 a year: empty after 2030, 50 unfunded in 2031 and in 2032.
    found = plan(deficit().years(2030, 2031, 2032), {})
    assert_status_quo(found)
    for year, unfunded, closing in ((2030, 0, 0), (2031, 50, 0), (2032, 50, 0)):
        assert money(found, "unfunded", "s", "w", year) == pytest.approx(unfunded, abs=1e-5)
        assert money(found, "closing", "s", "w", year) == pytest.approx(closing, abs=1e-5)
    # North's gains 50 a year and keeps it.
    assert [money(found, "closing", "n", "w", year) for year in (2030, 2031, 2032)] == pytest.approx([150, 200, 250])


def test_without_any_lever_a_fund_in_deficit_every_year_is_unfunded_every_year():
    # No reserve at all: 50 are unfunded from the first year on, and the first year's count slightly more.
    found = plan(deficit().put("accounts", region="s", fund="w", opening=0).years(2030, 2031), {})
    assert [money(found, "unfunded", "s", "w", year) for year in (2030, 2031)] == pytest.approx([50, 50], rel=1e-9)


def test_china_today_leaves_deficits_visible_over_five_years():
    # Every obligation that no money meets is in the plan, and there are some: employees' funds in deficit run dry.
    case = read("china-2024")
    off = [f"levers.{lever}=false" for lever in case.scenario["levers"]]
    years = ["projection.years=[2024, 2025, 2026, 2027, 2028]"]
    found = solve(case, load_scenario(case, settings=[*off, *years]))
    assert_status_quo(found)
    accounts = case.accounts[case.accounts["fund"] == "employees"].set_index("region")
    due = (accounts["opening"] + 5 * accounts["surplus_today"]).clip(upper=0).abs()
    shown = found.funds.query("fund == 'employees'").groupby("region")["unfunded"].sum()
    assert shown.sum() == pytest.approx(due.sum(), rel=1e-9)
    assert shown.to_dict() == pytest.approx(due.to_dict(), rel=1e-6, abs=1e-6)


EVERYTHING = {
    "vertical_transfers": {"budget": {"f": 20.0, "w": 5.0}, "stability": 0.5},
    "horizontal_transfers": {"fund": "f", "share_of_capacity": 0.02, "loss": 0.1},
    "own_effort": {"fund": "f", "share_of_revenue": 0.02},
    "unified_rate": {"fund": "w", "target": "neutral"},
    "fund_pool": {"fund": "w", "share": 0.5, "surplus": "current"},
    "benefit_rigidity": {},
    "floors": {"share": 0.3, "mode": "soft"},
    "reserves": {"funds": {"w": {"months": 2}, "f": {"months": 1, "keep": 0.2}}, "interest": 0.02},
}
RECEIPTS = ["contributions", "other_revenue", "interest", "own", "central", "horizontal_received", "pool_received"]


def test_every_fund_balances_to_the_last_crown_with_every_lever_on():
    case = deficit().put("accounts", region="s", fund="w", other_spending=3, other_revenue=2).years(2030, 2031, 2032)
    funds = plan(case, EVERYTHING).funds
    inflow = funds[["opening", *RECEIPTS, "unfunded"]].sum(axis=1)
    outflow = funds[["spending", "other_spending", "pool_paid", "closing"]].sum(axis=1)
    assert inflow.tolist() == pytest.approx(outflow.tolist(), rel=1e-9)
    assert funds.drop(columns=["region", "fund", "year"]).min().min() >= 0
    later = funds[funds["year"] > 2030].merge(
        funds.assign(year=funds["year"] + 1), on=["region", "fund", "year"], suffixes=("", "_before")
    )
    assert later["opening"].tolist() == pytest.approx(later["closing_before"].tolist(), rel=1e-12)
    first = funds[funds["year"] == 2030].set_index(["region", "fund"])["opening"].to_dict()
    assert first == {("n", "w"): 100, ("n", "f"): 18, ("s", "w"): 50, ("s", "f"): 6}


def test_farmers_are_not_paid_from_the_workers_fund():
    # The workers' reserves are open and 150 million lie in them, beside farmers at a fifth of the standard.
    found = plan(TINY, {"reserves": {"funds": {"w": {"months": 0}}}, **RIGID})
    assert benefit(found, "s", "farmers") == pytest.approx(200, rel=1e-9)
    assert benefit(found, "n", "farmers") == pytest.approx(600, rel=1e-9)
    assert found.objective == pytest.approx(0.1, rel=1e-9)


def test_nothing_is_thrown_away():
    # South's farmers stand at the line: their fund keeps the 20 its region must add, crown for crown.
    case = TINY.put("people", region="s", group="farmers", benefit=1000)
    case = case.put("accounts", region="s", fund="f", other_revenue=100)
    found = plan(case, {"own_effort": {"fund": "f", "share_of_revenue": 1.0}, **RIGID})
    assert money(found, "own", "s", "f") == 20
    spent_more = 0.1 * (benefit(found, "s", "farmers") - 1000)
    assert money(found, "closing", "s", "f") == pytest.approx(6 + 20 - spent_more, rel=1e-9)


def test_money_that_no_rule_asks_to_spend_is_not_spent_above_the_line():
    # Nobody gains in the gap from a benefit above the line; the even rule leaves it as it is.
    case = TINY.put("people", region="s", group="farmers", benefit=1000)
    case = case.put("accounts", region="s", fund="f", other_revenue=100)
    found = plan(case, {"own_effort": {"fund": "f", "share_of_revenue": 1.0}, **RIGID})
    assert benefit(found, "s", "farmers") == pytest.approx(1000, rel=1e-6)


def test_the_uncovered_stay_at_zero_and_count_in_the_gap():
    # All new money goes past them: North's farmers rise by 200, South's uncovered stay at 0.
    found = plan(UNCOVERED, FARMERS_GET)
    assert benefit(found, "s", "farmers") == 0.0
    assert benefit(found, "n", "farmers") == pytest.approx(800, rel=1e-6)
    # gap = 1/4 * 1/2 * (1^2 + 0.2^2) = 0.13
    assert found.objective == pytest.approx(0.13, rel=1e-6)


def test_a_benefit_is_paid_per_eligible_person_when_only_some_are_covered():
    # Half of South's 100 thousand farmers are covered: 200 per eligible person are 400 for each who is paid.
    case = TINY.put("people", region="s", group="farmers", covered=50)
    found = plan(case, FARMERS_GET)
    row = found.benefits.query("region == 's' and group == 'farmers'").iloc[0]
    assert row["benefit"] == pytest.approx(400, rel=1e-6)
    assert row["benefit_per_recipient"] == pytest.approx(800, rel=1e-6)


def test_obligations_of_today_may_stay_unfunded_but_new_ones_may_not():
    # South's deficit of 50 stays visible, and the new money for farmers is spent all the same.
    case = LOCKED
    found = plan(case, {**FREE_W, **FARMERS_GET})
    assert money(found, "unfunded", "s", "w") == pytest.approx(50, rel=1e-5)
    assert benefit(found, "s", "farmers") == pytest.approx(400, rel=1e-6)
    assert benefit(found, "s", "workers") == pytest.approx(1500, rel=1e-9)


def test_a_rate_that_falls_on_a_fund_with_a_guarded_reserve_leaves_a_visible_hole():
    # Nobody opens reserves: South may not fall below the path it takes today (50 + 0), and collects 33.3 less.
    found = solve(TINY.read(), scenario({"unified_rate": {"fund": "w", "target": "neutral"}, **RIGID}))
    assert money(found, "unfunded", "s", "w") == pytest.approx(100 / 3, rel=1e-6)
    # The same where today's path rises: South gains 10 a year today, and 23.3 of the 33.3 are benefits it cannot pay.
    rising = TINY.put("accounts", region="s", fund="w", other_revenue=10)
    found = solve(rising.read(), scenario({"unified_rate": {"fund": "w", "target": "neutral"}, **RIGID}))
    assert money(found, "unfunded", "s", "w") == pytest.approx(100 / 3, rel=1e-6)

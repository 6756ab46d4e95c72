"""Equal per head with the same money, and the money with which it would reach what a plan reaches."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from commonweal.cli import main
from commonweal.instances import Projection, project, read
from commonweal.optimizer.simple_rules import RULES, available, equal_per_head, money_equivalent, spread
from commonweal.optimizer.yardsticks import NEEDS


def shortfall(benefits: pd.DataFrame) -> float:
    short = (1 - benefits["benefit"] / benefits["standard"]).clip(lower=0)
    return float((benefits["eligible"] * short**2).sum() / benefits["eligible"].sum() / 2)


@pytest.fixture
def by_hand(run_by_hand):
    case = project(read(run_by_hand.folder / "inputs"), Projection(years=[2031, 2032]))
    return *(pd.read_csv(run_by_hand.folder / f"{name}.csv") for name in ("benefits", "transfers")), case


def cell(benefits, region, group, year, column="benefit"):
    chosen = (benefits["region"] == region) & (benefits["group"] == group) & (benefits["year"] == year)
    return float(benefits.loc[chosen, column].iloc[0])


def test_the_same_money_is_spread_over_all_whom_the_fund_pays_and_own_effort_stays_at_home(by_hand):
    # 2031: central 240 + horizontal 54 = 294 million for 200 thousand farmers: 1470 crowns each;
    # South's own 15 million for 150 thousand: 100 crowns.
    # 2032: 246 + 54 = 300: 1500 crowns
    found = equal_per_head(*by_hand)
    assert cell(found, "n", "farmers", 2031) == pytest.approx(2400 + 1470)
    assert cell(found, "s", "farmers", 2031) == pytest.approx(1200 + 1470 + 100)
    assert cell(found, "s", "farmers", 2032) == pytest.approx(1200 + 1500 + 100)
    assert cell(found, "n", "workers", 2031) == 12000
    assert cell(found, "s", "farmers", 2031, "spending") == pytest.approx(150 * 2770 / 1000)
    assert cell(found, "s", "farmers", 2031, "benefit_per_recipient") == pytest.approx(2770 * 150 / 120)
    assert cell(found, "s", "farmers", 2031, "share_of_standard") == pytest.approx(2770 / 6000)
    assert list(found.columns) == list(by_hand[0].columns)
    assert found[["region", "group", "year"]].equals(by_hand[0][["region", "group", "year"]])


def test_the_new_money_is_spent_to_the_last_crown(by_hand):
    benefits, transfers, _ = by_hand
    found = equal_per_head(*by_hand)
    more = found["spending"].sum() - (benefits["eligible"] * benefits["benefit_before"]).sum() / 1000
    assert more == pytest.approx(transfers[["central", "horizontal_received", "own"]].to_numpy().sum())


def test_a_cell_in_which_nobody_is_covered_is_paid_nothing(by_hand):
    benefits, transfers, case = by_hand
    bare = (benefits["region"] == "n") & (benefits["group"] == "farmers")
    benefits.loc[bare, ["recipients", "benefit_before", "benefit"]] = 0.0
    found = equal_per_head(benefits, transfers, case)
    assert cell(found, "n", "farmers", 2031) == 0
    assert cell(found, "n", "farmers", 2031, "benefit_per_recipient") == 0
    # all 294 million go to South's 150 thousand: 1960 crowns, and its own 100
    assert cell(found, "s", "farmers", 2031) == pytest.approx(1200 + 1960 + 100)


def test_the_money_needed_is_what_brings_the_rule_to_the_gap_of_the_plan(by_hand):
    benefits, transfers, case = by_hand
    found = money_equivalent(benefits, transfers, case, shortfall)
    assert found.money == pytest.approx(594)
    again = equal_per_head(benefits, transfers, case, found.needed / found.money)
    assert shortfall(again) == pytest.approx(found.gap_plan, rel=1e-9)
    assert found.gap_before == pytest.approx(57 / 360)
    assert found.share == pytest.approx((found.gap_before - found.gap_rule) / (found.gap_before - found.gap_plan))


def test_a_plan_no_better_than_today_needs_no_money_and_one_out_of_reach_has_no_amount(by_hand):
    benefits, transfers, case = by_hand
    same = money_equivalent(
        benefits.assign(benefit=benefits["benefit_before"]), transfers.assign(own=0.0), case, shortfall
    )
    assert same.needed == 0
    assert same.share is None
    lifted = benefits.assign(benefit=6000.0)
    without = transfers.assign(central=0.0, horizontal_received=0.0)
    assert money_equivalent(lifted, without, case, shortfall).needed is None
    # money cannot undo what it does not touch: a measure that only sees workers
    workers = benefits["group"] == "workers"
    raised = benefits.assign(benefit=benefits["benefit"].where(~workers, 20000.0))
    assert money_equivalent(raised, transfers, case, lambda b: -b["benefit"][workers].sum()).needed is None


def test_the_real_case_reaches_nine_tenths_of_the_reduction_by_equal_per_head():
    # The closed-form optimum of the default scenario: own effort stays, the rest lifts the lowest.
    case = read("china-2024")
    means = case.budgets
    own = np.minimum(0.005 * means["own_revenue"], means["own_effort"])
    pot = 99.20595 + np.minimum(0.01 * means["donor_cap"], 0.005 * means["own_revenue"]).sum()
    cells = case.people.rename(columns={"benefit": "benefit_before", "covered": "recipients"})
    cells = cells.merge(case.schemes.drop(columns="fund"), on=["programme", "group", "year"])
    cells = cells.merge(means[["region"]].assign(own=own), on="region")
    residents = cells["group"] == "residents"
    base = cells["benefit_before"] + (cells["own"] / cells["eligible"] / case.per_head).where(residents, 0.0)
    low, high = 0.0, 1e5
    for _ in range(100):
        level = (low + high) / 2
        cost = (cells["eligible"] * (level - base).clip(lower=0) * case.per_head)[residents].sum()
        low, high = (level, high) if cost < pot else (low, level)
    assert level == pytest.approx(3396.888289, abs=1e-6)
    cells = cells.assign(benefit=base.clip(lower=level).where(residents, base), spending=0.0)
    cells = cells.assign(benefit_per_recipient=0.0, share_of_standard=0.0)
    grants = cells[residents][["region", "own"]].assign(
        central=(cells["eligible"] * (cells["benefit"] - base) * case.per_head)[residents],
        fund="residents",
        year=2024,
        horizontal_received=0.0,
    )
    found = money_equivalent(cells, grants, case, shortfall)
    assert found.money == pytest.approx(116.1089, abs=1e-4)
    assert found.gap_before == pytest.approx(0.088182781, abs=1e-9)
    assert found.gap_plan == pytest.approx(0.052554760, abs=1e-9)
    assert found.gap_rule == pytest.approx(0.05562, abs=5e-6)
    assert found.share == pytest.approx(0.914, abs=5e-4)
    assert found.needed == pytest.approx(131.05, abs=0.01)


def test_money_by_need_goes_to_each_cell_as_far_as_it_is_from_the_standard(by_hand):
    # 2031, farmers: North lacks 50 x (6000 - 2400) = 180, South 150 x (6000 - 1200) = 720 million; 294 to share:
    # North 294 / 5 = 58.8 million for 50 thousand: 1176; South 235.2 for 150 thousand: 1568, and its own 100
    found = spread("proportional-to-need", *by_hand).at(1.0)
    assert cell(found, "n", "farmers", 2031) == pytest.approx(2400 + 1176)
    assert cell(found, "s", "farmers", 2031) == pytest.approx(1200 + 1568 + 100)
    assert cell(found, "n", "workers", 2031) == 12000


def test_money_shared_out_like_today_follows_the_transfers_of_today(by_hand):
    # transfers today: North 600, South 2600 of 3200. 2031: North 294 x 600 / 3200 = 55.125 million for 50 thousand:
    # 1102.5; South 294 x 2600 / 3200 = 238.875 for 150 thousand: 1592.5, and its own 100
    found = spread("like-today", *by_hand).at(1.0)
    assert cell(found, "n", "farmers", 2031) == pytest.approx(2400 + 1102.5)
    assert cell(found, "s", "farmers", 2031) == pytest.approx(1200 + 1592.5 + 100)


def test_the_statutory_adjustment_takes_by_the_base_and_gives_by_the_head(by_hand):
    # 2.7 % of the base. Workers: North pays 162 and South 67.5, 229.5 million for 160 thousand workers;
    # North receives 229.5 x 100 / 160 = 143.4375: -18.5625 for 100 thousand: -185.625; South +18.5625: 309.375 each
    found = spread("central-adjustment", *by_hand).at(1.0)
    assert cell(found, "n", "workers", 2031) == pytest.approx(12000 - 185.625)
    assert cell(found, "s", "workers", 2031) == pytest.approx(9000 + 309.375)
    # farmers: pays 27 and 40.5, 67.5 for 200 thousand: North receives 16.875, -10.125 for 50 thousand: -202.5
    assert cell(found, "n", "farmers", 2031) == pytest.approx(2400 + 1470 - 202.5)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_spends_the_same_new_money(by_hand, name):
    benefits, transfers, _ = by_hand
    found = spread(name, *by_hand).at(1.0)
    more = found["spending"].sum() - (benefits["eligible"] * benefits["benefit_before"]).sum() / 1000
    assert more == pytest.approx(transfers[["central", "horizontal_received", "own"]].to_numpy().sum())


@pytest.mark.parametrize("name", RULES)
def test_the_money_needed_brings_every_rule_to_the_gap_of_the_plan(by_hand, name):
    found = money_equivalent(*by_hand, shortfall, name)
    again = spread(name, *by_hand).at(found.needed / found.money)
    assert shortfall(again) == pytest.approx(found.gap_plan, rel=1e-8)


def test_where_nobody_is_in_need_the_money_is_spread_per_head(by_hand):
    benefits, transfers, case = by_hand
    full = benefits.assign(benefit_before=7000.0)
    need = spread("proportional-to-need", full, transfers, case).at(1.0)
    assert np.allclose(need["benefit"], equal_per_head(full, transfers, case)["benefit"])


def test_a_rule_is_offered_only_where_the_data_allow_it(by_hand):
    case = by_hand[2]
    assert available(case) == tuple(RULES)
    without = replace(case, budgets=case.budgets.assign(transfers=0.0), accounts=case.accounts.assign(base=0.0))
    assert available(without) == ("equal-per-head", "proportional-to-need")
    assert {*RULES} - {*available(without)} == {*NEEDS}


def test_compare_with_simple_rules_tells_what_each_would_need(run_by_hand):
    words = ["compare", str(run_by_hand.folder), "--with", "equal-per-head,like-today"]
    screen = CliRunner().invoke(main, words)
    assert screen.exit_code == 0, screen.output
    assert "equal amounts per head" in screen.output
    told = json.loads(CliRunner().invoke(main, [*words, "--json"]).output)["simple_rules"]
    rules = told[str(run_by_hand.folder)]
    assert set(rules) == {"equal-per-head", "like-today"}
    assert rules["like-today"]["money"] == pytest.approx(594)
    refused = CliRunner().invoke(main, ["compare", str(run_by_hand.folder), "--with", "equal-per-haed"])
    assert refused.exit_code == 2
    assert "equal-per-head" in refused.output

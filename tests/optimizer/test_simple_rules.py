"""Equal per head with the same money, and the money with which it would reach what a plan reaches."""

import numpy as np
import pandas as pd
import pytest

from commonweal.instances import Projection, project, read
from commonweal.optimizer.simple_rules import equal_per_head, money_equivalent


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

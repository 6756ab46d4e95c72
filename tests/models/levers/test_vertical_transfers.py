"""Vertical transfers by hand, on the case of `cases.py`: per_head = 0.001, every cell has 100 thousand people."""

import pytest
from cases import FARMERS_GET, TINY, at, benefit, money, plan

from commonweal.instances import InstanceError
from commonweal.optimizer.errors import Infeasible, UsageError

TWO_YEARS = TINY.years(2030, 2031)


def grants(budget, **settings):
    return {"vertical_transfers": {"budget": budget, **settings}}


# Rule -> a case in which it binds; the register test takes the rule away and asks for another optimum.
BINDING = {
    "budget": [(TINY, {"levers": FARMERS_GET})],
    "tilt": [(TINY, {"levers": grants({"f": 60.0}, tilt=0.9, favoured=["hills"])})],
    "per_head_floor": [(TINY, {"levers": grants({"f": 20.0}, per_head_floor={"coast": 25.0})})],
    "not_more": [(TWO_YEARS, {"levers": grants({"f": [20.0, 60.0]}, stability=0.5)})],
    "not_less": [(TWO_YEARS, {"levers": grants({"f": [60.0, 20.0]}, stability=0.5)})],
}


def test_the_budget_goes_to_the_lowest_benefit_first():
    # 20 million for South's 100 thousand farmers: 200 + 20 / 0.1 = 400 crowns.
    # gap = 1/4 * 1/2 * (0.4^2 + 0.6^2) = 0.125 * 0.52 = 0.065
    found = plan(TINY, FARMERS_GET)
    assert benefit(found, "s", "farmers") == pytest.approx(400, rel=1e-6)
    assert benefit(found, "n", "farmers") == pytest.approx(600, rel=1e-6)
    assert money(found, "central", "s", "f") == pytest.approx(20, rel=1e-6)
    assert money(found, "central", "n", "f") == pytest.approx(0, abs=1e-6)
    assert found.objective == pytest.approx(0.065, rel=1e-6)


def test_a_budget_beyond_the_lower_region_lifts_both_to_one_level():
    # 40 million bring South to North's 600; the other 20 lift 200 thousand farmers by 100: 700 crowns.
    # gap = 1/4 * 1/2 * 2 * 0.3^2 = 0.0225
    found = plan(TINY, grants({"f": 60.0}))
    assert benefit(found, "s", "farmers") == pytest.approx(700, rel=1e-6)
    assert benefit(found, "n", "farmers") == pytest.approx(700, rel=1e-6)
    assert money(found, "central", "s", "f") == pytest.approx(50, rel=1e-6)
    assert money(found, "central", "n", "f") == pytest.approx(10, rel=1e-5)
    assert found.objective == pytest.approx(0.0225, rel=1e-6)


def test_the_line_is_worth_reaching_and_not_worth_passing():
    # South needs 80 and North 40 to reach 1,000 crowns; of 200 million the other 80 stay with the centre.
    found = plan(TINY, grants({"f": 200.0}))
    assert found.benefits.query("group == 'farmers'")["benefit"].tolist() == pytest.approx([1000, 1000], rel=1e-6)
    assert found.transfers["central"].sum() == pytest.approx(120, rel=1e-6)
    assert found.objective == pytest.approx(0, abs=1e-9)


def test_money_for_one_fund_does_not_reach_another_funds_people():
    # Workers stand above the line: their 30 million are not called for, and no farmer sees them.
    found = plan(TINY, grants({"w": 30.0, "f": 20.0}))
    assert found.transfers.query("fund == 'w'")["central"].abs().max() == pytest.approx(0, abs=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(400, rel=1e-6)


def test_a_tilt_keeps_its_share_of_the_budget_for_the_favoured_belt():
    # 0.9 x 60 = 54 are for the hills; North gets at most 6: 600 + 60 = 660, South 200 + 540 = 740 crowns.
    found = plan(TINY, grants({"f": 60.0}, tilt=0.9, favoured=["hills"]))
    assert benefit(found, "n", "farmers") == pytest.approx(660, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(740, rel=1e-6)


def test_the_tilt_is_a_share_of_the_budget_and_not_of_the_money_spent():
    # Of 200 million South needs 80 to reach the line. North may have 0.1 x 200 = 20: 800 crowns. As a share of the
    # money spent North could have 0.1 x (80 + 8.89) = 8.89 only, unless South is given more than it needs.
    found = plan(TINY, grants({"f": 200.0}, tilt=0.9, favoured=["hills"]))
    assert benefit(found, "n", "farmers") == pytest.approx(800, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(1000, rel=1e-6)
    assert found.transfers["central"].sum() == pytest.approx(100, rel=1e-6)


def test_a_floor_per_head_goes_to_its_belt_before_need_is_asked():
    # 25 crowns for each of the coast's 400 thousand inhabitants = 10 million: North 700, South 200 + 100 = 300 crowns.
    found = plan(TINY, grants({"f": 20.0}, per_head_floor={"coast": 25.0}))
    assert money(found, "central", "n", "f") == pytest.approx(10, rel=1e-6)
    assert benefit(found, "n", "farmers") == pytest.approx(700, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(300, rel=1e-6)


def test_a_floor_per_head_counts_the_grants_to_all_funds_together():
    # The coast's 10 million can be workers' money, which nobody misses: all 20 of the farmers' go to South.
    found = plan(TINY, grants({"f": 20.0, "w": 10.0}, per_head_floor={"coast": 25.0}))
    assert money(found, "central", "n", "w") == pytest.approx(10, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(400, rel=1e-6)


def test_floors_per_head_above_the_budget_are_impossible():
    with pytest.raises(Infeasible):
        plan(TINY, grants({"f": 20.0}, per_head_floor={"coast": 25.0, "hills": 35.0}))  # 10 + 10.5 > 20


def test_a_floor_for_a_region_without_a_budgeted_fund_is_impossible_and_said_so():
    # South's farmers and their fund are taken away: there is no fund that South's floor could be paid into.
    case = TINY
    for table in ("people", "accounts"):
        frame = case.tables[table]
        other = (frame["region"] != "s") | (frame.get("fund", frame.get("group")).isin(["w", "workers"]))
        case = type(case)({**case.tables, table: frame[other].reset_index(drop=True)}, case.meta)
    with pytest.raises(Infeasible):
        plan(case, grants({"f": 20.0}, per_head_floor={"hills": 1.0}))


def test_stability_bounds_the_rise_of_a_grant_from_year_to_year():
    # 2030: all 20 to South, 400 crowns. 2031: at most 1.5 x 20 = 30 of the 60: South 500, North (0 before) nothing.
    # Giving North a million of 2030's money would allow it 1.5 in 2031, but South loses more: 0.6 + 1.5 x 0.5 a million
    # at the margin against 0.4 + 1.5 x 0.4.
    found = plan(TWO_YEARS, grants({"f": [20.0, 60.0]}, stability=0.5))
    assert benefit(found, "s", "farmers", 2030) == pytest.approx(400, rel=1e-6)
    assert benefit(found, "s", "farmers", 2031) == pytest.approx(500, rel=1e-6)
    assert benefit(found, "n", "farmers", 2031) == pytest.approx(600, rel=1e-6)


def test_stability_bounds_the_fall_of_a_grant_from_year_to_year():
    # 2031 has 20 million, so 2030 may not pay more than 20 / 0.5 = 40 of its 60. South's fund saves 10 of the 40, so
    # that it has 30 in both years: 500 crowns. Without the rule 40 in both: 600 crowns.
    found = plan(TWO_YEARS, grants({"f": [60.0, 20.0]}, stability=0.5))
    assert found.transfers.query("year == 2030")["central"].sum() == pytest.approx(40, rel=1e-6)
    free = plan(TWO_YEARS, grants({"f": [60.0, 20.0]}))
    for year in (2030, 2031):
        assert benefit(found, "s", "farmers", year) == pytest.approx(500, rel=1e-6)
        assert benefit(free, "s", "farmers", year) == pytest.approx(600, rel=1e-6)


def test_a_budget_may_differ_by_year_as_a_list_or_grow():
    for path in ([20.0, 22.0], {"amount": 20.0, "growth": 0.1}, {"amount": 20.0, "growth": 0.1, "since": 2030}):
        found = plan(TWO_YEARS, grants({"f": path}))
        assert benefit(found, "s", "farmers", 2030) == pytest.approx(400, rel=1e-6)
        assert benefit(found, "s", "farmers", 2031) == pytest.approx(420, rel=1e-6)


def test_a_year_without_a_budget_has_no_grants():
    found = plan(TWO_YEARS, grants({"f": [0.0, 20.0]}))
    assert at(found.transfers, "central", region="s", fund="f", year=2030) == 0.0
    assert benefit(found, "s", "farmers", 2030) == pytest.approx(200, rel=1e-9)
    assert benefit(found, "s", "farmers", 2031) == pytest.approx(400, rel=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {"budget": {"nobody": 20.0}},
        {"budget": {"f": 20.0}, "tilt": 0.5, "favoured": ["moon"]},
        {"budget": {"f": 20.0}, "per_head_floor": {"moon": 1.0}},
        {"budget": {"f": [20.0, 20.0]}},
    ],
)
def test_a_setting_that_names_what_the_case_has_not_is_refused(settings):
    with pytest.raises(InstanceError):
        plan(TINY, {"vertical_transfers": settings})


@pytest.mark.parametrize(
    "settings",
    [
        {"budget": {"f": 20.0}, "tilt": 0.5},
        {"budget": {"f": 20.0}, "tilt": 1.5, "favoured": ["hills"]},
        {"budget": {"f": -20.0}},
        {"budget": {"f": {"amount": -20.0}}},
        {"budget": {"f": 20.0}, "per_head_floor": {"coast": -1.0}},
    ],
)
def test_a_senseless_setting_is_a_usage_error(settings):
    with pytest.raises(UsageError):
        plan(TINY, {"vertical_transfers": settings})

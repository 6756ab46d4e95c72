"""Reserves by hand, on the case of `cases.py`: the farmers' fund has 18 in North and 6 in South; no new money."""

import pytest
from cases import TINY, benefit, money, plan

from commonweal.instances import InstanceError

TWO_YEARS = TINY.years(2030, 2031)


def held(interest=0.0, **rule):
    return {"reserves": {"funds": {"f": {"months": 0, **rule}}, "interest": interest}}


LOCKED = TINY.put("accounts", region="s", fund="f", locked=2, accrual=1)
BINDING = {
    "months": [(TINY, {"levers": held(months=6, own_months=False)})],
    "locked or kept": [
        (LOCKED, {"levers": held(interest=0.1)}),
        (TINY, {"levers": held(keep=0.5)}),
    ],
}


def test_a_reserve_without_a_rule_is_not_touched():
    found = plan(TINY, {"benefit_rigidity": {}})
    assert money(found, "closing", "n", "f") == pytest.approx(18, rel=1e-9)
    assert money(found, "closing", "s", "f") == pytest.approx(6, rel=1e-9)


def test_a_fund_that_need_hold_nothing_is_spent():
    # 60 + 18 = 78 million for 100 thousand: 780 crowns; 20 + 6 = 26: 260 crowns.
    found = plan(TINY, held())
    assert benefit(found, "n", "farmers") == pytest.approx(780, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(260, rel=1e-6)
    assert money(found, "closing", "n", "f") == pytest.approx(0, abs=1e-5)


def test_a_fund_that_is_not_named_keeps_todays_path():
    found = plan(TINY, held())
    assert money(found, "closing", "n", "w") == pytest.approx(100, rel=1e-9)


def test_a_month_of_spending_is_held():
    # spending S, closing C: S + C = 78 and C = S / 12, so S = 72 and C = 6: 720 crowns. 26 = 24 + 2: 240 crowns.
    found = plan(TINY, held(months=1))
    assert benefit(found, "n", "farmers") == pytest.approx(720, rel=1e-6)
    assert money(found, "closing", "n", "f") == pytest.approx(6, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(240, rel=1e-6)
    assert money(found, "closing", "s", "f") == pytest.approx(2, rel=1e-6)


def test_a_region_need_not_hold_more_months_than_it_has():
    # Asked for 12 months. North has 18 / (60 / 12) = 3.6: S (1 + 0.3) = 78, S = 60: nothing can be spent, as today.
    # South has 6 / (20 / 12) = 3.6 as well: S = 26 / 1.3 = 20.
    found = plan(TINY, held(months=12))
    assert benefit(found, "n", "farmers") == pytest.approx(600, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(200, rel=1e-6)
    assert money(found, "closing", "n", "f") == pytest.approx(18, rel=1e-6)


def test_the_same_months_everywhere_if_the_rule_says_so():
    # Six months of spending: S x 1.5 = 78, S = 52: North 520 crowns; 26 / 1.5 = 17.33: South 173.3 crowns.
    found = plan(TINY, held(months=6, own_months=False))
    assert benefit(found, "n", "farmers") == pytest.approx(520, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(520 / 3, rel=1e-6)


def test_the_locked_part_and_what_accrues_to_it_stay():
    # 2 locked and 1 more a year: South keeps 3, then 4, and spends 46 - 4 = 42 over two years.
    found = plan(LOCKED.years(2030, 2031), held())
    assert money(found, "locked", "s", "f", 2030) == 3
    assert money(found, "locked", "s", "f", 2031) == 4
    assert money(found, "closing", "s", "f", 2030) >= 3 - 1e-6
    assert money(found, "closing", "s", "f", 2031) == pytest.approx(4, rel=1e-6)
    spent = benefit(found, "s", "farmers", 2030) + benefit(found, "s", "farmers", 2031)
    assert spent == pytest.approx(420, rel=1e-6)


def test_the_last_year_is_not_plundered():
    # Half of the opening reserve is left at the end of the last year, not before: 9 and 3 million.
    found = plan(TWO_YEARS, held(keep=0.5))
    assert money(found, "closing", "n", "f", 2031) == pytest.approx(9, rel=1e-6)
    assert money(found, "closing", "s", "f", 2031) == pytest.approx(3, rel=1e-6)
    # 60 + 60 + 18 - 9 = 129: the same in both years is best, 645 crowns; South 20 + 20 + 6 - 3 = 43: 215 crowns.
    for year in (2030, 2031):
        assert benefit(found, "n", "farmers", year) == pytest.approx(645, rel=1e-6)
        assert benefit(found, "s", "farmers", year) == pytest.approx(215, rel=1e-6)


def test_interest_is_paid_on_what_a_year_starts_with():
    # 0.1 x 18 = 1.8: 60 + 18 + 1.8 = 79.8 million, 798 crowns. Other funds earn it as well: 10 on 100.
    found = plan(TINY, held(interest=0.1))
    assert money(found, "interest", "n", "f") == pytest.approx(1.8, rel=1e-9)
    assert benefit(found, "n", "farmers") == pytest.approx(798, rel=1e-6)
    assert money(found, "interest", "n", "w") == pytest.approx(10, rel=1e-9)


def test_interest_of_the_second_year_is_paid_on_the_first_years_closing():
    found = plan(TWO_YEARS, held(interest=0.1))
    for region in ("n", "s"):
        closing = money(found, "closing", region, "f", 2030)
        assert money(found, "interest", region, "f", 2031) == pytest.approx(0.1 * closing, rel=1e-6, abs=1e-9)


def test_an_unknown_fund_is_refused():
    with pytest.raises(InstanceError):
        plan(TINY, {"reserves": {"funds": {"nobody": {"months": 1}}}})

"""Employer burden by hand: of the workers' rates of 0.2 in North and 0.3 in South employers pay half, 0.1 and 0.15."""

from dataclasses import replace

import pytest
from cases import TINY, at, deficit, money, plan

from commonweal.instances import InstanceError

SPLIT = replace(TINY, tables={**TINY.tables, "accounts": TINY.tables["accounts"].assign(employer_share=0.0)})
SPLIT = SPLIT.put("accounts", fund="w", employer_share=0.5)
# The farmers' fund has a base of 100 and a rate of 0.1 in South, half of it the employers'; it pays 10 less revenue.
BOTH = SPLIT.put("accounts", region="s", fund="f", base=100, rate=0.1, employer_share=0.5, other_revenue=10)
RIGID = {"benefit_rigidity": {}}
SHORT = replace(
    deficit(), tables={**deficit().tables, "accounts": deficit().tables["accounts"].assign(employer_share=0.5)}
).put("accounts", region="s", fund="w", opening=0)  # South's workers' fund lacks 50 at a rate of 0.2


def burden(cap, **settings):
    return {"employer_burden": {"cap": cap, **settings}, **RIGID}


def common(least, largest):
    return {"unified_rate": {"fund": "w", "target": "free", "bounds": [least, largest]}}


def rate(found, region, fund="w", year=2030):
    return at(found.rates, "rate", region=region, fund=fund, year=year)


BINDING = {
    "cap": [
        (SPLIT, {"levers": burden(0.12)}),
        (BOTH, {"levers": burden(0.12, funds=["w"])}),
        (SHORT, {"levers": {**burden(0.15, never_rises=False), **common(0.1, 0.4)}}),
    ],
    "workers' part": [(BOTH, {"levers": {**burden(0.12), "reserves": {"funds": {"f": {"months": 0}}}}})],
    "not above today": [(SHORT, {"levers": burden(0.5, never_rises=False)})],
    "never_rises": [(SHORT, {"levers": {**burden(0.5), **common(0.1, 0.4)}})],
}


def test_a_rate_falls_until_employers_pay_no_more_than_the_cap():
    # South: 0.15 of employers, and 0.12 are allowed, so 0.27; it loses 0.03 x 500 = 15, which nobody replaces.
    found = plan(SPLIT, burden(0.12))
    assert rate(found, "n") == pytest.approx(0.2, rel=1e-9)
    assert rate(found, "s") == pytest.approx(0.27, rel=1e-9)
    assert money(found, "unfunded", "s", "w") == pytest.approx(15, rel=1e-5)


def test_the_plan_lowers_the_rate_of_the_fund_that_loses_least():
    # South's employers pay 0.15 + 0.05 and may pay 0.12: 0.08 less. The farmers' base is smaller: all of its 0.05 go,
    # and 0.03 of the workers' fund.
    found = plan(BOTH, burden(0.12))
    assert rate(found, "s", "f") == pytest.approx(0.05, rel=1e-6)
    assert rate(found, "s", "w") == pytest.approx(0.27, rel=1e-6)


def test_only_the_named_funds_count():
    found = plan(BOTH, burden(0.12, funds=["w"]))
    assert rate(found, "s", "f") == pytest.approx(0.1, rel=1e-9)
    assert rate(found, "s", "w") == pytest.approx(0.27, rel=1e-9)


def test_a_cap_that_falls_by_year_lowers_the_rate_by_year():
    found = plan(SPLIT.years(2030, 2031), burden([0.14, 0.12]))
    assert [rate(found, "s", year=year) for year in (2030, 2031)] == pytest.approx([0.29, 0.27], rel=1e-6)


def test_with_a_unified_rate_the_common_rate_stays_under_the_cap_and_does_not_raise_the_mean():
    # Rates of 0.25 on 1,000 and 0.2 on 500: the mean is 350 / 1,500. Unhindered the common rate would be 0.4.
    found = plan(SHORT, {**burden(0.5), **common(0.1, 0.4)})
    assert rate(found, "n") == rate(found, "s") == pytest.approx(350 / 1500, rel=1e-6)
    # Workers pay 0.125 and 0.1: the cap of 0.12 holds South to 0.22.
    found = plan(SHORT, {**burden(0.12), **common(0.1, 0.4)})
    assert rate(found, "n") == rate(found, "s") == pytest.approx(0.22, rel=1e-6)


def test_a_fixed_common_rate_above_the_cap_is_impossible():
    with pytest.raises(Exception, match="No plan") as caught:
        plan(SPLIT, {**burden(0.12), "unified_rate": {"fund": "w", "target": 0.3, "phase_in": 1}})
    assert caught.value.exit_code == 4


def test_a_case_that_does_not_know_what_employers_pay_is_told_so():
    with pytest.raises(InstanceError, match="employer_share"):
        plan(TINY, burden(0.1))

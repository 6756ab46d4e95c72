"""Platform recognition by hand: 100 thousand riders in South, whom work injury insurance (standard 500) does not reach.

Half of them recognised, on a wage of 2,000 crowns and a rate of 0.1: 50 thousand x 200 crowns = 10 million for the fund.
"""

import pytest
from cases import TINY, at, money, plan

from commonweal.instances import InstanceError

RIDERS = (
    TINY.add("groups", "riders,Riders,other")
    .add("programmes", "injury,Work injury")
    .add("schemes", "injury,riders,f,500")
    .add("people", "s,riders,injury,100,0,0")
)
BASE = {"benefit_rigidity": {}}


def recognised(share=0.5, **settings):
    lever = {"group": "riders", "programme": "injury", "share": share, "wage": 2000.0, **settings}
    return {**BASE, "platform_recognition": lever}


PAYING = {"rates": {"f": 0.1}}
COVERED = {**PAYING, "covers": ["injury"], "package": 0.2}
POORER = {"weights": {"programmes": {"injury": 0.01}}}
BINDING = {"package": [(RIDERS, {"levers": recognised(**COVERED), **POORER})]}


def injury(found, year=2030):
    return at(found.benefits, "benefit", programme="injury", year=year)


def covered(found, year=2030):
    return at(found.coverage, "covered", programme="injury", year=year)


def test_employers_of_the_recognised_pay_contributions():
    found = plan(RIDERS, recognised(**PAYING))
    assert money(found, "lever_inflow", "s", "f") == pytest.approx(10, rel=1e-9)
    # South's farmers: 200 + 100 crowns; riders are covered by nothing.
    assert at(found.benefits, "benefit", region="s", group="farmers") == pytest.approx(300, rel=1e-6)
    assert (covered(found), injury(found)) == (0, 0)


def test_the_recognised_are_covered_and_get_the_package():
    # Half of 100 thousand are covered; a crown does most with them: 10 million are 100 crowns per eligible rider.
    found = plan(RIDERS, recognised(**COVERED))
    assert covered(found) == 50
    assert injury(found) == pytest.approx(100, rel=1e-6)
    # The package: 0.2 x 500 x 0.5 = 50 crowns per eligible rider, where money would rather go to pensions.
    found = plan(RIDERS, recognised(**COVERED), **POORER)
    assert injury(found) == pytest.approx(50, rel=1e-6)
    assert at(found.benefits, "benefit_per_recipient", programme="injury") == pytest.approx(100, rel=1e-6)


def test_the_share_is_a_path():
    found = plan(RIDERS.years(2030, 2031), recognised([0.25, 0.5], **COVERED))
    assert [covered(found, year) for year in (2030, 2031)] == [25, 50]
    assert [money(found, "lever_inflow", "s", "f", year) for year in (2030, 2031)] == pytest.approx([5, 10], rel=1e-9)


def test_whoever_is_covered_today_stays_covered():
    case = RIDERS.put("people", group="riders", programme="injury", region="s", covered=80, benefit=10)
    found = plan(case.put("accounts", region="s", fund="f", other_revenue=21), recognised(**COVERED))
    assert covered(found) == 80


def test_another_lever_may_cover_more_but_not_less():
    # The extension is all or nothing: with half of them recognised it has to begin.
    levers = {**recognised(**PAYING, covers=["injury"]), "extension": {"programmes": {"injury": {"package": 0.1}}}}
    assert covered(plan(RIDERS, levers, **POORER)) == 100


@pytest.mark.parametrize("share", [[0.5, 0.4], [0.5, 1.1], [-0.1, 0.2]])
def test_a_share_that_falls_or_is_no_share_is_refused(share):
    with pytest.raises(InstanceError, match="never fall"):
        plan(RIDERS.years(2030, 2031), recognised(share, **PAYING))


def test_a_fund_the_case_does_not_have_is_refused():
    with pytest.raises(InstanceError):
        plan(RIDERS, recognised(rates={"x": 0.1}))

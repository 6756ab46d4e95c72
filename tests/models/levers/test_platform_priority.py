"""Platform priority by hand: `RIDERS` has a group of platform workers whom two insurances do not reach.

Riders: work injury with a standard of 500 crowns, unemployment with 250; so a crown does twice as much in unemployment
insurance, and without the lever it begins first. Both are paid by the farmers' fund of South.
"""

import pytest
from cases import FARMERS_GET, TINY, at, plan

from commonweal.instances import InstanceError
from commonweal.optimizer.errors import UsageError

RIDERS = (
    TINY.add("groups", "riders,Riders,other")
    .add("programmes", "injury,Work injury\njobless,Unemployment")
    .add("schemes", "injury,riders,f,500\njobless,riders,f,250")
    .add("people", "s,riders,injury,100,0,0\ns,riders,jobless,100,0,0")
)
OPEN = {"extension": {"programmes": {"injury": {"package": 0.4}, "jobless": {"package": 0.6}}}}
BASE = {**FARMERS_GET, "benefit_rigidity": {}, **OPEN}
FIRST = {**BASE, "platform_priority": {"group": "riders", "first": ["injury"]}}
BINDING = {"first": [(RIDERS, {"levers": FIRST})]}


def covered(found):
    rows = found.coverage.query("group == 'riders'")
    return {p: at(rows, "covered", programme=p) for p in ("injury", "jobless")}


def test_without_the_lever_the_cheaper_programme_begins():
    # 0.4 of 500 takes all 20 million, 0.6 of 250 takes 15 of them: one of the two.
    assert covered(plan(RIDERS, BASE)) == {"injury": 0, "jobless": 100}


def test_the_priority_programme_comes_first():
    assert covered(plan(RIDERS, FIRST)) == {"injury": 100, "jobless": 0}


def test_when_money_is_enough_both_begin():
    found = plan(RIDERS, {**FIRST, "vertical_transfers": {"budget": {"f": 60.0}}})
    assert covered(found) == {"injury": 100, "jobless": 100}


def test_partial_coverage_counts_from_where_it_stands():
    # 40 of 100 riders have unemployment insurance today: it may stay, but not grow, while work injury has not begun.
    some = RIDERS.put("people", region="s", group="riders", programme="jobless", covered=40, benefit=50)
    some = some.put("accounts", region="s", fund="f", other_revenue=25)
    case = some.put("schemes", programme="injury", standard=5000)
    assert covered(plan(case, FIRST)) == {"injury": 0, "jobless": 40}


def test_a_priority_programme_that_reaches_everybody_holds_nothing_back():
    case = RIDERS.put("people", region="s", group="riders", programme="injury", covered=100)
    assert covered(plan(case, FIRST)) == {"injury": 100, "jobless": 100}


def test_a_group_the_case_does_not_have_is_refused():
    with pytest.raises(InstanceError):
        plan(RIDERS, {**BASE, "platform_priority": {"group": "pilots", "first": ["injury"]}})
    with pytest.raises(UsageError):
        plan(RIDERS, {**BASE, "platform_priority": {"group": "riders", "first": []}})

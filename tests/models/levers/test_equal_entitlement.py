"""Equal entitlement by hand: farmers get a share of what workers of their region get; one fund pays both.

North: workers 2,000, farmers 600 crowns; South: workers 1,500, farmers 200. Everybody is covered unless a test says so.
"""

import pytest
from cases import FARMERS_GET, TINY, at, benefit, joint, plan

from commonweal.instances import InstanceError
from commonweal.optimizer.errors import Infeasible

GRANT = (
    joint()
    .add("programmes", "grant,Grant")
    .add("schemes", "grant,workers,f,500\ngrant,farmers,f,500")
    .add("people", "s,workers,grant,100,100,200\ns,farmers,grant,100,0,0")
    .put("accounts", region="s", fund="f", other_revenue=190)
)
HALF = joint().put("people", region="n", group="farmers", covered=50)
BASE = {**FARMERS_GET, "benefit_rigidity": {}}
EXTENSION = {"extension": {"programmes": {"grant": {"package": 0.1, "groups": ["farmers"], "deadline": 2030}}}}
RELUCTANT = {"weights": {"programmes": {"grant": 0.001}}}


def equal(parity, **settings):
    return {**BASE, "equal_entitlement": {"groups": {"farmers": "workers"}, "parity": parity, **settings}}


def opened(parity):
    return {**equal(parity, programmes=["grant"]), **EXTENSION}


BINDING = {
    "equal": [(joint(), {"levers": {**equal(0.33), "vertical_transfers": {"budget": {"f": 36.0}}}})],
    "equal_once_covered": [(GRANT, {"levers": opened(0.5), **RELUCTANT})],
}


def test_a_group_gets_a_share_of_what_its_host_gets():
    # South would have all 20 million (400 crowns); 0.33 x 2,000 = 660 for North's farmers takes 6 of them.
    found = plan(joint(), BASE)
    assert [benefit(found, r, "farmers") for r in ("n", "s")] == pytest.approx([600, 400], rel=1e-6)
    with pytest.raises(Infeasible):  # 0.33 x 1,500 = 495 for South's takes 29.5
        plan(joint(), equal(0.33))
    found = plan(joint(), {**equal(0.33), "vertical_transfers": {"budget": {"f": 36.0}}})
    assert [benefit(found, r, "farmers") for r in ("n", "s")] == pytest.approx([660, 500], rel=1e-6)


def test_where_half_of_a_group_is_covered_half_is_asked():
    # 0.64 x 0.5 x 2,000 = 640 per eligible farmer in North takes 4 million, 0.64 x 1,500 = 960 in South 76.
    found = plan(HALF, {**equal(0.64), "vertical_transfers": {"budget": {"f": 80.0}}})
    assert [benefit(found, r, "farmers") for r in ("n", "s")] == pytest.approx([640, 960], rel=1e-6)


def test_parity_waits_until_the_programme_has_begun():
    # The grant of South's farmers has not begun: nothing is asked. Begun, it is half of the workers' 200 crowns.
    levers = opened(0.5)
    later = {**levers, "extension": {"programmes": {"grant": {"package": 0.1, "groups": ["farmers"]}}}}
    found = plan(GRANT, later, **RELUCTANT)
    assert at(found.benefits, "benefit", programme="grant", group="farmers") == 0
    found = plan(GRANT, levers, **RELUCTANT)
    assert at(found.benefits, "benefit", programme="grant", group="farmers") == pytest.approx(100, rel=1e-6)


def test_parity_may_rise_from_year_to_year():
    found = plan(joint().years(2030, 2031), {**equal([0.3, 0.33]), "vertical_transfers": {"budget": {"f": 60.0}}})
    for year, parity in ((2030, 0.3), (2031, 0.33)):
        for r in ("n", "s"):
            assert benefit(found, r, "farmers", year) >= parity * benefit(found, r, "workers", year) - 1e-3


def test_a_host_the_case_does_not_have_is_refused():
    with pytest.raises(InstanceError):
        plan(TINY, {**BASE, "equal_entitlement": {"groups": {"farmers": "lords"}, "parity": 0.5}})

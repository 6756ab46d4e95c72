"""Own effort by hand, on the case of `cases.py`: South's effort falls short by 20, its own revenue is 400."""

import pytest
from cases import TINY, benefit, money, plan

from commonweal.instances import InstanceError


def effort(share, fund="f"):
    return {"own_effort": {"fund": fund, "share_of_revenue": share}}


BINDING = {"fixed own": [(TINY, {"levers": effort(0.03)})]}


def test_a_region_adds_its_share_of_revenue():
    # min(0.03 x 400, 20) = 12: South 200 + 12 / 0.1 = 320 crowns. North does not fall short: nothing.
    found = plan(TINY, effort(0.03))
    assert money(found, "own", "s", "f") == pytest.approx(12, rel=1e-9)
    assert money(found, "own", "n", "f") == 0.0
    assert benefit(found, "s", "farmers") == pytest.approx(320, rel=1e-6)
    assert benefit(found, "n", "farmers") == pytest.approx(600, rel=1e-9)


def test_a_region_adds_no_more_than_its_effort_falls_short():
    # min(0.1 x 400, 20) = 20: South 400 crowns.
    found = plan(TINY, effort(0.1))
    assert money(found, "own", "s", "f") == pytest.approx(20, rel=1e-9)
    assert benefit(found, "s", "farmers") == pytest.approx(400, rel=1e-6)


def test_the_money_is_given_whether_or_not_it_helps_the_gap():
    # Workers are above the line: their fund gets South's 12 all the same and keeps it, for nothing is thrown away.
    found = plan(TINY, effort(0.03, fund="w"))
    assert money(found, "own", "s", "w") == pytest.approx(12, rel=1e-9)
    kept = money(found, "closing", "s", "w") - 50 + 0.1 * (benefit(found, "s", "workers") - 1500)
    assert kept == pytest.approx(12, rel=1e-6)


def test_an_unknown_fund_is_refused():
    with pytest.raises(InstanceError):
        plan(TINY, effort(0.03, fund="nobody"))

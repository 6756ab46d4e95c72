"""Central adjustment by hand: North's workers' fund gains 50 a year and South's loses 50, which it may not take from its reserve.

Nine tenths of the bases are 900 in North and 450 in South. The pot of 1,350 is shared equally, as both have 100 thousand
recipients: 675 each. For a rate of one North pays 900 - 675 = 225 net, which South receives.
"""

import pytest
from cases import TINY, at, deficit, money, plan

from commonweal.instances import InstanceError

LOCKED = deficit().put("accounts", region="s", fund="w", locked=50)
OBLIGED = {"reserves": {"funds": {"w": {"months": 0}}}, "benefit_rigidity": {}}


def adjusted(**settings):
    return {"central_adjustment": {"fund": "w", **settings}, **OBLIGED}


BINDING = {"largest rate": [(LOCKED, {"levers": adjusted(rate="free", most=0.1, share_of_base=0.5)})]}


def flow(found, region, column, year=2030):
    return at(found.tables["lever_flows"], column, region=region, year=year)


def test_every_region_pays_on_its_wages_and_receives_by_its_recipients():
    # 0.03 x 900 = 27 and 0.03 x 450 = 13.5; each receives 0.03 x 675 = 20.25. South lacks 50 - 6.75 = 43.25.
    found = plan(LOCKED, adjusted())
    assert flow(found, "n", "outflow") == pytest.approx(27, rel=1e-9)
    assert flow(found, "s", "outflow") == pytest.approx(13.5, rel=1e-9)
    assert flow(found, "n", "inflow") == flow(found, "s", "inflow") == pytest.approx(20.25, rel=1e-9)
    assert money(found, "unfunded", "s", "w") == pytest.approx(43.25, rel=1e-6)
    assert money(found, "closing", "n", "w") == pytest.approx(100 + 50 - 6.75, rel=1e-6)


def test_it_sums_to_zero_whatever_the_rate_and_the_recipients():
    # South has twice the recipients of North: 1,350 x 100 / 300 = 450 and 900 for a rate of one.
    case = TINY.put("people", region="s", group="workers", eligible=200, covered=200, benefit=750)
    found = plan(case.years(2030, 2031), adjusted(rate=[0.02, 0.05]))
    for year, rate in ((2030, 0.02), (2031, 0.05)):
        assert flow(found, "n", "inflow", year) == pytest.approx(450 * rate, rel=1e-9)
        assert flow(found, "s", "inflow", year) == pytest.approx(900 * rate, rel=1e-9)
        rows = found.tables["lever_flows"].query("year == @year and lever == 'central_adjustment'")
        assert rows["inflow"].sum() == pytest.approx(rows["outflow"].sum(), rel=1e-12)


def test_a_free_rate_is_as_large_as_the_deficit_asks_for_and_no_larger():
    # 225 x rate = 50.
    found = plan(LOCKED, adjusted(rate="free", most=0.5))
    assert at(found.tables["decisions"], "value", decision="rate") == pytest.approx(50 / 225, rel=1e-6)
    assert found.funds["unfunded"].abs().max() == pytest.approx(0, abs=1e-6)


def test_a_fund_that_pays_nobody_and_an_unknown_one_are_refused():
    case = TINY.add("funds", "x,Empty fund").add("accounts", "n,x,0,100,0.1,0,0,0,0")
    with pytest.raises(InstanceError, match="a fund that pays somebody"):
        plan(case, {"central_adjustment": {"fund": "x"}})
    with pytest.raises(InstanceError, match="fund"):
        plan(TINY, {"central_adjustment": {"fund": "ww"}})

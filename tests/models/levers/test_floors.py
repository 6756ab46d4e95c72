"""Floors by hand. In `POOR_WORKERS` the farmers' fund pays both groups and South's workers are far from a high standard.

Standard of workers 4,000 crowns; South's workers get 600 (0.15 of it), its farmers 200 (0.2 of 1,000). A million is worth
four times as much with the farmers, whose standard is a quarter: without a floor all new money goes to them.
"""

import pytest
from cases import FARMERS_GET, TINY, benefit, joint, plan

from commonweal.instances import InstanceError
from commonweal.optimizer.errors import Infeasible, UsageError

POOR_WORKERS = (
    joint()
    .put("schemes", group="workers", standard=4000)
    .put("people", region="s", group="workers", benefit=600)
    .put("accounts", region="s", fund="f", other_revenue=80)
)


def floors(**settings):
    return {**FARMERS_GET, "benefit_rigidity": {}, "floors": settings}


GRANT = (
    POOR_WORKERS.add("programmes", "grant,Grant")
    .add("schemes", "grant,workers,f,4000")
    .add("people", "s,workers,grant,100,100,0")
)
BINDING = {
    "floor": [
        (POOR_WORKERS, {"levers": floors(amount=700.0, groups=["workers"])}),
        (POOR_WORKERS, {"levers": floors(share=0.25, mode="soft", groups=["workers"])}),
        (GRANT, {"levers": floors(amount=700.0, mode="soft", programmes=["grant"])}),
    ],
}


def test_without_a_floor_the_money_goes_where_it_narrows_the_gap_most():
    found = plan(POOR_WORKERS, {**FARMERS_GET, "benefit_rigidity": {}})
    assert benefit(found, "s", "workers") == pytest.approx(600, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(400, rel=1e-6)


def test_a_hard_floor_is_served_first():
    # 700 crowns for South's workers take 10 of the 20 million; its farmers get the other 10: 300 crowns.
    found = plan(POOR_WORKERS, floors(amount=700.0, groups=["workers"]))
    assert benefit(found, "s", "workers") == pytest.approx(700, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(300, rel=1e-6)


def test_a_floor_is_the_larger_of_amount_and_share():
    # 0.2 x 4,000 = 800 > 700: all 20 million.
    found = plan(POOR_WORKERS, floors(amount=700.0, share=0.2, groups=["workers"]))
    assert benefit(found, "s", "workers") == pytest.approx(800, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(200, rel=1e-6)
    found = plan(POOR_WORKERS, floors(amount=700.0, share=0.16, groups=["workers"]))  # 0.16 x 4,000 = 640 < 700
    assert benefit(found, "s", "workers") == pytest.approx(700, rel=1e-6)


def test_a_soft_floor_that_money_cannot_reach_is_approached_before_any_gap():
    # 0.25 x 4,000 = 1,000 crowns need 40 million; the 20 there are go to it: 800 crowns. 20 million are missing.
    found = plan(POOR_WORKERS, floors(share=0.25, mode="soft", groups=["workers"]))
    assert benefit(found, "s", "workers") == pytest.approx(800, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(200, rel=1e-6)
    missing = {stage["stage"]: stage["value"] for stage in found.info["stages"]}["floors"]
    assert missing == pytest.approx(20, rel=1e-6)


def test_a_hard_floor_that_money_cannot_reach_is_impossible():
    with pytest.raises(Infeasible) as told:
        plan(POOR_WORKERS, floors(share=0.25, groups=["workers"]))
    assert str(told.value).endswith(".")


def test_a_hard_floor_may_not_be_met_by_promises_that_nobody_funds():
    # 40 million short, whatever the size: an obligation that a floor creates is no unfunded obligation of today.
    for amount in (201.0, 600.0, 1e6):
        with pytest.raises(Infeasible):
            plan(TINY, {"floors": {"amount": amount, "groups": ["farmers"]}})


def test_a_floor_holds_for_its_programmes_only():
    found = plan(GRANT, floors(amount=700.0, groups=["workers"], programmes=["pension"]))
    # The other 10 million are at most 100 crowns for the grant, which has no floor.
    workers = found.benefits.query("region == 's' and group == 'workers'").set_index("programme")["benefit"]
    assert workers["pension"] == pytest.approx(700, rel=1e-6)
    assert workers["grant"] < 100.1


def test_the_uncovered_have_no_floor():
    case = TINY.put("people", region="s", group="farmers", covered=0, benefit=0)
    found = plan(case, {"floors": {"amount": 300.0}})
    assert benefit(found, "s", "farmers") == 0.0


def test_a_floor_may_rise_from_year_to_year():
    # 620, then 650 crowns: 2 and 5 million for South's workers. Of 2 x 20 million 33 are left for its farmers, who get
    # the same in both years, 200 + 16.5 / 0.1 = 365 crowns, since the fund saves 1.5 of the first year's 18.
    case = POOR_WORKERS.years(2030, 2031)
    found = plan(case, floors(amount=[620.0, 650.0], groups=["workers"]))
    assert benefit(found, "s", "workers", 2030) == pytest.approx(620, rel=1e-6)
    assert benefit(found, "s", "workers", 2031) == pytest.approx(650, rel=1e-6)
    for year in (2030, 2031):
        assert benefit(found, "s", "farmers", year) == pytest.approx(365, rel=1e-6)


def test_a_floor_that_asks_for_nothing_is_a_usage_error():
    with pytest.raises(UsageError):
        plan(TINY, {"floors": {}})


@pytest.mark.parametrize("settings", [{"groups": ["moon"]}, {"programmes": ["moon"]}, {"amount": [1.0, 2.0]}])
def test_a_setting_that_names_what_the_case_has_not_is_refused(settings):
    with pytest.raises(InstanceError):
        plan(TINY, {"floors": {"amount": 100.0, **settings}})

"""Benefit rigidity by hand. In `joint()` one fund pays both groups, so that the gap would gain from cutting workers."""

import pytest
from cases import FARMERS_GET, TINY, benefit, joint, plan

from commonweal.instances import InstanceError

JOINT = joint()
TWO_YEARS = TINY.years(2030, 2031)
NEVER_FALL = {"benefit_rigidity": {}}
FALLING = {"vertical_transfers": {"budget": {"f": [30.0, 10.0]}}}
RISING = {"vertical_transfers": {"budget": {"f": [20.0, 60.0]}}}


def rigid(levers=FARMERS_GET, **groups):
    return {**levers, "benefit_rigidity": {"groups": groups or {"*": {}}}}


# A grant that workers get besides their pension, from the same fund.
GRANT = (
    JOINT.add("programmes", "grant,Grant")
    .add("schemes", "grant,workers,f,1000")
    .add("people", "s,workers,grant,100,100,1500")
    .put("accounts", region="s", fund="f", other_revenue=320)
)
BINDING = {
    "min_growth_first": [
        (JOINT, {"levers": NEVER_FALL}),
        (JOINT, {"levers": {"benefit_rigidity": {"groups": {"workers": {"min_growth": -0.1}}}}}),
        (GRANT, {"levers": {"benefit_rigidity": {"groups": {"*": {"programmes": ["pension"]}}}}}),
    ],
    "min_growth": [(TWO_YEARS, {"levers": rigid(FALLING), "weights": {"discount": 0.5}})],
    "max_growth_first": [(TINY, {"levers": rigid(farmers={"max_growth": 0.5})})],
    "max_growth": [(TWO_YEARS, {"levers": rigid(RISING, farmers={"max_growth": 0.25})})],
}


def test_without_rigidity_the_gap_is_closed_by_cutting_those_above_the_line():
    # South's fund has 170 for 200 thousand people: 850 crowns each. North has 260: 1,000 for farmers leaves 1,600.
    found = plan(JOINT, {"floors": {"amount": 0.0}})  # a lever that opens benefits and asks for nothing
    assert benefit(found, "s", "workers") == pytest.approx(850, rel=1e-5)
    assert benefit(found, "s", "farmers") == pytest.approx(850, rel=1e-5)
    assert benefit(found, "n", "farmers") == pytest.approx(1000, rel=1e-5)
    assert benefit(found, "n", "workers") == pytest.approx(1600, rel=1e-5)


def test_with_rigidity_nobody_falls():
    found = plan(JOINT, NEVER_FALL)
    assert found.benefits["benefit"].tolist() == pytest.approx(found.benefits["benefit_before"].tolist(), rel=1e-7)


def test_a_bounded_fall_frees_what_it_frees():
    # South's workers may fall by a tenth: 150 of 1,500 crowns x 0.1 = 15 million lift its farmers to 350.
    # North's fall too, by 200 x 0.1 = 20 million: its farmers rise to 800.
    found = plan(JOINT, {"benefit_rigidity": {"groups": {"workers": {"min_growth": -0.1}}}})
    assert benefit(found, "s", "workers") == pytest.approx(1350, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(350, rel=1e-6)
    assert benefit(found, "n", "workers") == pytest.approx(1800, rel=1e-6)
    assert benefit(found, "n", "farmers") == pytest.approx(800, rel=1e-6)


def test_the_star_stands_for_every_group_not_named():
    found = plan(JOINT, {"benefit_rigidity": {"groups": {"farmers": {"min_growth": None}, "*": {}}}})
    assert benefit(found, "s", "workers") == pytest.approx(1500, rel=1e-7)


def test_a_growth_cap_limits_the_first_rise_against_today():
    # At most 1.5 x 200 = 300 in South, which takes 10 of the 20 million; the other 10 lift North to 700.
    found = plan(TINY, rigid(farmers={"max_growth": 0.5}))
    assert benefit(found, "s", "farmers") == pytest.approx(300, rel=1e-6)
    assert benefit(found, "n", "farmers") == pytest.approx(700, rel=1e-6)


def test_a_growth_cap_limits_later_rises_against_the_year_before():
    # A quarter a year. 2030: South 250 (5 of the 20 million), North 750 (the other 15). 2031: South 312.5, North 937.5.
    found = plan(TWO_YEARS, rigid(RISING, farmers={"max_growth": 0.25}))
    assert benefit(found, "s", "farmers", 2030) == pytest.approx(250, rel=1e-6)
    assert benefit(found, "s", "farmers", 2031) == pytest.approx(312.5, rel=1e-6)
    assert benefit(found, "n", "farmers", 2030) == pytest.approx(750, rel=1e-6)
    assert benefit(found, "n", "farmers", 2031) == pytest.approx(937.5, rel=1e-6)


def test_what_is_given_once_must_be_kept_up():
    # 30 million, then 10, and 2030 counts twice as much. What 2030 gives must be paid in 2031 as well: 20 a year, for
    # which South's fund saves 10 of the 30. Without the rule it saves nothing: 500, then 300 crowns
    # (at the margin 2 x 0.5 against 0.7).
    found = plan(TWO_YEARS, rigid(FALLING), weights={"discount": 0.5})
    free = plan(TWO_YEARS, FALLING, weights={"discount": 0.5})
    for year, without in ((2030, 500), (2031, 300)):
        assert benefit(found, "s", "farmers", year) == pytest.approx(400, rel=1e-6)
        assert benefit(free, "s", "farmers", year) == pytest.approx(without, rel=1e-6)


def test_a_least_growth_is_served_before_need():
    # Everybody's benefit must rise by a tenth in North, a fifth in South (the series prices): farmers 660 and 240 take
    # 6 + 4 of the 20 million; the other 10 lift South to 340. Workers 2,200 and 1,800 cost 20 and 30 of workers' money.
    grants = {"vertical_transfers": {"budget": {"f": 20.0, "w": 50.0}}}
    found = plan(TINY, rigid(grants, **{"*": {"min_growth": "prices"}}))
    assert benefit(found, "n", "farmers") == pytest.approx(660, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(340, rel=1e-6)
    assert benefit(found, "n", "workers") == pytest.approx(2200, rel=1e-6)
    assert benefit(found, "s", "workers") == pytest.approx(1800, rel=1e-6)


def test_a_rule_for_some_programmes_leaves_the_others_alone():
    found = plan(GRANT, {"benefit_rigidity": {"groups": {"*": {"programmes": ["pension"]}}}})
    grant = found.benefits.query("programme == 'grant'")["benefit"].iloc[0]
    pension = found.benefits.query("programme == 'pension' and region == 's' and group == 'workers'")["benefit"].iloc[0]
    assert pension == pytest.approx(1500, rel=1e-6)
    assert grant < 1400


def test_the_uncovered_are_no_concern_of_it():
    case = TINY.put("people", region="s", group="farmers", covered=0, benefit=0)
    found = plan(case, rigid(**{"*": {"min_growth": 0.0, "max_growth": 0.0}}))
    assert benefit(found, "s", "farmers") == 0.0


def test_a_benefit_of_zero_has_no_growth_cap():
    # South's farmers are covered and get nothing: a cap would keep them there for ever. Their fund's own 20 million are
    # saved today, and stay so.
    case = TINY.put("people", region="s", group="farmers", benefit=0)
    found = plan(case, rigid(farmers={"max_growth": 0.0}))
    assert benefit(found, "s", "farmers") == pytest.approx(200, rel=1e-6)


@pytest.mark.parametrize(
    "rule", [{"moon": {}}, {"farmers": {"programmes": ["moon"]}}, {"farmers": {"min_growth": "moon"}}]
)
def test_a_setting_that_names_what_the_case_has_not_is_refused(rule):
    with pytest.raises(InstanceError):
        plan(TINY, rigid(**rule))

"""Residence opening by hand: 100 thousand movers live in South; the health insurance of farmers, standard 500, is not theirs.

Farmers: 100 thousand, all covered, 200 crowns; the farmers' fund pays both. 10 million are 100 crowns per eligible person.
"""

import pytest
from cases import FARMERS_GET, TINY, at, money, plan

from commonweal.instances import InstanceError
from commonweal.optimizer.errors import UsageError

MOVERS = (
    TINY.add("groups", "movers,Movers,other")
    .add("programmes", "health,Health")
    .add("schemes", "health,farmers,f,500\nhealth,movers,f,500")
    .add("people", "s,farmers,health,100,100,200\ns,movers,health,100,0,0")
    .put("accounts", region="s", fund="f", other_revenue=40)
)
BASE = {**FARMERS_GET, "benefit_rigidity": {}}
RELUCTANT = {"weights": {"programmes": {"health": 0.001}}}
LATE = {"weights": {"discount": 0.5}}
HOST = {"host": "farmers", "parity": 0.8}


def opening(budget=20.0, **settings):
    lever = {"group": "movers", "programmes": ["health"], "shares": [0.5, 1.0], **settings}
    return {**BASE, "vertical_transfers": {"budget": {"f": budget}}, "residence_opening": lever}


PLACES = {"spare": 0.25, "place_cost": 40.0, "lag": 0}
ALL = {"package": 0.6, "shares": [1.0]}
BINDING = {
    "covers": [(MOVERS, {"levers": opening(**ALL)})],
    "stays": [(MOVERS.years(2030, 2031), {"levers": opening([40.0, 0.0], **ALL), **LATE})],
    "order": [(MOVERS, {"levers": opening(22.0, package=0.6, shares=[0.3, 1.0])})],
    "step": [(MOVERS.years(2030, 2031), {"levers": opening([0.0, 40.0], package=0.6, step=0.5)})],
    "step_first": [(MOVERS, {"levers": opening(40.0, package=0.6, step=0.5)})],
    "package": [(MOVERS, {"levers": opening(**ALL)})],
    "most": [(MOVERS, {"levers": opening(40.0, package=0.1, step=0.5, most=0.5)})],
    "parity": [(MOVERS, {"levers": opening(12.0, shares=[1.0], **HOST)})],
    "capacity": [
        (MOVERS, {"levers": opening(package=0.2, spare=0.25)}),
        (MOVERS, {"levers": opening(package=0.6, **PLACES)}),
    ],
}


def health(found, group="movers", year=2030):
    return at(found.benefits, "benefit", programme="health", group=group, year=year)


def covered(found, year=2030):
    return at(found.coverage, "covered", programme="health", group="movers", year=year)


def test_the_opening_goes_as_far_as_its_package_can_be_paid():
    # 0.6 of 500 is 300 crowns: 30 million for all, 15 for half; there are 20.
    found = plan(MOVERS, opening(package=0.6))
    assert covered(found) == 50
    assert health(found) == pytest.approx(200, rel=1e-6)  # per eligible mover; 400 for each who is covered
    # 60 would pay 400 crowns for every mover and farmer: more than half of the movers may get.
    assert covered(plan(MOVERS, opening(60.0, package=0.6))) == 100


def test_only_the_shares_named_may_be_opened():
    found = plan(MOVERS, opening(package=0.6, shares=[0.6, 1.0]))
    assert covered(found) == pytest.approx(60, rel=1e-9)
    decided = found.tables["decisions"]
    assert decided["decision"].tolist() == ["reached: 0.6", "reached: 1.0"]
    assert decided["value"].tolist() == [1.0, 0.0]


def test_the_share_rises_step_by_step():
    found = plan(MOVERS.years(2030, 2031), opening([40.0, 40.0], package=0.1, step=0.5))
    assert [covered(found, year) for year in (2030, 2031)] == [50, 100]


def test_what_is_open_stays_open():
    # 30 million a year are needed; the 20 of 2030 can be kept, but are too few.
    found = plan(MOVERS.years(2030, 2031), opening([40.0, 0.0], package=0.6, shares=[1.0]), **LATE)
    assert [covered(found, year) for year in (2030, 2031)] == [0, 100]


def test_the_covered_are_paid_the_standard_at_most():
    # Half of the movers at 500 crowns each: 250 per eligible mover, 25 of the 40 million; or half of that.
    found = plan(MOVERS, opening(40.0, package=0.1, step=0.5))
    assert health(found) == pytest.approx(250, rel=1e-6)
    assert at(found.benefits, "benefit_per_recipient", programme="health", group="movers") == pytest.approx(
        500, rel=1e-6
    )
    found = plan(MOVERS, opening(40.0, package=0.1, step=0.5, most=0.5))
    assert health(found) == pytest.approx(125, rel=1e-6)


def test_parity_is_exact_at_every_share():
    # 0.8 x 200 = 160 crowns for each mover opened: 8 million for half, 16 for all; there are 12.
    found = plan(MOVERS, opening(12.0, **HOST), **RELUCTANT)
    assert covered(found) == 0
    levers = {**opening(12.0, **HOST), "full_coverage": {"dates": {"health": 2030}, "groups": ["movers"]}}
    found = plan(MOVERS, {**levers, "vertical_transfers": {"budget": {"f": 16.0}}}, **RELUCTANT)
    assert (covered(found), health(found)) == (100, pytest.approx(160, rel=1e-6))
    found = plan(MOVERS, opening(12.0, **HOST))
    assert covered(found) == 50
    assert health(found) >= 0.5 * 0.8 * health(found, "farmers") - 1e-6


def test_there_is_a_place_for_everybody_who_is_covered():
    # 100 thousand are covered today; a quarter more places are free: not enough for half of the movers.
    assert covered(plan(MOVERS, opening(package=0.2, spare=0.25))) == 0
    assert covered(plan(MOVERS, opening(package=0.2, spare=0.5))) == 50


def test_places_can_be_built_and_are_paid_by_the_fund():
    # 25 thousand places at 40 crowns are 1 million, which serve half of the movers at once.
    found = plan(MOVERS, opening(package=0.6, **PLACES))
    assert covered(found) == 50
    assert money(found, "lever_outflow", "s", "f") == pytest.approx(1, rel=1e-6)
    assert at(found.tables["decisions"], "value", decision="built: health") == pytest.approx(25, rel=1e-6)


def test_places_serve_after_a_while():
    found = plan(MOVERS.years(2030, 2031), opening([20.0, 20.0], package=0.2, **{**PLACES, "lag": 1}))
    assert covered(found, 2030) == 0
    assert covered(found, 2031) >= 50


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"shares": [0.5, 0.4]}, "must rise"),
        ({"shares": [0.5, 1.2]}, "must rise"),
        ({"host": "farmers"}, "go together"),
        ({"place_cost": 1.0}, "needs spare"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, words):
    with pytest.raises(UsageError, match=words):
        plan(MOVERS, opening(**settings))


def test_a_group_the_case_does_not_have_is_refused():
    with pytest.raises(InstanceError):
        plan(TINY, opening())

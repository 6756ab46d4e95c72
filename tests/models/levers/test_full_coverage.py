"""Full coverage by hand: South's farmers lack work injury insurance, standard 500 crowns; 10 million are 100 crowns."""

import pytest
from cases import FARMERS_GET, TINY, at, plan

from commonweal.instances import InstanceError
from commonweal.optimizer.errors import Infeasible

WORK = TINY.add("programmes", "work,Work injury").add("schemes", "work,farmers,f,500\nwork,workers,f,500")
WORK = WORK.add("people", "s,farmers,work,100,0,0\ns,workers,work,100,0,0")
BASE = {**FARMERS_GET, "benefit_rigidity": {}}
LEAST = {"weights": {"programmes": {"work": 0.001}}}


def dated(**settings):
    return {**BASE, "full_coverage": {"dates": {"work": 2031}, "groups": ["farmers"], **settings}}


BINDING = {"package": [(WORK.years(2030, 2031), {"levers": dated(package=0.2), **LEAST})]}


def row(found, column, year, group="farmers"):
    table = found.coverage if column == "covered" else found.benefits
    return at(table, column, region="s", group=group, programme="work", year=year)


def test_from_its_date_on_a_programme_reaches_everybody():
    found = plan(WORK.years(2030, 2031, 2032), dated(package=0.2))
    assert [row(found, "covered", year) for year in (2030, 2031, 2032)] == [0, 100, 100]
    assert row(found, "benefit", 2030) == 0
    assert row(found, "benefit", 2031) >= 100 - 1e-6


def test_nobody_is_covered_by_name_only():
    # Pensions would have all the money, but 0.2 of 500 is owed to everybody newly covered.
    found = plan(WORK.years(2030, 2031), dated(package=0.2), **LEAST)
    assert row(found, "benefit", 2031) == pytest.approx(100, rel=1e-6)


def test_other_groups_wait():
    found = plan(WORK.years(2030, 2031), dated(package=0.2))
    assert row(found, "covered", 2031, "workers") == 0
    found = plan(WORK.years(2030, 2031), dated(groups=["farmers", "workers"]))
    assert row(found, "covered", 2031, "workers") == 100


def test_a_date_before_the_money_is_there_is_impossible():
    # 0.5 of 500 takes 25 million a year; 40 in two years, but 25 + 25 from 2030 on.
    with pytest.raises(Infeasible):
        plan(WORK.years(2030, 2031), dated(dates={"work": 2030}, package=0.5))


def test_a_programme_the_case_does_not_have_is_refused():
    with pytest.raises(InstanceError):
        plan(WORK, dated(dates={"x": 2031}))

"""Extension by hand. `WORK` adds work injury insurance for farmers, standard 500 crowns, which reaches nobody.

Each programme weighs half and each person in it alike, so a crown for South's farmers is worth four times as much in work
injury (weight 1/2 x 1/2 over a standard of 500) as in pensions (1/2 x 1/4 over 1,000), at the same share of the
standard. Pensions start at 0.2 of it; new money therefore goes to work injury insurance up to 0.8 of its standard, if it
begins. In `WORK_IN_SOUTH` only South lacks it (weight 1/2 x 1): up to 0.9. 10 million are 100 crowns for everybody.
"""

import pytest
from cases import FARMERS_GET, TINY, at, money, plan

from commonweal.instances import InstanceError
from commonweal.optimizer.errors import Infeasible, UsageError

SCHEME = TINY.add("programmes", "work,Work injury").add("schemes", "work,farmers,f,500")
WORK_IN_SOUTH = SCHEME.add("people", "s,farmers,work,100,0,0")
WORK = WORK_IN_SOUTH.add("people", "n,farmers,work,100,0,0")
WORKERS_TOO = WORK_IN_SOUTH.add("schemes", "work,workers,f,500").add("people", "s,workers,work,100,0,0")
BASE = {**FARMERS_GET, "benefit_rigidity": {}}


def extended(level=None, budget=20.0, **rule):
    """New money for the farmers' fund, nobody's pension falls, and the extension of work injury insurance."""
    settings = {"programmes": {"work": rule}} | ({"level": level} if level else {})
    return {**BASE, "vertical_transfers": {"budget": {"f": budget}}, "extension": settings}


TWO_YEARS = {"weights": {"discount": 0.5}}
RELUCTANT = {"weights": {"programmes": {"work": 0.01}}}
BINDING = {
    "covers": [(WORK_IN_SOUTH, {"levers": extended(package=0.1, setup=50.0)})],
    "stays": [(WORK_IN_SOUTH.years(2030, 2031), {"levers": extended(budget=[20.0, 0.0], package=0.3), **TWO_YEARS})],
    "together": [(WORK, {"levers": extended("nation", package=0.3)})],
    "package": [(WORK_IN_SOUTH, {"levers": extended(package=0.5)})],
    "most": [(WORKERS_TOO, {"levers": extended(budget=60.0, package=0.1, most=0.5, groups=["farmers"])})],
    "speed": [(WORK, {"levers": extended(package=0.1, speed=100.0)})],
    "pilot": [(WORK_IN_SOUTH, {"levers": extended(package=0.3, pilots=["s"]), **RELUCTANT})],
    "deadline": [(WORK_IN_SOUTH, {"levers": extended(package=0.3, deadline=2030), **RELUCTANT})],
}


def work(found, region, year=2030):
    return at(found.benefits, "benefit", region=region, group="farmers", programme="work", year=year)


def pension(found, region, year=2030):
    return at(found.benefits, "benefit", region=region, group="farmers", programme="pension", year=year)


def covered(found, region, year=2030):
    return at(found.coverage, "covered", region=region, group="farmers", programme="work", year=year)


def test_without_the_lever_nobody_new_is_covered():
    found = plan(WORK_IN_SOUTH, BASE)
    assert covered(found, "s") == 0
    assert work(found, "s") == 0
    assert pension(found, "s") == pytest.approx(400, rel=1e-6)


def test_a_programme_begins_where_new_money_does_most():
    # All 20 million: 200 crowns, 0.4 of the standard; everybody is covered, and gets what the eligible get on average.
    found = plan(WORK_IN_SOUTH, extended(package=0.3))
    assert work(found, "s") == pytest.approx(200, rel=1e-6)
    assert pension(found, "s") == pytest.approx(200, rel=1e-6)
    assert covered(found, "s") == 100
    row = found.benefits.query("programme == 'work'").iloc[0]
    assert (row["recipients"], row["benefit_per_recipient"]) == (100, pytest.approx(200, rel=1e-6))
    decided = found.tables["decisions"].iloc[0]
    assert (decided["decision"], decided["value"], decided["integer"]) == ("begun: farmers, work", 1.0, True)


def test_nobody_is_covered_by_name_only():
    # 0.5 of 500 for 100 thousand takes 25 million, and there are 20: it does not begin, pensions get them.
    found = plan(WORK_IN_SOUTH, extended(package=0.5))
    assert (covered(found, "s"), work(found, "s")) == (0, 0)
    assert pension(found, "s") == pytest.approx(400, rel=1e-6)


def test_the_fund_pays_the_set_up_cost_once():
    # 50 crowns for 100 thousand are 5 million in the first year; 20 + 20 - 5 = 35 are left for two years: 175 each.
    levers = extended(budget=[20.0, 20.0], package=0.1, setup=50.0)
    found = plan(WORK_IN_SOUTH.years(2030, 2031), {**levers, "reserves": {"funds": {"f": {"months": 0.0}}}})
    flows = found.tables["lever_flows"].query("lever == 'extension'")
    assert [(f.region, f.fund, f.year, f.outflow) for f in flows.itertuples()] == [
        ("s", "f", 2030, pytest.approx(5, rel=1e-9))
    ]
    assert money(found, "lever_outflow", "s", "f") == pytest.approx(5, rel=1e-9)


def test_what_has_begun_stays():
    # Money comes in 2030 only and can be kept, but 15 million a year are needed: it begins in 2031, when 20 are left.
    found = plan(WORK_IN_SOUTH.years(2030, 2031), extended(budget=[20.0, 0.0], package=0.3), **TWO_YEARS)
    assert [covered(found, "s", year) for year in (2030, 2031)] == [0, 100]


def test_regions_of_one_unit_begin_together():
    # 0.3 of 500 takes 15 million in each region: one could begin, but not both.
    alone = plan(WORK, extended(package=0.3))
    assert covered(alone, "n") + covered(alone, "s") == 100
    together = plan(WORK, extended("nation", package=0.3))
    assert (covered(together, "n"), covered(together, "s")) == (0, 0)
    assert plan(WORK, extended("parent", package=0.3)).coverage.equals(alone.coverage)  # no parents: each alone


def test_only_so_many_are_covered_in_a_year():
    levers = extended(budget=20.0, package=0.1, speed=100.0)
    found = plan(WORK.years(2030, 2031), levers)
    assert covered(found, "n") + covered(found, "s") == 100
    assert covered(found, "n", 2031) + covered(found, "s", 2031) == 200


def test_the_largest_benefit_is_a_share_of_the_standard():
    # 60 million: 0.5 of 500 is 250 crowns, 25 million; the rest lifts pensions from 200 to 550.
    found = plan(WORK_IN_SOUTH, extended(budget=60.0, package=0.1, most=0.5))
    assert work(found, "s") == pytest.approx(250, rel=1e-6)
    assert pension(found, "s") == pytest.approx(550, rel=1e-6)


@pytest.mark.parametrize("date", [{"pilots": ["s"]}, {"deadline": 2030}])
def test_a_date_makes_it_begin_though_money_would_do_more_elsewhere(date):
    without = plan(WORK_IN_SOUTH, extended(package=0.3), **RELUCTANT)
    assert covered(without, "s") == 0
    found = plan(WORK_IN_SOUTH, extended(package=0.3, **date), **RELUCTANT)
    assert covered(found, "s") == 100
    assert work(found, "s") == pytest.approx(150, rel=1e-6)
    assert pension(found, "s") == pytest.approx(250, rel=1e-6)


def test_a_deadline_before_the_money_is_there_is_impossible():
    with pytest.raises(Infeasible):
        plan(WORK_IN_SOUTH, extended(package=0.5, deadline=2030))


def test_partly_covered_people_keep_what_they_have_and_the_newly_covered_get_their_package():
    # 40 of 100 thousand are covered and cost 80 crowns per eligible person; 60 % times 0.5 of 500 comes on top: 230.
    case = SCHEME.add("people", "s,farmers,work,100,40,80").put("accounts", region="s", fund="f", other_revenue=28)
    found = plan(case, extended(package=0.5, deadline=2030), weights={"programmes": {"work": 0.001}})
    assert work(found, "s") == pytest.approx(80 + 0.6 * 0.5 * 500, rel=1e-6)
    assert covered(found, "s") == 100


def test_another_group_is_left_alone():
    found = plan(WORKERS_TOO, extended(package=0.1, groups=["farmers"]))
    assert found.coverage.query("group == 'workers' and programme == 'work'")["covered"].tolist() == [0]


@pytest.mark.parametrize("names", [{"groups": ["fishers"]}, {"pilots": ["x"]}])
def test_a_name_the_case_does_not_have_is_refused(names):
    with pytest.raises(InstanceError):
        plan(WORK, extended(package=0.1, **names))
    with pytest.raises(UsageError):
        plan(WORK, extended(package=-0.1))

"""Downturns by hand. `TINY`'s workers' fund of South: 0.3 x 500 = 150 of contributions, 150 of pensions, a reserve of 50.

A fall of a tenth costs it 15 million; North's loses 20 of its 200 and has a reserve of 100.
"""

import pytest
from cases import FARMERS_GET, TINY, at, benefit, joint, money, plan

from commonweal.instances import InstanceError
from commonweal.optimizer.errors import UsageError

JOINT = joint()
YEARS = TINY.years(2030, 2031, 2032)
BASE = {"benefit_rigidity": {}}
GROWING = {"projection": {"years": [2030, 2031], "growth": {"accounts.base": [0.1]}}}


def fall(**settings):
    return {**BASE, "downturn": {"years": [2031], "revenue": 0.1, **settings}}


CASH = {"reserves": {"funds": {"f": {"months": 0.0}}}}
EARLY = {"weights": {"discount": 0.1}}
HOLDING = {**FARMERS_GET, **CASH, "downturn": {"years": [2031], "tolerance": 0.1}}
NEED = {"pension": 0.1}
RELEASE = {"release": 0.2, "recovery": 3, "funds": ["w"]}
SPENDING = {"reserves": {"funds": {"w": {"months": 0.0}}}}
BINDING = {
    "hold": [
        (YEARS, {"levers": HOLDING, **EARLY}),
        (YEARS, {"levers": {"downturn": {"years": [2031], "revenue": 0.1, "persons": NEED, **RELEASE}}}),
    ],
    "hold_first": [(JOINT, {"levers": {"downturn": {"years": [2030]}}})],
    "left after release": [(YEARS, {"levers": fall(**RELEASE)})],
    "save": [
        (
            TINY.put("schemes", group="workers", standard=4000),
            {"levers": {**SPENDING, "downturn": {"years": [], "save": 0.5, "trend": 0.05}}, **GROWING},
        )
    ],
}


def test_what_a_bad_year_takes_stays_unfunded_while_reserves_may_not_be_used():
    found = plan(YEARS, fall())
    flows = found.tables["lever_flows"]
    assert flows[["region", "fund", "year"]].values.tolist() == [["n", "w", 2031], ["s", "w", 2031]]
    assert flows["outflow"].tolist() == pytest.approx([20, 15], rel=1e-9)
    assert money(found, "unfunded", "s", "w", 2031) == pytest.approx(15, rel=1e-5)
    assert money(found, "closing", "s", "w", 2031) == pytest.approx(50, rel=1e-6)


def test_reserves_are_released_in_a_bad_year_and_come_back():
    # Half of 50 may be used in 2031: 15 are. In 2032 all 50 must be there again: those 15 are then unfunded.
    found = plan(YEARS, fall(release=0.5))
    assert money(found, "unfunded", "s", "w", 2031) == pytest.approx(0, abs=1e-4)
    assert money(found, "closing", "s", "w", 2031) == pytest.approx(35, rel=1e-5)
    assert money(found, "closing", "s", "w", 2032) >= 37.5 - 1e-4  # half-way back: one year of recovery
    slow = plan(YEARS, fall(release=0.5, recovery=4))
    assert money(slow, "unfunded", "s", "w", 2032) == pytest.approx(0, abs=1e-4)


def test_only_the_named_funds_are_released():
    found = plan(YEARS, fall(release=0.5, funds=["f"]))
    assert money(found, "unfunded", "s", "w", 2031) == pytest.approx(15, rel=1e-5)


def test_more_people_in_need_cost_their_fund_more():
    # A tenth more pensioners: South's farmers' fund pays a tenth of 20 million more, its workers' fund of 150.
    found = plan(YEARS, {**BASE, "downturn": {"years": [2031], "persons": {"pension": 0.1}}})
    flows = found.tables["lever_flows"].set_index(["region", "fund"])["outflow"]
    assert flows["s", "f"] == pytest.approx(2, rel=1e-6)
    assert flows["s", "w"] == pytest.approx(15, rel=1e-6)


def test_a_groups_benefits_do_not_fall_in_a_bad_year():
    # 20 million a year for the farmers, and the first year counts ten times: without the rule it has all of them.
    free = plan(YEARS, {**FARMERS_GET, **CASH}, weights={"discount": 0.1})
    assert benefit(free, "s", "farmers", 2031) < benefit(free, "s", "farmers", 2030)
    held = plan(YEARS, {**HOLDING, "downturn": {"years": [2031]}}, weights={"discount": 0.1})
    assert benefit(held, "s", "farmers", 2031) >= benefit(held, "s", "farmers", 2030) * (1 - 1e-6)
    loose = plan(YEARS, HOLDING, weights={"discount": 0.1})
    assert benefit(loose, "s", "farmers", 2031) < benefit(held, "s", "farmers", 2031)
    assert benefit(loose, "s", "farmers", 2031) >= 0.9 * benefit(loose, "s", "farmers", 2030) * (1 - 1e-6)


def test_good_years_save_part_of_what_comes_in_above_trend():
    # Contributions grow by a tenth from 2030 to 2031 (the base does): South gains 15, half of it is saved.
    found = plan(TINY, fall(years=[], save=0.5), **GROWING)
    saved = money(found, "closing", "s", "w", 2031) - money(found, "opening", "s", "w", 2031)
    assert saved >= 7.5 - 1e-6
    found = plan(TINY, fall(years=[], save=0.5, trend=0.1), **GROWING)  # the trend is what comes in: nothing to save
    assert found.rules.query("lever == 'downturn' and rule == 'save'").empty


def test_a_downturn_that_does_not_come_changes_nothing():
    with_, without = plan(YEARS, fall(years=[])), plan(YEARS, BASE)
    assert with_.benefits.equals(without.benefits)
    assert with_.tables["lever_flows"].empty


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(UsageError):
        plan(YEARS, fall(revenue=1.5))
    with pytest.raises(InstanceError):
        plan(YEARS, fall(persons={"x": 0.1}))
    with pytest.raises(InstanceError):
        plan(YEARS, fall(funds=["x"]))


def test_the_plan_shows_the_outflow_in_its_year():
    found = plan(YEARS, fall())
    assert at(found.funds, "lever_outflow", region="s", fund="w", year=2031) == pytest.approx(15, rel=1e-9)

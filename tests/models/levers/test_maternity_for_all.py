"""Maternity for all by hand. `BIRTHS` adds maternity insurance, standard 500 crowns, which reaches workers and no farmers.

All 400 thousand cells are paid by the farmers' fund, which has the new money; workers of North get 400 crowns, those of
South 100. Pensions of farmers start at 0.6 and 0.2 of their standard of 1,000.
"""

import pytest
from cases import TINY, at, joint, plan

from commonweal.instances import InstanceError
from commonweal.optimizer.errors import Infeasible, UsageError

BIRTHS = (
    joint()
    .add("programmes", "birth,Maternity")
    .add("schemes", "birth,workers,f,500\nbirth,farmers,f,500")
    .add("people", "n,workers,birth,100,100,400\ns,workers,birth,100,100,100")
    .add("people", "n,farmers,birth,100,0,0\ns,farmers,birth,100,0,0")
    .put("accounts", region="n", fund="f", other_revenue=300)
    .put("accounts", region="s", fund="f", other_revenue=180)
)
BASE = {"benefit_rigidity": {}}


def everybody(budget=60.0, **settings):
    lever = {"programme": "birth", "allowance": 0.3, **settings}
    return {**BASE, "vertical_transfers": {"budget": {"f": budget}}, "maternity_for_all": lever}


RELUCTANT = {"weights": {"programmes": {"birth": 0.01}}}
LATER = {"weights": {"discount": 0.5, "programmes": {"birth": 0.01}}}
MEDICAL = {"medical": "pension", "medical_cost": 20.0}
BINDING = {
    "covers": [(BIRTHS, {"levers": everybody(budget=30.0)})],
    "stays": [(BIRTHS.years(2030, 2031), {"levers": everybody(budget=[60.0, 0.0]), "weights": {"discount": 0.5}})],
    "allowance": [(BIRTHS, {"levers": everybody(budget=30.0)})],
    "medical_cost": [(BIRTHS, {"levers": everybody(year=2030, budget=160.0, **MEDICAL), **RELUCTANT})],
    "deadline": [
        (BIRTHS.years(2030, 2031), {"levers": everybody(year=2031), **LATER}),
        (BIRTHS, {"levers": everybody(deadline=2030), **RELUCTANT}),
    ],
}


def birth(found, region, group, year=2030):
    return at(found.benefits, "benefit", region=region, group=group, programme="birth", year=year)


def begun(found):
    return found.tables["decisions"]["value"].tolist()


def test_it_begins_for_everybody_at_once_or_not_at_all():
    # 0.3 of 500 for 200 thousand farmers take 30 million, raising South's workers from 100 to 150 another 5.
    found = plan(BIRTHS, everybody(budget=34.0))
    assert begun(found) == [0]
    assert [birth(found, r, "farmers") for r in ("n", "s")] == [0, 0]
    found = plan(BIRTHS, everybody(budget=35.0))
    assert begun(found) == [1]
    assert [birth(found, r, "farmers") for r in ("n", "s")] == pytest.approx([150, 150], rel=1e-6)
    assert [birth(found, r, "workers") for r in ("n", "s")] == pytest.approx([400, 150], rel=1e-6)
    assert found.coverage.query("programme == 'birth'")["covered"].tolist() == [100] * 4


def test_it_begins_in_the_year_set_and_not_before():
    found = plan(BIRTHS.years(2030, 2031), everybody(budget=60.0, year=2031))
    assert begun(found) == [0, 1]
    assert birth(found, "s", "farmers") == 0
    assert birth(found, "s", "farmers", 2031) >= 150 - 1e-6


def test_once_begun_it_stays():
    # 35 million a year are needed; the 60 of 2030 can be kept, but do not last for two years.
    found = plan(BIRTHS.years(2030, 2031), everybody(budget=[60.0, 0.0]), weights={"discount": 0.5})
    assert begun(found) == [0, 1]


def test_the_deadline_holds_whatever_it_costs():
    assert begun(plan(BIRTHS, everybody(budget=60.0), **RELUCTANT)) == [0]
    assert begun(plan(BIRTHS, everybody(budget=60.0, deadline=2030), **RELUCTANT)) == [1]
    with pytest.raises(Infeasible):
        plan(BIRTHS, everybody(budget=34.0, deadline=2030))


def test_maternity_costs_are_added_to_the_medical_benefit():
    # `pension` plays the medical programme: every benefit in it rises by 20 crowns at least.
    found = plan(BIRTHS, everybody(budget=160.0, year=2030, **MEDICAL))
    rows = found.benefits.query("programme == 'pension'")
    assert (rows["benefit"] >= rows["benefit_before"] + 20 - 1e-6).all()
    workers = rows.query("group == 'workers'")
    assert (workers["benefit"] - workers["benefit_before"]).tolist() == pytest.approx([20, 20], rel=1e-6)


def test_a_year_and_a_deadline_are_one_too_many():
    with pytest.raises(UsageError, match="not both"):
        plan(BIRTHS, everybody(year=2030, deadline=2031))


def test_a_programme_the_case_does_not_have_is_refused():
    with pytest.raises(InstanceError):
        plan(TINY, everybody())

"""National pooling by hand: North's workers' fund gains 50 a year and South's loses 50, which it may not take from its reserve."""

import pytest
from cases import at, deficit, money, plan

from commonweal.instances import InstanceError

LOCKED = deficit().put("accounts", region="s", fund="w", locked=50)
TWO_YEARS = LOCKED.years(2030, 2031)
# North collects only 20 a year and lives on a large reserve: it cannot hand over more than the 20.
THIN = LOCKED.put("accounts", region="n", fund="w", rate=0.02, opening=1000)
OBLIGED = {"reserves": {"funds": {"w": {"months": 0}}}, "benefit_rigidity": {}}


def pooled(from_year, **settings):
    return {"national_pooling": {"fund": "w", "from_year": from_year, **settings}, **OBLIGED}


CHOICE = (THIN.years(2030, 2031), {"levers": pooled("choose", cost=[10.0, 20.0])})
BINDING = {
    "balance": [(LOCKED, {"levers": pooled(2030)})],
    "the year's revenue": [(THIN, {"levers": pooled(2030)})],
    "once": [CHOICE],
    "paid_when_pooled": [CHOICE],
}


def starts(found):
    rows = found.tables["decisions"].query("decision == 'start'")
    return dict(zip(rows["year"].tolist(), rows["value"].tolist(), strict=True))


def test_from_the_given_year_on_gains_here_pay_losses_there():
    found = plan(TWO_YEARS, pooled(2031))
    assert money(found, "unfunded", "s", "w", 2030) == pytest.approx(50, rel=1e-5)
    assert money(found, "unfunded", "s", "w", 2031) == pytest.approx(0, abs=1e-4)
    rows = found.tables["lever_flows"].query("lever == 'national_pooling'")
    assert at(rows, "outflow", region="n", year=2031) == pytest.approx(50, rel=1e-5)
    assert at(rows, "inflow", region="s", year=2031) == pytest.approx(50, rel=1e-5)
    assert 2030 not in rows["year"].tolist()


def test_nobody_hands_over_more_than_the_years_revenue():
    # North collects 0.02 x 1,000 = 20; South lacks 50, so 30 stay unfunded.
    found = plan(THIN, pooled(2030))
    assert money(found, "unfunded", "s", "w") == pytest.approx(30, rel=1e-5)


def test_a_start_before_the_plan_pools_every_year_at_no_cost():
    found = plan(TWO_YEARS, pooled(2020, cost=1000.0))
    assert found.funds["unfunded"].abs().max() == pytest.approx(0, abs=1e-4)
    assert starts(found) == {2030: 0.0, 2031: 0.0}


def test_the_cost_of_starting_is_paid_once_per_recipient():
    # 10 crowns for each of 100 thousand recipients are 1 million in each region, in the first pooled year only.
    found = plan(TWO_YEARS, pooled(2030, cost=10.0))
    assert money(found, "lever_outflow", "s", "w", 2030) == pytest.approx(1, rel=1e-6)
    assert money(found, "lever_inflow", "s", "w", 2030) == pytest.approx(51, rel=1e-5)
    assert money(found, "lever_inflow", "s", "w", 2031) == pytest.approx(50, rel=1e-5)


@pytest.mark.parametrize(("cost", "year"), [([0.0, 0.0], 2030), ([600.0, 0.0], 2031)])
def test_the_plan_starts_at_once_unless_waiting_saves_more_than_it_costs(cost, year):
    # Waiting leaves 50 unfunded in 2030. Starting in 2030 at 600 crowns a head costs 60 in each region: South's new
    # obligation could only be met by North, which gains 50 and has 100 in reserve and would be short in 2031.
    found = plan(TWO_YEARS.put("accounts", region="n", fund="w", opening=0), pooled("choose", cost=cost))
    assert starts(found) == {2030: float(year == 2030), 2031: float(year == 2031)}


def test_a_year_after_the_plan_is_refused():
    with pytest.raises(InstanceError, match="the last plan year"):
        plan(LOCKED, pooled(2031))

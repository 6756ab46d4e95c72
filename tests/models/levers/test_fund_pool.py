"""Fund pool by hand: in `deficit()` North's workers' fund gains 50 a year and South's loses 50."""

import pytest
from cases import TINY, benefit, deficit, joint, money, plan

from commonweal.instances import InstanceError

DEFICIT = deficit()
# South may not use its 50: the whole loss of the year must come from elsewhere.
LOCKED = DEFICIT.put("accounts", region="s", fund="w", locked=50)
# Nobody's benefit falls: cutting workers would else be the first way to leave nothing unfunded.
OBLIGED = {"reserves": {"funds": {"w": {"months": 0}}}, "benefit_rigidity": {}}


def pool(**settings):
    return {"fund_pool": {"fund": "w", "share": 0.5, **settings}, **OBLIGED}


FREE_RATE = {"unified_rate": {"fund": "w", "target": "free", "bounds": [0.2, 0.225]}}
BINDING = {
    "cap": [
        (LOCKED, {"levers": pool(growth=0.1), "projection": {"years": [2031]}}),
        (LOCKED, {"levers": {**pool(share=0.4, surplus="current"), **FREE_RATE}}),  # a row: the cap follows the rate
    ],
    "balance": [(LOCKED, {"levers": pool()})],
}


def test_half_the_surplus_covers_half_the_deficit_and_the_rest_is_unfunded():
    # North pays 0.5 x 50 = 25; South lacks 50 and gets 25: 25 stay unfunded.
    found = plan(LOCKED, pool())
    assert money(found, "pool_paid", "n", "w") == pytest.approx(25, rel=1e-6)
    assert money(found, "pool_received", "s", "w") == pytest.approx(25, rel=1e-6)
    assert money(found, "unfunded", "s", "w") == pytest.approx(25, rel=1e-5)
    assert money(found, "closing", "n", "w") == pytest.approx(100 + 50 - 25, rel=1e-6)
    assert found.pairs[["donor", "recipient"]].to_numpy().tolist() == [["n", "s"]]


def test_full_pooling_covers_it_all():
    found = plan(LOCKED, pool(share=1.0))
    assert money(found, "pool_paid", "n", "w") == pytest.approx(50, rel=1e-5)
    assert found.funds["unfunded"].abs().max() == pytest.approx(0, abs=1e-4)


def test_a_receiver_draws_on_its_own_reserve_first():
    # South has 50 in reserve and loses 50: nothing is moved.
    found = plan(DEFICIT, pool())
    assert money(found, "pool_paid", "n", "w") == pytest.approx(0, abs=1e-5)
    assert money(found, "closing", "s", "w") == pytest.approx(0, abs=1e-5)


def test_the_pool_foresees_what_later_years_need():
    # Over two years South loses 100 and has 50; North pays 25 in each year, in the first one ahead of need.
    found = plan(DEFICIT.years(2030, 2031), pool())
    for year in (2030, 2031):
        assert money(found, "pool_paid", "n", "w", year) == pytest.approx(25, rel=1e-5)
    assert money(found, "closing", "s", "w", 2030) == pytest.approx(25, rel=1e-5)
    assert found.funds["unfunded"].abs().max() == pytest.approx(0, abs=1e-4)


def test_without_the_lever_nothing_is_pooled_and_the_deficit_is_shown():
    found = plan(LOCKED, OBLIGED)
    assert money(found, "unfunded", "s", "w") == pytest.approx(50, rel=1e-5)
    assert found.transfers[["pool_paid", "pool_received"]].abs().max().max() == 0.0


def test_todays_surplus_grows_as_it_is_told():
    # One year after the data: 0.5 x 50 x 1.1 = 27.5; by the series prices, which is 0.1 in North, the same.
    for growth in (0.1, "prices"):
        found = plan(LOCKED, pool(growth=growth), projection={"years": [2031]})
        assert money(found, "pool_paid", "n", "w", 2031) == pytest.approx(27.5, rel=1e-6)


def test_the_current_surplus_follows_the_years_data_and_todays_surplus_does_not():
    # A base 10 % larger: North 0.25 x 1,100 - 200 = 75, half of it 37.5; South lacks 150 - 0.2 x 550 = 40, so 40 > 37.5.
    later = {"years": [2031], "growth": {"accounts.base": [0.1]}}
    found = plan(LOCKED, pool(surplus="current"), projection=later)
    assert money(found, "pool_paid", "n", "w", 2031) == pytest.approx(37.5, rel=1e-6)
    assert money(found, "unfunded", "s", "w", 2031) == pytest.approx(2.5, rel=1e-4)
    found = plan(LOCKED, pool(surplus="today"), projection=later)
    assert money(found, "pool_paid", "n", "w", 2031) == pytest.approx(25, rel=1e-6)


def test_the_current_surplus_counts_other_revenue_and_other_spending():
    # 50 + 10 - 20 = 40, half of it 20.
    case = LOCKED.put("accounts", region="n", fund="w", other_revenue=10, other_spending=20)
    found = plan(case, pool(surplus="current"))
    assert money(found, "pool_paid", "n", "w") == pytest.approx(20, rel=1e-6)


def test_the_current_surplus_follows_a_unified_rate():
    # At 0.24 for both North has 240 - 200 = 40, half of it 20; South lacks 150 - 120 = 30.
    found = plan(LOCKED, {**pool(surplus="current"), "unified_rate": {"fund": "w", "target": 0.24}})
    assert money(found, "pool_paid", "n", "w") == pytest.approx(20, rel=1e-6)
    assert money(found, "unfunded", "s", "w") == pytest.approx(10, rel=1e-4)


def test_the_pool_lifts_no_benefit_above_the_line_with_other_regions_money():
    found = plan(DEFICIT, pool())
    assert benefit(found, "s", "workers") == pytest.approx(1500, rel=1e-9)
    assert benefit(found, "n", "workers") == pytest.approx(2000, rel=1e-9)


def test_pooled_money_can_lift_benefits_below_the_line():
    # Both groups share the farmers' fund, which gains 20 a year in North: all of it goes to South's farmers.
    case = joint().put("accounts", region="n", fund="f", other_revenue=280)
    levers = {"fund_pool": {"fund": "f", "share": 1.0}, "reserves": {"funds": {"f": {"months": 12}}}}
    found = plan(case, {**levers, "benefit_rigidity": {}})
    assert money(found, "pool_paid", "n", "f") == pytest.approx(20, rel=1e-5)


def test_an_unknown_fund_is_refused():
    with pytest.raises(InstanceError):
        plan(TINY, {"fund_pool": {"fund": "nobody", "share": 1.0}})

"""Unified rate by hand, on the case of `cases.py`: the workers' fund has 0.2 of 1,000 in North, 0.3 of 500 in South."""

import pytest
from cases import TINY, at, benefit, money, plan

from commonweal.instances import InstanceError
from commonweal.optimizer.errors import UsageError

POOL = {"fund_pool": {"fund": "w", "share": 1.0, "surplus": "current"}}
# Nobody's benefit falls: cutting workers would else be the first way to leave nothing unfunded.
RIGID = {"benefit_rigidity": {}}
OBLIGED = {"reserves": {"funds": {"w": {"months": 0}}}, **RIGID}


def unified(**settings):
    return {"unified_rate": {"fund": "w", **settings}}


def rate(found, region, year=2030):
    return at(found.rates, "rate", region=region, fund="w", year=year)


FREE = unified(target="free", bounds=[0.35, 0.4])
BINDING = {
    "fixed rate": [
        (TINY, {"levers": unified(target="neutral")}),
        (TINY.years(2030, 2031), {"levers": unified(target=0.25, phase_in=1)}),
    ],
    "path": [(TINY, {"levers": FREE})],
    "least": [(TINY, {"levers": FREE})],
    # At 0.18 South collects 90 and has 50 in reserve for 150: 10 stay unfunded, and North has no surplus to share.
    "largest": [(TINY, {"levers": {**unified(target="free", bounds=[0.1, 0.18]), **POOL, **OBLIGED}})],
}


def test_a_neutral_rate_collects_what_is_collected_today():
    # (0.2 x 1,000 + 0.3 x 500) / 1,500 = 350 / 1,500 = 0.23333: North 33.33 more, South 33.33 less.
    found = plan(TINY, unified(target="neutral"))
    assert rate(found, "n") == pytest.approx(350 / 1500, rel=1e-9)
    assert rate(found, "s") == pytest.approx(350 / 1500, rel=1e-9)
    assert found.rates.query("fund == 'w'")["contributions"].sum() == pytest.approx(350, rel=1e-9)


def test_without_pooling_what_a_region_loses_is_shown_as_unfunded():
    # South's reserve may not fall below its path of today (50), so the 33.33 it no longer collects are unfunded.
    found = plan(TINY, {**unified(target="neutral"), **RIGID})
    assert money(found, "unfunded", "s", "w") == pytest.approx(100 / 3, rel=1e-6)
    assert money(found, "closing", "s", "w") == pytest.approx(50, rel=1e-6)
    assert benefit(found, "s", "workers") == pytest.approx(1500, rel=1e-9)


def test_with_full_pooling_the_gains_of_some_pay_the_losses_of_others():
    found = plan(TINY, {**unified(target="neutral"), **POOL, **OBLIGED})
    # South has 50 in reserve and may use it, but the year's loss of 33.33 is less: no pooling is needed yet.
    assert found.funds["unfunded"].abs().max() == pytest.approx(0, abs=1e-6)
    assert money(found, "closing", "s", "w") == pytest.approx(50 - 100 / 3, rel=1e-6)
    # With its reserve locked, North's gain of 33.33 is handed over.
    locked = TINY.put("accounts", region="s", fund="w", locked=50)
    found = plan(locked, {**unified(target="neutral"), **POOL, **OBLIGED})
    assert money(found, "pool_paid", "n", "w") == pytest.approx(100 / 3, rel=1e-6)
    assert money(found, "pool_received", "s", "w") == pytest.approx(100 / 3, rel=1e-6)
    assert found.funds["unfunded"].abs().max() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("phase_in", "rates"),
    [
        (None, [(0.22, 0.27), (0.24, 0.24)]),  # by default over all plan years: half way, then there
        (1, [(0.24, 0.24), (0.24, 0.24)]),
        (4, [(0.21, 0.285), (0.22, 0.27)]),  # a quarter of the way a year
    ],
)
def test_rates_move_in_equal_steps_to_the_common_rate(phase_in, rates):
    settings = {"target": 0.24} | ({} if phase_in is None else {"phase_in": phase_in})
    found = plan(TINY.years(2030, 2031), unified(**settings))
    for year, (north, south) in zip((2030, 2031), rates, strict=True):
        assert rate(found, "n", year) == pytest.approx(north, rel=1e-9)
        assert rate(found, "s", year) == pytest.approx(south, rel=1e-9)


def test_only_the_named_funds_rates_change():
    found = plan(TINY.put("accounts", fund="f", base=100, rate=0.1, region="n"), unified(target="neutral"))
    assert at(found.rates, "rate", region="n", fund="f") == 0.1
    assert money(found, "contributions", "n", "f") == pytest.approx(10, rel=1e-9)


def test_a_free_rate_is_as_high_as_obligations_ask_and_no_further_from_today_than_it_must():
    # South's reserve is locked: at a common rate c it lacks 150 - 500 c, which North can pay from 1,000 c - 200 as long
    # as 1,500 c >= 350. From c = 0.3 on nobody need move any money, and 0.3 is nearest to today's rates.
    locked = TINY.put("accounts", region="s", fund="w", locked=50)
    found = plan(locked, {**unified(target="free", bounds=[0.0, 0.5]), **POOL, **OBLIGED})
    assert found.funds["unfunded"].abs().max() == pytest.approx(0, abs=1e-6)
    assert rate(found, "n") == pytest.approx(0.3, rel=1e-5)
    assert rate(found, "s") == pytest.approx(0.3, rel=1e-5)
    assert found.transfers["pool_paid"].abs().max() == pytest.approx(0, abs=1e-5)


def test_with_a_free_rate_the_pool_follows_the_rate_the_plan_chooses():
    # At most 0.25: North collects 250 and has 50 too much, South collects 125 and lacks 25; all rules hold with 25
    # from the pool, and any lower rate would move more.
    locked = TINY.put("accounts", region="s", fund="w", locked=50)
    found = plan(locked, {**unified(target="free", bounds=[0.2, 0.25]), **POOL, **OBLIGED})
    assert rate(found, "n") == pytest.approx(0.25, rel=1e-5)
    assert money(found, "pool_paid", "n", "w") == pytest.approx(25, rel=1e-5)
    assert money(found, "pool_received", "s", "w") == pytest.approx(25, rel=1e-5)
    assert found.funds["unfunded"].abs().max() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {"target": "free"},
        {"target": 1.5},
        {"target": "free", "bounds": [0.4, 0.2]},
        {"target": "free", "bounds": [0.2, 1.4]},
        {"target": 0.2, "phase_in": 0},
    ],
)
def test_a_senseless_setting_is_a_usage_error(settings):
    with pytest.raises(UsageError):
        plan(TINY, unified(**settings))


def test_an_unknown_fund_or_one_without_a_base_is_refused():
    with pytest.raises(InstanceError):
        plan(TINY, {"unified_rate": {"fund": "nobody", "target": 0.2}})
    with pytest.raises(InstanceError, match="contribution base"):
        plan(TINY, {"unified_rate": {"fund": "f", "target": "neutral"}})

"""Redistribution by hand. South is the poor region: 10 of gross product per head against 22.5, and 300 of 700 inhabitants.

One fund pays everybody: North has 260 and spends it on 200 for workers and 60 for farmers, South 170 on 150 and 20;
nobody contributes.
"""

import pytest
from cases import TINY, at, joint, plan

from commonweal.models.levers.redistribution import poor
from commonweal.optimizer.errors import UsageError

JOINT = joint()
MONEY = {"vertical_transfers": {"budget": {"f": 100.0}}}
# Workers are on a second programme and in need; one fund pays it too.
NEED = (
    joint()
    .add("programmes", "care,Care")
    .add("schemes", "care,workers,f,1000")
    .add("people", "n,workers,care,100,100,100\ns,workers,care,100,100,100")
    .put("accounts", region="n", fund="f", other_revenue=270)
    .put("accounts", region="s", fund="f", other_revenue=180)
)


def bound(**settings):
    return {"redistribution": settings}


# Over two years North's workers' fund collects 200 and 400 and pays 200 a year, South's is even with 150.
GROWING = TINY.years(2030, 2031).yearly("accounts", base={2031: {("n", "w"): 2000.0}})
LIFE = {**bound(life_cycle={"w": 0.9}, discount=0.25), "reserves": {"funds": {"w": {"months": 0}}}}
BINDING = {
    "vertical": [(JOINT, {"levers": bound(vertical=0.4, bottom=300 / 700)})],
    "horizontal": [(NEED, {"levers": bound(horizontal=0.5, need=["care"])})],
    "life_cycle": [(GROWING, {"levers": LIFE})],
}


def test_the_poor_regions_net_benefits_reach_their_share_of_all_spending():
    # All 530 are spent. 0.46 x 530 = 243.8 in South, which has 170 of its own: 73.8 of the grant.
    found = plan(JOINT, {**bound(vertical=0.46, bottom=300 / 700), **MONEY})
    assert at(found.transfers, "central", region="s", fund="f") >= 73.8 * (1 - 1e-6)


def test_a_region_on_the_edge_counts_in_part():
    # South holds 300 of the lower 350 inhabitants: the other 50 are an eighth of North's 400.
    assert poor(TINY.read(), 0.5) == {("s", 2030): 1.0, ("n", 2030): 0.125}


def test_spending_on_need_reaches_its_share():
    # 450 in all: 225 for care.
    found = plan(NEED, bound(horizontal=0.5, need=["care"]))
    spent = found.benefits.groupby("programme")["spending"].sum()
    assert spent["care"] == pytest.approx(225, rel=1e-6)


def test_over_the_life_cycle_a_fund_pays_out_what_its_members_paid_in():
    # Contributions are 350 and 550, worth 350 + 550 / 1.25 = 790; nine tenths are 711. Today's 350 a year are worth 630.
    found = plan(GROWING, LIFE)
    paid = found.funds.query("fund == 'w'").groupby("year")["spending"].sum()
    assert paid[2030] + paid[2031] / 1.25 == pytest.approx(711, rel=1e-6)


def test_a_bound_on_need_without_programmes_is_refused():
    with pytest.raises(UsageError, match="programmes of need"):
        plan(TINY, bound(horizontal=0.2))

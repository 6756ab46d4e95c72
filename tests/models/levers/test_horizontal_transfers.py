"""Horizontal transfers by hand, on the case of `cases.py`: North is the donor (donor_cap 500, own revenue 1,000)."""

import pytest
from cases import TINY, benefit, money, plan

from commonweal.instances import InstanceError

# A third region, Middle, is a donor as well.
THREE = (
    TINY.add("regions", "m,Middle,coast")
    .add("people", "m,farmers,pension,100,100,600")
    .add("accounts", "m,f,0,0,0,60,0,0,0")
    .add("budgets", "m,1000,1000,0,300,6000,0,500")
)
TWO_DONORS = TINY.put("budgets", region="s", donor_cap=100)


def gifts(**settings):
    return {"horizontal_transfers": {"fund": "f", "share_of_capacity": 0.04, **settings}}


BINDING = {
    "cap": [(THREE, {"levers": gifts(share_of_revenue=0.01, loss=0.25, donors=["n"])})],
    "balance": [(TINY, {"levers": gifts()})],
}


def test_a_donor_pays_at_most_its_share_of_capacity():
    # 0.04 x 500 = 20: South 200 + 20 / 0.1 = 400 crowns; North's own farmers see nothing of it.
    found = plan(TINY, gifts())
    assert money(found, "horizontal_paid", "n", "f") == pytest.approx(20, rel=1e-6)
    assert money(found, "horizontal_received", "s", "f") == pytest.approx(20, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(400, rel=1e-6)
    assert benefit(found, "n", "farmers") == pytest.approx(600, rel=1e-9)


def test_a_donor_pays_at_most_its_share_of_revenue():
    # min(0.04 x 500, 0.01 x 1,000) = 10: South 300 crowns.
    found = plan(TINY, gifts(share_of_revenue=0.01))
    assert money(found, "horizontal_paid", "n", "f") == pytest.approx(10, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(300, rel=1e-6)


def test_payments_leave_the_donors_budget_and_not_its_fund():
    found = plan(TINY, gifts())
    assert money(found, "closing", "n", "f") == pytest.approx(18, rel=1e-9)
    assert money(found, "closing", "n", "w") == pytest.approx(100, rel=1e-9)
    assert money(found, "net", "n", "f") == pytest.approx(-20, rel=1e-6)


def test_what_is_lost_on_the_way_does_not_arrive():
    # 0.75 x 20 = 15 arrive: South 350 crowns; the pair shows what arrives.
    found = plan(TINY, gifts(loss=0.25))
    assert money(found, "horizontal_paid", "n", "f") == pytest.approx(20, rel=1e-6)
    assert money(found, "horizontal_received", "s", "f") == pytest.approx(15, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(350, rel=1e-6)
    assert found.pairs[["donor", "recipient"]].to_numpy().tolist() == [["n", "s"]]
    assert found.pairs["amount"].tolist() == pytest.approx([15], rel=1e-6)


def test_no_more_is_paid_than_is_needed():
    # 0.4 x 500 = 200 could be paid; South needs 80 to reach the line.
    found = plan(TINY, gifts(share_of_capacity=0.4))
    assert money(found, "horizontal_paid", "n", "f") == pytest.approx(80, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(1000, rel=1e-6)


def test_donors_receive_nothing():
    # South is made a donor too: there is nobody left to receive.
    found = plan(TWO_DONORS, gifts())
    assert found.transfers[["horizontal_paid", "horizontal_received"]].abs().max().max() == 0.0


def test_only_the_named_donors_pay_and_the_others_may_receive():
    # North and Middle could each give 20. Named alone, North gives 20; all of it goes to South, which is the poorest.
    found = plan(THREE, gifts())
    assert money(found, "horizontal_paid", "n", "f") == pytest.approx(20, rel=1e-6)
    assert money(found, "horizontal_paid", "m", "f") == pytest.approx(20, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(600, rel=1e-6)
    found = plan(THREE, gifts(donors=["n"]))
    assert money(found, "horizontal_paid", "n", "f") == pytest.approx(20, rel=1e-6)
    assert money(found, "horizontal_paid", "m", "f") == 0.0
    assert benefit(found, "s", "farmers") == pytest.approx(400, rel=1e-6)
    # 0.2 x 500 = 100: 40 lift South to 600, the other 60 lift South and Middle by 300.
    found = plan(THREE, gifts(donors=["n"], share_of_capacity=0.2))
    assert benefit(found, "s", "farmers") == pytest.approx(900, rel=1e-6)
    assert benefit(found, "m", "farmers") == pytest.approx(900, rel=1e-6)


def test_payments_are_shared_in_proportion_to_what_each_donor_could_pay():
    # South needs 80 to reach the line; North could give 200, Middle 100 (its capacity is halved): 53.3 and 26.7.
    case = THREE.put("budgets", region="m", donor_cap=250)
    found = plan(case, gifts(share_of_capacity=0.4))
    assert money(found, "horizontal_paid", "n", "f") == pytest.approx(160 / 3, rel=1e-6)
    assert money(found, "horizontal_paid", "m", "f") == pytest.approx(80 / 3, rel=1e-6)


def test_a_named_donor_without_capacity_pays_nothing():
    found = plan(TINY, gifts(donors=["s"]))
    assert found.transfers["horizontal_paid"].tolist() == [0.0] * 4


def test_every_year_has_its_own_cap():
    # Capacity 500, then 750: 20 and 30 million, so 400 and 500 crowns.
    case = TINY.years(2030, 2031).yearly("budgets", donor_cap={2031: {("n",): 750.0}})
    found = plan(case, gifts())
    assert benefit(found, "s", "farmers", 2030) == pytest.approx(400, rel=1e-6)
    assert benefit(found, "s", "farmers", 2031) == pytest.approx(500, rel=1e-6)


@pytest.mark.parametrize("settings", [{"fund": "nobody"}, {"fund": "f", "donors": ["moon"]}])
def test_a_setting_that_names_what_the_case_has_not_is_refused(settings):
    with pytest.raises(InstanceError):
        plan(TINY, {"horizontal_transfers": settings})

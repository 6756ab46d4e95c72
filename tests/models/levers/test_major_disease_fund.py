"""Major disease fund by hand: one in ten insured has a bill of 2,000 crowns; beyond 1,000 that is 100 crowns a head.

Each of the four funds has 100 thousand members, no reserve, and 10 million a year more than it pays. A premium of 10 crowns takes one
million from each and gives the two regions 20 crowns of compensation together, for workers and farmers alike.
"""

import pytest
from cases import TINY, at, benefit, money, plan

from commonweal.optimizer.errors import UsageError

BILLS = [{"share": 0.1, "cost": 2000.0}]
RICHER = TINY
for region, fund, revenue in (("n", "w", 10), ("s", "w", 10), ("n", "f", 70), ("s", "f", 30)):
    RICHER = RICHER.put("accounts", region=region, fund=fund, other_revenue=revenue, opening=0)
RIGID = {"benefit_rigidity": {}, "reserves": {"funds": {"w": {"months": 0}, "f": {"months": 0}}}}


def disease(**settings):
    given = {"premium": 10.0, "deductible": 1000.0, "bills": BILLS, "programme": "pension", **settings}
    return {"major_disease_fund": given, **RIGID}


# The excess is 20 at 1,800, 30 at 1,700 and 100 at 1,000.
CHOICE = disease(premium=36.0, deductible=[1000.0, 1700.0, 1800.0], least_share=0.3, most_share=0.5)
BINDING = {
    "paid_out": [(RICHER, {"levers": disease()})],
    "at_most": [(RICHER, {"levers": disease(premium=40.0, most_share=0.5)})],
    "at_least": [(RICHER, {"levers": disease(least_share=0.08)})],
    "balance": [(RICHER, {"levers": disease()})],
    "largest premium": [
        (RICHER, {"levers": disease()}),
        (RICHER, {"levers": disease(premium=45.0, growth=0.2), "projection": {"years": [2031]}}),
    ],
    "in_order": [(RICHER, {"levers": CHOICE})],
}


def compensation(found, region, year=2030):
    return at(found.tables["decisions"], "value", decision="compensation", region=region, year=year)


def test_premiums_of_all_compensate_the_bills_of_the_poorer_region():
    found = plan(RICHER, disease())
    assert compensation(found, "s") == pytest.approx(20, rel=1e-6)
    assert compensation(found, "n") == pytest.approx(0, abs=1e-6)
    # South's farmers' fund: 30 and the compensation of 2 less the premium of 1, for 100 thousand.
    assert benefit(found, "s", "farmers") == pytest.approx(310, rel=1e-6)
    assert money(found, "lever_inflow", "s", "f") == pytest.approx(2, rel=1e-6)
    assert money(found, "lever_outflow", "s", "f") == pytest.approx(1, rel=1e-6)


def test_every_region_gets_the_least_share_of_the_excess():
    found = plan(RICHER, disease(least_share=0.08))
    assert compensation(found, "n") == pytest.approx(8, rel=1e-6)
    assert compensation(found, "s") == pytest.approx(12, rel=1e-6)


def test_no_more_premium_is_taken_than_is_paid_out():
    # At most 0.1 x 100 = 10 crowns in each region: a premium of 10, whatever the setting allows.
    found = plan(RICHER, disease(premium=40.0, most_share=0.1, least_share=0.1))
    assert at(found.tables["decisions"], "value", decision="premium") == pytest.approx(10, rel=1e-6)


def test_members_are_paid_the_compensation_on_top_of_todays_benefit():
    # Workers' benefits are above the standard; still South's rise from 1,500 by the compensation.
    found = plan(RICHER, disease())
    assert benefit(found, "s", "workers") >= 1520 * (1 - 1e-9)


def test_a_premium_that_funds_cannot_pay_is_impossible():
    with pytest.raises(Exception, match="No plan") as caught:
        plan(TINY, {**disease(least_share=0.05), "reserves": False})
    assert caught.value.exit_code == 4


def test_of_several_deductibles_the_plan_takes_the_best():
    # North gets the least share, South the rest of twice the premium: at 1,800 at most 10 and 6, at 1,700 15 and 9, at
    # 1,000 72 - 30 = 42 and 30. South gains half the difference: 2, 3, 6.
    found = plan(RICHER, CHOICE)
    lowered = found.tables["decisions"].query("decision.str.startswith('lower')")
    assert lowered["integer"].all()
    assert lowered["value"].tolist() == [1.0, 1.0]
    assert compensation(found, "s") == pytest.approx(42, rel=1e-6)
    assert compensation(found, "n") == pytest.approx(30, rel=1e-6)


def test_contradictory_settings_are_refused():
    with pytest.raises(UsageError, match="least_share is above"):
        plan(RICHER, disease(least_share=0.9))
    with pytest.raises(UsageError, match="at least one"):
        plan(RICHER, disease(deductible=[]))

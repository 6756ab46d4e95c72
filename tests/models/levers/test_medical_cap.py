"""Medical cap by hand: one in ten insured has a bill of 2,000 crowns and pays half of it, 1,000.

Farmers' households have 1,000 crowns a year for each member. A cap of 0.5 leaves 500 of the 1,000 to them: the fund pays
500 for one in ten, 50 crowns for each insured person.
"""

from dataclasses import replace

import pandas as pd
import pytest
from cases import FARMERS_GET, TINY, at, benefit, plan

from commonweal.instances import InstanceError
from commonweal.optimizer.errors import UsageError

BILLS = [{"share": 0.1, "cost": 2000.0}]


def banded(*rows, case=TINY):
    """The case with income bands: region, group, band, share, income."""
    bands = pd.DataFrame(rows, columns=["region", "group", "band", "share", "income"])
    return replace(case, tables={**case.tables, "bands": bands})


ONE = banded(("n", "farmers", "all", 1.0, 1000.0), ("s", "farmers", "all", 1.0, 1000.0))
TWO = banded(("s", "farmers", "low", 0.6, 500.0), ("s", "farmers", "high", 0.4, 1500.0))


def capped(cap, **settings):
    return {"medical_cap": {"cap": cap, "bills": BILLS, "own_share": 0.5, "programme": "pension", **settings}}


def soft(**settings):
    return {**capped(0.2, most=0.9), **FARMERS_GET, "benefit_rigidity": {}, **settings}


BINDING = {
    "beyond": [
        (ONE, {"levers": {**capped(0.5), **FARMERS_GET}}),
        (ONE, {"levers": {**capped(0.5, growth=0.1), **FARMERS_GET}, "projection": {"years": [2031]}}),
        (ONE, {"levers": soft(vertical_transfers={"budget": {"f": 4.0}})}),
    ],
    "least cap": [(ONE, {"levers": soft(vertical_transfers={"budget": {"f": 100.0}})})],
}


def test_the_fund_pays_what_a_bill_exceeds_the_cap_by():
    # North's farmers go from 600 to 650 crowns, which takes 5 of the 20 million; the other 15 lift South to 350.
    found = plan(ONE, {**capped(0.5), **FARMERS_GET})
    assert benefit(found, "n", "farmers") == pytest.approx(650, rel=1e-6)
    assert benefit(found, "s", "farmers") == pytest.approx(350, rel=1e-6)


def test_lower_incomes_are_capped_lower():
    # Low: 1,000 - 0.5 x 500 = 750; high: 1,000 - 750 = 250. A tenth of 0.6 x 750 + 0.4 x 250 is 55 crowns.
    grant = {"vertical_transfers": {"budget": {"f": 5.5}}}
    assert benefit(plan(TWO, {**capped(0.5), **grant}), "s", "farmers") == pytest.approx(255, rel=1e-6)


def test_only_the_covered_part_is_insured():
    # Half of South's farmers are covered: 25 crowns for each eligible one.
    half = banded(
        ("s", "farmers", "all", 1.0, 1000.0), case=TINY.put("people", region="s", group="farmers", covered=50)
    )
    grant = {"vertical_transfers": {"budget": {"f": 2.5}}}
    assert benefit(plan(half, {**capped(0.5), **grant}), "s", "farmers") == pytest.approx(225, rel=1e-6)


def test_bills_and_incomes_grow_together():
    # 50 x 1.1 = 55 crowns a year after the data.
    found = plan(ONE, {**capped(0.5, growth=0.1), **FARMERS_GET}, projection={"years": [2031]})
    assert benefit(found, "n", "farmers", 2031) == pytest.approx(655, rel=1e-6)


def test_money_that_is_too_short_raises_the_cap_as_little_as_possible():
    # A cap of 0.2 asks for 80 crowns, 8 million a region; there are 4, in South only: 40 crowns, a cap of 0.6.
    only_south = banded(("s", "farmers", "all", 1.0, 1000.0))
    found = plan(only_south, {**soft(vertical_transfers={"budget": {"f": 4.0}})})
    assert at(found.tables["decisions"], "value", region="s", decision="cap") == pytest.approx(0.6, rel=1e-6)
    # The 0.4 beyond the setting are worth 0.4 x 1,000 x 0.1 x 100 thousand = 4 million, minimised before the gap.
    assert {s["stage"]: s["value"] for s in found.info["stages"]}["floors"] == pytest.approx(4, rel=1e-6)


def test_a_hard_cap_without_money_is_impossible():
    with pytest.raises(Exception, match="No plan") as caught:
        plan(ONE, {**capped(0.5), "benefit_rigidity": {}})
    assert caught.value.exit_code == 4


def test_a_case_without_bands_and_bills_of_more_than_everybody_are_refused():
    with pytest.raises(InstanceError, match=r"bands\.csv"):
        plan(TINY, capped(0.5))
    with pytest.raises(InstanceError, match="at least the cap"):
        plan(ONE, capped(0.5, most=0.4))
    with pytest.raises(UsageError, match="more than everybody"):
        plan(ONE, capped(0.5, bills=[*BILLS, {"share": 0.95, "cost": 10.0}]))

"""Rural share by hand: one fund pays workers 350 and farmers 80, all it has, 430 in both regions."""

import pytest
from cases import TINY, joint, plan

from commonweal.instances import InstanceError

JOINT = joint()
BINDING = {
    "least_share": [
        (JOINT, {"levers": {"rural_share": {"shares": {"pension": 0.5}}}}),
        (JOINT, {"levers": {"rural_share": {"shares": {"pension": 0.9}, "groups": ["workers"]}}}),
    ]
}


def spent(found, group):
    return found.benefits.query("group == @group")["spending"].sum()


def test_rural_groups_get_the_share_of_all_spending():
    # The gap alone would fill every farmer up to the standard of 1,000 crowns: 200 of 430. With 0.5 it is 215.
    found = plan(JOINT, {"rural_share": {"shares": {"pension": 0.5}}})
    assert spent(found, "farmers") == pytest.approx(215, rel=1e-6)
    assert spent(found, "workers") == pytest.approx(215, rel=1e-6)


def test_a_share_by_year_rises_by_year():
    found = plan(JOINT.years(2030, 2031), {"rural_share": {"shares": {"pension": [0.5, 0.6]}}})
    total = found.benefits.groupby("year")["spending"].sum()
    farmers = found.benefits.query("group == 'farmers'").groupby("year")["spending"].sum()
    assert (farmers / total).tolist() == pytest.approx([0.5, 0.6], rel=1e-6)


def test_groups_may_be_named():
    found = plan(JOINT, {"rural_share": {"shares": {"pension": 0.9}, "groups": ["workers"]}})
    assert spent(found, "workers") == pytest.approx(0.9 * 430, rel=1e-6)


def test_more_than_money_allows_is_impossible_when_nobody_may_lose():
    # Workers' 350 stay and farmers can get 80: 0.186 at most.
    with pytest.raises(Exception, match="No plan") as caught:
        plan(JOINT, {"rural_share": {"shares": {"pension": 0.2}}, "benefit_rigidity": {}})
    assert caught.value.exit_code == 4


def test_a_case_without_a_rural_group_or_with_another_name_is_told_so():
    with pytest.raises(InstanceError, match="area rural"):
        plan(TINY.put("groups", group="farmers", area="other"), {"rural_share": {"shares": {"pension": 0.5}}})
    with pytest.raises(InstanceError, match="programme"):
        plan(TINY, {"rural_share": {"shares": {"pensions": 0.5}}})

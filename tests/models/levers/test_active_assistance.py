"""Active assistance by hand: the farmers' fund pays pensions (cash relief here) and 10 million of training in each region."""

import pytest
from cases import TINY, money, plan

from commonweal.instances import InstanceError

HELP = (
    TINY.add("programmes", "training,Training")
    .add("schemes", "training,farmers,f,400")
    .add("people", "n,farmers,training,100,100,100\ns,farmers,training,100,100,100")
    .put("accounts", region="n", fund="f", other_revenue=70)
    .put("accounts", region="s", fund="f", other_revenue=30)
)


def active(**settings):
    return {"active_assistance": {"cash": ["pension"], "least": {"training": 0.1}, **settings}}


WORTH = {"weights": {"programmes": {"training": 0.001}}}  # the gap would rather pay pensions
BINDING = {
    "least": [(HELP, {"levers": active(least={"training": 0.5}, psychological=0.1), **WORTH})],
    "ratio": [(HELP, {"levers": active(ratio=0.1), **WORTH})],
}


def spent(found, region, programme):
    rows = found.benefits.query("region == @region and programme == @programme and group == 'farmers'")
    return float(rows["spending"].sum())


def test_help_reaches_its_least_share_of_the_need():
    # Half of 100 thousand x 400 crowns: 20 million.
    found = plan(HELP, active(least={"training": 0.5}), **WORTH)
    assert spent(found, "s", "training") == pytest.approx(20, rel=1e-6)
    assert spent(found, "s", "pension") == pytest.approx(10, rel=1e-6)


def test_help_grows_with_cash_relief():
    # Workers' pensions are cash as well: South pays 150 + c for relief and t for training, t = 0.1 (150 + c), t + c = 30.
    found = plan(HELP, {**active(ratio=0.1), "benefit_rigidity": {"groups": {"workers": {}}}}, **WORTH)
    assert spent(found, "s", "training") == pytest.approx(18 / 1.1, rel=1e-6)
    assert spent(found, "s", "pension") == pytest.approx(30 - 18 / 1.1, rel=1e-6)


def test_psychological_help_is_a_service_paid_by_the_fund():
    # c + t + 0.1 c = 30 with t = 4, a tenth of the need: c = 23.64 and 2.36 for the service.
    found = plan(HELP, active(psychological=0.1), **WORTH)
    service = money(found, "lever_outflow", "s", "f")
    assert service == pytest.approx(0.1 * spent(found, "s", "pension"), rel=1e-6)
    assert spent(found, "s", "pension") + spent(found, "s", "training") + service == pytest.approx(30, rel=1e-6)


def test_help_beyond_the_money_is_impossible_when_nobody_may_lose():
    with pytest.raises(Exception, match="No plan") as caught:
        plan(HELP, {**active(least={"training": 0.5}), "benefit_rigidity": {}})
    assert caught.value.exit_code == 4


def test_an_unknown_programme_is_answered_with_the_nearest_one():
    with pytest.raises(InstanceError, match="training"):
        plan(HELP, active(least={"trainings": 0.5}))

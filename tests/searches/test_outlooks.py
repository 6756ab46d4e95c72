"""Several outlooks with shared first decisions, by hand.

Two regions whose farmers get 600 crowns from a revenue of 60 million, and a budget of 30 million that has to be split
before anybody knows which region's revenue falls. A million for a region is a hundredth of its standard; with y as
North's part of the budget over 100 the shares of the standard are

    north's year: North 0.3 + y, South 0.6 + 0.3 - y        south's year: North 0.6 + y, South 0.4 + 0.3 - y

and with the squares over eight (a quarter of all people each, half the square) the gaps are

    8 N(y) = (0.7 - y)^2 + (0.1 + y)^2 = 0.50 - 1.2 y + 2 y^2
    8 S(y) = (0.4 - y)^2 + (0.3 + y)^2 = 0.25 - 0.2 y + 2 y^2          0 <= y <= 0.3

    alone      N' = 0 at 0.30: 8 N = 0.32            S' = 0 at 0.05: 8 S = 0.245
    expected   0.75 - 1.4 y + 4 y^2 is least at y = 0.175
    worst      N falls and S rises where they meet, at y = 0.25: 8 N = 8 S = 0.325
    cvar 0.8   0.625 N + 0.375 S (half of the probability over 0.8 each at most), least at y = 0.825 / 4 = 0.20625
"""

from pathlib import Path

import pandas as pd
import pytest
from cases import TINY, at, scenario

from commonweal.optimizer.errors import Infeasible, UsageError
from commonweal.optimizer.outlooks import Prospect, outlooks, write
from commonweal.optimizer.planning import solve
from commonweal.optimizer.tail import tail_mean
from commonweal.optimizer.verify import verify

CASE = TINY.put("people", region="s", group="farmers", programme="pension", benefit=600)
for REGION in ("n", "s"):
    CASE = CASE.put("accounts", region=REGION, fund="f", other_revenue=60, opening=0)
CASE = CASE.add("growth", ",drought,0\nn,drought,-0.5\n,flood,0\ns,flood,-0.33333333333333333")
YEARS = {"projection": {"years": [2031]}}
LEVERS = {"vertical_transfers": {"budget": {"f": 30.0}}}


def two(**settings: object) -> dict[str, object]:
    """The two outlooks, a half each; benefits follow once one knows."""
    cases = {
        name: {"probability": 0.5, "projection": {"growth": {"accounts.other_revenue.f": [series]}}}
        for name, series in (("north", "drought"), ("south", "flood"))
    }
    return {"outlooks": {"benefits": False, "cases": cases, **settings}}


def found(**settings: object) -> Prospect:
    return outlooks(CASE.read(), scenario(LEVERS, **YEARS, **two(**settings)))


def grant(prospect: Prospect, outlook: str) -> float:
    """North's grant, million."""
    return at(prospect.plans[outlook].transfers, "central", region="n", fund="f")


@pytest.mark.parametrize(
    ("settings", "part", "north", "south", "value"),
    [
        ({"aim": "expected"}, 17.5, 0.35125, 0.27625, 0.31375),
        ({"aim": "worst"}, 25.0, 0.325, 0.325, 0.325),
        ({"aim": "cvar", "tail": 0.8}, 20.625, 0.33757813, 0.29382813, 0.32117188),
    ],
)
def test_the_shared_grant_is_the_one_computed_by_hand(settings, part, north, south, value):
    prospect = found(**settings)
    for outlook in ("north", "south"):
        assert grant(prospect, outlook) == pytest.approx(part, rel=2e-5)
    table = prospect.table.set_index("outlook")
    assert (8 * table["gap"]).to_dict() == pytest.approx({"north": north, "south": south}, rel=1e-5)
    assert (8 * table["gap_alone"]).to_dict() == pytest.approx({"north": 0.32, "south": 0.245}, rel=1e-6)
    assert (8 * table["regret"]).to_dict() == pytest.approx({"north": north - 0.32, "south": south - 0.245}, rel=1e-4)
    assert prospect.claims["status"] == "optimal"
    assert 8 * prospect.claims["value"] == pytest.approx(value, rel=1e-6)
    assert prospect.claims["lower_bound"] == pytest.approx(prospect.claims["value"], rel=1e-6)


def test_nothing_shared_is_each_outlook_alone():
    assert found(decided=0).table["regret"].abs().max() < 1e-9


def test_what_does_not_make_up_the_worst_is_as_good_as_it_can_be():
    # With 20 million North's year stays the worst whatever y: it takes all of it, and in South's year nobody loses more.
    few = {"vertical_transfers": {"budget": {"f": 20.0}}}
    prospect = outlooks(CASE.read(), scenario(few, **YEARS, **two(aim="worst")))
    assert grant(prospect, "south") == pytest.approx(20.0, rel=1e-6)
    assert prospect.table.set_index("outlook")["share_of_aim"].to_dict() == {"north": 1.0, "south": 0.0}


def test_benefits_decided_before_are_the_same_in_every_outlook():
    prospect = found(benefits=True)
    north, south = (prospect.plans[name].benefits["benefit"].to_numpy() for name in ("north", "south"))
    assert north == pytest.approx(south, rel=1e-7)


def test_every_outlook_is_a_run_folder_that_verification_accepts(tmp_path: Path):
    prospect = found(aim="worst")
    write(prospect, tmp_path / "two")
    for name in ("north", "south"):
        assert verify(tmp_path / "two" / name).accepted
    table = pd.read_csv(tmp_path / "two" / "outlooks.csv")
    assert table["regret"].tolist() == pytest.approx([0.005 / 8, 0.08 / 8], rel=1e-4)
    write(prospect, tmp_path / "two")  # again, in its place


def test_yes_or_no_decisions_are_shared_and_the_best_of_all_choices():
    # One date for both outlooks, found by trying both: begun or not.
    case = CASE.add("programmes", "births,births").add("schemes", "births,farmers,f,400")
    case = case.add("people", "n,farmers,births,100,0,0\ns,farmers,births,100,0,0")
    rule = {"package": 0.5, "setup": 50.0}
    levers = {**LEVERS, "extension": {"programmes": {"births": rule}, "level": "nation"}}
    exact = {"solver": {"mip_tolerance": 1e-7}}
    prospect = outlooks(case.read(), scenario(levers, **YEARS, **exact, **two(aim="worst")))
    begun = {**levers, "extension": {"programmes": {"births": {**rule, "deadline": 2031}}}}
    least = [
        outlooks(case.read(), scenario(fixed, **YEARS, **exact, **two(aim="worst"))).claims["value"]
        for fixed in (LEVERS, begun)
    ]
    assert prospect.claims["value"] == pytest.approx(min(least), rel=1e-6)
    assert abs(least[0] - least[1]) > 1e-4
    dates = [plan.tables["decisions"]["value"].tolist() for plan in prospect.plans.values()]
    assert dates[0] == dates[1]


@pytest.mark.parametrize(
    ("width", "mean"),
    [
        (1.0, 0.5 * 0.1 + 0.3 * 0.2 + 0.2 * 0.6),  # everything: the expected gap
        (0.5, 0.4 * 0.6 + 0.6 * 0.2),  # 0.2 of 0.5 is the worst, the rest the next
        (0.2, 0.6),
        (0.0, 0.6),
    ],
)
def test_the_mean_of_the_tail(width, mean):
    gaps, chance = {"calm": 0.1, "bad": 0.2, "worst": 0.6}, {"calm": 0.5, "bad": 0.3, "worst": 0.2}
    assert tail_mean(gaps, chance, width) == pytest.approx(mean)


def test_probabilities_that_do_not_make_one_are_refused():
    with pytest.raises(UsageError, match=r"add up to 0\.5, not to one"):
        scenario(LEVERS, outlooks={"cases": {"one": {"probability": 0.5}}})


def test_a_plain_solve_does_not_forget_the_outlooks():
    with pytest.raises(UsageError, match="commonweal outlooks"):
        solve(CASE.read(), scenario(LEVERS, **YEARS, **two()))


def test_an_outlook_without_any_plan_is_named():
    broken = two()
    broken["outlooks"]["cases"]["south"]["levers"] = {"floors": {"amount": 5000.0}}
    with pytest.raises(Infeasible, match="Outlook south"):
        outlooks(CASE.read(), scenario(LEVERS, **YEARS, **broken))

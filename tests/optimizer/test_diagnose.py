"""Planted conflicts are found exactly, the least money is exact, every repair works but not 0.1 % less."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from cases import TINY, Case, scenario
from click.testing import CliRunner

from commonweal.cli import main
from commonweal.instances import read
from commonweal.optimizer import load_scenario
from commonweal.optimizer import solve as optimise
from commonweal.optimizer.diagnose import Diagnosis, diagnose
from commonweal.optimizer.diagnose_words import sentences
from commonweal.optimizer.errors import Infeasible
from commonweal.optimizer.repairs import LESS

INJURY = (
    TINY.add("programmes", "injury,Injury")
    .add("funds", "i,Injury fund")
    .add("schemes", "injury,farmers,i,1000")
    .add("accounts", "n,i,0,0,0,0,0,0,0\ns,i,0,0,0,0,0,0,0")
    .add("people", "n,farmers,injury,100,0,0\ns,farmers,injury,100,0,0")
)
"""Nobody is covered for injury; a package of half the standard costs 50 million in each region."""

HALF = TINY.put("people", region="s", group="farmers", covered=50)
RICH = TINY.put("accounts", region="n", fund="w", rate=0.25).put("accounts", region="s", fund="w", rate=0.35)
KEEP = {"funds": {"f": {"months": 0.0, "keep": 1.0}}}


def hard(amount: float) -> dict[str, Any]:
    return {"amount": amount, "mode": "hard", "groups": ["farmers"]}


def budget(amount: float, fund: str = "f", **more: Any) -> dict[str, Any]:
    return {"budget": {fund: amount}, **more}


def donors(share: float, fund: str = "f") -> dict[str, Any]:
    return {"fund": fund, "share_of_capacity": share}


def begin(**rule: Any) -> dict[str, Any]:
    return {"programmes": {"injury": {"package": 0.0, **rule}}}


@dataclass(frozen=True)
class Planted:
    """Levers that conflict; `rules` by lever; money: the least that helps, by hand; None: no money does."""

    name: str
    levers: Mapping[str, Any]
    rules: Mapping[str, set[str]]
    money: float | None
    case: Case = TINY


SEEDED = [
    # 700 crowns: North lacks 100 x 0.1 = 10, South 500 x 0.1 = 50; 20 are there
    Planted("a floor and the budget", {"floors": hard(700.0), "vertical_transfers": budget(20.0)},
            {"floors": {"floor"}, "vertical_transfers": {"budget"}}, 40.0),
    # 300 crowns for South, but at most 200 x 1.1 = 220
    Planted("a floor and a growth cap",
            {"floors": hard(300.0), "vertical_transfers": budget(100.0),
             "benefit_rigidity": {"groups": {"farmers": {"max_growth": 0.1}}}},
            {"floors": {"floor"}, "benefit_rigidity": {"max_growth"}}, None),
    # half more for all farmers: 30 + 10, of which 20 are there
    Planted("growth and the budget",
            {"benefit_rigidity": {"groups": {"farmers": {"min_growth": 0.5}}},
             "vertical_transfers": budget(20.0)},
            {"benefit_rigidity": {"min_growth"}, "vertical_transfers": {"budget"}}, 20.0),
    # 100 crowns for each of 300 thousand inhabitants are 30, the budget is 20; money into a fund is no grant
    Planted("a grant per head and the budget",
            {"vertical_transfers": budget(20.0, per_head_floor={"hills": 100.0})},
            {"vertical_transfers": {"per_head_floor", "budget"}}, None),
    # the whole budget is reserved for the hills, and North lacks 10
    Planted("a floor and the tilt",
            {"floors": hard(700.0), "vertical_transfers": budget(100.0, tilt=1.0, favoured=["hills"])},
            {"floors": {"floor"}, "vertical_transfers": {"tilt"}}, 10.0),
    # 260 crowns cost South 6 more, all of its reserve
    Planted("a floor and the reserve", {"floors": hard(260.0), "reserves": KEEP},
            {"floors": {"floor"}, "reserves": {"locked or kept"}}, 6.0),
    # 60 are needed; 20 from the centre and 0.02 x 500 = 10 from North
    Planted("a floor, the budget and what donors give",
            {"floors": hard(700.0), "vertical_transfers": budget(20.0), "horizontal_transfers": donors(0.02)},
            {"floors": {"floor"}, "vertical_transfers": {"budget"}, "horizontal_transfers": {"cap"}}, 30.0),
    Planted("a floor, the budget and the reserve",
            {"floors": hard(260.0), "vertical_transfers": budget(2.0), "reserves": KEEP},
            {"floors": {"floor"}, "vertical_transfers": {"budget"}, "reserves": {"locked or kept"}}, 4.0),
    # 0.004 x 500 = 2 from North
    Planted("a floor, what donors give and the reserve",
            {"floors": hard(260.0), "horizontal_transfers": donors(0.004), "reserves": KEEP},
            {"floors": {"floor"}, "horizontal_transfers": {"cap"}, "reserves": {"locked or kept"}}, 4.0),
    # workers' funds gain 50 and 25 a year at today's rates, enough for a tenth more; at 0.2 they break even or
    # lose 50: 20 + 15 more for benefits, since today's benefits may stay unfunded, or from the reserve
    Planted("growth, one low rate and the reserve",
            {"benefit_rigidity": {"groups": {"workers": {"min_growth": 0.1}}},
             "unified_rate": {"fund": "w", "target": 0.2},
             "reserves": {"funds": {"w": {"months": 0.0, "keep": 1.0}}}},
            {"benefit_rigidity": {"min_growth"}, "unified_rate": set(), "reserves": {"locked or kept"}},
            35.0, RICH),
    # binaries: 50 + 50 for injury, 20 there
    Planted("a date for a programme and the budget",
            {"extension": begin(package=0.5, deadline=2030), "vertical_transfers": budget(20.0, "i")},
            {"extension": {"deadline", "package"}, "vertical_transfers": {"budget"}}, 80.0, INJURY),
    # binaries: 200 thousand persons by 2030, but 150 thousand a year at most
    Planted("a date for a programme and its speed",
            {"extension": begin(speed=150.0, deadline=2030), "vertical_transfers": budget(20.0, "i")},
            {"extension": {"deadline", "speed"}}, None, INJURY),
    # binaries: 15 + 15 needed, 20 from the centre, 5 from North
    Planted("a date for a programme, the budget and what donors give",
            {"extension": begin(package=0.15, deadline=2030), "vertical_transfers": budget(20.0, "i"),
             "horizontal_transfers": donors(0.01, "i")},
            {"extension": {"deadline", "package"}, "vertical_transfers": {"budget"},
             "horizontal_transfers": {"cap"}},
            5.0, INJURY),
    # binaries: an allowance of 300 for 200 thousand persons costs 60
    Planted("maternity for all and the budget",
            {"maternity_for_all": {"programme": "injury", "allowance": 0.3, "deadline": 2030},
             "vertical_transfers": budget(20.0, "i")},
            {"maternity_for_all": {"deadline", "allowance"}, "vertical_transfers": {"budget"}}, 40.0, INJURY),
    # 50 thousand farmers of South are covered newly, with 0.6 of the standard: 30
    Planted("full coverage and the budget",
            {"full_coverage": {"dates": {"pension": 2030}, "package": 0.6, "groups": ["farmers"]},
             "vertical_transfers": budget(20.0)},
            {"full_coverage": {"package"}, "vertical_transfers": {"budget"}}, 10.0, HALF),
]  # fmt: skip


def found(planted: Planted) -> Diagnosis:
    return diagnose(planted.case.read(), scenario(planted.levers))


@pytest.mark.parametrize("planted", SEEDED, ids=lambda planted: planted.name)
def test_exactly_the_planted_rules_are_named_with_a_repair_that_works(planted: Planted) -> None:
    with pytest.raises(Infeasible):
        optimise(planted.case.read(), scenario(planted.levers))
    diagnosis = found(planted)
    assert not diagnosis.possible
    assert diagnosis.finished
    assert [{m.lever: set(m.rules) for m in members} for members in diagnosis.conflicts] == [planted.rules]
    if planted.money is None:
        assert diagnosis.missing is None
    else:
        assert diagnosis.money == pytest.approx(planted.money, rel=2e-5)  # today's obligations have 1e-6 of room
        assert diagnosis.enough
        assert diagnosis.less_is_not
    changes = [fix for fix in diagnosis.repairs if fix.after is not False]
    assert changes
    for fix in changes:
        assert fix.works
        assert fix.less_works is False
        assert optimise(planted.case.read(), mended(planted.levers, fix)).status == "optimal"


def mended(levers: Mapping[str, Any], fix: Any) -> Any:
    """The scenario with the change of a repair."""
    document = scenario(levers).document()
    here = document
    *path, last = fix.setting.split(".")
    for key in path:
        here = here[key]
    here[last] = fix.after
    return scenario(document["levers"])


@pytest.mark.parametrize("planted", SEEDED, ids=lambda planted: planted.name)
def test_a_conflict_is_irreducible(planted: Planted) -> None:
    """Without one of its levers, or with its rules made harmless, there is a plan (money sources stay on)."""
    for lever in planted.rules:
        levers = dict(planted.levers)
        if lever == "vertical_transfers":
            levers[lever] = budget(1e6, next(iter(planted.levers[lever]["budget"])))
        elif lever == "horizontal_transfers":
            levers[lever] = donors(1.0, planted.levers[lever]["fund"])
        elif lever == "reserves":
            funds = planted.levers[lever]["funds"]
            levers[lever] = {"funds": {fund: {"months": 0.0, "keep": 0.0} for fund in funds}}
        else:
            del levers[lever]
        assert optimise(planted.case.read(), scenario(levers)).status == "optimal"


def test_a_scenario_with_a_plan_is_possible_and_has_nothing_to_mend() -> None:
    diagnosis = diagnose(TINY.read(), scenario({"vertical_transfers": budget(20.0)}))
    assert diagnosis.possible
    assert diagnosis.conflicts == ()
    assert diagnosis.repairs == ()
    assert list(sentences(diagnosis)) == ["There is a plan: all rules can hold together."]


def test_places_are_told_by_name_with_year_and_amount() -> None:
    # 700 crowns with 100 million for South alone: North lacks 10 and nobody else anything
    text = "\n".join(sentences(found(SEEDED[4])))
    assert "floors, floor: 10.00 million crown short, North, 2030" in text
    assert "At least 10.00 million crown more would make it possible: North, 2030." in text


def test_a_shortage_that_could_as_well_be_elsewhere_says_so() -> None:
    # 60 are needed and 55 there: the 5 may go to North or to South
    levers = {"floors": hard(700.0), "vertical_transfers": budget(55.0)}
    text = "\n".join(sentences(diagnose(TINY.read(), scenario(levers))))
    assert "5.00 million crown more would make it possible: for instance in" in text


def test_repairs_are_ranked_by_money_and_stated_with_what_they_cost() -> None:
    diagnosis = found(SEEDED[0])
    costs = [fix.money for fix in diagnosis.repairs if fix.money is not None]
    assert costs == sorted(costs)
    budgets = next(fix for fix in diagnosis.repairs if "budget" in fix.setting)
    assert budgets.after == pytest.approx(60.0, rel=1e-4)  # 10 + 50
    assert budgets.after >= 60.0
    assert budgets.money == pytest.approx(40.0, rel=1e-4)
    floor = next(fix for fix in diagnosis.repairs if fix.setting == "levers.floors.amount")
    assert floor.after == pytest.approx(400.0, rel=1e-4)  # 20 lift South from 200 to 400
    assert floor.change * (1 - LESS) > -3 / 7


def test_a_floor_that_starts_a_year_later_is_offered_when_that_is_enough() -> None:
    levers = {"floors": hard(700.0), "vertical_transfers": {"budget": {"f": [20.0, 60.0]}}}
    diagnosis = diagnose(TINY.years(2030, 2031).read(), scenario(levers, projection=YEARS))
    later = next(fix for fix in diagnosis.repairs if fix.change == 1)
    assert (later.setting, later.after) == ("levers.floors.amount", [0.0, 700.0])
    assert later.works
    assert later.less_works is False


YEARS = {"years": [2030, 2031], "growth": {}}


def test_a_date_that_is_too_early_is_moved_by_whole_years() -> None:
    levers = {
        "extension": begin(package=0.5, deadline=2030),
        "vertical_transfers": {"budget": {"i": [20.0, 100.0]}},
    }
    diagnosis = diagnose(INJURY.years(2030, 2031).read(), scenario(levers, projection=YEARS))
    fix = next(fix for fix in diagnosis.repairs if fix.setting.endswith("deadline"))
    assert (fix.before, fix.after, fix.works, fix.less_works) == (2030, 2031, True, False)


def test_two_conflicts_without_a_common_lever_are_both_told() -> None:
    levers = {
        "floors": hard(300.0),
        "benefit_rigidity": {"groups": {"farmers": {"max_growth": 0.1}}},
        "vertical_transfers": budget(100.0, per_head_floor={"coast": 1000.0}),
    }
    diagnosis = diagnose(TINY.read(), scenario(levers))
    assert sorted(tuple(m.lever for m in members) for members in diagnosis.conflicts) == [
        ("benefit_rigidity", "floors"),
        ("vertical_transfers",),
    ]
    assert diagnosis.repairs == ()


def test_sums_that_single_rows_contradict_are_found_before_anything_is_solved() -> None:
    # South must spend 70 on farmers, and can have 20 + 6 + 20 at most
    diagnosis = found(SEEDED[0])
    places = {shortage.place: shortage.lacks for shortage in diagnosis.shortages}
    assert ("s", "f", 2030) in places
    assert places["s", "f", 2030] == pytest.approx(70.0 - 20.0 - 20.0)  # the reserve must stay where it is


def test_when_the_time_is_over_what_was_found_is_told() -> None:
    diagnosis = diagnose(TINY.read(), scenario(SEEDED[0].levers), seconds=1e-4)
    assert not diagnosis.possible
    assert not diagnosis.finished


# the real case and the command line

FLOOR = ("--set", "levers.floors.mode='hard'", "--set", "levers.floors.amount=9000.0")


def test_a_floor_above_all_money_on_the_real_case_names_the_levers_and_the_money() -> None:
    case = read("china-2024")
    diagnosis = diagnose(case, load_scenario(case, (), [FLOOR[1], FLOOR[3]]))
    (members,) = diagnosis.conflicts
    assert {member.lever for member in members} == {"floors", "vertical_transfers"}
    assert diagnosis.money == pytest.approx(967.6, abs=0.1)
    assert diagnosis.enough
    assert diagnosis.less_is_not
    assert all(fix.works and not fix.less_works for fix in diagnosis.repairs if fix.after is not False)


def test_solve_names_the_levers_in_conflict_and_ends_with_4(tmp_path: Any) -> None:
    result = CliRunner().invoke(main, ["solve", "china-2024", *FLOOR, "-o", str(tmp_path / "run")])
    assert result.exit_code == 4
    assert "Benefit floor (floors: floor) and Vertical transfers (vertical_transfers: tilt)" in result.stderr
    assert "commonweal diagnose china-2024" in result.stderr
    assert not (tmp_path / "run").exists()


def test_diagnose_prints_repairs_and_json_holds_full_numbers() -> None:
    text = CliRunner().invoke(main, ["diagnose", "china-2024", *FLOOR])
    assert text.exit_code == 4
    assert "Repairs, the cheapest first" in text.stdout
    assert "levers.floors.amount from 9000" in text.stdout
    document = json.loads(CliRunner().invoke(main, ["diagnose", "china-2024", *FLOOR, "--json"]).stdout)
    assert document["possible"] is False
    assert document["with_it_possible"] is True
    assert document["with_less_possible"] is False
    assert {fix["setting"] for fix in document["repairs"]} >= {"levers.floors.amount", "levers.floors"}
    assert CliRunner().invoke(main, ["diagnose", "two-regions"]).exit_code == 0

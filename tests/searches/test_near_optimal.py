"""Room to negotiate: ranges known by hand, attained by plans that verify, proven, and refused where there are none.

The tiny case with 20 million for the farmers' fund: South's farmers rise to 0.4 of the standard, North's stay at 0.6,
and the gap is 1/8 * (0.6^2 + 0.4^2) = 0.065. If North gets d million instead, 0.01 of the standard a million,

    1/8 * ((0.6 + 0.01 d)^2 + (0.4 - 0.01 d)^2) <= 1.01 * 0.065        2 (d/100)^2 + 0.4 d/100 <= 0.0052
    d / 100 <= (sqrt(0.16 + 0.0416) - 0.4) / 4 = 0.01224972                of 1,000 crowns: 12.24972 each
"""

import json
import math
import time
from pathlib import Path

import pytest
from cases import FARMERS_GET, TINY, at, scenario
from click.testing import CliRunner

from commonweal.cli import main
from commonweal.instances import read
from commonweal.optimizer import load_scenario
from commonweal.optimizer.errors import Stopped, UsageError
from commonweal.optimizer.near_optimal import NearOptimal, near_optimal, write
from commonweal.optimizer.searches.near_optimal import Room
from commonweal.optimizer.verify import verify

RIGID = {"benefit_rigidity": {}}
MOVES = (math.sqrt(0.16 + 0.0416) - 0.4) / 4 * 100  # million


def ends(found: NearOptimal, what: str, region: str, group: str = "") -> tuple[float, float]:
    """(least, most) of an amount in the farmers' fund, or of a group's benefit."""
    ranges = found.ranges[found.ranges["fund"].isin(["", "f"])]
    where = {"what": what, "region": region, **({"group": group} if group else {})}
    return at(ranges, "least", **where), at(ranges, "most", **where)


@pytest.fixture(scope="module")
def tiny() -> NearOptimal:
    return near_optimal(TINY.read(), scenario({**FARMERS_GET, **RIGID}), every_end=True)


def test_the_ranges_are_those_computed_by_hand(tiny: NearOptimal) -> None:
    close = {"rel": 1e-4, "abs": 1e-3 * MOVES}  # attained within a thousandth of the way
    assert ends(tiny, "net", "s") == (pytest.approx(20 - MOVES, **close), pytest.approx(20, rel=1e-9))
    assert ends(tiny, "net", "n") == (pytest.approx(0, abs=1e-9), pytest.approx(MOVES, **close))
    assert ends(tiny, "benefit", "s", "farmers") == (pytest.approx(400 - 10 * MOVES, rel=1e-5), pytest.approx(400))
    assert ends(tiny, "benefit", "n", "farmers") == (pytest.approx(600), pytest.approx(600 + 10 * MOVES, rel=1e-5))
    assert ends(tiny, "benefit", "n", "workers") == (pytest.approx(2000), pytest.approx(2000))


def test_no_range_is_wider_than_proven_and_the_best_plan_lies_inside(tiny: NearOptimal) -> None:
    ranges, rounding = tiny.ranges, 1e-6
    assert (ranges["least_proven"] <= ranges["least"]).all()
    assert (ranges["least"] <= ranges["plan"] + rounding).all()
    assert (ranges["plan"] <= ranges["most"] + rounding).all()
    assert (ranges["most"] <= ranges["most_proven"]).all()
    # The ends by hand lie between what is attained and what is proven.
    assert (
        at(ranges, "least_proven", what="net", region="s") <= 20 - MOVES <= at(ranges, "least", what="net", region="s")
    )


def test_every_end_is_attained_by_a_plan_that_verify_accepts(tiny: NearOptimal, tmp_path: Path) -> None:
    write(tiny, tmp_path / "out")
    assert len(tiny.plans) == 2 * len(tiny.ranges)
    for label, plan in tiny.plans.items():
        side, what, region, *rest = label.split("-")
        found = verify(tmp_path / "out" / label)
        assert found.accepted, (label, found)
        if what == "net":
            attained = at(plan.transfers, "net", region=region, fund=rest[0])
        else:
            attained = at(plan.benefits, "benefit", region=region, group=rest[0])
        due = dict(zip(("least", "most"), ends(tiny, what, region, rest[0] if what == "benefit" else ""), strict=True))
        assert attained == pytest.approx(due[side], rel=1e-6, abs=1e-6)
        assert plan.objective <= 1.01 * tiny.best.objective * (1 + 1e-9)
    assert verify(tmp_path / "out" / "optimal").accepted


def test_a_plan_that_goes_beyond_its_share_of_the_gap_is_not_accepted(tiny: NearOptimal, tmp_path: Path) -> None:
    write(tiny, tmp_path / "out")
    folder = tmp_path / "out" / "most-net-n-f-2030"
    info = json.loads((folder / "run.json").read_text())
    assert (info["status"], info["within"], info["attains"]) == ("near_optimal", 0.01, "most-net-n-f-2030")
    (folder / "run.json").write_text(json.dumps({**info, "within": 0.005}))
    assert not verify(folder).accepted


def test_the_plans_shown_differ_from_the_best_and_from_each_other() -> None:
    found = near_optimal(TINY.read(), scenario({**FARMERS_GET, **RIGID}), plans=2)
    assert len(found.plans) == 2
    south = [at(plan.benefits, "benefit", region="s", group="farmers") for plan in found.plans.values()]
    assert min(south) == pytest.approx(400 - 10 * MOVES, rel=1e-5)


def test_where_no_money_is_to_be_moved_nothing_moves() -> None:
    found = near_optimal(TINY.read(), scenario(RIGID))
    assert found.plans == {}
    assert found.ranges["least"].tolist() == pytest.approx(found.ranges["most"].tolist())
    assert found.ranges["plan"].tolist() == pytest.approx(found.ranges["most"].tolist())


def test_with_yes_or_no_decisions_the_ends_keep_those_of_the_best_plan(tmp_path: Path) -> None:
    # Of 60 million North's fund uses 40 for the package and 5 for the start; South does not begin, so its farmers stay
    # without a pension however much money comes.
    case = TINY.put("people", group="farmers", covered=0, benefit=0).put("accounts", fund="f", other_revenue=0)
    rules = scenario(
        {
            "vertical_transfers": {"budget": {"f": 60.0}},
            **RIGID,
            "extension": {"programmes": {"pension": {"package": 0.4, "setup": 50.0}}},
        }
    )
    found = near_optimal(case.read(), rules)
    assert ends(found, "benefit", "s", "farmers") == (pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-9))
    low, high = ends(found, "benefit", "n", "farmers")
    # 1/8 * (1 + (1 - b)^2) is the gap at a share b: 0.55 in the best plan, with 60 - 5 million.
    assert high == pytest.approx(550)
    assert low == pytest.approx(1000 * (1 - math.sqrt(1.01 * (1 + 0.45**2) - 1)), rel=1e-5)
    write(found, tmp_path / "out")
    assert found.plans
    assert all(verify(tmp_path / "out" / label).accepted for label in found.plans)


def test_of_several_years_money_of_all_and_benefits_of_the_last_are_shown_unless_years_are_named() -> None:
    case, rules = TINY.years(2030, 2031).read(), scenario({**FARMERS_GET, **RIGID})
    keys = ["what", "year"]

    def shown(**asked: object) -> set[tuple[object, ...]]:
        found = near_optimal(case, rules, plans=0, regions=["s"], **asked)
        return set(found.ranges[keys].astype(object).where(found.ranges[keys].notna(), None).itertuples(index=False))

    assert shown() == {("net", None), ("benefit", 2031)}
    assert shown(years=[2030]) == {("net", 2030), ("benefit", 2030)}
    assert shown(years="every") == shown() | shown(years=[2030]) | {("net", 2031)}


@pytest.mark.parametrize(
    ("rules", "asked", "words"),
    [
        ({"vertical_transfers": {"budget": {"f": 400.0}}, **RIGID}, {}, "leaves no gap"),
        (RIGID, {"within": 0.0}, "no share of the gap"),
        (RIGID, {"regions": ["north"]}, "no region 'north'"),
        (RIGID, {"years": [1999]}, "no year '1999'"),
    ],
)
def test_what_has_no_range_is_refused_in_words(rules: dict[str, object], asked: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        near_optimal(TINY.read(), scenario(rules), **asked)


def test_a_relative_gap_has_no_ranges() -> None:
    with pytest.raises(UsageError, match="neither relative nor sorted"):
        near_optimal(TINY.read(), scenario({**FARMERS_GET, **RIGID}, gaps={"mean_deviation": {"relative": True}}))


def test_a_gap_that_is_not_known_closely_enough_has_no_ranges() -> None:
    def dawdle(words: str) -> None:
        if "minimising floors" in words:  # the limit passes before the gap is refined
            time.sleep(1.0)

    with pytest.raises(Stopped):
        Room(TINY.read(), scenario({**FARMERS_GET, **RIGID}, solver={"time_limit": 0.9}), 1e-5, dawdle)


def test_the_command_prints_ranges_and_writes_plans(tmp_path: Path) -> None:
    # The case's README: both regions reach half the standard of 6,000 with 270 million in Poor Hills and -30 in Rich
    # Coast. 1 % of 1/2 * 0.5^2 is met when D million are moved: shares 0.5 + D / 900 and 0.5 - D / 300, of weights
    # 3/4 and 1/4, so D^2 * (3/4 / 900^2 + 1/4 / 300^2) = 0.0025, and D = 26.
    folder = tmp_path / "out"
    run = CliRunner().invoke(main, ["near-optimal", "two-regions", "-o", str(folder)])
    assert run.exit_code == 0, run.output
    assert " ".join(run.stdout.split()).count("244.0 270.0 296.0") == 1
    assert len([path for path in folder.iterdir() if path.is_dir()]) == 4
    again = CliRunner().invoke(main, ["near-optimal", "two-regions", "--region", "rich", "--json", "-o", str(folder)])
    document = json.loads(again.stdout)
    assert document["within"] == 0.01
    assert {row["region"] for row in document["ranges"]} == {"rich"}
    (tmp_path / "mine").mkdir()
    for place, words in ((tmp_path / "mine", "holds no ranges"), (folder, "no part of an earlier result")):
        (place / "notes.txt").write_text("mine")
        refused = CliRunner().invoke(main, ["near-optimal", "two-regions", "-o", str(place)])
        assert refused.exit_code == 2
        assert words in " ".join(refused.output.split())


@pytest.mark.parametrize("workers", [2, 4])
def test_ends_do_not_depend_on_how_many_processes_share_them(tiny: NearOptimal, workers: int, tmp_path: Path) -> None:
    """Six amounts: the farmers' money of 2 regions, and 2 benefits in each; of four processes two get one, two get two."""
    assert len(tiny.ranges) == 6
    found = near_optimal(TINY.read(), scenario({**FARMERS_GET, **RIGID}), every_end=True, workers=workers)
    same(tiny, found, tmp_path)


def same(one: NearOptimal, other: NearOptimal, place: Path) -> None:
    """The same tables, byte by byte."""
    write(one, place / "one")
    write(other, place / "other")
    files = sorted(path.relative_to(place / "one") for path in (place / "one").rglob("*.csv"))
    assert files == sorted(path.relative_to(place / "other") for path in (place / "other").rglob("*.csv"))
    assert len(files) > 16 * len(one.plans)
    for file in files:
        assert (place / "one" / file).read_bytes() == (place / "other" / file).read_bytes(), file


def test_the_ranges_of_china_are_attained_by_plans_that_verify_accepts(tmp_path: Path) -> None:
    case = read("china-2024")
    found = near_optimal(case, load_scenario(case), 0.01, 2, regions=["gansu"])
    moving = found.ranges[found.ranges["most"] > found.ranges["least"] * (1 + 1e-6)]
    assert len(moving) >= 3
    assert (moving["most_proven"] - moving["most"] <= 1.1e-3 * (moving["most"] - moving["least"])).all()
    write(found, tmp_path / "out")
    assert all(verify(tmp_path / "out" / label).accepted for label in found.plans)

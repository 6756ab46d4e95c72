"""Budget curves: known by hand, certified between their points, and the same as plans solved one by one.

The tiny case with central money B for the farmers' fund (20 at factor 1), shares of the standard:

    B <= 40        South alone rises, 0.2 + 0.01 B, to North's 0.6
    40 <= B <= 120 both rise, 0.6 + 0.005 (B - 40), to the standard
    gap            1/8 * sum of squared shortfalls of the two farmers' cells (workers are above the standard)
"""

import json
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest
from cases import FARMERS_GET, TINY, generated, scenario
from click.testing import CliRunner

from commonweal.cli import main
from commonweal.instances import Instance, read
from commonweal.optimizer import load_scenario, run_folder, solve
from commonweal.optimizer.budgets import scaled
from commonweal.optimizer.curves import Ask, Curve
from commonweal.optimizer.errors import Infeasible, UsageError
from commonweal.optimizer.frontier import Frontier, frontier, write
from commonweal.optimizer.kept import Kept
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.verify import verify

RIGID = {"benefit_rigidity": {}}
SOFT = {**FARMERS_GET, **RIGID, "floors": {"amount": 400.0, "mode": "soft", "groups": ["farmers"]}}
HARD = {**SOFT, "floors": {"amount": 400.0, "groups": ["farmers"]}}


def by_hand(budget: float) -> tuple[float, float]:
    """(gap, change of the gap per million) of the tiny case."""
    if budget <= 40:
        short = 0.8 - 0.01 * budget
        return 0.125 * (0.4**2 + short**2), -0.25 * short * 0.01
    short = 0.4 - 0.005 * (budget - 40)
    return 0.25 * short**2, -0.5 * short * 0.005


def curve(instance: Instance, rules: Scenario, ask: Ask) -> Curve:
    return frontier(instance, rules, ask).curves[0]


def test_the_whole_curve_its_kink_and_its_marginal_values_are_those_computed_by_hand() -> None:
    found = curve(TINY.read(), scenario({**FARMERS_GET, **RIGID}), Ask(0.5, 5.0, exact=(0.5, 5.0)))
    for point in found.points:
        gap, slope = by_hand(20 * point.factor)
        assert point.gap == pytest.approx(gap, rel=1e-9)
        assert (point.left, point.right) == (pytest.approx(slope, rel=1e-9), pytest.approx(slope, rel=1e-9))
    first, second = found.pieces
    # At 40 million North begins to rise too: the same slope, half the bend, 0.25 * 0.01^2 = 2.5e-5 and 0.5 * 0.005^2.
    assert second.low == pytest.approx(2.0, rel=1e-9)
    assert first.slope_at_high == pytest.approx(second.slope) == pytest.approx(-0.001 * 20)
    assert (first.bend, second.bend) == (pytest.approx(2.5e-5 * 400), pytest.approx(1.25e-5 * 400))
    assert any("North" in change for change in second.changes)


def test_a_gap_made_of_lines_has_its_kink_where_the_cheaper_region_is_done() -> None:
    # Two regions: one million for 50 thousand farmers of Rich Coast closes 1/300 of the standard, and the region weighs
    # 150/360: 1/720. For the 150 thousand of Poor Hills: 1/900 * 210/360 = 7/10800. Rich Coast is level with its
    # workers (12,000 crowns) after 50 * 9,600 / 1,000 = 480 million, twice the budget of 240.
    case = read("two-regions")
    found = frontier(case, load_scenario(case, gap=["urban_rural"]), Ask(0.5, 3.0, exact=(0.5, 3.0)))
    kinks = found.kinks
    assert kinks["factor"].tolist() == [pytest.approx(2.0, rel=1e-7)]
    assert kinks["marginal_left"].iloc[0] == pytest.approx(-1 / 720)
    assert kinks["marginal_right"].iloc[0] == pytest.approx(-7 / 10800)
    assert kinks["gap"].iloc[0] == pytest.approx(1.425 - 480 / 720 - 60 * 7 / 10800)
    at_kink = frontier(case, load_scenario(case, gap=["urban_rural"]), Ask(1.0, 3.0, points=3)).table.iloc[1]
    assert (at_kink["marginal_left"], at_kink["marginal_right"]) == (
        pytest.approx(-1 / 720),
        pytest.approx(-7 / 10800),
    )


def test_china_over_five_years_is_certified_to_a_thousandth_convex_and_falling() -> None:
    case = read("china-2024")
    found = curve(case, load_scenario(case, ["five-years"]), Ask())
    assert len(found.points) < 40
    assert 0 < found.reached <= 1e-3
    factors = np.array([point.factor for point in found.points])
    gaps = np.array([point.gap for point in found.points])
    slopes = np.diff(gaps) / np.diff(factors)
    assert (slopes < 0).all()
    assert (np.diff(slopes) > 0).all()
    for point in found.points:
        assert point.lower <= point.gap <= point.lower * (1 + 1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_the_curve_is_convex_and_falling_and_lies_between_its_envelopes(seed: int) -> None:
    random = Random(seed)
    case = generated(4, seed, years=1 + seed % 3).read()
    rules = scenario(
        {
            "vertical_transfers": {"budget": {"f": 30.0}, "tilt": 0.6, "favoured": [case.regions["belt"].iloc[0]]},
            "horizontal_transfers": {"fund": "f", "share_of_capacity": 0.05},
            "benefit_rigidity": {},
        },
        gaps={"squared_shortfall": {}, "urban_rural": {"weight": 0.01}} if seed % 2 else {"squared_shortfall": {}},
    )
    found = curve(case, rules, Ask(0.2, 4.0, tolerance=0.01))
    assert found.reached <= 0.01
    chain = [point for point in found.points if point.factor >= found.funded]
    falls = [(b.gap - a.gap) / (b.factor - a.factor) for a, b in pairwise(chain)]
    assert all(fall <= 1e-9 for fall in falls)  # never rises, and convex
    assert all(a <= b + 1e-7 * abs(a) for a, b in pairwise(falls))
    for _ in range(4):
        factor = random.uniform(0.2, 4.0)
        low, high = found.envelope(factor)
        assert high - low <= 0.01 * found.fall * (1 + 1e-9)
        gap = solve(case, scaled(rules, factor)).objective
        assert low - 1e-9 <= gap <= high + 1e-9


@pytest.mark.parametrize("rules", [SOFT, HARD], ids=["money is missing", "no plan"])
def test_the_least_budget_is_exact(rules: dict[str, object]) -> None:
    # South's farmers lack 200 crowns each to the floor of 400: 20 million, the budget at factor 1.
    found = curve(TINY.read(), scenario(rules), Ask(0.25, 3.0))
    least = found.funded if rules is SOFT else found.least
    # A millionth of what a fund owes may stay unfunded, for rounding: of South's 20 million as much as of the 20 lacking.
    assert least == pytest.approx(1.0, abs=1.1e-6 if rules is HARD else 1e-8)
    below = [point for point in found.points if point.factor < 0.99]
    assert below
    if rules is SOFT:
        assert all(point.floors == pytest.approx(20 * (1 - point.factor)) for point in below)
        assert all(point.left is None and point.right is None for point in below)
    else:
        assert [point.status for point in below] == ["infeasible"]
        assert "less than 0.999999 times the budget" in below[0].note
    assert found.reached <= 1e-3


def test_the_least_budget_of_china_equals_the_one_by_bisection() -> None:
    case = read("china-2024")
    rules = load_scenario(case, settings=["levers.floors.amount=3200.0"])
    kept = Kept(case, rules, "central", 3.0)
    least = curve(case, rules, Ask(0.1, 3.0, points=2)).funded
    low, high = 0.1, 3.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(kept.first(middle)) > 1e-7 else (low, middle)
    assert 0.2 < least < 3.0
    assert least == pytest.approx(high, rel=1e-7)


@pytest.mark.parametrize("scale", ["central", "horizontal", "both"])
def test_every_kind_of_money_can_be_varied_and_gives_the_gaps_of_single_plans(scale: str) -> None:
    case = read("two-regions")
    found = curve(case, load_scenario(case), Ask(0.5, 1.5, points=3, scale=scale))
    assert found.budget == {"central": 240.0, "horizontal": 60.0, "both": 300.0}[scale]
    for point in found.points:
        alone = solve(case, scaled(load_scenario(case), point.factor, scale))
        assert point.gap == pytest.approx(alone.objective, rel=1e-9)
        assert alone.transfers["central"].sum() == pytest.approx(240 * (point.factor if scale != "horizontal" else 1))
        paid = alone.transfers["horizontal_paid"].sum()
        assert paid == pytest.approx(60 * (point.factor if scale != "central" else 1))


def test_the_exact_curve_of_china_equals_fresh_plans_inside_its_pieces() -> None:
    case = read("china-2024")
    rules = load_scenario(case)
    found = curve(case, rules, Ask(0.5, 1.5, points=2, exact=(0.5, 1.5)))
    assert len(found.pieces) >= 3
    random = Random(1)
    for piece in found.pieces:
        factor = random.uniform(piece.low, piece.high)
        assert solve(case, scaled(rules, factor)).objective == pytest.approx(piece.value(factor), rel=1e-9)


def test_the_plan_at_every_point_is_a_run_folder_that_verify_accepts(tmp_path: Path) -> None:
    case = read("two-regions")
    found = frontier(case, load_scenario(case), Ask(0.5, 2.0, points=3))
    write(found, tmp_path / "one", plans=True, workers_=1, progress=lambda _: None)
    write(found, tmp_path / "two", plans=True, workers_=2, progress=lambda _: None)
    table = pd.read_csv(tmp_path / "one" / "frontier.csv")
    assert table["factor"].tolist() == [0.5, 1.25, 2.0]
    for factor, gap in zip(table["factor"], table["gap"], strict=True):
        folder = tmp_path / "one" / f"{factor:g}"
        assert verify(folder).accepted
        run = run_folder.read(folder)
        assert run.info["objective"] == pytest.approx(gap, rel=1e-9)
        assert run.scenario["levers"]["vertical_transfers"]["budget"]["farmers"] == pytest.approx(240 * factor)
        again = tmp_path / "two" / f"{factor:g}"
        for name in ("benefits", "transfers", "rules"):
            assert (folder / f"{name}.csv").read_bytes() == (again / f"{name}.csv").read_bytes()


def test_a_failed_point_is_listed_and_the_rest_of_the_curve_is_there(tmp_path: Path) -> None:
    found = frontier(TINY.read(), scenario(HARD), Ask(0.5, 2.0, points=4))
    table = write(found, tmp_path / "out", plans=True, workers_=1, progress=lambda _: None).table
    assert table["status"].tolist() == ["infeasible", "optimal", "optimal", "optimal"]
    assert table["gap"].isna().tolist() == [True, False, False, False]
    assert not (tmp_path / "out" / "0.5").exists()


def test_an_earlier_frontier_is_replaced_and_other_folders_are_left_alone(tmp_path: Path) -> None:
    case = read("two-regions")
    for points in (3, 2):
        found = frontier(case, load_scenario(case), Ask(0.5, 2.0, points=points))
        write(found, tmp_path / "out", plans=True, workers_=1, progress=lambda _: None)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"0.5", "2", "frontier.csv", "frontier.json", "dictionary.csv"}
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds no frontier"):
        write(found, tmp_path / "mine", plans=False, workers_=1, progress=lambda _: None)


def test_several_scenarios_give_several_curves_in_one_table() -> None:
    case = read("china-2024")
    named = {"one": load_scenario(case), "hard": load_scenario(case, settings=["levers.own_effort=false"])}
    found = frontier(case, named, Ask(0.5, 2.0, points=2))
    assert isinstance(found, Frontier)
    assert found.table["scenario"].tolist() == ["one", "one", "hard", "hard"]
    first, second = found.curves
    assert all(a.gap < b.gap for a, b in zip(first.points, second.points, strict=True))


@pytest.fixture(scope="module")
def decided() -> tuple[Instance, Scenario, Curve]:
    """The tiny case without any farmers covered: a region begins with 40 million a year for all, and 5 once."""
    tiny = TINY.put("people", group="farmers", covered=0, benefit=0).put("accounts", fund="f", other_revenue=0)
    rules = scenario(
        {
            "vertical_transfers": {"budget": {"f": 20.0}},
            "benefit_rigidity": {},
            "extension": {"programmes": {"pension": {"package": 0.4, "setup": 50.0}}},
        }
    )
    case = tiny.read()
    return case, rules, curve(case, rules, Ask(1.0, 6.0, points=6))


def test_with_decisions_every_point_has_its_bound_and_names_its_set(
    decided: tuple[Instance, Scenario, Curve],
) -> None:
    case, rules, found = decided
    assert len(found.held) >= 3  # nobody, one region, both
    for point in found.points:
        assert 1 <= point.decisions <= len(found.held)
        alone = solve(case, scaled(rules, point.factor))
        assert point.lower <= alone.objective + 1e-12
        assert point.gap <= alone.objective + 1e-12
        assert point.gap - point.lower <= 2e-4 * point.gap
    assert set(Frontier(case, (found,)).table["claim"]) == {"best decisions found"}


def test_with_decisions_each_set_has_a_convex_curve_and_the_relaxed_one_lies_below(
    decided: tuple[Instance, Scenario, Curve],
) -> None:
    case, rules, found = decided
    for factor in (1.5, 2.5, 3.5, 5.5):
        low, high = found.envelope(factor)
        assert low <= solve(case, scaled(rules, factor)).objective + 1e-9 <= high + 2e-9
    for line in found.held:
        slopes = [(b.gap - a.gap) / (b.factor - a.factor) for a, b in pairwise(line)]
        assert all(a <= b + 1e-12 for a, b in pairwise(slopes))


def test_with_decisions_there_is_no_exact_curve(decided: tuple[Instance, Scenario, Curve]) -> None:
    case, rules, _ = decided
    with pytest.raises(UsageError, match="may jump"):
        frontier(case, rules, Ask(1.0, 6.0, points=2, exact=(1.0, 2.0)))


def test_a_scenario_without_a_budget_and_a_curve_without_any_plan_say_so() -> None:
    case = TINY.read()
    with pytest.raises(UsageError, match="no budget to vary"):
        frontier(case, scenario(RIGID), Ask())
    with pytest.raises(UsageError, match="Curve 'none': There is no budget"):
        frontier(case, {"some": scenario(FARMERS_GET), "none": scenario(RIGID)}, Ask(points=2))
    with pytest.raises(Infeasible, match=r"even with 0\.5 times"):
        frontier(case, scenario(HARD), Ask(0.1, 0.5))
    for wrong in ({"low": 2.0, "high": 1.0}, {"tolerance": 0.0}, {"points": 1}, {"exact": (0.1, 9.0)}):
        with pytest.raises(UsageError):
            Ask(**wrong)


def test_the_command_prints_the_curve_and_writes_the_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["frontier", "two-regions", "--budget", "0.25x..1x", "--points", "3", "--exact", "0.25..1", "-o", str(out)]
    shown = CliRunner().invoke(main, [*words, "--workers", "1"])
    assert shown.exit_code == 0, shown.output
    assert "the gap falls from 0.1176 to 0.06944" in " ".join(shown.stdout.split())
    assert "Rich Coast" in shown.stdout
    assert {path.name for path in out.iterdir()} >= {"frontier.csv", "kinks.csv", "0.25", "0.625", "1"}
    printed = CliRunner().invoke(main, [*words, "--no-plans", "--json"])
    document = json.loads(printed.stdout)
    assert [point["factor"] for point in document["points"]] == [0.25, 0.625, 1.0]
    assert document["kinks"][0]["factor"] == pytest.approx(0.5)
    assert not (out / "0.25").exists()


def test_the_command_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    for words in (["--budget", "many"], ["--tolerance", "lots"], ["--curve", "a.toml", "--curve", "b/a.toml"]):
        found = CliRunner().invoke(main, ["frontier", "two-regions", *words, "-o", str(tmp_path / "out")])
        assert found.exit_code == 2, found.output

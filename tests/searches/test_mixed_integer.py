"""Yes-or-no decisions: the solver's version, proofs held against brute force, limits of time, Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading
import time
from itertools import product
from pathlib import Path
from random import Random

import highspy
import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest
from cases import TINY, Case, at, built, generated, plan, scenario

from commonweal.models.build import Built
from commonweal.optimizer import run_folder, solve
from commonweal.optimizer.errors import Infeasible, Stopped
from commonweal.optimizer.highs import Solver, SolverOptions
from commonweal.optimizer.quantiles import lines_of
from commonweal.optimizer.refine import PIECES
from commonweal.optimizer.running import Interruptible
from commonweal.optimizer.stages import keep_stage, knots_of, minimise_gap
from commonweal.optimizer.verify import verify

PROGRAMMES = ("births", "injury", "jobless")


def lacking(regions: int, seed: int, years: int = 1, programmes: int = 3) -> Case:
    """An invented case whose farmers some programmes do not reach."""
    case, random = generated(regions, seed, years), Random(seed)
    for k, p in enumerate(PROGRAMMES[:programmes]):
        people = "\n".join(f"{r},farmers,{p},{random.randint(20, 200)},0,0" for r in case.tables["regions"]["region"])
        case = case.add("programmes", f"{p},{p}").add("schemes", f"{p},farmers,f,{400 + 100 * k}").add("people", people)
    return case


def levers(budget: float, **rule: object) -> dict[str, object]:
    """Money for some of the programmes, each with a package and a set-up cost."""
    settings = {"package": 0.4, "setup": 60.0, **rule}
    return {
        "vertical_transfers": {"budget": {"f": budget}},
        "benefit_rigidity": {},
        "extension": {"programmes": dict.fromkeys(PROGRAMMES, settings)},
    }


def document(case: Case, budget: float, **sections: object) -> dict[str, object]:
    """A scenario for the programmes the case has."""
    chosen = levers(budget)
    programmes = set(case.tables["programmes"]["programme"])
    kept = {p: rule for p, rule in chosen["extension"]["programmes"].items() if p in programmes}
    return {"levers": {**chosen, "extension": {"programmes": kept}}, **sections}


def brute_force(case: Case, settings: dict[str, object]) -> float:
    """The least gap over every choice of what begins when, each solved as a linear program to exactness."""
    model = built(case, settings)
    begun = model.model.lever["extension"].begun
    paths = sorted({i[:3] for i in begun})
    years = sorted({i[3] for i in begun})
    least = np.inf
    for starts in product(range(len(years) + 1), repeat=len(paths)):
        for path, start in zip(paths, starts, strict=True):
            for k, t in enumerate(years):
                begun[(*path, t)].fix(float(k >= start))
        least = min(least, exact_gap(model))
    return least


def exact_gap(model: Built) -> float:
    """Infinite where a choice cannot be paid, or leaves more of today's obligations unfunded than need be."""
    try:
        solver = Solver(model.model, SolverOptions())
        assert not solver.mixed
        if keep_stage(solver, "unfunded").objective > 1e-6:
            return np.inf
        keep_stage(solver, "floors")
        found = minimise_gap(solver, [*knots_of(model, solver), *lines_of(model, solver, 0)], 1e-9, lambda _: None)
    except Infeasible:
        return np.inf
    return found.best.objective


@pytest.mark.parametrize("presolve", ["on", "off"])
@pytest.mark.parametrize(
    ("columns", "rows", "least"),
    [
        # Wrong (15) in 1.14.0. Columns: cost, lower, upper, whole; rows: lower, upper, coefficients.
        ([(2, 0, 10, False), (3, 0, 10, True)], [(4.5, np.inf, (1, 1))], 9.0),
        # Wrong (2) in 1.15.1: zero or between 1 and 3, as y <= x <= 3 y, with integers that have no bound.
        (
            [(1, 0, 3, False), (0, -np.inf, 1, True), (0, -np.inf, np.inf, True), (0, 0, 1, True)],
            [
                (13, np.inf, (9, 7, 0, 0)),
                (0, 0, (1, -1, -1, 0)),
                (0, np.inf, (1, 0, 0, -1)),
                (-np.inf, 0, (1, 0, 0, -3)),
            ],
            1.0,
        ),
    ],
)
def test_two_tiny_problems_that_older_solvers_got_wrong(columns, rows, least, presolve):
    highs = Interruptible()
    highs.setOptionValue("presolve", presolve)
    for cost, lower, upper, whole in columns:
        highs.addCol(cost, lower, upper, 0, [], [])
        if whole:
            highs.changeColIntegrality(highs.getNumCol() - 1, highspy.HighsVarType.kInteger)
    for lower, upper, entries in rows:
        highs.addRow(lower, upper, len(entries), list(range(len(entries))), list(entries))
    highs.work()
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    assert highs.getObjectiveValue() == pytest.approx(least, abs=1e-5)  # rows may miss by HiGHS' own 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_brute_force_over_every_choice_of_one_year_finds_nothing_better(seed):
    case = lacking(2, seed)  # 2 regions, 3 programmes: 64 choices
    settings = document(case, 25.0, solver={"mip_tolerance": 1e-7})
    found = plan(case, settings["levers"], solver=settings["solver"])
    least = brute_force(case, settings)
    assert found.objective == pytest.approx(least, rel=1e-6)
    assert found.lower_bound <= least * (1 + 1e-9)
    assert found.relative_gap <= 1e-7


def test_brute_force_over_every_date_of_two_years_finds_nothing_better():
    case = lacking(2, 7, years=2, programmes=2)  # 4 cells that begin in one of two years or never: 81 choices
    settings = document(case, 15.0, solver={"mip_tolerance": 1e-7}, weights={"discount": 0.8})
    found = plan(case, settings["levers"], solver=settings["solver"], weights=settings["weights"])
    assert found.objective == pytest.approx(brute_force(case, settings), rel=1e-6)


@pytest.mark.parametrize("gap", ["shortfall", "urban_rural", "gini", "theil"])
def test_brute_force_holds_for_other_gaps_too(gap):
    case = lacking(2, 3, programmes=2)
    settings = document(case, 15.0, solver={"mip_tolerance": 1e-6}, gaps={gap: {}})
    if gap == "theil":  # not defined where somebody gets nothing
        settings["levers"]["extension"]["programmes"]["births"]["deadline"] = 2030
        settings["levers"]["extension"]["programmes"]["injury"]["deadline"] = 2030
        settings["levers"]["vertical_transfers"]["budget"]["f"] = 120.0
    found = solve(case.read(), scenario(**settings))
    assert found.status == "optimal"
    assert found.objective == pytest.approx(brute_force(case, settings), rel=2e-6, abs=1e-9)


def test_the_proof_and_the_decisions_stand_in_run_json():
    case = lacking(4, 1)
    found = plan(case, document(case, 40.0)["levers"])
    told = found.info["integer"]
    assert told["decisions"] == 12
    assert told["prices"] == "given these decisions"
    assert found.lower_bound == pytest.approx(told["bound"], rel=1e-12)
    assert 0 <= found.relative_gap <= 1e-4
    assert set(found.tables["decisions"]["value"]) <= {0.0, 1.0}
    prices = found.rules.query("lever == 'vertical_transfers'")["price"]
    assert (prices < 0).all()  # money has a price, given these decisions


@pytest.mark.parametrize("value", [0.5, 2.0])
def test_a_decision_that_is_neither_yes_nor_no_is_named(value, tmp_path: Path):
    folder = run_folder.write(plan(lacking(2, 1), levers(25.0)), tmp_path / "run")
    assert verify(folder).accepted
    table = pd.read_csv(folder / "decisions.csv")
    table["value"] = table["value"].astype(float)
    table.loc[1, "value"] = value
    table.to_csv(folder / "decisions.csv", index=False)
    found = [v for v in verify(folder).violations if v.rule.endswith("is yes or no")]
    assert [(v.lever, v.region) for v in found] == [("extension", "Region 0")]


def test_prices_are_those_of_the_linear_program_with_the_decisions_held():
    # The same plan with its decisions as data: its money is worth the same.
    case = lacking(2, 1)
    document_ = document(case, 25.0)
    free = solve(case.read(), scenario(**document_))
    held = built(case, document_)
    for index, data in held.model.lever["extension"].begun.items():
        region, group, programme, year = index  # noqa: RUF059 (the query reads them)
        rows = free.coverage.query("region == @region and group == @group and programme == @programme")
        data.fix(float(at(rows, "covered", year=year) > 0))
    solver = Solver(held.model, SolverOptions())
    for stage in ("unfunded", "floors"):
        keep_stage(solver, stage)
    found = minimise_gap(solver, knots_of(held, solver), 1e-9, lambda _: None)
    rule = held.model.lever["vertical_transfers"].component("budget")
    row = solver.row_numbers(rule, list(rule))[0]
    price = at(free.rules.query("lever == 'vertical_transfers' and rule.str.startswith('budget')"), "price")
    assert price == pytest.approx(found.best.row_dual[row], rel=1e-4)


def test_the_most_a_benefit_can_be_is_all_the_money_its_fund_can_have():
    # South's farmers' fund: 6 in reserve (6 must stay), 20 a year and all of the budget of 30; nothing of it need go to
    # pensions. 50 million over 100 thousand people are 500 crowns, and with more money in the data it is more.
    case = TINY.add("programmes", "births,births").add("schemes", "births,farmers,f,400")
    case = case.add("people", "s,farmers,births,100,0,0")
    for budget, most in ((30.0, 500.0), (70.0, 900.0)):
        free = {
            "vertical_transfers": {"budget": {"f": budget}},
            "extension": {"programmes": {"births": {"package": 0.1}}},
        }
        model = built(case, {"levers": free}).model
        assert pyo.value(model.most_benefit["s", "farmers", "births", 2030]) == pytest.approx(most)


def test_a_plan_without_yes_or_no_decisions_says_nothing_of_them():
    assert "integer" not in plan(TINY, {"vertical_transfers": {"budget": {"f": 20.0}}}).info


def test_tangents_never_lie_above_the_curve_and_touch_it_where_they_should():
    model = built(TINY, {"levers": {"vertical_transfers": {"budget": {"f": 20.0}}}})
    solver = Solver(model.model, SolverOptions())
    knots = knots_of(model, solver)[0]
    family, random = knots.family, np.random.default_rng(1)
    points = np.sort(random.random((len(family.end), PIECES)), axis=1)
    points[:, 0], points[:, -1] = 0.0, family.end
    points[:, 4] = points[:, 5]  # two tangents in one place
    knots.touch(points)
    lengths = (solver.upper - solver.lower)[family.columns] / family.unit[:, None]
    slopes = solver.costs["gap"][family.columns] * family.unit[:, None] / family.weight[:, None]
    for z in (*random.random(20), *points[0]):
        filled = np.clip(z - np.cumsum(lengths, axis=1) + lengths, 0.0, lengths)
        seen = family.phi(np.zeros(1)) + (filled * slopes).sum(axis=1)
        assert (seen <= family.phi(np.full(1, z)) + 1e-12).all()
        if z in points[0]:
            assert seen[0] == pytest.approx(family.phi(np.full(1, z))[0], abs=1e-12)


HARD = lacking(10, 1, years=3)  # 90 decisions, proven to 1e-9 only after minutes
EXACTLY = {"mip_tolerance": 1e-9}


@pytest.mark.slow
def test_a_limit_of_time_ends_with_the_best_plan_and_how_far_it_is_proven():
    told: list[str] = []
    settings = document(HARD, 120.0, solver={**EXACTLY, "time_limit": 8.0})
    start = time.monotonic()
    try:
        found = solve(HARD.read(), scenario(**settings), told.append)
    except Stopped:
        pytest.skip("this machine found no plan within the limit")
    assert found.status == "stopped"
    assert 1e-9 < found.relative_gap < 0.05
    assert found.info["integer"]["distance"] == pytest.approx(found.relative_gap, rel=1e-6)
    assert time.monotonic() - start < 60
    assert any("bound" in words and "proven distance" in words for words in told)


def test_the_same_scenario_gives_the_same_decisions():
    case = lacking(5, 2, years=2)
    one, two = (plan(case, document(case, 30.0)["levers"]) for _ in range(2))
    assert one.tables["decisions"].equals(two.tables["decisions"])
    assert one.benefits.equals(two.benefits)
    assert one.lower_bound == two.lower_bound


def test_ctrl_c_is_heard_inside_the_solver():
    highs = Interruptible()
    size, random = 400, np.random.default_rng(1)
    for _ in range(size):
        highs.addCol(-random.uniform(1, 2), 0, 1, 0, [], [])
    highs.changeColsIntegrality(size, np.arange(size, dtype=np.int32), np.ones(size, dtype=np.uint8))
    for _ in range(size // 2):
        chosen = random.choice(size, 8, replace=False)
        highs.addRow(-np.inf, 2.0, 8, chosen.astype(np.int32), random.uniform(0.5, 2, 8))
    highs.setOptionValue("mip_rel_gap", 0.0)
    timer = threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        while True:
            highs.work()
            highs.clearSolver()
    assert time.monotonic() - start < 10


@pytest.mark.slow
def test_ctrl_c_during_the_search_ends_promptly_and_leaves_nothing_half_written(tmp_path: Path):
    folder = HARD.write(tmp_path / "hard")
    text = scenario(**document(HARD, 120.0, solver=EXACTLY)).toml()
    (tmp_path / "hard.toml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", "from commonweal.cli import main; main()", "solve", str(folder)]
    command += ["--scenario", str(tmp_path / "hard.toml"), "-o", str(tmp_path / "run"), "--verbose"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "deciding: round 2" in line:
                break
        process.send_signal(signal.SIGINT)
        sent = time.monotonic()
        _, rest = process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - sent < 10
    assert "Stopped by Ctrl-C" in rest
    assert "Traceback" not in rest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hard", "hard.toml"]


def test_integers_are_whole_in_the_model_and_followers_follow():
    model = built(
        lacking(3, 1), {"levers": {**levers(40.0), "extension": {**levers(40.0)["extension"], "level": "nation"}}}
    )
    begun = model.model.lever["extension"].begun
    assert sum(not data.is_continuous() for data in begun.values()) == len(PROGRAMMES)
    assert all(pyo.value(data.ub) == 1 for data in begun.values())

"""Every benchmark case runs at its smallest size; how fast it is says nothing here. The generator is sound."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.generate import generate
from benchmarks.growth_picture import Point, draw_points, exponent
from benchmarks.page import Result, parse, render
from benchmarks.parts import cases
from benchmarks.planned import Planned
from benchmarks.watched import Taken, watched
from commonweal.instances import read
from commonweal.optimizer import solve

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", cases())
def test_every_case_times_all_its_steps_at_the_smallest_size(name: str) -> None:
    case = cases()[name]
    steps = case.measure(case.prepare(tiny=True))
    assert case.__doc__ and case.AGAINST
    assert len({step.name for step in steps}) == len(steps) > 0
    assert all(step.ours > 0 and (step.other is None or step.other > 0) for step in steps)
    assert any(step.other is not None for step in steps)


def test_the_command_prints_one_table_and_writes_it_where_asked(tmp_path: Path) -> None:
    file = tmp_path / "benchmarks.md"
    words = [sys.executable, "-m", "benchmarks", "--tiny", "--case", "start_up", "--write", str(file)]
    told = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert told.count("| case ") == 1
    assert "commonweal --help" in told
    assert "highspy 1.16" in told
    assert file.read_text(encoding="utf-8").endswith(told.rstrip("\n") + "\n")


def test_a_case_measured_alone_takes_the_place_of_its_rows_and_the_others_keep_theirs_with_their_date() -> None:
    titles = {"one": "the first", "two": "the second"}
    row = ("build", "plain Pyomo", "1.000", "2.000", "2.0")
    first = Result("the first", (row, ("load", "", "0.100", "", "")), "Median of 7. 2026-01-01, a machine.")
    second = Result("the second", (row,), first.told)
    page = "# Benchmarks\n\n- **build**: words\n\n" + render({"one": first, "two": second})
    assert page.count("Median of 7. 2026-01-01, a machine.") == 1  # one run of everything is told once
    assert parse(page, titles) == {"one": first, "two": second}
    again = Result(
        "the second", (("build", "plain Pyomo", "3.000", "9.000", "3.0"),), "Median of 1. 2026-02-02, another."
    )
    page = render(parse(page, titles) | {"two": again})
    assert "- `one`: Median of 7. 2026-01-01, a machine.\n- `two`: Median of 1. 2026-02-02, another." in page
    assert parse(page, titles) == {"one": first, "two": again}
    assert parse(page, {"one": "the first"}) == {"one": first}  # a case that is no more leaves no rows


def test_memory_is_that_of_a_process_and_of_its_children_together() -> None:
    """100 MB in the command and 100 MB in a child, both touched: more than either has, with what Python itself takes."""
    child = "import time; held = b'x' * 100_000_000; time.sleep(1)"
    parent = f"import subprocess, sys; held = b'x' * 100_000_000; subprocess.run([sys.executable, '-c', {child!r}])"
    assert 200 < watched([sys.executable, "-c", parent]).megabytes < 300


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="nothing to see"):
        watched([sys.executable, "-c", "raise SystemExit('nothing to see')"])


def test_two_plans_of_one_case_may_not_contradict_each_others_bounds() -> None:
    taken = Taken(1.0, 1.0, 1.0)
    Planned(taken, gap=1.0004, bound=1.0, sweeps=3).agree(Planned(taken, gap=1.0001, bound=1.0001, sweeps=0))
    with pytest.raises(RuntimeError, match=r"0\.99 lies below the bound 1\.0"):
        Planned(taken, gap=1.0004, bound=1.0, sweeps=3).agree(Planned(taken, gap=0.99, bound=0.99, sweeps=0))


def test_the_exponent_of_a_cost_that_doubles_eightfold_with_twice_the_size_is_three() -> None:
    assert exponent([1, 2, 4], [5, 40, 320])[0] == pytest.approx(3)


def test_the_picture_tells_the_exponents_of_both_ways(tmp_path: Path) -> None:
    """Parts: time as size, memory as its root; the whole: time as the square. What is small is shown, not fitted."""
    sizes = (400, 10_000, 40_000, 160_000)
    points = [Point(n, n / 1000, n**0.5, n**2 / 1e8, float(n)) for n in sizes[:3]] + [Point(160_000, 160.0, 400.0)]
    draw_points([Point(100, 9.0, 90.0, 9.0, 90.0), *points], tmp_path / "growth.svg")
    drawn = (tmp_path / "growth.svg").read_text(encoding="utf-8")
    for told in ("two processes: size to the power of 1.00", "one process: size to the power of 2.00", "power of 0.50"):
        assert told in drawn


def test_the_same_arguments_generate_the_same_instance_and_another_seed_another() -> None:
    assert generate(7, 3, 2, 2, seed=5) == generate(7, 3, 2, 2, seed=5)
    assert generate(7, 3, 2, 2, seed=5) != generate(7, 3, 2, 2, seed=6)


def test_a_generated_instance_is_faultless_input(tmp_path: Path) -> None:
    case = generate(25, 2, 7, 1)
    case.write(tmp_path)
    assert read(tmp_path) == case


def test_a_generated_nation_has_provinces_belts_donors_and_people_who_are_not_covered() -> None:
    case = generate(60, 3, 4, 1)
    assert case.regions["parent"].nunique() == 5  # some eleven regions each
    assert set(case.regions["belt"]) == {"west", "centre", "east"}
    assert 0 < (case.budgets["donor_cap"] > 0).sum() < 30
    assert 0 < (case.people["covered"] == 0).sum() < 60
    assert len(case.people) == 60 * 3 * 4
    assert "invented" in case.meta.source


def test_a_generated_case_is_solved_and_its_gap_falls() -> None:
    plan = solve(generate(5, 2, 3, 2))
    total = plan.gaps[plan.gaps["gap"] == "total"].iloc[0]
    assert plan.status == "optimal"
    assert 0 < total["after"] < total["before"]

"""Every benchmark case runs at its smallest size; how fast it is says nothing here. The generator is sound."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.generate import generate
from benchmarks.parts import cases
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

"""Every gap from the command line: minimised with its bound in run.json and verified, or refused with what to use."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.generate import generate
from commonweal.cli import main
from commonweal.models.parts import RefusedError, gaps
from commonweal.optimizer import load_scenario, solve

MINIMISED = [name for name, part in gaps().items() if part.exact]
REPORTED = [name for name, part in gaps().items() if not part.exact]


def call(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(word) for word in words])
    return result.exit_code, result.output + result.stderr


def solved(folder: Path, *words: str) -> dict[str, Any]:
    code, told = call("solve", "two-regions", *words, "-q", "-o", folder / "run")
    assert code == 0, told
    return json.loads((folder / "run" / "run.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", [*MINIMISED, "leximin"])
def test_a_gap_is_minimised_and_run_json_names_it_with_its_weights_and_proven_distance(
    name: str, tmp_path: Path
) -> None:
    run = solved(tmp_path, "--gap", name)
    assert run["status"] == "optimal"
    assert 0 <= run["relative_gap"] <= 1e-6
    assert run["lower_bound"] <= run["objective"]
    minimised = run["minimised"]
    if name == "leximin":
        assert (minimised["name"], minimised["gaps"]) == ("leximin", {})
    else:
        assert (minimised["name"], list(minimised["gaps"])) == ("auto", [name])
        assert minimised["gaps"][name]["weights"] == "persons"
        assert minimised["gaps"][name]["weight"] == 1.0
    assert set(run["measures"]) == set(gaps())
    assert call("verify", tmp_path / "run")[0] == 0


@pytest.mark.parametrize("weights", ["regions", "equal"])
def test_the_weighting_of_cells_is_a_setting_and_named_in_run_json(weights: str, tmp_path: Path) -> None:
    run = solved(tmp_path, "--gap", "gini", "--set", f"gaps.gini.weights={weights}")
    assert run["minimised"]["gaps"]["gini"]["weights"] == weights
    assert call("verify", tmp_path / "run")[0] == 0


def test_several_gaps_are_weighted_on_the_command_line_and_ordered_by_a_setting(tmp_path: Path) -> None:
    words = ("--gap", "gini:2", "--gap", "range:0.5", "--gap", "theil", "--set", "gaps.theil.order=2")
    run = solved(tmp_path, *words)
    chosen = run["minimised"]["gaps"]
    assert {name: (own["weight"], own["order"]) for name, own in chosen.items()} == {
        "gini": (2.0, 1),
        "range": (0.5, 1),
        "theil": (1.0, 2),
    }
    assert [stage["stage"] for stage in run["stages"] if stage["stage"].startswith("gap")] == ["gap", "gap 2"]
    assert call("verify", tmp_path / "run")[0] == 0


@pytest.mark.parametrize("name", REPORTED)
def test_a_measure_that_is_only_reported_is_refused_with_what_to_use_instead(name: str, tmp_path: Path) -> None:
    code, told = call("solve", "two-regions", "--gap", name, "-o", tmp_path / "run")
    assert code == 2
    assert f"Gap {name} is reported" in told
    assert f"Use {gaps()[name].module.INSTEAD.split()[0]}" in told
    assert not (tmp_path / "run").exists()


def test_a_mean_over_too_many_cells_is_refused_by_name_with_what_to_use_instead() -> None:
    case = generate(1001, 2, 1, 1)
    for name, settings, instead in (
        ("mean_deviation", (), "squared_shortfall"),
        ("regional", ("gaps.regional.against=mean",), "standard"),
    ):
        with pytest.raises(RefusedError, match=rf"(?s){name}.*2,002.*{instead}"):
            solve(case, load_scenario(case, (), settings, (name,)))

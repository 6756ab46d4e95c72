"""The bundled scenarios: solved with all stages on the invented case and on the real one, and accepted by `verify`."""

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from commonweal.cli import main
from commonweal.instances import read
from commonweal.optimizer import Plan, run_folder, solve
from commonweal.optimizer.scenario import bundled, load_scenario
from commonweal.optimizer.verify import verify

NAMES = ("status-quo", "central-adjustment", "national-pooling", "unified-rate", "rural-first", "full-package")
REAL = [name for name in NAMES if name != "full-package"]
RUNS = [("five-provinces", name) for name in NAMES] + [("china-2024", name) for name in REAL]
PLANS: dict[tuple[str, str], Plan] = {}


def plan(case: str, scenario: str) -> Plan:
    """Each is solved once."""
    if (case, scenario) not in PLANS:
        instance = read(case)
        PLANS[case, scenario] = solve(instance, load_scenario(instance, [scenario]))
    return PLANS[case, scenario]


def test_the_scenarios_are_bundled_short_and_say_why() -> None:
    assert set(NAMES) <= set(bundled())
    for name in NAMES:
        text = bundled()[name].read_text(encoding="utf-8")
        assert text.startswith("# ") and tomllib.loads(text)["title"]
        assert "[assumptions]" in text or name == "status-quo"
        assert len(text.splitlines()) <= (130 if name == "full-package" else 40)


@pytest.mark.parametrize(("case", "scenario"), RUNS)
def test_a_bundled_scenario_is_solved_to_the_end_and_accepted(case: str, scenario: str, tmp_path: Path) -> None:
    found = plan(case, scenario)
    assert found.status == "optimal"
    run_folder.write(found, tmp_path / "run")
    verdict = verify(tmp_path / "run")
    assert verdict.accepted, "\n".join(violation.message for violation in verdict.violations)


@pytest.mark.parametrize("case", ["five-provinces", "china-2024"])
def test_status_quo_is_the_status_quo(case: str) -> None:
    found = plan(case, "status-quo")
    assert (found.benefits["benefit"] - found.benefits["benefit_before"]).abs().max() < 1e-9
    assert (found.coverage["covered"] - found.coverage["covered_before"]).abs().max() < 1e-9
    assert (found.rates["rate"] - found.rates["rate_before"]).abs().max() < 1e-12
    flows = ["central", "own", "horizontal_received", "horizontal_paid", "pool_received", "pool_paid"]
    assert found.transfers[flows].abs().max(axis=None) == 0
    total = found.gaps[found.gaps["gap"] == "total"].iloc[0]
    assert total["after"] == pytest.approx(total["before"], rel=1e-12)


@pytest.mark.parametrize("scenario", ["national-pooling", "unified-rate", "rural-first", "full-package"])
def test_in_the_invented_case_these_leave_nothing_unfunded(scenario: str) -> None:
    assert plan("five-provinces", scenario).funds["unfunded"].sum() < 1e-6


def test_the_full_package_switches_every_lever_on_in_the_invented_case() -> None:
    from commonweal.models.parts import levers

    assert set(load_scenario(read("five-provinces"), ["full-package"]).levers) == set(levers())


def test_what_the_real_case_has_no_data_for_is_refused_in_a_sentence(tmp_path: Path) -> None:
    # china-2024 has two groups and two programmes; employers' shares, income bands and platform workers are not in it.
    done = CliRunner().invoke(main, ["solve", "china-2024", "--scenario", "full-package", "-o", str(tmp_path / "run")])
    assert done.exit_code == 3
    assert "employer_share" in done.output and "leave the lever employer_burden out" in " ".join(done.output.split())
    assert not (tmp_path / "run").exists()

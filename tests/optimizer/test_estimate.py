"""What a plan will take is told before it is built, and what cannot fit is refused."""

from math import exp, log
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.generate import generate
from commonweal import cli
from commonweal.instances import project, read
from commonweal.optimizer import estimate as module
from commonweal.optimizer import load_scenario
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.estimate import (
    MEGABYTES,
    PARTS_MEGABYTES,
    SECONDS,
    Counts,
    check,
    estimate,
    free_memory,
    in_parts,
)
from commonweal.optimizer.workers import cores


def test_counts_are_the_rows_of_the_plan_years() -> None:
    """3 regions x 2 groups x 2 programmes x 4 years = 48 benefits; 3 x 2 funds x 4 = 24 rows of funds."""
    case = generate(3, 2, 2, 4)
    projection = load_scenario(case).projection
    assert projection is not None
    assert Counts.of(project(case, projection)) == Counts(48, 24, 4)


def test_seconds_and_megabytes_are_those_of_the_fit() -> None:
    found = estimate(Counts(1000, 500, 2))
    constant, power, yearly = SECONDS
    base, per_cell, per_row = MEGABYTES
    assert found.seconds == pytest.approx(exp(constant) * 1500**power * 2**yearly)
    assert found.megabytes == pytest.approx(base + 1000 * per_cell + 500 * per_row)
    assert log(estimate(Counts(2000, 1000, 2)).seconds / found.seconds) == pytest.approx(power * log(2))


def test_a_short_search_is_not_spoken_of() -> None:
    said: list[str] = []
    found = check(read("china-2024"), load_scenario(read("china-2024")), said.append)
    assert found is not None
    assert found.seconds < module.LONG
    assert said == []


def test_a_long_search_says_how_large_it_is_how_long_it_takes_and_what_memory(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """342 regions x 2 groups x 7 programmes x 3 years = 14,364 benefits."""
    case = generate(342, 2, 7, 3)
    said: list[str] = []
    check(case, load_scenario(case), said.append, available=1e6)
    (words,) = said
    assert words.startswith("14,364 benefits in 3 years: about ")
    assert words.endswith("of memory are expected.")


def test_what_does_not_fit_is_refused_with_remedies_unless_forced() -> None:
    case = read("two-regions")
    scenario = load_scenario(case)
    with pytest.raises(
        UsageError, match=r"about 185 MB of memory, and 10 MB are free.*fewer years.*search.name=decompose.*--force"
    ):
        check(case, scenario, lambda _: None, available=10.0)
    assert check(case, scenario, lambda _: None, available=10.0, force=True) is not None


def test_the_search_that_will_run_is_the_one_that_is_estimated() -> None:
    """12 regions x 2 groups x 2 programmes are not more than 48 benefits; they make 8 parts."""
    case = generate(12, 2, 2, 1)

    def processes(*sets: str) -> int | None:
        found = check(case, load_scenario(case, (), sets), lambda _: None, available=1e6)
        return None if found is None else found.processes

    assert processes() == processes("search.benefits=48") == processes("search.name=single") == 0
    assert processes("search.benefits=47", "search.processes=3") == 3
    assert processes("search.name=decompose", "search.processes=64") == 8
    assert processes("search.name=decompose") == min(cores(), 8)
    assert processes("search.cluster=tcp://10.0.0.5:8786") is None  # what its workers have is not known here


def test_processes_share_the_seconds_and_each_has_memory_of_its_own() -> None:
    """The process that waits for several has its own, too: 1, or 1 + 4."""
    counts = Counts(100_000, 20_000, 5)
    one, four = in_parts(counts, 1), in_parts(counts, 4)
    assert one.seconds == pytest.approx(4 * four.seconds)
    assert four.megabytes - one.megabytes == pytest.approx(4 * PARTS_MEGABYTES[0])


def test_what_does_not_fit_in_parts_is_offered_fewer_processes_and_one_process_is_not() -> None:
    case = generate(12, 2, 2, 1)
    for count, remedy in ((2, "search.processes=1"), (1, "a larger machine or a cluster")):
        scenario = load_scenario(case, (), ("search.name=decompose", f"search.processes={count}"))
        with pytest.raises(UsageError, match=remedy):
            check(case, scenario, lambda _: None, available=1.0)


def test_the_command_refuses_with_exit_code_2_and_goes_on_when_forced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "CGROUPS", (group(tmp_path, "50000000", "40000000"),))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli.main, ["solve", "two-regions"])
    assert done.exit_code == 2
    assert "and 10 MB are free" in done.stderr
    assert CliRunner().invoke(cli.main, ["solve", "two-regions", "--force"]).exit_code == 0


def test_the_estimate_of_a_long_search_stands_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "LONG", 0.0)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli.main, ["solve", "two-regions", "--json"])
    assert "of memory are expected." in done.stderr
    assert "of memory are expected." not in done.stdout


def group(folder: Path, limit: str, used: str) -> tuple[Path, Path]:
    """A control group's two files."""
    for name, text in {"limit": limit, "used": used}.items():
        (folder / name).write_text(f"{text}\n")
    return folder / "limit", folder / "used"


def test_free_memory_is_what_the_machine_and_the_control_group_leave(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """(50,000,000 - 40,000,000) bytes / 2**20 = 9.54 MB; a group without a limit leaves what the machine has."""
    monkeypatch.setattr(module, "CGROUPS", (group(tmp_path, "50000000", "40000000"),))
    assert free_memory() == pytest.approx(9.5367, rel=1e-4)
    monkeypatch.setattr(module, "CGROUPS", (group(tmp_path, "max", "40000000"),))
    machine = free_memory()
    assert machine is not None
    assert machine > 100

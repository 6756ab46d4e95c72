"""A batch: real processes, really killed, and the same files however it came to its end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from commonweal.instances import InstanceError
from commonweal.optimizer import batch, batch_plan
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.verify import verify

COMMONWEAL = (sys.executable, "-c", "from commonweal.cli import main; main()")
PLAN = """
instance = "two-regions"
[grid]
budgets = [0.5, 1.0, 1.5, 2.0]
[grid.set]
"weights.discount" = [1.0, 0.9]
[[case]]
name = "hard floor"
[case.set.levers]
floors = {mode = "hard", amount = 90000.0}
"""
OF_THE_MOMENT = ("started", "seconds", "machine", "processes")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plan") / "sweep.toml"
    path.write_text(PLAN, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a batch that nobody interrupted, solved by one worker."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    summary = batch.run(batch_plan.read(plan), folder, workers_=1)
    assert summary["status"].tolist() == ["optimal"] * 8 + ["infeasible"]
    return folder


def contents(folder: Path) -> dict[str, Any]:
    """Every file, hidden ones too, without what belongs to the moment."""
    found: dict[str, Any] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    for name in [name for name in found if name.endswith("run.json")]:
        info = json.loads(found[name])
        found[name] = {key: value for key, value in info.items() if key not in OF_THE_MOMENT}
    return found


def start(plan: Path, folder: Path, *options: str) -> "subprocess.Popen[str]":
    command = [*COMMONWEAL, "batch", str(plan), "-o", str(folder), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def outcomes(folder: Path) -> dict[str, int]:
    """Finished cases with the time at which their outcome was written."""
    found = [*folder.glob("*/run.json"), *folder.glob("*.json")]
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in found}


def wait_for(condition: Any, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def workers_of(parent: int) -> list[int]:
    """Process ids of the spawned workers of a process, from /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
            words = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z" and b"spawn_main" in words:
            found.append(int(stat.parent.name))
    return found


pytestmark = pytest.mark.slow
proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the workers in /proc")


def test_one_and_four_workers_write_the_same_files(plan: Path, whole: Path, tmp_path: Path) -> None:
    batch.run(batch_plan.read(plan), tmp_path / "four", workers_=4)
    assert contents(tmp_path / "four") == contents(whole)


@proc
def test_a_batch_whose_worker_is_killed_goes_on_and_ends_with_the_same_files(
    plan: Path, whole: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    parent = start(plan, folder, "--workers", "2")
    wait_for(lambda: len(outcomes(folder)) >= 1)
    os.kill(workers_of(parent.pid)[0], signal.SIGKILL)
    _, errors = parent.communicate(timeout=120)
    assert parent.returncode == 0, errors
    assert contents(folder) == contents(whole)


@proc
def test_a_batch_that_is_killed_keeps_what_was_finished_and_resumes_to_the_same_files(
    plan: Path, whole: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    parent = start(plan, folder, "--workers", "1")
    wait_for(lambda: len(outcomes(folder)) >= 3)
    children = workers_of(parent.pid)
    parent.kill()
    parent.communicate(timeout=60)
    wait_for(lambda: not any(Path(f"/proc/{child}").exists() for child in children), 10.0)
    before = outcomes(folder)
    assert 3 <= len(before) < 9
    assert not (folder / "summary.csv").exists()
    for path in folder.glob("*/"):
        if not path.name.startswith("."):
            assert verify(path).accepted
    again = start(plan, folder, "--workers", "2", "--resume")
    _, errors = again.communicate(timeout=120)
    assert again.returncode == 0, errors
    assert contents(folder) == contents(whole)
    after = outcomes(folder)
    assert {name: after[name] for name in before} == before  # what was there was not solved again


@proc
def test_a_case_in_flight_is_lost_but_nothing_half_written_stays(plan: Path, whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    parent = start(plan, folder, "--workers", "2")
    wait_for(lambda: len(outcomes(folder)) >= 1)
    finished = set(outcomes(folder))
    for child in (parent.pid, *workers_of(parent.pid)):
        os.kill(child, signal.SIGKILL)
    parent.communicate(timeout=60)
    half = folder / ".default_2x_weights.discount=0.9.abcdefgh"  # as if killed while writing
    half.mkdir()
    (half / "benefits.csv").write_text("region")
    assert finished <= set(outcomes(folder))
    batch.run(batch_plan.read(plan), folder, workers_=1, resume=True)
    assert contents(folder) == contents(whole)


def test_resume_solves_again_only_what_was_asked_differently(plan: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    file = tmp_path / "one.toml"
    text = 'instance = "two-regions"\n[[case]]\nname = "a"\n[[case]]\nname = "b"\nbudget = {}\n'
    file.write_text(text.format(2.0))
    batch.run(batch_plan.read(file), folder)
    before = outcomes(folder)
    file.write_text(text.format(0.5))
    batch.run(batch_plan.read(file), folder, resume=True)
    after = outcomes(folder)
    assert after["a/run.json"] == before["a/run.json"]
    assert after["b/run.json"] != before["b/run.json"]


def test_a_case_that_had_a_plan_and_has_none_any_more_leaves_only_the_reason(tmp_path: Path) -> None:
    file = tmp_path / "one.toml"
    text = 'instance = "two-regions"\n[[case]]\nname = "a"\n[case.set]\n"levers.floors" = {}\n'
    file.write_text(text.format('{share = 0.1, mode = "hard"}'))
    folder = tmp_path / "out"
    batch.run(batch_plan.read(file), folder)
    assert (folder / "a" / "run.json").is_file()
    file.write_text(text.format('{amount = 90000.0, mode = "hard"}'))
    summary = batch.run(batch_plan.read(file), folder, resume=True)
    assert summary["status"].tolist() == ["infeasible"]
    assert sorted(path.name for path in folder.iterdir()) == ["a.json", "summary.csv"]


def test_the_budget_factor_multiplies_the_central_budget_and_the_summary_tells_what_was_spent(
    whole: Path,
) -> None:
    summary = pd.read_csv(whole / "summary.csv").set_index("case")
    spent = summary["central"].dropna()
    assert spent["default_0.5x_weights.discount=1.0"] == pytest.approx(120.0)  # 240 in the scenario
    assert spent["default_2x_weights.discount=1.0"] == pytest.approx(480.0)
    assert "No plan satisfies all rules" in summary.loc["hard-floor", "message"]
    for name in spent.index:
        assert verify(whole / str(name)).accepted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = [", "not valid TOML"),
        ("", "names no case"),
        ("[[case]]\nbudget = 1.0", "Which instance"),
        ('instance = "two-regions"\n[grid]\nbugdets = [1.0]', "bugdets"),
        ('instance = "two-regions"\n[[case]]\n[[case]]', "two cases"),
        ('instance = "two-regions"\n[[case]]\n[case.set]\n"levers.flors.share" = 0.3', "floors"),
    ],
)
def test_a_mistake_in_the_plan_is_told_before_anything_is_solved(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=words):
        batch.run(batch_plan.read(file), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_instance_and_a_missing_file_are_told(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text('instance = "two-regionz"\n[[case]]')
    with pytest.raises(InstanceError, match="two-regions"):
        batch.run(batch_plan.read(file), tmp_path / "out")
    with pytest.raises(UsageError, match="no file"):
        batch_plan.read(tmp_path / "nowhere.toml")


def test_a_folder_with_something_in_it_needs_resume(plan: Path, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(UsageError, match="--resume"):
        batch.run(batch_plan.read(plan), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_paths_are_taken_from_beside_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "more.toml").write_text("[levers.vertical_transfers.budget]\nfarmers = 1.0\n")
    file = tmp_path / "plans" / "plan.toml"
    file.write_text('instance = "two-regions"\n[grid]\nscenarios = ["more.toml"]')
    monkeypatch.chdir(tmp_path)
    assert batch_plan.read(file)[0].scenarios == (str(tmp_path / "plans" / "more.toml"),)

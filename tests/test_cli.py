"""The command line as people use it: real files, real runs, exit codes, and nothing half-written."""

import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from commonweal.cli import Commands, main

NO_RISE = "levers.benefit_rigidity.groups.*.max_growth=0.0"
COMMONWEAL = (sys.executable, "-c", "from commonweal.cli import main; main()")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "two"
    assert commonweal("solve", "two-regions", "-o", folder).exit_code == 0
    return folder


@pytest.fixture(scope="module")
def china(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "china"
    assert commonweal("solve", "china-2024", "-o", folder).exit_code == 0
    return folder


def commonweal(*words: object) -> Result:
    """The command in this process; a bug shows its traceback here instead of an exit code."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def process(*words: object, columns: int = 80, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The command as a process of its own, its output piped."""
    settings = {**os.environ, "COLUMNS": str(columns), **environment}
    command = [*COMMONWEAL, *(str(word) for word in words)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=settings, check=False)


def contents(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    info = json.loads(found["run.json"])
    found["run.json"] = {k: v for k, v in info.items() if k not in ("started", "seconds", "machine", "processes")}
    return found


# help


def test_help_loads_neither_pandas_nor_pyomo_nor_rich() -> None:
    code = (
        "import sys; from commonweal.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pandas', 'numpy', 'pyomo', 'highspy', 'rich', 'pydantic', 'xlsxwriter'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "heavy: []"


def test_garbage_is_looked_for_as_before_when_a_command_is_done() -> None:
    before = gc.get_threshold()
    commonweal("list", "levers")
    assert gc.get_threshold() == before


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_has_help_with_an_example(name: str) -> None:
    text = commonweal(name, "--help").output
    assert "Example" in text
    assert f"commonweal {name}" in text


def test_help_tells_the_exit_codes() -> None:
    assert "4 infeasible" in commonweal("--help").output


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("slove", "two-regions"), "solve"),
        (("solve", "two-regions", "--scenaro", "x"), "--scenario"),
        (("solve", "two-regionz"), "two-regions"),
        (("solve", "two-regions", "--scenario", "five-year"), "five-years"),
        (("solve", "two-regions", "--set", "levers.flors.share=0.3"), "floors"),
        (("solve", "two-regions", "--gap", "squared_shortfal"), "squared_shortfall"),
        (("solve", "two-regions", "--set", "weights.programmes.pensions=2"), "pension"),
        (("solve", "two-regions", "--set", "weights.programmes.pension=0"), "zero"),
        (("solve", "two-regions", "--set", "weights.programmes.pension=-1"), "at least 0"),
        (("export", "RUN", "--format", "xslx"), "xlsx"),
        (("new", "mine", "--from", "two-region"), "two-regions"),
        (("list", "lever"), "levers"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest_known_one(
    here: Path, run_folder: Path, words: tuple[str, ...], near: str
) -> None:
    result = commonweal(*(run_folder if word == "RUN" else word for word in words))
    assert result.exit_code in (2, 3)
    assert near in result.stderr
    assert "Traceback" not in result.stderr
    assert list(here.iterdir()) == []


# solve


def test_solve_writes_a_run_folder_under_runs_and_says_what_to_do_next(here: Path) -> None:
    result = commonweal("solve", "two-regions")
    assert result.exit_code == 0
    folder = here / "runs" / "two-regions-default"
    assert (folder / "run.json").is_file()
    assert "commonweal verify runs/two-regions-default" in result.stdout
    assert "commonweal export runs/two-regions-default" in result.stdout


def test_another_question_gets_another_folder(here: Path) -> None:
    commonweal("solve", "two-regions")
    commonweal("solve", "two-regions", "--set", "weights.discount=0.9")
    assert {path.name for path in (here / "runs").iterdir()} == {
        "two-regions-default",
        "two-regions-default-weights.discount-0.9",
    }


@pytest.fixture(scope="module")
def screen(china: Path) -> Callable[[int], str]:
    """What a process of its own prints of the real case, by columns."""
    return cache(lambda columns: process("solve", "--from", china, "-o", china, columns=columns, NO_COLOR="1").stdout)


def test_the_screen_of_the_real_case_answers_what_a_minister_asks(screen: Callable[[int], str]) -> None:
    text = " ".join(screen(80).split())
    assert "falls by 40.4 %, from 0.08818 to 0.05255" in text
    assert "Proven" in text
    assert "Benefits rise in 25 of 31 regions and fall nowhere." in text
    for words in (
        "Central grants",
        "From region to region",
        "Guangdong 广东",
        "3,396.9 yuan per person and year",
        "Urban over rural benefits",
        "Highest over lowest region",
        "Actual contribution rates",
        "Money-equivalent",
        "Assumptions: policy settings, not data",
    ):
        assert words in text


@pytest.mark.parametrize("columns", [80, 120])
def test_a_piped_screen_is_plain_text_that_fits_its_width(
    screen: Callable[[int], str], china: Path, columns: int
) -> None:
    text = screen(columns)
    assert "\x1b" not in text
    assert max(len(line) for line in text.splitlines() if str(china) not in line) <= columns


def test_all_lists_every_region(china: Path) -> None:
    text = process("solve", "--from", china, "-o", china, "--all").stdout
    assert "others together" not in text
    assert text.count("Heilongjiang 黑龙江") >= 2


def test_quiet_prints_only_headline_and_folder(here: Path) -> None:
    result = commonweal("solve", "two-regions", "--quiet")
    assert len(result.stdout.splitlines()) <= 8
    assert "runs/two-regions-default" in result.stdout
    assert result.stderr == ""


def test_verbose_tells_each_stage_with_its_time(here: Path) -> None:
    result = process("solve", "two-regions", "--verbose", "-o", here / "run")
    assert " s  reading the input" in result.stderr
    assert "Stages" in result.stdout


SEARCHES = ("solve", "frontier", "near-optimal", "outlooks", "batch", "diagnose")


@pytest.mark.parametrize("name", SEARCHES)
def test_every_search_can_be_quiet_or_verbose(name: str) -> None:
    options = {word for param in main.commands[name].params for word in param.opts}
    assert {"-q", "--quiet", "-v", "--verbose"} <= options


@pytest.mark.parametrize(
    "words",
    [
        ("frontier", "two-regions", "--points", "2", "--no-plans"),
        ("near-optimal", "two-regions", "--plans", "0"),
        ("diagnose", "two-regions"),
    ],
    ids=lambda words: words[0],
)
def test_a_search_tells_every_stage_or_none_and_prints_plainly(here: Path, words: tuple[str, ...]) -> None:
    loud, still = commonweal(*words, "-v"), commonweal(*words, "-q")
    assert " s  reading the input" in loud.stderr
    assert still.stderr == ""
    assert still.stdout == loud.stdout
    assert "\x1b" not in loud.output


def test_the_line_of_the_first_steps_makes_bash_complete_commands_and_options() -> None:
    page = (Path(__file__).parents[1] / "docs" / "first-steps.md").read_text(encoding="utf-8")
    (line,) = (line for line in page.splitlines() if "bash_source" in line)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if not (shutil.which("bash") and shutil.which("commonweal", path=path)):
        pytest.skip("needs bash, and commonweal installed")
    for typed, completed in (("commonweal sol", "solve"), ("commonweal solve --scen", "--scenario")):
        ask = f"{line}\nCOMP_WORDS=({typed})\nCOMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n"
        ask += '_commonweal_completion commonweal\necho "${COMPREPLY[@]}"'
        environment = {**os.environ, "PATH": path}
        done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, env=environment, check=True)
        assert done.stdout.split() == [completed]


def test_json_is_all_that_solve_prints_on_standard_output(here: Path) -> None:
    result = process("solve", "two-regions", "--json", "-o", here / "run")
    found = json.loads(result.stdout)
    assert found["status"] == "optimal"
    assert found["folder"] == str(here / "run")
    assert found["gaps"][-1]["gap"] == "total" or any(gap["gap"] == "total" for gap in found["gaps"])


def test_a_repeated_run_gives_the_same_bytes(run_folder: Path, here: Path) -> None:
    assert commonweal("solve", "--from", run_folder).exit_code == 0
    assert contents(here / "runs" / "two-again") == contents(run_folder)


def test_a_lever_taken_away_stays_away_when_the_run_is_repeated(here: Path) -> None:
    first, again = here / "first", here / "again"
    commonweal("solve", "two-regions", "--set", "levers.horizontal_transfers=false", "-o", first)
    assert "horizontal_transfers" not in (first / "scenario.toml").read_text(encoding="utf-8")
    commonweal("solve", "--from", first, "-o", again)
    assert contents(again) == contents(first)


def test_a_scenario_without_levers_moves_nothing_and_says_how_to_find_some(here: Path) -> None:
    off = [f"levers.{name}=false" for name in ("vertical_transfers", "horizontal_transfers", "benefit_rigidity")]
    result = commonweal("solve", "two-regions", *(word for setting in off for word in ("--set", setting)))
    assert "No money moves. The scenario names no lever that may: `commonweal list levers`" in " ".join(
        result.stdout.split()
    )


def test_solve_wants_an_instance_or_a_run_to_repeat(here: Path) -> None:
    assert commonweal("solve").exit_code == 2
    assert commonweal("solve", "two-regions", "--from", "runs/x").exit_code == 2


def test_solve_refuses_a_folder_that_is_not_a_run(here: Path) -> None:
    (here / "mine").mkdir()
    (here / "mine" / "thesis.doc").write_text("years of work")
    result = commonweal("solve", "two-regions", "-o", here / "mine")
    assert result.exit_code == 2
    assert "not a run folder" in result.stderr
    assert [path.name for path in here.rglob("*")] == ["mine", "thesis.doc"]


def test_solve_never_replaces_the_folder_somebody_stands_in(here: Path) -> None:
    result = commonweal("solve", "two-regions", "-o", ".")
    assert result.exit_code == 2
    assert "where you are" in result.stderr


def test_an_impossible_scenario_ends_with_a_sentence_and_no_folder(here: Path) -> None:
    result = commonweal("solve", "two-regions", "--set", "levers.floors.share=50.0", "--set", NO_RISE)
    assert result.exit_code == 4
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr
    assert list(here.iterdir()) == []


def test_a_time_limit_ends_with_exit_code_5_and_no_claim_of_an_optimum(here: Path) -> None:
    result = commonweal("solve", "china-2024", "--time-limit", "0.000001", "-o", here / "run")
    assert result.exit_code == 5
    if (here / "run").exists():
        assert json.loads((here / "run" / "run.json").read_text())["status"] == "stopped"


def test_a_folder_that_cannot_be_written_is_told_without_a_traceback(here: Path) -> None:
    (here / "file").write_text("")
    result = commonweal("solve", "two-regions", "-o", here / "file" / "run")
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_ctrl_c_ends_with_130_and_nothing_half_written(here: Path) -> None:
    flags = subprocess.CREATE_NEW_PROCESS_GROUP if sys.platform == "win32" else 0
    words = (*COMMONWEAL, "solve", "china-2024", "--scenario", "five-years", "-v")
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, creationflags=flags) as running:
        assert running.stderr is not None
        running.stderr.readline()  # it has begun
        time.sleep(0.3)
        running.send_signal(signal.SIGINT)
        error = running.communicate(timeout=120)[1].decode()
    assert running.returncode == 130
    assert "Traceback" not in error
    assert list(here.iterdir()) == []


def test_a_bug_is_not_dressed_up_as_an_error_of_the_user() -> None:
    group = Commands(commands={"fail": click.Command("fail", callback=lambda: 1 // 0)})
    result = CliRunner().invoke(group, ["fail"])
    assert result.exit_code == 1
    assert isinstance(result.exception, ZeroDivisionError)


# export, verify


def test_export_writes_beside_the_run(run_folder: Path) -> None:
    result = commonweal("export", run_folder, "--format", "xlsx,json,csv")
    assert result.exit_code == 0
    for name in ("two.xlsx", "two.json", "two.csv.zip"):
        assert (run_folder.parent / name).is_file()


def test_export_writes_one_file_or_a_folder_of_several(run_folder: Path, here: Path) -> None:
    commonweal("export", run_folder, "-o", here / "plan.xlsx")
    commonweal("export", run_folder, "--format", "csv,json", "-o", here / "both")
    assert (here / "plan.xlsx").is_file()
    assert {path.name for path in (here / "both").iterdir()} == {"two.csv.zip", "two.json"}


def test_export_into_a_folder_in_use_adds_a_file_and_deletes_nothing(run_folder: Path, here: Path) -> None:
    (here / "thesis.doc").write_text("years of work")
    for name in ("csv", "json", "xlsx"):
        assert commonweal("export", run_folder, "--format", name, "-o", here).exit_code == 0
    assert {path.name for path in here.iterdir()} == {"thesis.doc", "two.csv.zip", "two.json", "two.xlsx"}


def test_what_solve_wrote_is_verified(run_folder: Path) -> None:
    result = commonweal("verify", run_folder)
    assert result.exit_code == 0
    assert "Verified" in result.stdout


def test_a_changed_transfer_fails_verification_with_lever_and_region(run_folder: Path, here: Path) -> None:
    forged = here / "forged"
    commonweal("solve", "--from", run_folder, "-o", forged)
    path = forged / "transfers.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    column = lines[0].split(",").index("central")
    changed = next(k for k, line in enumerate(lines[1:], 1) if float(line.split(",")[column]) > 0)
    cells = lines[changed].split(",")
    cells[column] = str(float(cells[column]) * 1.01)
    path.write_text("\n".join([*lines[:changed], ",".join(cells), *lines[changed + 1 :]]) + "\n", encoding="utf-8")
    result = commonweal("verify", forged)
    assert result.exit_code == 6
    assert "NOT verified" in result.stdout
    found = json.loads(commonweal("verify", forged, "--json").stdout)
    assert found["accepted"] is False
    assert {violation["region"] for violation in found["violations"]} - {""}


def test_verify_and_export_want_a_run_folder(here: Path) -> None:
    assert commonweal("verify", here / "nowhere").exit_code == 2
    assert commonweal("export", here / "nowhere").exit_code == 2


# validate, list, new


def test_validate_accepts_the_bundled_cases() -> None:
    result = commonweal("validate", "china-2024")
    assert result.exit_code == 0
    assert "no fault found" in result.stdout
    assert json.loads(commonweal("validate", "china-2024", "--json").stdout)["rows"]["regions"] == 31


def test_validate_lists_all_faults_and_ends_with_3(here: Path) -> None:
    commonweal("new", "mine", "--from", "two-regions")
    people = here / "mine" / "people.csv"
    people.write_text(people.read_text(encoding="utf-8").replace("pension", "pensoin"), encoding="utf-8")
    (here / "mine" / "groups.csv").write_text("", encoding="utf-8")
    result = commonweal("validate", "mine")
    assert result.exit_code == 3
    assert "people.csv" in result.stderr
    assert "groups.csv" in result.stderr
    found = json.loads(commonweal("validate", "mine", "--json").stdout)
    assert len(found["faults"]) >= 2
    assert {"file", "line", "column", "value", "expected", "remedy"} <= set(found["faults"][0])


def test_solve_tells_the_same_faults_and_writes_nothing(here: Path) -> None:
    commonweal("new", "mine")
    result = commonweal("solve", "mine")
    assert result.exit_code == 3
    assert "people.csv" in result.stderr
    assert [path.name for path in here.iterdir()] == ["mine"]


def test_list_tells_settings_with_defaults_and_units() -> None:
    text = process("list", "levers", columns=120).stdout
    assert "tilt" in text
    assert "money units" in text
    found = json.loads(commonweal("list", "--json").stdout)
    assert set(found) == {"instances", "levers", "gaps", "scenarios", "exports"}
    settings = {s["setting"]: s for lever in found["levers"] for s in lever["settings"] if lever["name"] == "reserves"}
    assert settings["interest"]["default"] == "0.0"
    assert "funds.<id>.months" in settings


def test_list_levers_fits_a_narrow_screen_and_leaves_no_setting_without_default_and_meaning() -> None:
    lines = process("list", "levers", columns=80).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    found = json.loads(commonweal("list", "levers", "--json").stdout)["levers"]
    assert [lever["name"] for lever in found if not any(line.startswith(f"{lever['name']}: ") for line in lines)] == []
    assert all(setting["default"] and setting["meaning"] for lever in found for setting in lever["settings"])


def test_new_copies_a_bundled_case_that_can_be_solved(here: Path) -> None:
    assert commonweal("new", "mine", "--from", "two-regions").exit_code == 0
    assert commonweal("solve", "mine", "--quiet").exit_code == 0


def test_an_empty_template_explains_every_column_and_validate_says_what_is_missing(here: Path) -> None:
    assert commonweal("new", "mine").exit_code == 0
    assert "| eligible | yes | persons |" in (here / "mine" / "README.md").read_text(encoding="utf-8")
    result = commonweal("validate", "mine")
    assert result.exit_code == 3
    assert "people.csv" in result.stderr
    assert "instance.toml" not in result.stderr


def test_new_never_writes_into_a_folder_in_use(here: Path) -> None:
    (here / "mine").mkdir()
    (here / "mine" / "thesis.doc").write_text("years of work")
    result = commonweal("new", "mine", "--from", "two-regions")
    assert result.exit_code == 2
    assert [path.name for path in (here / "mine").iterdir()] == ["thesis.doc"]

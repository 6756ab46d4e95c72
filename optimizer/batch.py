"""Many scenarios and budgets, each solved on its own on local processes, into one folder with one summary.

    OUT/<case>/         the run folder of a case with a plan
    OUT/<case>.json     why a case has none
    OUT/summary.csv     one row a case, in the order of the plan

A case is done if its folder or file is there and was made from the same inputs and settings; `resume` solves
the rest. Everything appears whole or not at all, so a killed batch loses at most the cases it was at. Every
case is built and solved afresh, so the files do not depend on how many workers there are.
"""

import hashlib
import json
import shutil
import tempfile
import tomllib
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from commonweal.instances import Instance, bundled
from commonweal.instances import read as read_instance
from commonweal.instances.generated import generated
from commonweal.optimizer import run_folder, workers
from commonweal.optimizer.atomic import whole
from commonweal.optimizer.batch_plan import Case
from commonweal.optimizer.budgets import scaled
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.executors_dask import spread
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.planning import solve
from commonweal.optimizer.scenario import from_document, load_scenario

SUMMARY = "summary.csv"
WHY = {2: mark("faulty settings"), 3: mark("faulty inputs"), 4: "infeasible", 5: "stopped"}
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Task:
    """What a worker needs: plain data. scenario: the merged settings; mark: what the outcome depends on."""

    name: str
    instance: str
    scenario: dict[str, Any]
    folder: str
    mark: str


@dataclass(frozen=True)
class Outcome:
    """How a case ended: status as in the summary; message: why there is no plan."""

    status: str
    message: str = ""


def run(
    cases: Sequence[Case],
    folder: Path,
    workers_: int = 1,
    resume: bool = False,
    tell: Tell | None = None,
    cluster: str = "",
) -> pd.DataFrame:
    """Solve what is missing and write the summary, which is returned.

    Errors: UsageError (settings, or a folder that holds something and `resume` is not asked for),
    InstanceError: both before anything is solved.
    """
    say = tell or (lambda _: None)
    tasks = list(_tasks(cases, folder))
    if folder.is_dir() and any(folder.iterdir()) and not resume:
        raise UsageError(
            _("{folder} is not empty. Finish what is there with --resume, or choose another with -o.", folder=folder)
        )
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder, tasks)
    missing = [task for task in tasks if not _done(task)]
    say(
        _(
            "{n} of {all} cases are there, {missing} to solve",
            n=len(tasks) - len(missing),
            all=len(tasks),
            missing=len(missing),
        )
    )
    lost: dict[str, Outcome] = {}
    for count, (task, outcome) in enumerate(spread(work, missing, workers_, cluster), start=1):
        if isinstance(outcome, workers.Lost):
            outcome = lost[task.name] = Outcome(
                "killed", _("its process was killed {tries} times", tries=outcome.tries)
            )
        elif outcome.status == "failed":
            lost[task.name] = outcome
        say(_("{n} of {all}: {case}: {status}", n=count, all=len(missing), case=task.name, status=_(outcome.status)))
    _sweep(folder, tasks)
    summary = pd.DataFrame([_row(case, task, lost) for case, task in zip(cases, tasks, strict=True)])
    with whole(folder / SUMMARY) as fresh:
        run_folder.write_csv(summary, fresh)
    return summary


def _tasks(cases: Sequence[Case], folder: Path) -> Iterator[Task]:
    """Every case with its settings merged, so that a mistake is told before anything is solved."""
    known: dict[str, tuple[Instance, dict[str, str]]] = {}
    for case in cases:
        if case.instance not in known:
            instance = read_instance(case.instance)
            with tempfile.TemporaryDirectory() as scratch:
                instance.write(Path(scratch) / "inputs")
                known[case.instance] = instance, run_folder.hashes(Path(scratch) / "inputs")
        instance, inputs = known[case.instance]
        scenario = load_scenario(instance, case.scenarios, case.settings())
        if case.budget != 1.0:
            scenario = scaled(scenario, case.budget)
        document = scenario.document()
        place = str((folder / case.name).resolve())  # a worker of a cluster may stand elsewhere
        yield Task(case.name, _findable(case.instance), document, place, _mark(document, inputs))


def _findable(source: str) -> str:
    """The name of a bundled case, or where the case lies from wherever one looks."""
    return source if source in (*bundled(), *generated()) else str(Path(source).resolve())


def _mark(scenario: Any, inputs: Any) -> str:
    text = json.dumps([scenario, inputs], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _sweep(folder: Path, tasks: Sequence[Task]) -> None:
    """Remove what killed processes left half-written; it has the names that `atomic.whole` gives."""
    for task in tasks:
        for name in (f".{task.name}.", f".{task.name}.json."):
            for path in folder.glob(f"{name}????????"):
                shutil.rmtree(path, ignore_errors=True)
    for path in folder.glob(f".{SUMMARY}.????????"):
        shutil.rmtree(path, ignore_errors=True)


def _done(task: Task) -> bool:
    """Is the outcome there, and was it made from the same inputs and settings."""
    folder = Path(task.folder)
    with suppress(OSError, ValueError, KeyError):
        if (failure := _failure(folder)).is_file():
            return bool(json.loads(failure.read_text(encoding="utf-8"))["made_from"] == task.mark)
        scenario = tomllib.loads((folder / run_folder.SCENARIO).read_text(encoding="utf-8"))
        info = json.loads((folder / run_folder.RUN).read_text(encoding="utf-8"))
        return _mark(scenario, info["inputs"]) == task.mark
    return False


def _failure(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.json")


def work(task: Task) -> Outcome:
    """Solve one case and write its outcome; runs in a process of its own."""
    folder = Path(task.folder)
    try:
        plan = solve(read_instance(task.instance), from_document(task.scenario))
    except Exception as error:
        status = WHY.get(getattr(error, "exit_code", 1))
        if status is None:
            return Outcome("failed", "".join(traceback.format_exception(error)))
        if folder.is_dir():
            run_folder.check_free(folder)
            shutil.rmtree(folder)
        text = json.dumps(
            {"status": status, "message": str(error), "made_from": task.mark}, indent=2, ensure_ascii=False
        )
        with whole(_failure(folder)) as fresh:
            fresh.write_text(text + "\n", encoding="utf-8", newline="\n")
        return Outcome(status, str(error))
    run_folder.write(plan, folder)
    _failure(folder).unlink(missing_ok=True)
    return Outcome(plan.status)


def _row(case: Case, task: Task, lost: dict[str, Outcome]) -> dict[str, Any]:
    """One row of the summary: what was asked, and what came out, read back from the files."""
    asked = {
        "case": case.name,
        "instance": Path(case.instance).name,
        "scenarios": " + ".join(Path(name).stem for name in case.scenarios),
        "budget": case.budget,
        "settings": "; ".join(case.settings()),
    }
    nothing = dict.fromkeys(("gap_before", "gap", "lower_bound", "central", "horizontal", "own", "unfunded"))
    if (outcome := lost.get(task.name)) is not None:
        return {**asked, "status": outcome.status, **nothing, "message": outcome.message.strip()}
    folder = Path(task.folder)
    if (failure := _failure(folder)).is_file():
        found = json.loads(failure.read_text(encoding="utf-8"))
        return {**asked, "status": found["status"], **nothing, "message": found["message"]}
    info = json.loads((folder / run_folder.RUN).read_text(encoding="utf-8"))
    gaps, transfers, funds = (run_folder.read_csv(folder, name) for name in ("gaps", "transfers", "funds"))
    total = gaps[gaps["gap"] == "total"].iloc[0]
    return {
        **asked,
        "status": info["status"],
        "gap_before": float(total["before"]),
        "gap": float(total["after"]),
        "lower_bound": float(total["lower_bound"]),
        "central": float(transfers["central"].sum()),
        "horizontal": float(transfers["horizontal_paid"].sum()),
        "own": float(transfers["own"].sum()),
        "unfunded": float(funds["unfunded"].sum()),
        "message": "",
    }

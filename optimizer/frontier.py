"""Budget curves of one or more scenarios, with the plan at every point, as a folder.

    DIR/frontier.csv      every point of every curve
    DIR/kinks.csv         with an exact curve: the budgets at which other rules begin to bind
    DIR/frontier.json     what is proven, for each curve
    DIR/<factor>/         the run folder of the plan with so many times the budget; DIR/<curve>/<factor>/ if several

Every plan is solved afresh from its own scenario, so its folder is what `commonweal solve` writes, and its gap must be
that of the curve.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from commonweal.instances import Instance, project
from commonweal.optimizer import run_folder
from commonweal.optimizer.atomic import whole
from commonweal.optimizer.budgets import scaled
from commonweal.optimizer.curves import Ask, Curve, Point, kinks, table
from commonweal.optimizer.dictionary import dictionary
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.executors_dask import spread
from commonweal.optimizer.language import _
from commonweal.optimizer.planning import solve
from commonweal.optimizer.scenario import Scenario, from_document, load_scenario
from commonweal.optimizer.searches.frontier import trace
from commonweal.optimizer.stages import Progress

TABLE, KINKS, CLAIMS, DICTIONARY = "frontier.csv", "kinks.csv", "frontier.json", "dictionary.csv"
DIFFER = 1e-6  # relative: how far the gap of a plan may be from its point


@dataclass(frozen=True)
class Frontier:
    """Curves of one instance (as read); `table` and `kinks` are the frames of frontier.csv and kinks.csv."""

    instance: Instance
    curves: tuple[Curve, ...]

    @property
    def table(self) -> pd.DataFrame:
        """A row for every point of every curve."""
        return table(self.curves)

    @property
    def kinks(self) -> pd.DataFrame:
        """A row for every budget in the exact part of a curve where the set of binding rules changes."""
        return kinks(self.curves)


@dataclass(frozen=True)
class Task:
    """One plan to solve and write: plain data for a process of its own."""

    instance: Instance
    scenario: dict[str, Any]
    folder: str
    gap: float
    tolerance: float


def frontier(
    instance: Instance,
    scenario: Scenario | Mapping[str, Scenario] | None = None,
    ask: Ask | None = None,
    progress: Progress | None = None,
) -> Frontier:
    """The budget curve of `instance` (as read) under a scenario, by default its own; several by name give several.

    Errors: UsageError, Infeasible and Stopped (the highest budget has no plan), InstanceError.
    """
    tell, asked = progress or (lambda _: None), ask or Ask()
    if scenario is None or isinstance(scenario, Scenario):
        scenario = {"default": scenario or load_scenario(instance)}
    curves = []
    for name, one in scenario.items():
        case = instance if one.projection is None else project(instance, one.projection)
        try:
            curves.append(trace(name, case, one, asked, tell))
        except UsageError as error:  # of several curves, say which
            raise UsageError(
                _("Curve '{name}': {error}", name=name, error=error) if len(scenario) > 1 else str(error)
            ) from error
    return Frontier(instance, tuple(curves))


def check_free(folder: Path) -> None:
    """Raise UsageError unless `folder` is absent, empty, or an earlier frontier."""
    if folder.is_file():
        raise UsageError(_("{folder} is a file, not a folder. Choose another folder with -o.", folder=folder))
    if folder.is_dir() and any(folder.iterdir()) and not (folder / TABLE).is_file():
        raise UsageError(
            _("{folder} is not empty and holds no frontier. Choose another folder with -o.", folder=folder)
        )


def write(found: Frontier, folder: Path, plans: bool, workers_: int, progress: Progress, cluster: str = "") -> Frontier:
    """Write the tables, then the plans one by one; an earlier frontier in `folder` is replaced.

    Returns the frontier with a note at each point whose plan could not be written.
    """
    check_free(folder)
    folder = folder.resolve()  # a worker of a cluster may stand elsewhere
    _clear(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _tables(found, folder)
    tasks = dict(_tasks(found, folder)) if plans else {}
    notes: dict[str, str] = {}
    for count, (task, note) in enumerate(_solved(list(tasks.values()), workers_, cluster), start=1):
        progress(_("plan {count} of {n} written", count=count, n=len(tasks)))
        if note:
            notes[task.folder] = note
    if notes:
        curves = tuple(
            replace(
                curve,
                points=tuple(
                    _noted(point, notes.get(str(_place(found, folder, curve, point)))) for point in curve.points
                ),
            )
            for curve in found.curves
        )
        found = replace(found, curves=curves)
        _tables(found, folder)
    return found


def _clear(folder: Path) -> None:
    """Remove what an earlier frontier left: its tables, and the runs inside."""
    if not folder.is_dir():
        return
    for run in [path.parent for path in folder.rglob(run_folder.RUN)]:
        run_folder.check_free(run)
        shutil.rmtree(run)
    for name in (TABLE, KINKS, CLAIMS, DICTIONARY):
        (folder / name).unlink(missing_ok=True)
    for path in [path for path in folder.iterdir() if path.is_dir() and not any(path.iterdir())]:
        path.rmdir()


def _tables(found: Frontier, folder: Path) -> None:
    frames = {"frontier": found.table}
    if any(curve.ask.exact for curve in found.curves):
        frames["kinks"] = found.kinks
    frames["dictionary"] = dictionary(frames, found.instance)
    for name, frame in frames.items():
        with whole(folder / f"{name}.csv") as fresh:
            run_folder.write_csv(frame, fresh)
    with whole(folder / CLAIMS) as fresh:
        text = json.dumps({"curves": [claims(curve) for curve in found.curves]}, indent=2, ensure_ascii=False)
        fresh.write_text(text + "\n", encoding="utf-8", newline="\n")


def claims(curve: Curve) -> dict[str, Any]:
    """What is proven of a curve, as plain data."""
    return {
        "scenario": curve.name,
        "title": curve.scenario.title,
        "scale": curve.ask.scale,
        "from": curve.ask.low,
        "to": curve.ask.high,
        "budget": curve.budget,
        "least_factor": curve.least,
        "funded_factor": curve.funded,
        "points": len(curve.points),
        "failed": sum(point.gap is None for point in curve.points),
        "distance": curve.error,
        "range": curve.fall,
        "share_of_range": curve.reached,
        "tolerance": None if curve.ask.points is not None or curve.held else curve.ask.tolerance,
        "exact": None if curve.ask.exact is None else list(curve.ask.exact),
        "pieces": len(curve.pieces) or None,
        "sets_of_decisions": len(curve.held) or None,
    }


def _place(found: Frontier, folder: Path, curve: Curve, point: Point) -> Path:
    """The run folder of a point."""
    home = folder / curve.name if len(found.curves) > 1 else folder
    return home / f"{point.factor:.10g}"


def _tasks(found: Frontier, folder: Path) -> Iterator[tuple[str, Task]]:
    for curve in found.curves:
        options = curve.scenario.solver
        exactness = 2 * options.mip_tolerance if curve.held else DIFFER
        for point in curve.points:
            if point.gap is not None:
                scenario = scaled(curve.scenario, point.factor, curve.ask.scale).document()
                place = str(_place(found, folder, curve, point))
                yield place, Task(found.instance, scenario, place, point.gap, exactness)


def _solved(tasks: list[Task], count: int, cluster: str) -> Iterator[tuple[Task, str]]:
    """Every task with what went wrong; on this process if one is enough."""
    if (count == 1 or len(tasks) < 2) and not cluster:
        yield from ((task, work(task)) for task in tasks)
        return
    for task, note in spread(work, tasks, min(count, len(tasks)), cluster):
        yield (
            task,
            note
            if isinstance(note, str)
            else _("The plan was not written: its process was killed {tries} times.", tries=note.tries),
        )


def work(task: Task) -> str:
    """Solve and write one plan; the words say what went wrong, empty if nothing."""
    try:
        plan = solve(task.instance, from_document(task.scenario))
    except Exception as error:
        if getattr(error, "exit_code", None) is None:
            raise
        return _("The plan was not written: {error}", error=error)
    close = max(task.tolerance, plan.relative_gap)  # a large nation is planned in parts, to a proven distance
    if plan.status == "optimal" and abs(plan.objective - task.gap) > close * max(abs(task.gap), task.tolerance):
        return _("The plan's gap, {objective:.10g}, is not that of the curve.", objective=plan.objective)
    run_folder.write(plan, task.folder)
    return ""


def _noted(point: Point, note: str | None) -> Point:
    return point if note is None else replace(point, status="failed", note=note)

"""A plan for several outlooks, what each would have asked for alone, and both as a folder.

    DIR/outlooks.csv     every outlook: its gap, what it would be alone, and the regret
    DIR/outlooks.json    what was aimed at, what is proven, and how many decisions are shared
    DIR/<outlook>/       the run folder of the plan in that outlook; `commonweal verify` examines it like any other

Regret is how much smaller the gap could have been, had one known. An outlook's plan is proven given what is shared:
its lower bound holds among all plans with the same first decisions.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from commonweal.instances import Instance, project
from commonweal.optimizer import run_folder
from commonweal.optimizer.atomic import whole
from commonweal.optimizer.dictionary import dictionary
from commonweal.optimizer.errors import Infeasible, UsageError
from commonweal.optimizer.language import _
from commonweal.optimizer.plan import Plan
from commonweal.optimizer.planning import Clock, plan_of, solve, status_quo
from commonweal.optimizer.scenario import Scenario, each_outlook, load_scenario
from commonweal.optimizer.searches.outlooks import Joint, Together
from commonweal.optimizer.stages import Progress

TABLE, CLAIMS, DICTIONARY = "outlooks.csv", "outlooks.json", "dictionary.csv"


@dataclass(frozen=True)
class Prospect:
    """What was found. table: the frame of outlooks.csv; claims: what outlooks.json holds; plans: by outlook."""

    instance: Instance
    scenario: Scenario
    table: pd.DataFrame
    claims: Mapping[str, Any]
    plans: Mapping[str, Plan]


def outlooks(instance: Instance, scenario: Scenario | None = None, progress: Progress | None = None) -> Prospect:
    """One plan for all outlooks of the scenario, and each outlook's own plan to compare with; `instance` as read.

    Errors: UsageError without outlooks; Infeasible where an outlook has no plan, or all of them together; Stopped.
    """
    clock, tell = Clock(), progress or (lambda _: None)
    scenario = scenario or load_scenario(instance)
    scenarios = each_outlook(scenario)
    assert scenario.outlooks is not None
    cases = {
        name: instance if one.projection is None else project(instance, one.projection)
        for name, one in scenarios.items()
    }
    if len({case.years for case in cases.values()}) > 1:
        raise UsageError(_("Outlooks must have the same plan years: change growth, not projection.years."))
    alone = {name: _alone(name, instance, one, tell) for name, one in scenarios.items()}
    try:
        joint = Together(cases, scenarios, scenario.outlooks, tell).search()
    except Infeasible as error:
        raise Infeasible(
            _(
                "Every outlook has a plan of its own, but no first decisions serve all of them: what is decided "
                "before one knows ({decided} years) cannot be paid, or is not allowed, in one of them. Set "
                "outlooks.benefits=false, fewer years in outlooks.decided, or soften a rule in the outlook that "
                "forbids it.",
                decided=scenario.outlooks.decided,
            )
        ) from error
    plans = {}
    for name, one in scenarios.items():
        more = {"outlook": {"name": name, "probability": scenario.outlooks.cases[name].probability}}
        plans[name] = plan_of(joint.solved[name], instance, cases[name], one, clock, more)
    before = {name: status_quo(cases[name], one) for name, one in scenarios.items()}
    return Prospect(
        instance, scenario, _table(scenario, joint, plans, alone, before), _claims(scenario, joint, plans), plans
    )


def write(found: Prospect, folder: Path) -> None:
    """Write the table and the plans; an earlier result in `folder` is replaced."""
    check_free(folder)
    with whole(folder, replace_folder=True) as fresh:
        fresh.mkdir(exist_ok=True)
        frames = {"outlooks": found.table}
        for name, frame in {**frames, "dictionary": dictionary(frames, found.instance)}.items():
            run_folder.write_csv(frame, fresh / f"{name}.csv")
        text = json.dumps(found.claims, indent=2, ensure_ascii=False, allow_nan=False)
        (fresh / CLAIMS).write_text(text + "\n", encoding="utf-8", newline="\n")
        (fresh / run_folder.SCENARIO).write_text(found.scenario.toml(), encoding="utf-8", newline="\n")
        for name, plan in found.plans.items():
            run_folder.write(plan, fresh / name)


def check_free(folder: Path) -> None:
    """Raise UsageError unless `folder` is absent, empty, or an earlier result."""
    if folder.is_file():
        raise UsageError(_("{folder} is a file, not a folder. Choose another folder with -o.", folder=folder))
    if folder.is_dir() and any(folder.iterdir()) and not (folder / TABLE).is_file():
        raise UsageError(
            _("{folder} is not empty and holds no outlooks. Choose another folder with -o.", folder=folder)
        )


def _alone(name: str, instance: Instance, scenario: Scenario, tell: Progress) -> Plan:
    """The best plan of an outlook that one knows will come. Error: Infeasible that names it."""
    try:
        return solve(instance, scenario, lambda words: tell(_("{name} alone: {words}", name=name, words=words)))
    except Infeasible as error:
        raise Infeasible(
            _("Outlook {name} has no plan, whatever is decided before: {error}", name=name, error=error)
        ) from error


def _table(
    scenario: Scenario,
    joint: Joint,
    plans: Mapping[str, Plan],
    alone: Mapping[str, Plan],
    before: Mapping[str, float],
) -> pd.DataFrame:
    assert scenario.outlooks is not None
    rows = [
        (
            name,
            scenario.outlooks.cases[name].probability,
            joint.shares[name],
            before[name],
            plan.objective,
            alone[name].objective,
            max(0.0, plan.objective - alone[name].objective),
            float(plan.funds["unfunded"].sum()),
        )
        for name, plan in plans.items()
    ]
    columns = ["outlook", "probability", "share_of_aim", "before", "gap", "gap_alone", "regret", "unfunded"]
    return pd.DataFrame(rows, columns=columns)


def _claims(scenario: Scenario, joint: Joint, plans: Mapping[str, Plan]) -> dict[str, Any]:
    settings = scenario.outlooks
    assert settings is not None
    expected = sum(settings.cases[name].probability * plan.objective for name, plan in plans.items())
    return {
        "aim": settings.aim,
        "tail": settings.tail if settings.aim == "cvar" else None,
        "decided": settings.decided,
        "shared_decisions": joint.shared,
        "status": "optimal" if joint.proven else "stopped",
        "value": joint.value,
        "lower_bound": joint.lower_bound,
        "relative_gap": max(0.0, joint.value - joint.lower_bound) / joint.value if joint.value > 0 else 0.0,
        "expected": expected,
    }

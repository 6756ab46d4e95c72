"""From a case and a scenario to a plan."""

import platform
import time
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import pandas as pd

from commonweal.instances import Instance, project
from commonweal.models.core import CELL
from commonweal.optimizer.plan import Plan
from commonweal.optimizer.scenario import Scenario, load_scenario
from commonweal.optimizer.searches.single import search
from commonweal.optimizer.stages import Progress
from commonweal.optimizer.tables import gap_values, plan_tables

PACKAGES = ("commonweal", "pyomo", "highspy", "pandas", "numpy", "scipy")


def solve(
    instance: Instance,
    scenario: Scenario | None = None,
    progress: Progress | None = None,
    *,
    prices: bool = False,
) -> Plan:
    """The optimal plan of `instance` (as read) under `scenario` (by default the case's own).

    `progress` is told each stage in words. `prices` asks for both sides of every rule's price and the limits between
    which it holds; without it only national rules have both sides. Errors: `commonweal.optimizer.errors` Infeasible, Stopped (without a plan),
    UsageError; InstanceError for a setting that names what the instance does not have. A plan found before a limit
    has status "stopped" and says how far from the optimum it can be.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    scenario = scenario or load_scenario(instance)
    case = instance if scenario.projection is None else project(instance, scenario.projection)
    before = _status_quo(case, scenario)
    found = search(case, scenario, before, progress or (lambda _: None), prices=prices)
    tables = plan_tables(found, case, scenario)
    objective = float((tables["gaps"]["weight"] * tables["gaps"]["after"]).sum())
    lower = min(found.lower_bound, objective)
    tables["gaps"] = _with_total(tables["gaps"], lower)
    distance = (objective - lower) / objective if objective > 0 else 0.0
    info: dict[str, Any] = {
        "stages": found.stages,
        **({} if found.integer is None else {"integer": dict(found.integer)}),
        "solver": {"name": "HiGHS", **scenario.solver.model_dump()},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - clock, 3),
        "machine": platform.platform(),
    }
    return Plan(found.status, objective, lower, distance, tables, scenario, instance, info)


def _status_quo(case: Instance, scenario: Scenario) -> float:
    """Total gap of today's benefits."""
    schemes = case.schemes[["programme", "group", "year", "standard"]]
    cells = case.people.merge(schemes, on=["programme", "group", "year"])
    values = gap_values(cells[[*CELL, "eligible", "standard", "benefit"]], case, scenario, "benefit")
    return float((values["weight"] * values["value"]).sum())


def _with_total(gaps: pd.DataFrame, lower: float) -> pd.DataFrame:
    """The parts, and their weighted sum as the last row."""
    total = pd.DataFrame(
        {
            "gap": ["total"],
            "programme": [""],
            "year": [None],
            "weight": [1.0],
            "before": [float((gaps["weight"] * gaps["before"]).sum())],
            "after": [float((gaps["weight"] * gaps["after"]).sum())],
            "lower_bound": [lower],
        }
    )
    return pd.concat([gaps.astype({"year": "Int64"}), total.astype({"year": "Int64"})], ignore_index=True)

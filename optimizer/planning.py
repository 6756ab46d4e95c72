"""From a case and a scenario to a plan."""

import platform
import time
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import pandas as pd

from commonweal.instances import Instance, project
from commonweal.models.core import CELL
from commonweal.optimizer.effects import refer
from commonweal.optimizer.plan import Plan
from commonweal.optimizer.scenario import Scenario, load_scenario
from commonweal.optimizer.searches import searches
from commonweal.optimizer.stages import Progress
from commonweal.optimizer.tables import plan_tables, total_gap

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
    refer(case, scenario.accounts)
    before = _status_quo(case, scenario)
    search = searches()[scenario.search.name].search
    found = search(case, scenario, before, progress or (lambda _: None), prices=prices)
    tables = plan_tables(found, case, scenario)
    was, objective = (total_gap(tables["benefits"], case, scenario, side) for side in ("benefit_before", "benefit"))
    lower = min(found.lower_bound, objective)
    tables["gaps"] = _with_total(tables["gaps"], was, objective, lower)
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
    cells = cells.rename(columns={"covered": "recipients"})
    return total_gap(cells[[*CELL, "eligible", "recipients", "standard", "benefit"]], case, scenario)


def _with_total(gaps: pd.DataFrame, before: float, after: float, lower: float) -> pd.DataFrame:
    """The parts, and the total as the last row."""
    total = pd.DataFrame(
        {
            "gap": ["total"],
            "programme": [""],
            "year": [None],
            "weight": [1.0],
            "before": [before],
            "after": [after],
            "lower_bound": [lower],
        }
    )
    return pd.concat([gaps.astype({"year": "Int64"}), total.astype({"year": "Int64"})], ignore_index=True)

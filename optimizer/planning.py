"""From a case and a scenario to a plan."""

import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

import pandas as pd

from commonweal.instances import Instance, project
from commonweal.models.build import build_model
from commonweal.models.core import CELL
from commonweal.optimizer.effects import refer
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import _
from commonweal.optimizer.measures import told
from commonweal.optimizer.plan import Plan, Tables
from commonweal.optimizer.scenario import Scenario, load_scenario
from commonweal.optimizer.searches import searches
from commonweal.optimizer.stages import Progress
from commonweal.optimizer.tables import plan_tables, total_gap
from commonweal.optimizer.walk import Solved, Stage

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
    which it holds; without it only national rules have both sides. Errors: `commonweal.optimizer.errors` Infeasible,
    Stopped (without a plan), UsageError; InstanceError for a setting that names what the instance does not have. A plan found before a limit
    has status "stopped" and says how far from the optimum it can be.
    """
    clock = Clock()
    scenario = scenario or load_scenario(instance)
    if scenario.outlooks is not None:
        raise UsageError(
            _(
                "The scenario has several outlooks, and this finds a plan for one. Use `commonweal outlooks` "
                "for all of them."
            )
        )
    if instance.stale:
        raise UsageError(
            _(
                "A table of the case was changed, and what is derived from it was not. Give changed tables to "
                "commonweal.change(case, people=...), which makes a case of them and checks it."
            )
        )
    case = instance if scenario.projection is None else project(instance, scenario.projection)
    refer(case, scenario.accounts)
    before = status_quo(case, scenario)
    search = searches()[scenario.search.name].search
    found = search(case, scenario, before, progress or (lambda _: None), prices=prices)
    if isinstance(found, Tabled):
        return plan_from(found.tables, found.certificate, instance, case, scenario, clock, found.more)
    return plan_of(found, instance, case, scenario, clock)


def fit(instance: Instance, scenario: Scenario) -> None:
    """Refuse, before any search, a scenario that names what `instance` does not have: InstanceError, UsageError."""
    case = instance if scenario.projection is None else project(instance, scenario.projection)
    refer(case, scenario.accounts)
    build_model(case, scenario.levers, scenario.gaps, scenario.weights)


@dataclass(frozen=True)
class Clock:
    """When a search began."""

    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    counter: float = field(default_factory=time.perf_counter)


def plan_of(
    found: Solved,
    instance: Instance,
    case: Instance,
    scenario: Scenario,
    clock: Clock,
    more: Mapping[str, Any] | None = None,
) -> Plan:
    """What a search found as a plan of `instance`; `case` is its projection, `more` goes into run.json."""
    return plan_from(plan_tables(found, case, scenario), Certificate.of(found), instance, case, scenario, clock, more)


@dataclass(frozen=True)
class Certificate:
    """What is proven of a plan, and the stages that led to it; `integer` where there are yes-or-no decisions."""

    status: str
    lower_bound: float
    stages: list[Stage]
    integer: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, found: Solved) -> "Certificate":
        """Of a search that has a model of the whole."""
        return cls(found.status, found.lower_bound, found.stages, found.integer)


@dataclass(frozen=True)
class Tabled:
    """What a search found that has no model of the whole: its tables, what is proven, and more for run.json."""

    tables: Tables
    certificate: Certificate
    more: Mapping[str, Any]


def plan_from(
    tables: Tables,
    found: Certificate,
    instance: Instance,
    case: Instance,
    scenario: Scenario,
    clock: Clock,
    more: Mapping[str, Any] | None = None,
) -> Plan:
    """The tables of a search and its certificate as a plan; the total of gaps is added."""
    was, objective = (total_gap(tables["benefits"], case, scenario, side) for side in ("benefit_before", "benefit"))
    lower = min(found.lower_bound, objective)
    complete = tables.but(gaps=lambda: _with_total(tables["gaps"], was, objective, lower))
    distance = (objective - lower) / objective if objective > 0 else 0.0
    info: dict[str, Any] = {
        **told(scenario),
        "stages": found.stages,
        **({} if found.integer is None else {"integer": dict(found.integer)}),
        "solver": {"name": "HiGHS", **scenario.solver.model_dump()},
        "versions": {"python": platform.python_version(), **_versions()},
        "started": clock.started.isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - clock.counter, 3),
        "machine": platform.platform(),
        **(more or {}),
    }
    return Plan(found.status, objective, lower, distance, complete, scenario, instance, info)


@cache
def _versions() -> dict[str, str]:
    """Of the packages that a plan rests on."""
    return {name: version(name) for name in PACKAGES}


def status_quo(case: Instance, scenario: Scenario) -> float:
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

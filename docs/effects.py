"""What each mechanism does to one plan year of `five-provinces`: the plan with it against the plan without it.

Levers of every day are taken away from the case's own scenario; the others are added to it as `full-package` has them.
What else differs stands in mechanisms.toml.
"""

import json
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from commonweal.instances import Instance, project, read
from commonweal.models.build import build_model
from commonweal.optimizer import Plan, solve
from commonweal.optimizer.highs import Solver
from commonweal.optimizer.planning import status_quo
from commonweal.optimizer.scenario import Scenario, bundled, from_document
from commonweal.optimizer.searches.single import search
from commonweal.optimizer.tables import benefits_and_funds

MECHANISMS: Mapping[str, Mapping[str, Any]] = tomllib.loads(
    Path(__file__).with_name("mechanisms.toml").read_text(encoding="utf-8")
)
CASE, YEAR = "five-provinces", 2025
SMALL = 0.005  # bn crowns: not told
FLOORS_FIRST, GAP_FIRST = ("unfunded", "floors", "gap"), ("unfunded", "gap", "floors")

Document = dict[str, Any]


@dataclass(frozen=True)
class Effect:
    """Without and with a mechanism: the gap, money moved (bn crowns), and in words who gains, or the figure."""

    gap: tuple[float, float]
    moved: tuple[float, float]
    words: str
    alive: bool


@cache
def _tables() -> tuple[Document, Document]:
    """The case's own scenario with one plan year, and the levers of full-package."""
    everyday: Document = deepcopy(dict(read(CASE).scenario))
    everyday["projection"]["years"] = [YEAR]
    return everyday, tomllib.loads(bundled()["full-package"].read_text(encoding="utf-8"))["levers"]


def documents(code: str) -> tuple[Document, Document]:
    """The scenarios without and with a mechanism."""
    told = MECHANISMS[code]
    everyday, package = deepcopy(_tables())
    base = _merged(everyday, {"levers": {name: package[name] for name in told.get("also", [])}})
    own = {name: package[name] for name in told.get("levers", []) if name not in everyday["levers"]}
    on = _merged(_merged(base, {"levers": own}), told.get("change", {}))
    off = told.get("without", {"levers": dict.fromkeys(told.get("levers", []), False)})
    return _merged(on if "without" in told else base, off), on


def _merged(into: Document, more: Mapping[str, Any]) -> Document:
    """A copy of `into` with the settings of `more`."""
    found = deepcopy(into)
    for key, value in more.items():
        known = found.get(key)
        found[key] = (
            _merged(known, value) if isinstance(known, dict) and isinstance(value, Mapping) else deepcopy(value)
        )
    return found


@dataclass(frozen=True)
class Outcome:
    """A plan of which only the gap and the two main tables are wanted: a third of the time of `solve`."""

    gap: float
    case: Instance
    benefits: pd.DataFrame
    funds: pd.DataFrame

    def name(self, by: str, one: str) -> str:
        """Of a group or region."""
        return str(getattr(self.case, f"{by}s").set_index(by)["name"][one])


@cache
def _outcome(document: str) -> Outcome:
    """All stages of the search."""
    scenario = from_document(json.loads(document))
    case = _case(scenario)
    found = search(case, scenario, status_quo(case, scenario), lambda _: None)
    assert found.status == "optimal"
    return Outcome(found.priced.objective, case, *benefits_and_funds(found, case))


def _case(scenario: Scenario) -> Instance:
    assert scenario.projection is not None
    return project(read(CASE), scenario.projection)


def outcomes(code: str) -> tuple[Outcome, Outcome]:
    """The plans without and with a mechanism; equal scenarios are solved once."""
    without, with_ = (_outcome(json.dumps(document, sort_keys=True)) for document in documents(code))
    return without, with_


def effect(code: str) -> Effect:
    """What a mechanism does to the plan."""
    if code == "M29":
        return _order()
    pair = outcomes(code)
    gap, moved = (pair[0].gap, pair[1].gap), (_moved(pair[0]), _moved(pair[1]))
    if "figure" in MECHANISMS[code]:
        figure = MECHANISMS[code]["figure"]
        was, now = (_figure(solve(read(CASE), from_document(document)), figure) for document in documents(code))
        words = f"{figure['told']} {was:,.2f} → {now:,.2f}"
        return Effect(gap, moved, words, alive=now != 0 and abs(now - was) > SMALL)
    return Effect(gap, moved, _gains(*pair), alive=_differ(*pair))


def _order() -> Effect:
    """Money missing below the floors when the gap goes first, and when the floors do."""
    scenario = from_document(documents("M29")[1])
    case = _case(scenario)
    late, early = (_stages(case, scenario, order) for order in (GAP_FIRST, FLOORS_FIRST))
    words = f"missing below the floors {late['floors']:,.2f} → {early['floors']:,.2f}"
    alive = late["floors"] - early["floors"] > SMALL and late["gap"] < early["gap"]
    return Effect((late["gap"], early["gap"]), (0.0, 0.0), words, alive)


def _stages(case: Instance, scenario: Scenario, order: tuple[str, ...]) -> dict[str, float]:
    """What each stage comes to in this order, each keeping the earlier ones; the gap with even knots."""
    built = build_model(case, scenario.levers, scenario.gaps, scenario.weights)
    solver, values = Solver(built.model, scenario.solver), {}
    for stage in order:
        values[stage] = solver.minimise(stage).objective
        solver.keep(stage, values[stage] + 1e-9 * max(1.0, values[stage]))
    return values


def _moved(plan: Outcome) -> float:
    """Grants, payments between regions, pools, and what levers take out of funds."""
    return float(plan.funds[["central", "horizontal_paid", "pool_paid", "lever_outflow"]].to_numpy().sum())


def _figure(plan: Plan, figure: Mapping[str, str]) -> float:
    return float(plan.tables[figure["table"]].query(figure["where"])[figure["column"]].sum())


def _change(without: Outcome, with_: Outcome, by: str, column: str) -> "pd.Series[float]":
    """Of a column of the benefits, by group or region."""
    was, now = (plan.benefits.groupby(by)[column].sum() for plan in (without, with_))
    return now - was


def _gains(without: Outcome, with_: Outcome) -> str:
    """The group and the region that gain and lose most; money of funds where no benefit moves."""
    told = []
    for by in ("group", "region"):
        change = _change(without, with_, by, "spending")
        ends = dict.fromkeys([str(change.idxmax()), str(change.idxmin())])
        told += [f"{with_.name(by, who)} {change[who]:+,.2f}" for who in ends if abs(change[who]) > SMALL]
    persons = _change(without, with_, "group", "recipients").items()
    reached = [f"{with_.name('group', str(g))} {more:+,.2f}" for g, more in persons if abs(more) > SMALL]
    told += [f"million covered: {', '.join(reached)}"] if reached else []
    for column, words in (("unfunded", "unfunded"), ("contributions", "contributions"), ("closing", "reserves")):
        more = float(with_.funds[column].sum() - without.funds[column].sum())
        if abs(more) > SMALL and (column == "unfunded" or not told):
            told.append(f"{words} {more:+,.2f}")
    return "; ".join(told) or "nobody's benefit: only where money comes from"


def _differ(without: Outcome, with_: Outcome) -> bool:
    """Does any benefit, coverage or amount of a fund differ, by more than what is told."""
    cells, ledger = ["region", "group", "programme", "year"], ["region", "fund", "year"]
    flows = ["central", "own", "horizontal_received", "pool_received", "lever_inflow", "lever_outflow", "closing"]
    for table, keys, columns in (
        ("benefits", cells, ["spending", "recipients"]),
        ("funds", ledger, ["unfunded", "contributions", *flows]),
    ):
        one, other = (getattr(plan, table).set_index(keys)[columns] for plan in (without, with_))
        if (other - one).abs().to_numpy().max() > SMALL:
            return True
    return False

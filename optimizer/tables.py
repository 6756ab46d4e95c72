"""From a solved model to the plan's tables, in the units of the files."""

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from commonweal.instances import Instance
from commonweal.models.build import Built
from commonweal.models.core import CELL, FLOWS, LEDGER
from commonweal.optimizer.accounts import accounts
from commonweal.optimizer.effects import effects
from commonweal.optimizer.highs import Solution, Solver
from commonweal.optimizer.indicators import indicators
from commonweal.optimizer.measures import measures
from commonweal.optimizer.pairs import split
from commonweal.optimizer.plan import Tables
from commonweal.optimizer.redistribution import redistribution
from commonweal.optimizer.ruler import Ruler
from commonweal.optimizer.rules import rules_table, where
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.walk import Solved

NOISE = 1e-9  # relative to the largest figure of its column: less is the solver's rounding, not a decision


def plan_tables(found: Solved, instance: Instance, scenario: Scenario) -> Tables:
    """Every table of a plan but the total row of gaps; rules have the prices of the gap stage."""
    own = own_tables(found, instance)
    rules = rules_table(found.built, found.solver, found.priced, instance, found.prices)
    payers = {name: effect.payer for name, effect in found.built.effects.items()}
    return all_tables({**own, "rules": rules}, payers, instance, scenario)


def own_tables(found: Solved, instance: Instance) -> dict[str, pd.DataFrame]:
    """The tables whose rows each speak of one region: those of all parts of a nation together are those of the nation."""
    built, solver, solution = found.built, found.solver, found.solution
    benefits, funds = benefits_and_funds(found, instance)
    keys = ["region", "group", "programme", "year"]
    coverage = benefits[keys].assign(covered_before=_param(built.model.covered), covered=benefits["recipients"])
    return {
        "benefits": benefits,
        "transfers": _transfers(funds, _column(built.model.horizontal_paid, solver, solution)),
        "funds": funds.drop(columns="horizontal_paid", errors="ignore"),
        "rates": _rates(built.model, solver, solution),
        "coverage": coverage,
        "decisions": _decisions(built),
        "lever_flows": _lever_flows(built, funds),
    }


def all_tables(
    own: Mapping[str, pd.DataFrame], payers: Mapping[str, str], instance: Instance, scenario: Scenario
) -> Tables:
    """`own_tables`, rules, and what follows from them for the nation, made when it is looked at.

    payers: by lever, who pays what it brings in.
    """
    kept = {name: frame.copy(deep=False) for name, frame in own.items()}  # whatever users do to theirs
    benefits, transfers, rates = kept["benefits"], kept["transfers"], kept["rates"]
    matrix = cache(lambda: accounts(kept, instance, payers))
    return Tables(
        {
            "benefits": own["benefits"],
            "transfers": own["transfers"],
            "pairs": lambda: _pairs(transfers, scenario),
            **{name: own[name] for name in ("funds", "rates", "coverage", "decisions", "lever_flows")},
            "gaps": lambda: _gaps(benefits, instance, scenario),
            "measures": lambda: measures(benefits, instance, scenario),
            "indicators": lambda: indicators(benefits, transfers, rates, instance, scenario.indicators),
            "rules": own["rules"],
            # Who pays for what, who gives to whom, and what it does to the economy.
            "accounts": lambda: matrix().copy(deep=False),
            "redistribution": lambda: redistribution(matrix(), transfers, benefits, instance, scenario.accounts),
            "effects": lambda: effects(benefits, instance, scenario.accounts),
        }
    )


def benefits_and_funds(found: Solved, instance: Instance) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is paid to whom, and every fund's year: the two tables from which the others follow.

    Columns as in benefits.csv; as in funds.csv, and horizontal_paid.
    """
    found.solver.load(found.solution)
    benefits = _benefits(found.built, found.solver, found.solution, instance)
    return benefits, _funds(found.built, found.solver, found.solution, benefits)


def _column(var: pyo.Var, solver: Solver, solution: Solution) -> "pd.Series[float]":
    """A variable as a series over its index, without the solver's noise."""
    values = pd.Series(solver.values(var, solution), dtype=float)
    grain = NOISE * max(float(values.abs().max()), 1.0) if len(values) else 0.0
    return values.where(values.abs() > grain, 0.0)


def _frame(index: Any, keys: list[str]) -> pd.DataFrame:
    return pd.DataFrame(list(index), columns=keys)


def _param(param: pyo.Param) -> list[float]:
    return [float(value) for value in param.values()]


def _benefits(built: Built, solver: Solver, solution: Solution, instance: Instance) -> pd.DataFrame:
    m = built.model
    frame = _frame(m.CELLS, CELL)
    frame["eligible"] = _param(m.eligible)
    share = _column(m.coverage_share, solver, solution).to_numpy()
    as_today = share == _param(m.share_today)
    frame["recipients"] = np.where(as_today, _param(m.covered), share * frame["eligible"])
    frame["benefit_before"] = _param(m.before)
    frame["benefit"] = _column(m.benefit, solver, solution).to_numpy()
    persons = frame["recipients"].where(frame["recipients"] > 0)
    frame["benefit_per_recipient"] = (frame["benefit"] * frame["eligible"] / persons).fillna(0.0)
    frame["standard"] = _param(m.standard)
    frame["share_of_standard"] = frame["benefit"] / frame["standard"]
    frame["spending"] = frame["eligible"] * frame["benefit"] * instance.per_head
    return frame


def _funds(built: Built, solver: Solver, solution: Solution, benefits: pd.DataFrame) -> pd.DataFrame:
    m = built.model
    frame = _frame(m.LEDGER, LEDGER)
    closing = _column(m.closing, solver, solution)
    first = min(m.YEARS)
    index = list(m.LEDGER)
    frame["opening"] = [float(m.opening[r, f, t]) if t == first else float(closing[r, f, t - 1]) for r, f, t in index]
    rate = _column(m.rate, solver, solution).to_numpy()
    frame["contributions"] = rate * np.array(_param(m.base))
    frame["other_revenue"] = _param(m.other_revenue)
    levers_add = _lever_flows(built, frame).groupby(LEDGER, sort=False)[["inflow", "outflow"]].sum()
    added = levers_add.reindex(pd.MultiIndex.from_frame(frame[LEDGER]), fill_value=0.0)
    interest = _lever_flows(built, frame, "reserves").set_index(LEDGER)["inflow"]
    frame["interest"] = interest.reindex(added.index, fill_value=0.0).to_numpy()
    frame["lever_inflow"] = added["inflow"].to_numpy() - frame["interest"]
    frame["lever_outflow"] = added["outflow"].to_numpy()
    for name in (*FLOWS, "unfunded"):
        frame[name] = _column(m.component(name), solver, solution).to_numpy()
    paid = {
        (r, f, t): float(sum(spending[r, g, p, t] for g, p in m.PAYS[r, f, t]))
        for spending in (benefits.set_index(CELL)["spending"].to_dict(),)
        for r, f, t in index
    }
    frame["spending"] = [paid[i] for i in index]
    frame["other_spending"] = _param(m.other_spending)
    locked: dict[Any, float] = {}
    for r, f, t in sorted(index, key=lambda i: i[2]):
        locked[r, f, t] = locked.get((r, f, t - 1), float(m.locked[r, f, t])) + float(m.accrual[r, f, t])
    frame["locked"] = [locked[i] for i in index]
    frame["closing"] = closing.to_numpy()
    order = [
        *LEDGER, "opening", "contributions", "other_revenue", "interest", "own", "central", "horizontal_received",
        "pool_received", "pool_paid", "unfunded", "spending", "other_spending", "locked", "closing", "lever_inflow", "lever_outflow", "horizontal_paid",
    ]  # fmt: skip
    return frame[order]


def _lever_flows(built: Built, funds: pd.DataFrame, only: str | None = None) -> pd.DataFrame:
    """Money that each lever brings into or takes out of a fund, read from the solved model; rows with money."""
    rows = []
    for name, effect in built.effects.items():
        if (effect.inflow is None and effect.outflow is None) or only not in (None, name):
            continue
        for r, f, t, opening in funds[[*LEDGER, "opening"]].itertuples(index=False, name=None):
            money = [
                0.0 if flow is None else float(pyo.value(flow(built.model, r, f, t, opening)))
                for flow in (effect.inflow, effect.outflow)
            ]
            if any(money):
                rows.append((name, r, f, t, *money))
    return pd.DataFrame(rows, columns=["lever", *LEDGER, "inflow", "outflow"]).astype(
        {"lever": str, "region": str, "fund": str, "year": int, "inflow": float, "outflow": float}
    )


def _decisions(built: Built) -> pd.DataFrame:
    """The levers' own variables: lever, decision, index (what it speaks of), region, year, value, integer."""
    rows = []
    for name, effect in built.effects.items():
        for decision, var in effect.decisions.items():
            for index, data in var.items():
                rule, region, year = where(built.model, decision, index)
                rows.append((name, rule, region, year, float(data.value) + 0.0, not data.is_continuous()))
    frame = pd.DataFrame(rows, columns=["lever", "decision", "region", "year", "value", "integer"])
    return frame.astype(
        {"lever": str, "decision": str, "region": str, "year": "Int64", "value": float, "integer": bool}
    )


def _rates(m: pyo.ConcreteModel, solver: Solver, solution: Solution) -> pd.DataFrame:
    frame = _frame(m.LEDGER, LEDGER)
    frame["rate_before"] = _param(m.rate_today)
    frame["rate"] = _column(m.rate, solver, solution).to_numpy()
    frame["contributions"] = frame["rate"] * _param(m.base)
    return frame


def _transfers(funds: pd.DataFrame, paid: "pd.Series[float]") -> pd.DataFrame:
    names = ["own", "central", "horizontal_received", "horizontal_paid", "pool_received", "pool_paid"]
    frame = funds[[*LEDGER, *names]].copy()
    frame["net"] = (
        frame["central"]
        + frame["horizontal_received"]
        - frame["horizontal_paid"]
        + frame["pool_received"]
        - frame["pool_paid"]
    )
    return frame


def _pairs(transfers: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Horizontal and pool payments as they arrive, by donor and recipient."""
    horizontal = scenario.levers.get("horizontal_transfers")
    kept = 1.0 - float(getattr(horizontal, "loss", 0.0))
    found: dict[tuple[str, str, str, int], float] = {}
    for key, rows in transfers.groupby(["fund", "year"]):
        fund, year = cast(tuple[str, int], key)
        by_region = rows.set_index("region")
        for paid, received, share in (
            ("horizontal_paid", "horizontal_received", kept),
            ("pool_paid", "pool_received", 1.0),
        ):
            given = cast(dict[str, float], (by_region[paid] * share).to_dict())
            taken = cast(dict[str, float], by_region[received].to_dict())
            for donor, recipient, amount in split(given, taken):
                pair = (donor, recipient, fund, int(year))
                found[pair] = found.get(pair, 0.0) + amount
    frame = pd.DataFrame(
        [(*pair, amount) for pair, amount in sorted(found.items())],
        columns=["donor", "recipient", "fund", "year", "amount"],
    )
    return frame.astype({"donor": str, "recipient": str, "fund": str, "year": int, "amount": float})


def total_gap(benefits: pd.DataFrame, instance: Instance, scenario: Scenario, column: str = "benefit") -> float:
    """What a search minimises first: the weighted gaps of the lowest order, or how far the worst-off are from 1.

    Reads eligible, recipients, standard and a column of benefits.
    """
    return Ruler(benefits, instance, scenario).total(benefits[column].to_numpy(dtype=float))


def _gaps(benefits: pd.DataFrame, instance: Instance, scenario: Scenario) -> pd.DataFrame:
    ruler = Ruler(benefits, instance, scenario)
    before, after = (ruler.frame(benefits[side].to_numpy(dtype=float)) for side in ("benefit_before", "benefit"))
    return before.rename(columns={"value": "before"}).assign(after=after["value"], lower_bound=np.nan)

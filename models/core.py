"""The core model: benefits, the money ledger and the rates that every plan has.

For every region r, fund f and year t the ledger closes, with no free disposal:

    opening + rate * base + other_revenue + own + central + horizontal_received + pool_received + unfunded + inflows
        = spending + other_spending + pool_paid + outflows + closing

where spending = sum of eligible * benefit * per_head over the groups g and programmes p that fund f pays,
opening is last year's closing, and inflows and outflows are what active levers add. Horizontal payments leave the
region's own budget and so stand in no fund.

Every flow starts fixed at zero, every rate, benefit and coverage at today's value, and no reserve may fall below the
path it would take today: a lever opens what it decides. With no lever at all the plan is therefore the status quo.
Coverage is the share of the eligible who are covered; `models.coverage` opens it.

Units: money in the instance's money unit, persons in its persons unit, benefits in currency units per eligible person
and year, rates as shares of the contribution base. Index letters: r region, g group, p programme, f fund, t year.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd
import pyomo.environ as pyo

from commonweal.instances import Instance

CELL = ["region", "group", "programme", "year"]
LEDGER = ["region", "fund", "year"]
FLOWS = ("own", "central", "horizontal_received", "horizontal_paid", "pool_received", "pool_paid")


def table(frame: pd.DataFrame, keys: list[str], column: str) -> dict[tuple[object, ...], float]:
    """One column of a frame as ``{key tuple: value}``, the form in which Pyomo takes data."""
    index = zip(*(frame[key].tolist() for key in keys), strict=True)
    return dict(zip(index, frame[column].astype(float).tolist(), strict=True))


def build_core(instance: Instance) -> pyo.ConcreteModel:
    """Sets, data, variables and reserve floors; `models.build` adds levers, ledger rows and objectives.

    Sets: REGIONS, YEARS, CELLS (r, g, p, t), LEDGER (r, f, t), PAYS[r, f, t] = the (g, p) that a fund pays.
    """
    m = pyo.ConcreteModel(name=instance.meta.name)
    people = instance.people.merge(instance.schemes, on=["programme", "group", "year"], validate="many_to_one")
    m.YEARS = pyo.Set(initialize=list(instance.years), ordered=True)
    m.REGIONS = pyo.Set(initialize=instance.regions["region"].tolist(), ordered=True)
    m.CELLS = pyo.Set(initialize=_keys(people, CELL), dimen=4, ordered=True)
    m.LEDGER = pyo.Set(initialize=_keys(instance.accounts, LEDGER), dimen=3, ordered=True)
    first = instance.years[0]
    m.OPENING_YEAR = pyo.Set(initialize=[i for i in m.LEDGER if i[2] == first], dimen=3, ordered=True)
    m.LATER_YEARS = pyo.Set(initialize=[i for i in m.LEDGER if i[2] != first], dimen=3, ordered=True)
    _data(m, instance, people)
    _variables(m, instance)
    return m


def _keys(frame: pd.DataFrame, columns: list[str]) -> list[tuple[object, ...]]:
    return list(zip(*(frame[column].tolist() for column in columns), strict=True))


def _data(m: pyo.ConcreteModel, instance: Instance, people: pd.DataFrame) -> None:
    paid: dict[tuple[object, ...], list[tuple[object, object]]] = {index: [] for index in m.LEDGER}
    for r, g, p, t, f in _keys(people, [*CELL, "fund"]):
        paid[r, f, t].append((g, p))
    m.PAYS = pyo.Set(m.LEDGER, initialize=paid, dimen=2, ordered=True)
    m.per_head = pyo.Param(initialize=instance.per_head, doc="money for one currency unit to one unit of persons")
    people = people.assign(share_today=(people["covered"] / people["eligible"]).where(people["eligible"] > 0, 0.0))
    # within=Any: they are numbers, and looking at each again would take longer than all the rest.
    for name, column, doc in (
        ("eligible", "eligible", "eligible persons"),
        ("covered", "covered", "covered persons today"),
        ("before", "benefit", "today's benefit, currency units per eligible person and year"),
        ("today", "today", "benefit in the data year"),
        ("standard", "standard", "the programme's standard, currency units per person and year"),
        ("share_today", "share_today", "share of the eligible who are covered today"),
    ):
        m.add_component(name, pyo.Param(m.CELLS, initialize=table(people, CELL, column), within=pyo.Any, doc=doc))
    for name, column, doc in (
        ("base", "base", "contribution base, money"),
        ("rate_today", "rate", "today's actual contribution rate, share of base"),
        ("other_revenue", "other_revenue", "money that reaches the fund whatever the plan"),
        ("other_spending", "other_spending", "money the fund pays whatever the plan"),
        ("accrual", "accrual", "part of the year's revenue that stays locked, money"),
        ("opening", "opening", "reserve at the start of the first year, money"),
        ("locked", "locked", "part of the opening reserve that stays locked, money"),
        ("spending_today", "spending_today", "benefit spending in the data year, money"),
    ):
        values = table(instance.accounts, LEDGER, column)
        m.add_component(name, pyo.Param(m.LEDGER, initialize=values, within=pyo.Any, doc=doc))
    m.released = pyo.Param(m.LEDGER, mutable=True, default=0.0, doc="reserve that may lie below its floors, money")
    m.path_today = pyo.Param(m.LEDGER, initialize=_path_today(m), doc="reserve if nothing changes, money")


def _path_today(m: pyo.ConcreteModel) -> dict[tuple[object, ...], float]:
    """Closing reserves under today's rates and benefits, never below zero (the rest is unfunded)."""
    path: dict[tuple[object, ...], float] = {}
    for r, f, t in sorted(m.LEDGER, key=lambda i: i[2]):
        opening = path.get((r, f, t - 1), m.opening[r, f, t])
        spending = sum(m.eligible[r, g, p, t] * m.before[r, g, p, t] for g, p in m.PAYS[r, f, t]) * m.per_head.value
        revenue = m.base[r, f, t] * m.rate_today[r, f, t] + m.other_revenue[r, f, t]
        path[r, f, t] = max(0.0, opening + revenue - spending - m.other_spending[r, f, t])
    return path


def _variables(m: pyo.ConcreteModel, instance: Instance) -> None:
    m.benefit = pyo.Var(m.CELLS, bounds=(0, None), doc="currency units per eligible person and year")
    for index in m.CELLS:
        m.benefit[index].fix(m.before[index])
    m.coverage_share = pyo.Var(m.CELLS, bounds=(0, 1), doc="share of the eligible who are covered")
    for index in m.CELLS:
        m.coverage_share[index].fix(m.share_today[index])
    for name in FLOWS:
        m.add_component(name, pyo.Var(m.LEDGER, bounds=(0, None), doc="money"))
        for flow in m.component(name).values():
            flow.fix(0.0)
    m.unfunded = pyo.Var(m.LEDGER, bounds=(0, None), doc="obligations that no money meets, money")
    m.rate = pyo.Var(m.LEDGER, bounds=(0, 1), doc="actual contribution rate, share of base")
    for index in m.LEDGER:
        m.rate[index].fix(m.rate_today[index])
    m.closing = pyo.Var(
        m.LEDGER, bounds=lambda m, r, f, t: (m.path_today[r, f, t], None), doc="reserve at the end of the year, money"
    )
    # How large a flow could be: the rule that picks one plan among equals spreads money in proportion to it.
    m.size = pyo.ComponentMap()
    # Funds whose rates follow a path that a lever has set: no other lever may open them.
    m.ruled_rates = set()
    # Cells whose coverage the plan decides, with the least positive share that it may choose.
    m.opened = {}
    # What rows of levers leave no benefit below; gaps leave out cells that are always beyond the end of their cost.
    m.least_benefit = {}
    m.most_benefit = pyo.Param(
        m.CELLS, mutable=True, default=0.0, doc="the most money can pay, currency units per eligible person and year"
    )


def rows(block: pyo.Block, name: str, index: pyo.Set, rule: Callable[..., Any]) -> None:
    """Add a constraint over an index set, unless the set is empty (constraint templates cannot take those)."""
    if len(index) > 0:
        block.add_component(name, pyo.Constraint(index, rule=rule))


def open_benefits(m: pyo.ConcreteModel) -> None:
    """Let the plan decide every benefit that somebody is covered for; the uncovered stay at zero."""
    for index in m.CELLS:
        if m.covered[index] > 0:
            m.benefit[index].unfix()


def open_flow(
    m: pyo.ConcreteModel,
    flow: str,
    sizes: Iterable[tuple[tuple[object, ...], float]],
    *,
    capped: bool,
) -> None:
    """Let the plan decide a ledger flow.

    `sizes` gives for each ledger index how much money the flow could carry; `capped` makes that an upper bound.
    Entries of no size stay closed.
    """
    var = m.component(flow)
    for index, size in sizes:
        if size > 0:
            var[index].unfix()
            var[index].setub(size if capped else None)
            m.size[var[index]] = size

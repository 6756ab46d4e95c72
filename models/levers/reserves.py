"""Reserves: a fund keeps some months of spending, its locked part, and a share of its opening reserve to the end.

    closing[r, f, t] >= months[r, f] / 12 * spending[r, f, t]                  for every region r, year t
    closing[r, f, t] >= locked[r, f] + accruals up to t                        for every region r, year t
    closing[r, f, last year] >= keep * opening[r, f]                           for every region r

With `own_months` a region need not hold more months than it has today: months = min(setting, opening / monthly
spending today), so that nobody has to rebuild reserves at once. Interest is paid on what a year starts with. Funds
that are not named may not fall below the path they take today.

Source: paper 4.4 and 3.1, "realize the sustainable development of social security in each region".
"""

from typing import Any

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Instance
from commonweal.models.core import rows
from commonweal.models.parts import Bounds, Effects, known

SCOPE = "region"
OPENS = ("benefit", "closing")


class Rule(BaseModel, extra="forbid", frozen=True):
    """What one fund must hold."""

    months: float = Field(ge=0, description="months of spending held at the end of every year")
    own_months: bool = Field(default=True, description="at most the months the region holds today")
    keep: float = Field(default=0.0, ge=0, description="share of the opening reserve left at the end of the last year")


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the reserves."""

    funds: dict[str, Rule] = Field(description="rule by fund")
    interest: float = Field(default=0.0, ge=0, description="real interest on opening reserves, share a year")


def months_held(opening: float, spending_today: float, rule: Rule) -> float:
    """Months of spending a region must hold."""
    if not rule.own_months or spending_today <= 0:
        return rule.months
    return min(rule.months, opening / (spending_today / 12))


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """Open reserves of the named funds down to what must be held."""
    known(instance, "fund", settings.funds)
    ledger = [i for i in model.LEDGER if i[1] in settings.funds]
    locked: dict[tuple[Any, ...], float] = {}
    for r, f, t in sorted(ledger, key=lambda i: i[2]):
        rule = settings.funds[f]
        locked[r, f, t] = locked.get((r, f, t - 1), model.locked[r, f, t]) + model.accrual[r, f, t]
        terminal = rule.keep * model.opening[r, f, t] if t == instance.years[-1] else 0.0
        model.closing[r, f, t].setlb(max(0.0, locked[r, f, t], terminal))
    share = {
        (r, f, t): months_held(model.opening[r, f, t], model.spending_today[r, f, t], settings.funds[f]) / 12
        for r, f, t in ledger
        if len(model.PAYS[r, f, t]) > 0
    }
    lever.HELD = pyo.Set(initialize=[i for i in share if share[i] > 0], dimen=3, ordered=True)
    lever.share = pyo.Param(lever.HELD, initialize={i: share[i] for i in lever.HELD}, doc="share of yearly spending")
    rows(
        lever,
        "months",
        lever.HELD,
        lambda b, r, f, t: (
            model.closing[r, f, t] + model.released[r, f, t]
            >= b.share[r, f, t]
            * model.per_head
            * sum(model.eligible[r, g, p, t] * model.benefit[r, g, p, t] for g, p in model.PAYS[r, f, t])
        ),
    )
    interest = settings.interest
    return Effects(
        bounds=(Bounds("locked or kept", model.closing, tuple(ledger), "lower"),),
        obligations=_to_set_aside(model, ledger, share),
        inflow=(lambda _, r, f, t, opening: interest * opening) if interest > 0 else None,
    )


def _to_set_aside(
    model: pyo.ConcreteModel, ledger: list[tuple[Any, ...]], share: dict[tuple[Any, ...], float]
) -> dict[tuple[Any, ...], float]:
    """What must be added to the reserve each year at today's benefits, money."""
    held: dict[tuple[Any, ...], float] = {}
    added = {}
    for r, f, t in sorted(ledger, key=lambda i: i[2]):
        spending = sum(model.eligible[r, g, p, t] * model.before[r, g, p, t] for g, p in model.PAYS[r, f, t])
        months = share.get((r, f, t), 0.0) * spending * model.per_head.value
        held[r, f, t] = max(months, model.closing[r, f, t].lb)
        added[r, f, t] = max(0.0, held[r, f, t] - held.get((r, f, t - 1), model.opening[r, f, t]))
    return added

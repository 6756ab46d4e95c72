"""National pooling: from one year on, the regions' revenue of a fund is one purse.

    paid[r, t]     <= pooled[t] * (largest rate * base[r, t] + other_revenue[r, t])          for every region r, year t
    received[r, t] <= pooled[t] * sum over regions of the same
    sum over r of received[r, t] = sum over r of paid[r, t]                                  for every year t
    pooled[t] = sum over years s up to t of start[s],    sum over s of start[s] <= 1,        start[s] 0 or 1

The bounds are data: nobody hands over more than the year's revenue. The first pooled year is given, or chosen by the
plan; then a cost per recipient, paid by every region in that year, may make waiting worthwhile. To compare years,
runs with one given year each say more than the choice.

Source: paper 2.3 and 4.4, "realize the national overall planning of employee pension insurance as soon as possible".
"""

from typing import Literal

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Instance, YearPath
from commonweal.models.core import rows
from commonweal.models.parts import Effects, Link, known

SCOPE = "nation"
OPENS = ("benefit", "lever_inflow", "lever_outflow")


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the national pooling."""

    fund: str = Field(description="fund that is pooled")
    from_year: int | Literal["choose"] = Field(description="first pooled year, or choose: the plan decides")
    cost: YearPath = Field(
        default=0.0, description="cost of starting in a year, currency units per recipient, paid once by each region"
    )


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """Payments and receipts of the fund, closed before the first pooled year."""
    known(instance, "fund", [settings.fund])
    cost = {t: amount * model.per_head.value for t, amount in instance.amounts(settings.cost).items()}
    ledger = [i for i in model.LEDGER if i[1] == settings.fund]
    purse = {i: model.rate[i].ub * model.base[i] + max(0.0, model.other_revenue[i]) for i in ledger}
    for i in ledger:
        if model.rate[i].fixed:
            purse[i] = model.rate[i].value * model.base[i] + max(0.0, model.other_revenue[i])
    whole = {t: sum(money for i, money in purse.items() if i[2] == t) for t in model.YEARS}
    recipients = {i: sum(model.eligible[i[0], g, p, i[2]] for g, p in model.PAYS[i]) for i in ledger}
    lever.starting = pyo.Param(
        model.LEDGER, initialize={i: recipients[i] * cost[i[2]] for i in ledger}, default=0.0, doc="cost of starting, money"
    )
    lever.start = pyo.Var(model.YEARS, within=pyo.Binary, doc="whether the year is the first pooled one")
    lever.paid = pyo.Var(model.LEDGER, bounds=(0, None), initialize=0.0, doc="money paid into the national purse")
    lever.received = pyo.Var(model.LEDGER, bounds=(0, None), initialize=0.0, doc="money from the national purse")
    first = _first(model, settings)
    if first is not None:
        for t in model.YEARS:
            lever.start[t].fix(float(t == first))
    for i in model.LEDGER:
        if i not in purse or (first is not None and i[2] < first):
            lever.paid[i].fix(0.0)
            lever.received[i].fix(0.0)
        else:
            lever.paid[i].setub(purse[i])
            lever.received[i].setub(whole[i[2]])
    if first is None:
        _choice(lever, model, ledger, purse, whole)

    def balance(t: int) -> Link:
        fund = settings.fund
        return Link(
            rule="balance",
            index=(fund, t),
            term=lambda r: lever.received[r, fund, t] - lever.paid[r, fund, t] if (r, fund, t) in model.LEDGER else 0.0,
            limit=0.0,
            equal=True,
        )

    size = max(whole.values(), default=0.0)
    return Effects(
        links=tuple(balance(t) for t in model.YEARS if first is None or t >= first),
        inflow=lambda _, r, f, t, opening: lever.received[r, f, t],
        outflow=lambda _, r, f, t, opening: lever.paid[r, f, t] + lever.starting[r, f, t] * lever.start[t],
        decisions={"start": lever.start},
        spread=((lever.paid, size), (lever.received, size)),
    )


def _first(model: pyo.ConcreteModel, settings: Settings) -> int | None:
    """The first pooled year when it is given; one before the plan pools all of it, at no cost any more."""
    if settings.from_year == "choose":
        return None
    last = max(model.YEARS)
    if settings.from_year > last:
        raise ValueError(f"levers.national_pooling.from_year is {settings.from_year}, but the plan ends in {last}")
    return settings.from_year


def _choice(
    lever: pyo.Block,
    model: pyo.ConcreteModel,
    ledger: list[tuple[str, str, int]],
    purse: dict[tuple[str, str, int], float],
    whole: dict[int, float],
) -> None:
    """Nothing moves before the chosen year."""
    lever.LEDGER = pyo.Set(initialize=ledger, dimen=3, ordered=True)
    lever.SO_FAR = pyo.Set(model.YEARS, initialize={t: [s for s in model.YEARS if s <= t] for t in model.YEARS})
    lever.purse = pyo.Param(lever.LEDGER, initialize=purse, doc="the region's revenue of the year, money")
    lever.whole = pyo.Param(model.YEARS, initialize=whole, doc="the nation's revenue of the year, money")
    lever.once = pyo.Constraint(expr=sum(lever.start[t] for t in model.YEARS) <= 1)
    rows(
        lever,
        "paid_when_pooled",
        lever.LEDGER,
        lambda b, r, f, t: b.paid[r, f, t] <= b.purse[r, f, t] * sum(b.start[s] for s in b.SO_FAR[t]),
    )
    rows(
        lever,
        "received_when_pooled",
        lever.LEDGER,
        lambda b, r, f, t: b.received[r, f, t] <= b.whole[t] * sum(b.start[s] for s in b.SO_FAR[t]),
    )

"""National pooling: from one year on, the regions' revenue of a fund is one purse.

    paid[r, t]     <= pooled[t] * (largest rate * base[r, t] + other_revenue[r, t])          for every region r, year t
    sum over r of received[r, t] = sum over r of paid[r, t]                                  for every year t
    pooled[t] = sum over years s up to t of start[s],    sum over s of start[s] <= 1,        start[s] 0 or 1

The bounds are data: nobody hands over more than the year's revenue, and so nobody receives before the start. The first pooled year is given, or chosen by the
plan; then a cost per recipient, paid by every region in that year, may make waiting worthwhile. To compare years,
runs with one given year each say more than the choice.

Source: paper 2.3 and 4.4, "realize the national overall planning of employee pension insurance as soon as possible".
"""

from typing import Literal

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Fault, Instance, InstanceError, YearPath
from commonweal.language import _, mark
from commonweal.models.core import rows
from commonweal.models.parts import Bounds, Effects, Index, Link, known

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
    fund = settings.fund
    known(instance, "fund", [fund])
    first = _first(model, settings)
    ledger = [i for i in model.LEDGER if i[1] == fund and (first is None or i[2] >= first)]
    purse = {i: _largest_rate(model, i) * model.base[i] + max(0.0, model.other_revenue[i]) for i in ledger}
    whole = {t: sum(money for i, money in purse.items() if i[2] == t) for t in model.YEARS}
    cost = {t: amount * model.per_head.value for t, amount in instance.amounts(settings.cost).items()}
    starting = {i: cost[i[2]] * sum(model.eligible[i[0], g, p, i[2]] for g, p in model.PAYS[i]) for i in ledger}
    lever.starting = pyo.Param(model.LEDGER, initialize=starting, default=0.0, doc="cost of starting, money")
    lever.start = pyo.Var(model.YEARS, within=pyo.Binary, doc="whether the year is the first pooled one (0 or 1)")
    lever.paid = pyo.Var(model.LEDGER, bounds=(0, None), doc="money paid into the national purse")
    lever.received = pyo.Var(model.LEDGER, bounds=(0, None), doc="money from the national purse")
    for i in model.LEDGER:
        if i in purse:
            lever.received[i].setub(whole[i[2]])
        else:
            lever.paid[i].fix(0.0)
            lever.received[i].fix(0.0)
    if first is None:
        _choice(lever, model, purse)
    else:
        for i in ledger:
            lever.paid[i].setub(purse[i])
        for t in model.YEARS:
            lever.start[t].fix(float(t == first))

    def balance(t: int) -> Link:
        def net(r: str) -> pyo.Expression | float:
            return lever.received[r, fund, t] - lever.paid[r, fund, t] if (r, fund, t) in model.LEDGER else 0.0

        return Link("balance", (fund, t), net, 0.0, equal=True)

    size = max(whole.values())
    return Effects(
        links=tuple(balance(t) for t in dict.fromkeys(i[2] for i in ledger)),
        inflow=lambda _, r, f, t, opening: lever.received[r, f, t],
        outflow=lambda _, r, f, t, opening: lever.paid[r, f, t] + lever.starting[r, f, t] * lever.start[t],
        bounds=(Bounds(mark("the year's revenue"), lever.paid, tuple(ledger), "upper"),) if first is not None else (),
        decisions={"start": lever.start},
        spread=((lever.paid, size), (lever.received, size)),
        obligations=starting if first is not None else {},
    )


def _first(model: pyo.ConcreteModel, settings: Settings) -> int | None:
    """The first pooled year when it is given. Before the plan: all years are pooled, and started at no cost."""
    last = max(model.YEARS)
    if settings.from_year == "choose" or settings.from_year <= last:
        return None if settings.from_year == "choose" else settings.from_year
    expected = _("a year up to {last}, the last plan year, or choose", last=last)
    where = "levers.national_pooling.from_year"
    raise InstanceError(
        [Fault("scenario", None, where, str(settings.from_year), expected, _("Pool earlier, or plan longer"))]
    )


def _largest_rate(model: pyo.ConcreteModel, index: Index) -> float:
    rate = model.rate[index]
    return float(rate.value if rate.fixed else rate.ub)


def _choice(lever: pyo.Block, model: pyo.ConcreteModel, purse: dict[Index, float]) -> None:
    """Nothing moves before the chosen year."""
    lever.LEDGER = pyo.Set(initialize=list(purse), dimen=3, ordered=True)
    lever.FUND = pyo.Set(initialize=[f for _, f, _ in list(purse)[:1]])
    lever.SO_FAR = pyo.Set(model.YEARS, initialize={t: [s for s in model.YEARS if s <= t] for t in model.YEARS})
    lever.purse = pyo.Param(lever.LEDGER, initialize=purse, doc="the region's revenue of the year, money")
    rows(lever, "once", lever.FUND, lambda b, f: sum(b.start[t] for t in model.YEARS) <= 1)
    rows(
        lever,
        "paid_when_pooled",
        lever.LEDGER,
        lambda b, r, f, t: b.paid[r, f, t] <= b.purse[r, f, t] * sum(b.start[s] for s in b.SO_FAR[t]),
    )

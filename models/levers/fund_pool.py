"""Fund pool: regions whose fund runs a surplus pay part of it into a national pool that covers deficits elsewhere.

    pool_paid[r, f, t] <= share * surplus[r, f, t]                       for every region r, year t, the named fund f
    sum over r of pool_received[r, f, t] = sum over r of pool_paid[r, f, t]

`surplus = "today"` is the surplus of the data year, grown by `growth`; `surplus = "current"` follows the year's
contributions, other revenue and today's benefits, and so the rates of the plan. A region without a surplus pays
nothing; receivers draw on their own reserves first because money moved is minimised.

Source: paper 4.4, "accelerate the realization of national overall planning" of employee pension insurance.
"""

from typing import Literal

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Growth, Instance
from commonweal.language import _
from commonweal.models.core import open_flow, rows, table
from commonweal.models.parts import Bounds, Effects, Link, RefusedError, known

SCOPE = "nation"
OPENS = ("benefit", "pool_received", "pool_paid")


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the fund pool."""

    fund: str = Field(description="fund that is pooled")
    share: float = Field(ge=0, le=1, description="most a region pays, share of its surplus")
    surplus: Literal["today", "current"] = Field(default="today", description="whose surplus: today's or the year's")
    growth: Growth = Field(default=0.0, description="yearly growth of today's surplus: rate or series")


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """Open payments of surplus regions and receipts of all; one balance a year."""
    fund = settings.fund
    known(instance, "fund", [fund])
    if settings.surplus == "current" and instance.origin is not None:
        raise RefusedError(
            _("fund_pool with surplus = current cannot be built for some regions alone"), "surplus = today"
        )
    ledger = [i for i in model.LEDGER if i[1] == fund]
    surplus = _today(instance, settings) if settings.surplus == "today" else _current(model, ledger)
    fixed = all(model.rate[i].fixed for i in ledger) or settings.surplus == "today"
    most = {i: settings.share * (surplus[i] + (0.0 if fixed else _range(model, i))) for i in ledger if surplus[i] >= 0}
    cap = {i: settings.share * surplus[i] for i in most if most[i] > 0}
    paid = {i: most[i] for i in cap} if instance.origin is None else _national(instance.whole, settings)
    pot = {t: sum(amount for i, amount in paid.items() if i[2] == t) for t in instance.years}
    open_flow(model, "pool_paid", [(i, most[i]) for i in cap], capped=fixed)
    open_flow(model, "pool_received", [(i, pot[i[2]]) for i in ledger], capped=False)
    if not fixed:
        # The rate is a decision: the cap follows it. Regions whose surplus could vanish do not pay.
        lever.PAYERS = pyo.Set(initialize=list(cap), dimen=3, ordered=True)
        lever.least = pyo.Param(lever.PAYERS, initialize=cap, doc="cap at the least rate, money")
        lever.least_rate = pyo.Param(lever.PAYERS, initialize={i: _least_rate(model, i) for i in cap})
        rows(
            lever,
            "cap",
            lever.PAYERS,
            lambda b, r, f, t: (
                model.pool_paid[r, f, t]
                <= b.least[r, f, t]
                + settings.share * model.base[r, f, t] * (model.rate[r, f, t] - b.least_rate[r, f, t])
            ),
        )

    def balance(t: int) -> Link:
        return Link(
            rule="balance",
            index=(fund, t),
            term=lambda r: (
                model.pool_received[r, fund, t] - model.pool_paid[r, fund, t] if (r, fund, t) in model.LEDGER else 0.0
            ),
            limit=0.0,
            equal=True,
        )

    return Effects(
        links=tuple(balance(t) for t in instance.years if pot[t] > 0),
        bounds=(Bounds("cap", model.pool_paid, tuple(cap), "upper"),) if fixed else (),
    )


def _today(instance: Instance, settings: Settings) -> dict[tuple[object, ...], float]:
    """The data year's surplus, grown to each plan year, money."""
    keys = ["region", "fund", "year"]
    return {
        (r, f, t): value * instance.growth_factor(settings.growth, str(r), int(str(t)))
        for (r, f, t), value in table(instance.accounts, keys, "surplus_today").items()
    }


def _national(whole: Instance, settings: Settings) -> dict[tuple[object, ...], float]:
    """The most each region of the full case pays, money; for surplus = "today"."""
    most = {i: settings.share * surplus for i, surplus in _today(whole, settings).items() if i[1] == settings.fund}
    return {i: amount for i, amount in most.items() if amount > 0}


def _range(model: pyo.ConcreteModel, index: tuple[object, ...]) -> float:
    """How much more the largest rate the plan may choose brings than the least, money."""
    rate = model.rate[index]
    return 0.0 if rate.fixed else float(model.base[index] * (rate.ub - rate.lb))


def _least_rate(model: pyo.ConcreteModel, index: tuple[object, ...]) -> float:
    rate = model.rate[index]
    return float(rate.value if rate.fixed else rate.lb)


def _current(model: pyo.ConcreteModel, ledger: list[tuple[object, ...]]) -> dict[tuple[object, ...], float]:
    """The year's surplus at today's benefits and the least rate the plan may choose, money."""
    return {
        (r, f, t): _least_rate(model, (r, f, t)) * model.base[r, f, t]
        + model.other_revenue[r, f, t]
        - model.other_spending[r, f, t]
        - model.per_head.value
        * sum(model.eligible[r, g, p, t] * model.before[r, g, p, t] for g, p in model.PAYS[r, f, t])
        for r, f, t in ledger
    }

"""Employer burden: the employers' rates of all funds together stay under a cap, and no fund's mean rate rises.

    employer[r, f, t] = rate[r, f, t] - worker[r, f, t],    worker = (1 - employer_share) * rate today
    sum over funds f of employer[r, f, t] <= cap[t]                                   for every region r, year t
    worker[r, f, t] <= rate[r, f, t] <= rate today                                    for every region r, fund f, year t
    sum over r of base[r, f, t] * (rate[r, f, t] - rate[r, f, t-1]) <= 0              for every fund f, year t

The plan decides which fund's rate falls; the workers' part stays. Where the unified rate rules a fund its path holds
instead of the third line, and this lever caps it. In the first plan year the rate before is today's.

Source: paper 4.4, "combine the unified national payment rate with the reduction of unit payment burdens".
"""

from typing import Any

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Fault, Instance, InstanceError, YearPath
from commonweal.language import _
from commonweal.models.core import LEDGER, rows, table
from commonweal.models.parts import Bounds, Effects, Index, Link, known

SCOPE = "nation"
OPENS = ("benefit", "rate")
YIELDS = True


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the employer burden."""

    cap: YearPath = Field(description="largest sum of the employers' rates over the funds, share of the base")
    funds: list[str] | None = Field(default=None, description="funds it holds for; default all that employers pay into")
    never_rises: bool = Field(default=True, description="whether no fund's national mean rate may rise")


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """Open the rates downwards and cap what employers pay."""
    worker = _workers(instance, settings)
    cap = instance.amounts(settings.cap)
    opened = tuple(i for i in worker if i[1] not in model.ruled_rates)
    for i in opened:
        model.rate[i].unfix()
        model.rate[i].setlb(worker[i])
        model.rate[i].setub(model.rate_today[i])
    lever.LEDGER = pyo.Set(initialize=list(worker), dimen=3, ordered=True)
    lever.worker = pyo.Param(lever.LEDGER, initialize=worker, doc="workers' rate, share of base")
    places = list(dict.fromkeys((r, t) for r, _, t in worker))
    lever.PLACES = pyo.Set(initialize=places, dimen=2, ordered=True)
    lever.most = pyo.Param(lever.PLACES, initialize={(r, t): cap[t] for r, t in places}, doc="cap, share of base")
    lever.FUNDS = pyo.Set(
        lever.PLACES, initialize={(r, t): [f for q, f, s in worker if (q, s) == (r, t)] for r, t in places}
    )
    rows(
        lever,
        "cap",
        lever.PLACES,
        lambda b, r, t: sum(model.rate[r, f, t] - b.worker[r, f, t] for f in b.FUNDS[r, t]) <= b.most[r, t],
    )
    blocks = dict.fromkeys((f, t) for _, f, t in worker) if settings.never_rises else {}
    return Effects(
        links=tuple(_never_rises(model, worker, f, t) for f, t in blocks),
        bounds=(
            Bounds("workers' part", model.rate, opened, "lower"),
            Bounds("not above today", model.rate, opened, "upper"),
        ),
    )


def _never_rises(model: pyo.ConcreteModel, worker: dict[Index, float], fund: str, year: int) -> Link:
    first = min(model.YEARS)

    def rise(r: str) -> Any:
        if (r, fund, year) not in worker:
            return 0.0
        before = model.rate_today[r, fund, year] if year == first else model.rate[r, fund, year - 1]
        return model.base[r, fund, year] * (model.rate[r, fund, year] - before)

    return Link("never_rises", (fund, year), rise, 0.0)


def _workers(instance: Instance, settings: Settings) -> dict[Index, float]:
    """The workers' rate wherever employers pay a part, share of base."""
    known(instance, "fund", settings.funds or [])
    share = table(instance.accounts, LEDGER, "employer_share")
    rate = table(instance.accounts, LEDGER, "rate")
    found = {
        i: (1 - part) * rate[i]
        for i, part in share.items()
        if part > 0 and (settings.funds is None or i[1] in settings.funds)
    }
    without = sorted(set(settings.funds or []) - {str(i[1]) for i in found})
    if without or not found:
        expected = _(
            "the part of the contributions that employers pay into {funds}", funds=", ".join(without) or _("any fund")
        )
        remedy = _("Fill the column, or leave the lever employer_burden out")
        raise InstanceError([Fault("accounts.csv", None, "employer_share", None, expected, remedy)])
    return found

"""Platform recognition: platform work that is employment in fact is treated as employment.

    contributions added to fund f = rates[f] * wage[t] * share[t] * eligible[r, group, programme, t] * per_head
    coverage_share[r, group, p, t] >= share[t]                                   for every programme p in `covers`
    benefit >= benefit_before + package * standard * (coverage_share - share_today)          for the same programmes

for every region r and year t. The recognised share is a given path that never falls; employers of the recognised pay
contributions on their wage, and the recognised are covered like employees. Where no other lever decides a coverage, it
is exactly the larger of today's and the recognised share.

Source: paper 4.2, "As long as capital is combined with labor and substantially restricts the laborer, it should be
identified as having an employment relationship".
"""

from typing import Any

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Fault, Instance, InstanceError, YearPath
from commonweal.language import _
from commonweal.models.coverage import add_package, require_coverage
from commonweal.models.parts import Effects, known

SCOPE = "region"
OPENS = ("benefit", "coverage")


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the recognition."""

    group: str = Field(description="platform workers")
    programme: str = Field(description="programme whose eligible persons are the platform workers")
    share: YearPath = Field(description="share of them recognised as employees, between 0 and 1, never falling")
    wage: YearPath = Field(description="contribution base of one recognised worker, currency units per year")
    rates: dict[str, float] = Field(default={}, description="contribution rate into each fund, share of the wage")
    covers: list[str] = Field(default=[], description="programmes that cover whoever is recognised")
    package: float = Field(default=0.0, ge=0, description="least benefit of the newly covered, share of the standard")


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """Contributions as an inflow, and the least coverage."""
    known(instance, "group", [settings.group])
    known(instance, "programme", [settings.programme, *settings.covers])
    known(instance, "fund", settings.rates)
    share, wage = recognised(instance, settings), instance.amounts(settings.wage)
    persons = {(r, t): model.eligible[r, g, p, t] for r, g, p, t in model.CELLS
               if (g, p) == (settings.group, settings.programme)}  # fmt: skip
    revenue = {
        (r, f, t): settings.rates[f] * wage[t] * share[t] * persons[r, t] * model.per_head.value
        for r, f, t in model.LEDGER
        if f in settings.rates and (r, t) in persons
    }
    lever.revenue = pyo.Param(model.LEDGER, initialize=revenue, default=0.0, doc="contributions, money")
    cells = [i for i in model.CELLS if i[1] == settings.group and i[2] in settings.covers]
    require_coverage(model, {i: share[i[3]] for i in cells if share[i[3]] > model.share_today[i]})
    add_package(lever, model, {i: settings.package for i in cells if share[i[3]] > model.share_today[i]})

    def inflow(m: pyo.ConcreteModel, r: str, f: str, t: int, opening: Any) -> Any:
        return lever.revenue[r, f, t]

    return Effects(inflow=inflow if revenue else None, payer="employers")


def recognised(instance: Instance, settings: Settings) -> dict[int, float]:
    """The recognised share in every plan year. A path that falls or leaves 0 to 1: InstanceError."""
    share = instance.amounts(settings.share)
    path = list(share.values())
    if path != sorted(path) or path[0] < 0 or path[-1] > 1:
        expected = _("shares between 0 and 1 that never fall")
        where = "levers.platform_recognition.share"
        raise InstanceError([Fault("scenario", None, where, str(path), expected, _("Give a rising path"))])
    return share

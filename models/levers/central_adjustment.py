"""Central adjustment: every region pays the same rate on its wages into one pot, shared out equally per recipient.

    paid[r, t]     = rate[t] * share_of_base * base[r, t]
    received[r, t] = rate[t] * (sum over regions j of share_of_base * base[j, t]) * recipients[r, t] / recipients[t]

for every region r and year t of the named fund; recipients are the eligible persons whom the fund pays. What is
received and what is paid are equal in sum whatever the rate, which is a setting, or a decision of the plan.

Source: paper 4.4, "the implementation of the central adjustment system for employee endowment insurance has ...
promoted the progress of the national overall planning"; State Council circular of 13 June 2018: at least 3 per cent
of 90 per cent of the average wage times the persons who should contribute, paid out per retiree.
"""

from typing import Literal

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Fault, Instance, InstanceError, YearPath
from commonweal.language import _, mark
from commonweal.models.parts import Bounds, Effects, known

SCOPE = "nation"
OPENS = ("benefit", "lever_inflow", "lever_outflow")


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the central adjustment."""

    fund: str = Field(description="fund that is adjusted")
    rate: YearPath | Literal["free"] = Field(
        default=0.03, description="adjustment rate, share of the base that counts; free lets the plan decide"
    )
    most: float = Field(
        default=0.05, ge=0, le=1, description="largest rate when it is free, share of the base that counts"
    )
    share_of_base: float = Field(default=0.9, ge=0, le=1, description="part of the contribution base that counts")


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """One rate a year, and what each region pays and receives for each unit of it."""
    known(instance, "fund", [settings.fund])
    ledger = [i for i in model.LEDGER if i[1] == settings.fund]
    pays = {(r, f, t): settings.share_of_base * model.base[r, f, t] for r, f, t in ledger}
    gets = _gets(model, instance, settings, ledger)
    lever.paid = pyo.Param(model.LEDGER, initialize=pays, default=0.0, doc="paid for a rate of one, money")
    lever.received = pyo.Param(model.LEDGER, initialize=gets, default=0.0, doc="received for a rate of one, money")
    lever.rate = pyo.Var(model.YEARS, bounds=(0, settings.most), doc="adjustment rate, share of the base that counts")
    rate: dict[int, float] = {}
    free = settings.rate == "free"
    if settings.rate != "free":
        rate = instance.amounts(settings.rate)
        for t in model.YEARS:
            lever.rate[t].fix(rate[t])
    return Effects(
        inflow=lambda _, r, f, t, opening: lever.received[r, f, t] * lever.rate[t],
        outflow=lambda _, r, f, t, opening: lever.paid[r, f, t] * lever.rate[t],
        obligations={i: max(0.0, rate.get(i[2], 0.0) * (pays[i] - gets[i])) for i in ledger},
        bounds=(Bounds(mark("largest rate"), lever.rate, tuple((t,) for t in model.YEARS), "upper"),) if free else (),
        decisions={"rate": lever.rate},
        spread=((lever.rate, settings.most),) if free else (),
    )


def _gets(
    model: pyo.ConcreteModel, instance: Instance, settings: Settings, ledger: list[tuple[str, str, int]]
) -> dict[tuple[str, str, int], float]:
    """What a region receives for a rate of one: the pot of the whole nation, by its part of the recipients."""
    schemes = instance.schemes[instance.schemes["fund"] == settings.fund]
    everybody = {
        t: sum(
            instance.nation.get(("people.eligible", g, p, t), 0.0)
            for g, p in schemes.loc[schemes["year"] == t, ["group", "programme"]].itertuples(index=False, name=None)
        )
        for t in instance.years
    }
    if not all(persons > 0 for persons in everybody.values()):
        expected = _("a fund that pays somebody: what regions pay in is shared out by recipients")
        raise InstanceError(
            [Fault("scenario", None, "central_adjustment.fund", settings.fund, expected, _("Name another fund"))]
        )
    return {
        (r, f, t): settings.share_of_base
        * instance.nation["accounts.base", f, t]
        * sum(model.eligible[r, g, p, t] for g, p in model.PAYS[r, f, t])
        / everybody[t]
        for r, f, t in ledger
    }

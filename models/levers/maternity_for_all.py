"""Maternity for all: one allowance for the whole population, and maternity costs paid by medical insurance.

    coverage_share[r, g, maternity, t] = share_today + (1 - share_today) * begun[t]             begun is 0 or 1
    begun[t] >= begun[t-1]
    benefit[r, g, maternity, t] >= allowance * standard * begun[t]
    benefit[r, g, medical, t] >= (benefit_before + medical_cost[t]) * begun[t]        where medical insurance reaches

for every region r, group g with people in the programme, year t. It begins everywhere and for everybody in the same
year: in `year`, or in the year the plan chooses, at the latest at the deadline.

Source: paper 4.3, "establish a maternity allowance system for the whole population, regardless of urban and rural
areas, and include maternity medical expenses into ... basic medical insurance".
"""

import pyomo.environ as pyo
from pydantic import BaseModel, Field, model_validator

from commonweal.instances import Instance, YearPath
from commonweal.language import _
from commonweal.models.core import rows
from commonweal.models.coverage import incomplete, open_coverage
from commonweal.models.parts import Bounds, Effects, known

SCOPE = "whole"
OPENS = ("benefit", "coverage")


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of maternity for all."""

    programme: str = Field(description="programme that pays the allowance")
    allowance: float = Field(ge=0, description="least benefit for everybody, share of the standard")
    medical: str | None = Field(default=None, description="medical programme that bears maternity costs")
    medical_cost: YearPath = Field(
        default=0.0,
        description="maternity costs added to the medical benefit, currency units per eligible person",
    )
    year: int | None = Field(default=None, description="year in which it begins; default the plan chooses")
    deadline: int | None = Field(default=None, description="latest year in which it begins")

    @model_validator(mode="after")
    def _one_date(self) -> "Settings":
        if self.year is not None and self.deadline is not None:
            raise ValueError(_("give year or deadline, not both"))
        return self


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """One decision a year, tied to every cell of the programme."""
    known(instance, "programme", [settings.programme, *([settings.medical] if settings.medical else [])])
    lever.begun = pyo.Var(model.YEARS, domain=pyo.Binary, doc="has it begun (0 or 1)")
    for t in model.YEARS:
        if settings.year is not None:
            lever.begun[t].setlb(float(t >= settings.year))
            lever.begun[t].setub(float(t >= settings.year))
        elif settings.deadline is not None and t >= settings.deadline:
            lever.begun[t].setlb(1)
    lever.LATER = pyo.Set(initialize=[t for t in model.YEARS if t > instance.years[0]], ordered=True)
    rows(lever, "stays", lever.LATER, lambda b, t: b.begun[t] >= b.begun[t - 1])

    cells = [i for i in model.CELLS if i[2] == settings.programme]
    new = [i for i in incomplete(model) if i[2] == settings.programme]
    open_coverage(model, new)
    lever.NEW = pyo.Set(initialize=new, dimen=4, ordered=True)
    rows(
        lever,
        "covers",
        lever.NEW,
        lambda b, r, g, p, t: (
            model.coverage_share[r, g, p, t]
            == model.share_today[r, g, p, t] + (1 - model.share_today[r, g, p, t]) * b.begun[t]
        ),
    )
    lever.CELLS = pyo.Set(initialize=cells, dimen=4, ordered=True)
    rows(
        lever,
        "allowance",
        lever.CELLS,
        lambda b, r, g, p, t: model.benefit[r, g, p, t] >= settings.allowance * model.standard[r, g, p, t] * b.begun[t],
    )
    _medical(lever, model, instance, settings)
    dated = tuple(t for t in model.YEARS if lever.begun[t].lb == 1)
    return Effects(
        bounds=(Bounds("deadline", lever.begun, tuple((t,) for t in dated), "lower"),) if dated else (),
        decisions={"begun": lever.begun},
    )


def _medical(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> None:
    """Maternity costs come on top of today's medical benefit."""
    cost = instance.amounts(settings.medical_cost)
    least = {i: model.before[i] + cost[i[3]] for i in model.CELLS if i[2] == settings.medical and model.covered[i] > 0}
    lever.MEDICAL = pyo.Set(initialize=list(least), dimen=4, ordered=True)
    lever.least_medical = pyo.Param(lever.MEDICAL, initialize=least, doc="currency units per eligible person and year")
    rows(
        lever,
        "medical_cost",
        lever.MEDICAL,
        lambda b, r, g, p, t: model.benefit[r, g, p, t] >= b.least_medical[r, g, p, t] * b.begun[t],
    )

"""Benefit floor: nobody is paid less than a set amount or share of the standard.

    benefit[r, g, p, t] + missing[r, g, p, t] >= max(share * standard[p, t], amount[t])
                                                   for every covered region, group, programme, year

A hard floor allows nothing missing. A soft floor makes what is missing, in money, the first thing that is minimised,
before any gap.

Source: paper 4.1, "effectively deal with the phenomenon of poverty due to illness and return to poverty"; 4.4 end,
"minimum protection" and "basic protection" come first.
"""

from typing import Literal

import pyomo.environ as pyo
from pydantic import BaseModel, Field, model_validator

from commonweal.instances import Instance, YearPath
from commonweal.language import _
from commonweal.models.core import rows
from commonweal.models.parts import Effects, known

SCOPE = "region"
OPENS = ("benefit",)


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the benefit floor."""

    share: float | None = Field(default=None, ge=0, description="floor as a share of the programme's standard")
    amount: YearPath | None = Field(default=None, description="floor in currency units per person and year")
    mode: Literal["hard", "soft"] = Field(default="hard", description="must hold, or is approached first of all")
    groups: list[str] | None = Field(default=None, description="groups it holds for; default all")
    programmes: list[str] | None = Field(default=None, description="programmes it holds for; default all")

    @model_validator(mode="after")
    def _something_to_hold(self) -> "Settings":
        if self.share is None and self.amount is None:
            raise ValueError(_("a floor needs share, amount or both"))
        return self


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """One row a covered cell; a soft floor adds its missing money to the first stage."""
    known(instance, "group", settings.groups or [])
    known(instance, "programme", settings.programmes or [])
    amount = instance.amounts(settings.amount) if settings.amount is not None else dict.fromkeys(instance.years, 0.0)
    level = {
        (r, g, p, t): max((settings.share or 0.0) * model.standard[r, g, p, t], amount[t])
        for r, g, p, t in model.CELLS
        if model.covered[r, g, p, t] > 0
        and (settings.groups is None or g in settings.groups)
        and (settings.programmes is None or p in settings.programmes)
    }
    lever.CELLS = pyo.Set(initialize=list(level), dimen=4, ordered=True)
    lever.level = pyo.Param(lever.CELLS, initialize=level, doc="floor, currency units per person and year")
    if settings.mode == "hard":
        rows(lever, "floor", lever.CELLS, lambda b, r, g, p, t: model.benefit[r, g, p, t] >= b.level[r, g, p, t])
        return Effects()
    lever.missing = pyo.Var(lever.CELLS, bounds=(0, None), doc="currency units per person and year")
    rows(
        lever,
        "floor",
        lever.CELLS,
        lambda b, r, g, p, t: model.benefit[r, g, p, t] + b.missing[r, g, p, t] >= b.level[r, g, p, t],
    )
    return Effects(
        shortfall=pyo.quicksum(model.eligible[i] * model.per_head.value * lever.missing[i] for i in lever.CELLS)
    )

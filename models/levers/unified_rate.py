"""Unified contribution rate: every region moves to one actual rate.

    rate[r, f, t] = today[r] + step[t] * (common - today[r]),   step[t] = min(1, k / phase_in)

for every region r and the k-th plan year t, k = 1, 2, ...; contributions are rate * base. The common rate is given,
or budget-neutral (what the nation collects today over its base, in the first plan year), or free within bounds, one
for all regions. Introduce it together with pooling: alone it leaves the poorer regions' obligations unfunded.

Source: paper 4.4, "the key is to achieve the same actual contribution rate of basic social insurance in all regions,
the key of which is the basic pension insurance for employees".
"""

from typing import Annotated, Literal

import pyomo.environ as pyo
from pydantic import BaseModel, Field, model_validator

from commonweal.instances import Fault, Instance, InstanceError
from commonweal.language import _, mark
from commonweal.models.core import rows
from commonweal.models.parts import Bounds, Effects, known

SCOPE = "nation"
OPENS = ("benefit", "rate")


Share = Annotated[float, Field(ge=0, le=1)]


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the unified contribution rate."""

    fund: str = Field(description="fund whose rate is unified")
    target: float | Literal["neutral", "free"] = Field(description="common rate, share of base; neutral; or free")
    phase_in: int | None = Field(default=None, ge=1, description="plan years until the rate is common; default all")
    bounds: tuple[Share, Share] | None = Field(
        default=None, description="least and largest common rate when it is free, share of base"
    )

    @model_validator(mode="after")
    def _free_needs_bounds(self) -> "Settings":
        if self.target == "free" and self.bounds is None:
            raise ValueError(_("a free common rate needs bounds = [least, largest]"))
        if self.bounds is not None and self.bounds[0] > self.bounds[1]:
            raise ValueError(_("bounds must be [least, largest], the smaller one first"))
        if isinstance(self.target, float) and not 0 <= self.target <= 1:
            raise ValueError(_("target = {target} is not a rate: give a share between 0 and 1", target=self.target))
        return self


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """Fix each region's rate on its path, or tie it to one free common rate."""
    fund = settings.fund
    known(instance, "fund", [fund])
    model.ruled_rates.add(fund)
    ledger = [i for i in model.LEDGER if i[1] == fund]
    years = settings.phase_in or len(instance.years)
    step = {t: min(1.0, (k + 1) / years) for k, t in enumerate(instance.years)}
    if settings.bounds is not None and settings.target == "free":
        least, largest = settings.bounds
        lever.common = pyo.Var([fund], bounds=(least, largest), doc="common rate, share of base")
        lever.PATH = pyo.Set(initialize=ledger, dimen=3, ordered=True)
        lever.step = pyo.Param(lever.PATH, initialize={i: step[i[2]] for i in ledger})
        for i in ledger:  # the range of the path, so that other levers know the least rate a plan may choose
            today = (1 - step[i[2]]) * model.rate_today[i]
            model.rate[i].unfix()
            model.rate[i].setlb(today + step[i[2]] * least)
            model.rate[i].setub(today + step[i[2]] * largest)
        rows(
            lever,
            "path",
            lever.PATH,
            lambda b, r, f, t: (
                model.rate[r, f, t] == (1 - b.step[r, f, t]) * model.rate_today[r, f, t] + b.step[r, f, t] * b.common[f]
            ),
        )
        return Effects(
            bounds=(
                Bounds("least", lever.common, ((fund,),), "lower"),
                Bounds("largest", lever.common, ((fund,),), "upper"),
            ),
            decisions={mark("common rate"): lever.common},
        )
    common = settings.target if isinstance(settings.target, float) else neutral_rate(instance.whole, fund)
    for i in ledger:
        model.rate[i].fix(model.rate_today[i] + step[i[2]] * (common - model.rate_today[i]))
    return Effects()


def neutral_rate(instance: Instance, fund: str) -> float:
    """What the nation collects over its base in the first plan year, share of base."""
    first = instance.accounts[(instance.accounts["fund"] == fund) & (instance.accounts["year"] == instance.years[0])]
    base = float(first["base"].sum())
    if base <= 0:
        expected = _("a fund with a contribution base, since a neutral rate is what it collects over that base")
        raise InstanceError(
            [Fault("scenario", None, "levers.unified_rate.fund", fund, expected, _("Name another fund"))]
        )
    return float((first["rate"] * first["base"]).sum()) / base

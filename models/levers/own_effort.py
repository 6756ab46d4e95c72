"""Own effort: a region that does less for its people than it could adds money of its own.

    own[r, f, t] = min(share_of_revenue * own_revenue[r, t], own_effort[r, t])     for every region r, year t

`own_effort` is data: the money by which the region's effort falls short of the national effort. The amount is a rule
outside the optimisation on purpose: a matching share inside it would favour rich regions, whose money is cheap.

Source: paper 4.4, "the economic development level and actual supply capacity of each region should also be
comprehensively considered".
"""

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Instance
from commonweal.models.core import table
from commonweal.models.parts import Effects, known

SCOPE = "region"
OPENS = ("benefit", "own")


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the regions' own effort."""

    fund: str = Field(description="fund the money is meant for")
    share_of_revenue: float = Field(ge=0, description="most a region adds, share of its own_revenue")


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """Fix each region's own money at its rule."""
    known(instance, "fund", [settings.fund])
    gap = table(instance.budgets, ["region", "year"], "own_effort")
    revenue = table(instance.budgets, ["region", "year"], "own_revenue")
    for r, f, t in model.LEDGER:
        if f == settings.fund:
            model.own[r, f, t].fix(min(settings.share_of_revenue * revenue[r, t], gap[r, t]))
    return Effects()

"""Redistribution: bounds on what flows from rich to poor, from the safe to those in need, and over the life cycle.

    vertical:   sum over r of poor[r, t] * (spending[r, t] - contributions[r, t]) >= vertical * spending[t]
    horizontal: spending[t] on the programmes of need                          >= horizontal * spending[t]
    life cycle: sum over t of spending[f, t] / (1 + discount) ** k >= life_cycle[f] * sum over t of contributions[f, t]
                                                                                     / (1 + discount) ** k

for every year t (vertical, horizontal), every named fund f (life cycle; k = 0, 1, ... over the plan years). poor[r, t]
is one for the regions of the lowest gross domestic product per head that hold the part `bottom` of the inhabitants,
a fraction for the region on the edge, zero for the others. The life-cycle account treats a fund's members of the plan
years as one cohort.

Source: paper 3.3, "'vertical redistribution', 'horizontal redistribution' and 'personal life cycle redistribution'".
"""

from typing import Any

import pyomo.environ as pyo
from pydantic import BaseModel, Field, model_validator

from commonweal.instances import Instance
from commonweal.language import _
from commonweal.models.parts import Effects, Link, known

SCOPE = "whole"  # who is poor depends on all regions
OPENS = ("benefit",)


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the redistribution accounts."""

    vertical: float | None = Field(
        default=None, description="least net benefits of the poor regions, share of all spending"
    )
    bottom: float = Field(default=0.4, gt=0, le=1, description="part of the inhabitants who live in the poor regions")
    horizontal: float | None = Field(
        default=None, ge=0, le=1, description="least spending on the programmes of need, share of all spending"
    )
    need: list[str] = Field(default=[], description="programmes of need, such as medical care; for horizontal")
    life_cycle: dict[str, float] = Field(
        default={}, description="least present value of benefits by fund, per unit of that of contributions"
    )
    discount: float = Field(default=0.0, gt=-1, description="yearly discount rate of the life-cycle account")

    @model_validator(mode="after")
    def _need_is_named(self) -> "Settings":
        if self.horizontal is not None and not self.need:
            raise ValueError(_("horizontal needs the programmes of need: set need = [...]"))
        return self


def poor(instance: Instance, bottom: float) -> dict[tuple[str, int], float]:
    """How much of each region counts as poor, from zero to one, by (region, year)."""
    found = {}
    for year, rows in instance.budgets.groupby("year"):
        ranked = rows.assign(income=rows["gdp"] / rows["population"]).sort_values(["income", "region"])
        left = bottom * float(ranked["population"].sum())
        for region, persons in ranked[["region", "population"]].itertuples(index=False, name=None):
            found[str(region), int(str(year))] = min(1.0, max(0.0, left / persons))
            left -= persons
    return found


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """One national row for each bound and year, or fund."""
    known(instance, "programme", settings.need)
    known(instance, "fund", settings.life_cycle)
    funds: dict[tuple[str, int], list[str]] = {}
    for r, f, t in model.LEDGER:
        funds.setdefault((r, t), []).append(f)

    def spending(r: str, t: int, chosen: list[str], weight: float = 1.0, need: float = 0.0) -> Any:
        """Spending of funds times `weight`, that on programmes of need times `weight - need`."""
        return pyo.quicksum(
            (weight - need * (p in settings.need))
            * model.per_head.value
            * model.eligible[r, g, p, t]
            * model.benefit[r, g, p, t]
            for f in chosen
            for g, p in model.PAYS[r, f, t]
        )

    def contributions(r: str, t: int, chosen: list[str]) -> Any:
        return pyo.quicksum(model.base[r, f, t] * model.rate[r, f, t] for f in chosen)

    share = poor(instance, settings.bottom)

    def vertical(t: int, least: float) -> Link:
        def term(r: str) -> Any:
            chosen = funds.get((r, t), [])
            return spending(r, t, chosen, least - share[r, t]) + share[r, t] * contributions(r, t, chosen)

        return Link("vertical", (t,), term, 0.0)

    def horizontal(t: int, least: float) -> Link:
        return Link("horizontal", (t,), lambda r: spending(r, t, funds.get((r, t), []), least, need=1.0), 0.0)

    def life_cycle(f: str, least: float) -> Link:
        def term(r: str) -> Any:
            years = [(k, t) for k, t in enumerate(instance.years) if (r, f, t) in model.LEDGER]
            return pyo.quicksum(
                (least * contributions(r, t, [f]) - spending(r, t, [f])) / (1 + settings.discount) ** k
                for k, t in years
            )

        return Link("life_cycle", (f,), term, 0.0)

    links = [life_cycle(f, least) for f, least in settings.life_cycle.items()]
    if settings.vertical is not None:
        links += [vertical(t, settings.vertical) for t in instance.years]
    if settings.horizontal is not None:
        links += [horizontal(t, settings.horizontal) for t in instance.years]
    return Effects(links=tuple(links))

"""Active assistance: education, employment and psychological help grow with cash relief, so that nobody comes to depend on it.

    spending[r, p, t] >= least[p] * (eligible * standard)[r, p, t]        for every region r, named programme p, year t
    sum over p of spending[r, p, t] >= ratio * sum over cash programmes c of spending[r, c, t]    for every r, t
    psychological help[r, f, t] = psychological * cash spending[r, f, t]                          for every fund f

Spending and need are those of covered groups. Psychological help is a service: money that leaves the fund.

Source: paper 4.1, "First, increase education assistance ... Second, strengthen employment assistance ... Third, provide
psychological assistance ... to avoid relief dependence".
"""

from typing import Any

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Instance
from commonweal.models.core import rows
from commonweal.models.parts import Effects, known

SCOPE = "region"
OPENS = ("benefit", "lever_outflow")


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the active assistance."""

    cash: list[str] = Field(description="programmes that pay cash relief")
    least: dict[str, float] = Field(
        description="programmes that help people help themselves: least spending, share of the standard for all covered groups"
    )
    ratio: float = Field(
        default=0.0, ge=0, description="least spending on these programmes, share of the cash spending"
    )
    psychological: float = Field(default=0.0, ge=0, description="psychological help, share of the cash spending")


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """Rows by region and year; the outflow of the funds that pay cash."""
    known(instance, "programme", [*settings.cash, *settings.least])
    spent: dict[tuple[Any, ...], list[str]] = {}
    for r, g, p, t in model.CELLS:
        if model.covered[r, g, p, t] > 0:
            spent.setdefault((r, p, t), []).append(g)
    need = {
        (r, p, t): settings.least[p] * model.per_head.value * sum(model.eligible[r, g, p, t] * model.standard[r, g, p, t] for g in groups)
        for (r, p, t), groups in spent.items()
        if settings.least.get(p, 0.0) > 0
    }  # fmt: skip
    lever.NEEDS = pyo.Set(initialize=list(need), dimen=3, ordered=True)
    lever.need = pyo.Param(lever.NEEDS, initialize=need, doc="least spending, money")
    lever.GROUPS = pyo.Set(lever.NEEDS, initialize={i: spent[i] for i in need})
    rows(  # the factor stands inside the sum: templates of Pyomo 6.10 lose it where a sum is all of a row
        lever,
        "least",
        lever.NEEDS,
        lambda b, r, p, t: (
            sum(model.per_head * model.eligible[r, g, p, t] * model.benefit[r, g, p, t] for g in b.GROUPS[r, p, t])
            >= b.need[r, p, t]
        ),
    )
    _ratio(lever, model, settings, spent)
    lever.CASH = pyo.Set(
        model.LEDGER,
        dimen=2,
        initialize={i: [(g, p) for g, p in model.PAYS[i] if p in settings.cash] for i in model.LEDGER},
    )
    if settings.psychological == 0:
        return Effects()
    return Effects(
        outflow=lambda m, r, f, t, opening: (
            settings.psychological
            * m.per_head
            * sum(m.eligible[r, g, p, t] * m.benefit[r, g, p, t] for g, p in lever.CASH[r, f, t])
        )
    )


def _ratio(
    lever: pyo.Block, model: pyo.ConcreteModel, settings: Settings, spent: dict[tuple[Any, ...], list[str]]
) -> None:
    """Support for each unit of cash, by region and year."""
    places = list(dict.fromkeys((r, t) for r, p, t in spent if p in settings.cash)) if settings.ratio > 0 else []

    def cells(programmes: Any) -> dict[tuple[str, int], list[tuple[str, str]]]:
        return {(r, t): [(g, p) for p in programmes for g in spent.get((r, p, t), [])] for r, t in places}

    lever.PLACES = pyo.Set(initialize=places, dimen=2, ordered=True)
    lever.SUPPORT = pyo.Set(lever.PLACES, dimen=2, initialize=cells(settings.least))
    lever.RELIEF = pyo.Set(lever.PLACES, dimen=2, initialize=cells(settings.cash))
    rows(
        lever,
        "ratio",
        lever.PLACES,
        lambda b, r, t: (
            sum(model.eligible[r, g, p, t] * model.benefit[r, g, p, t] for g, p in b.SUPPORT[r, t])
            >= settings.ratio * sum(model.eligible[r, g, p, t] * model.benefit[r, g, p, t] for g, p in b.RELIEF[r, t])
        ),
    )

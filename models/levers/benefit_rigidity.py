"""Benefit rigidity: some groups' benefits never fall, others rise at least so much a year.

    benefit[r, g, p, t] >= (1 + min_growth) * benefit[r, g, p, t-1]      for every region, group, programme, year
    benefit[r, g, p, t] <= (1 + max_growth) * benefit[r, g, p, t-1]      where today's benefit is positive

The first plan year is compared with today's benefit. A growth is a rate or the name of a growth series of the
instance (prices, say). Cells that start at zero have no upper growth bound: they could never begin.

Source: paper 4.3, "steadily improve the level of social security benefits for farmers, stabilize the benefits of
workers and keep them at an appropriate level".
"""

from collections.abc import Callable
from typing import Any

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Growth, Instance
from commonweal.models.core import rows
from commonweal.models.parts import Effects, known

SCOPE = "region"
OPENS = ("benefit",)


class Rule(BaseModel, extra="forbid", frozen=True):
    """How the benefits of one group may move."""

    min_growth: Growth | None = Field(default=0.0, description="least yearly growth: rate or series")
    max_growth: Growth | None = Field(default=None, description="largest yearly growth: rate or series")
    programmes: list[str] | None = Field(default=None, description="programmes it holds for; default all")


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the benefit rigidity."""

    groups: dict[str, Rule] = Field(
        default={"*": Rule()}, description="rule by group; * stands for every group not named"
    )


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """Rows against today's benefit in the first year and against the year before later."""
    known(instance, "group", [g for g in settings.groups if g != "*"])
    for rule in settings.groups.values():
        known(instance, "programme", rule.programmes or [])
    for side, sign in (("min", 1), ("max", -1)):
        growth = _growth(model, instance, settings, side)
        first = [i for i in growth if i[3] == instance.years[0]]
        later = [i for i in growth if i[3] != instance.years[0]]
        _compare(lever, f"{side}_growth_first", first, growth, lambda i: model.today[i], model, sign)
        _compare(
            lever,
            f"{side}_growth",
            later,
            growth,
            lambda i: model.benefit[i[0], i[1], i[2], i[3] - 1],
            model,
            sign,
        )
        if sign > 0:
            for i in sorted(growth, key=lambda i: i[3]):
                before = (
                    model.today[i] if i[3] == instance.years[0] else model.least_benefit.get((*i[:3], i[3] - 1), 0.0)
                )
                model.least_benefit[i] = growth[i] * before
    return Effects()


def _growth(
    model: pyo.ConcreteModel, instance: Instance, settings: Settings, side: str
) -> dict[tuple[Any, ...], float]:
    """Yearly growth factor of every cell the rule holds for."""
    found = {}
    for r, g, p, t in model.CELLS:
        rule = settings.groups.get(g, settings.groups.get("*"))
        growth = None if rule is None else (rule.min_growth if side == "min" else rule.max_growth)
        if rule is None or growth is None or (rule.programmes is not None and p not in rule.programmes):
            continue
        if model.covered[r, g, p, t] == 0 or (side == "max" and model.today[r, g, p, t] <= 0):
            continue
        found[r, g, p, t] = 1 + instance.growth_rate(growth, r)
    return found


def _compare(
    lever: pyo.Block,
    name: str,
    cells: list[tuple[Any, ...]],
    growth: dict[tuple[Any, ...], float],
    previous: Callable[[tuple[Any, ...]], Any],
    model: pyo.ConcreteModel,
    sign: int,
) -> None:
    index = pyo.Set(initialize=cells, dimen=4, ordered=True)
    factor = pyo.Param(index, initialize={i: growth[i] for i in cells})
    lever.add_component(f"{name}_cells", index)
    lever.add_component(f"{name}_factor", factor)

    def least(_: pyo.Block, r: str, g: str, p: str, t: int) -> Any:
        return model.benefit[r, g, p, t] >= factor[r, g, p, t] * previous((r, g, p, t))

    def most(_: pyo.Block, r: str, g: str, p: str, t: int) -> Any:
        return model.benefit[r, g, p, t] <= factor[r, g, p, t] * previous((r, g, p, t))

    rows(lever, name, index, least if sign > 0 else most)

"""Downturn: in bad years contributions fail and more people are in need, and benefits are not cut because of it.

    outflow[r, f, t] = revenue * rate * base + sum over g, p of persons[p] * eligible * benefit * per_head    in bad years
    sum over p of eligible * benefit[r, g, p, t] >= (1 - tolerance) * the same in t-1        for every r, g, bad year t
    reserves may lie below what other rules ask by release * opening[r, f]                                in bad years
    closing[r, f, t] - opening[r, f, t] >= save * (revenue[r, f, t] - trend[r, f, t])     in other years, where positive

for every region r and fund f (of `funds`, for reserves). The first plan year is compared with today's benefits. What is
released comes back in equal parts over the years of recovery; locked parts are never released. Trend is the revenue of
the first plan year at today's rate, grown by `trend`. A bad year's lost contributions, the needs it adds, and what is
to be saved are obligations that, like today's benefits, may stay unfunded if there is no money.

Source: paper 3.1, "in a period of economic downturn, the social security needs ... will only be stronger, rather than
shrinking. ... social security investment cannot be reduced because of this".
"""

from typing import Any

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Growth, Instance
from commonweal.models.core import rows
from commonweal.models.parts import Bounds, Effects, Index, known

SCOPE = "region"
OPENS = ("benefit",)


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the downturn."""

    years: list[int] = Field(description="bad years; none is the case that none comes")
    revenue: float = Field(default=0.0, ge=0, le=1, description="share of contributions that fail in a bad year")
    persons: dict[str, float] = Field(
        default={}, description="more people in need in a bad year, share of the eligible, by programme"
    )
    tolerance: float = Field(default=0.0, ge=0, le=1, description="largest fall of a group's benefits, share")
    release: float = Field(default=0.0, ge=0, le=1, description="reserve that may be used, share of the opening one")
    recovery: int = Field(default=1, ge=0, description="years after a bad one until the reserve is back")
    save: float = Field(default=0.0, ge=0, le=1, description="part of revenue above trend that good years save")
    trend: Growth = Field(default=0.0, description="yearly growth of the trend revenue: rate or series")
    funds: list[str] | None = Field(default=None, description="funds whose reserves it rules; default all")


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """The shock as an outflow, benefits that hold, reserves that give way in bad years and grow in good ones."""
    known(instance, "programme", settings.persons)
    known(instance, "fund", settings.funds or [])
    bad = [t for t in instance.years if t in settings.years]
    _hold(lever, model, settings, bad, instance.years[0])
    ruled = [i for i in model.LEDGER if settings.funds is None or i[1] in settings.funds]
    released = {i: settings.release * model.opening[i] * _part_released(settings, i[2]) for i in ruled}
    for i, money in released.items():
        model.released[i] = money
    saved = _save(lever, model, instance, settings, [i for i in ruled if i[2] not in bad])
    owed = {
        (r, f, t): saved.get((r, f, t), 0.0) + max(0.0, released.get((r, f, t - 1), 0.0) - released.get((r, f, t), 0.0))
        for r, f, t in model.LEDGER
    }
    for i in model.LEDGER:
        if i[2] in bad:
            owed[i] += settings.revenue * model.rate_today[i] * model.base[i] + _need(model, settings, i)
    lowered = tuple(i for i, money in released.items() if money > 0)
    return Effects(
        outflow=_shock(lever, model, settings, bad),
        bounds=(Bounds("left after release", model.closing, lowered, "lower"),) if lowered else (),
        obligations=owed,
    )


def _part_released(settings: Settings, year: int) -> float:
    """One in bad years, falling to zero over the years of recovery."""
    since = [year - bad for bad in settings.years if bad <= year]
    return max(0.0, 1 - min(since) / (settings.recovery + 1)) if since else 0.0


def _need(model: pyo.ConcreteModel, settings: Settings, index: Index) -> float:
    """What the added needs cost at today's benefits, money."""
    r, f, t = index
    more = sum(
        settings.persons[p] * model.eligible[r, g, p, t] * model.before[r, g, p, t]
        for g, p in model.PAYS[r, f, t]
        if p in settings.persons
    )
    return float(more * model.per_head.value)


def _hold(lever: pyo.Block, model: pyo.ConcreteModel, settings: Settings, bad: list[int], first: int) -> None:
    """What a group gets in all programmes together does not fall in a bad year."""
    programmes: dict[Index, list[str]] = {}
    for r, g, p, t in model.CELLS:
        if t in bad:
            programmes.setdefault((r, g, t), []).append(p)
    lever.GROUPS = pyo.Set(initialize=[i for i in programmes if i[2] > first], dimen=3, ordered=True)
    lever.GROUPS_FIRST = pyo.Set(initialize=[i for i in programmes if i[2] == first], dimen=3, ordered=True)
    lever.PROGRAMMES = pyo.Set(list(programmes), initialize=programmes, ordered=True)
    kept = 1 - settings.tolerance
    today = {
        (r, g, t): kept * sum(model.eligible[r, g, p, t] * model.today[r, g, p, t] for p in programmes[r, g, t])
        for r, g, t in lever.GROUPS_FIRST
    }
    lever.today = pyo.Param(lever.GROUPS_FIRST, initialize=today, doc="persons times currency units")
    rows(
        lever,
        "hold",
        lever.GROUPS,
        lambda b, r, g, t: (
            sum(
                model.eligible[r, g, p, t] * model.benefit[r, g, p, t]
                - kept * model.eligible[r, g, p, t - 1] * model.benefit[r, g, p, t - 1]
                for p in b.PROGRAMMES[r, g, t]
            )
            >= 0
        ),
    )
    rows(
        lever,
        "hold_first",
        lever.GROUPS_FIRST,
        lambda b, r, g, t: (
            sum(model.eligible[r, g, p, t] * model.benefit[r, g, p, t] for p in b.PROGRAMMES[r, g, t])
            >= b.today[r, g, t]
        ),
    )


def _save(
    lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings, good: list[Index]
) -> dict[Index, float]:
    """Good years save part of what comes in above trend; the saving at today's rates, money."""
    first = instance.years[0]

    def revenue(r: str, f: str, t: int) -> float:
        return float(model.base[r, f, t] * model.rate_today[r, f, t] + model.other_revenue[r, f, t])

    trend = {
        (r, f, t): revenue(r, f, first) * (1 + instance.growth_rate(settings.trend, r)) ** (t - first)
        for r, f, t in good
        if (r, f, first) in model.LEDGER
    }
    above = {i: settings.save * (revenue(*i) - trend[i]) for i in trend if settings.save and revenue(*i) > trend[i]}
    lever.SAVING = pyo.Set(initialize=list(above), dimen=3, ordered=True)
    lever.trend = pyo.Param(lever.SAVING, initialize={i: trend[i] for i in above}, doc="trend revenue, money")
    rows(
        lever,
        "save",
        lever.SAVING,
        lambda b, r, f, t: (
            model.closing[r, f, t] - model.closing[r, f, t - 1]
            >= settings.save
            * (model.base[r, f, t] * model.rate[r, f, t] + model.other_revenue[r, f, t] - b.trend[r, f, t])
        ),
    )
    return above


def _shock(lever: pyo.Block, model: pyo.ConcreteModel, settings: Settings, bad: list[int]) -> Any:
    """Lost contributions and added needs, as an outflow; None if there are none."""
    struck = {
        (r, f, t): [(g, p) for g, p in model.PAYS[r, f, t] if t in bad and settings.persons.get(p, 0.0) > 0]
        for r, f, t in model.LEDGER
    }
    if not bad or (settings.revenue == 0 and not any(struck.values())):
        return None
    lever.fall = pyo.Param(model.YEARS, initialize={t: settings.revenue * (t in bad) for t in model.YEARS})
    lever.STRUCK = pyo.Set(model.LEDGER, initialize=struck, dimen=2, ordered=True)
    programmes = sorted({p for cells in struck.values() for _, p in cells})
    lever.RISING = pyo.Set(initialize=programmes, ordered=True)
    lever.rise = pyo.Param(lever.RISING, initialize={p: settings.persons[p] for p in programmes})

    def outflow(m: pyo.ConcreteModel, r: str, f: str, t: int, opening: Any) -> Any:
        return lever.fall[t] * m.base[r, f, t] * m.rate[r, f, t] + m.per_head * sum(
            lever.rise[p] * m.eligible[r, g, p, t] * m.benefit[r, g, p, t] for g, p in lever.STRUCK[r, f, t]
        )

    return outflow

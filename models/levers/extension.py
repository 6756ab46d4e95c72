"""Extension: programmes begin for groups they do not reach, region by region, when the plan finds the money.

    coverage_share[r, g, p, t] = share_today + (1 - share_today) * begun[r, g, p, t]          begun is 0 or 1
    begun[r, g, p, t] >= begun[r, g, p, t-1]
    benefit[r, g, p, t] >= benefit_before + package * standard * (coverage_share - share_today)
    benefit[r, g, p, t] <= most * standard * begun[r, g, p, t]                      where nobody is covered today
    set-up cost: the fund pays setup * (persons newly covered) in the year in which it begins
    sum over r, g of eligible * (1 - share_today) * (begun[t] - begun[t-1]) <= speed[p, t]       for every p, year t
    begun = 1 in pilot regions from the first plan year on, and everywhere from the deadline on

for every region r, group g, programme p and year t with people who are not covered. Nobody begins with nothing: whoever
is newly covered gets at least the legal package, on top of what is spent on those covered today. With `level` parent or
nation all regions of a larger unit, or of the nation, begin together.

Source: paper 4.3, "it is necessary to cover the rural and informal employment groups with ... unemployment insurance,
maternity insurance, and occupational injury insurance".
"""

from typing import Any, Literal

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Instance, YearPath
from commonweal.models.core import rows
from commonweal.models.coverage import add_package, incomplete, open_coverage
from commonweal.models.parts import Bounds, Effects, Index, Link, Scope, known

SCOPE = "whole"
OPENS = ("benefit", "coverage")


class Rule(BaseModel, extra="forbid", frozen=True):
    """How one programme is extended."""

    groups: list[str] | None = Field(default=None, description="groups it may be extended to; default all")
    package: float = Field(ge=0, description="least benefit of the newly covered, share of the standard")
    most: float | None = Field(
        default=None, ge=0, description="largest benefit where nobody is covered today, share of the standard"
    )
    setup: float = Field(default=0.0, ge=0, description="set-up cost, currency units per newly covered person, once")
    speed: YearPath | None = Field(default=None, description="most persons newly covered in a year, persons units")
    pilots: list[str] = Field(default=[], description="regions that begin in the first plan year")
    deadline: int | None = Field(default=None, description="year from which it has begun everywhere")


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the extension."""

    programmes: dict[str, Rule] = Field(description="rule by programme")
    level: Literal["region", "parent", "nation"] = Field(
        default="region", description="who begins together: each region alone, those of one parent, or all"
    )


def reach(settings: Settings) -> Scope:
    """Over which regions one decision reaches."""
    return settings.level


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """One decision for each cell (or unit), tied to the cell's coverage."""
    known(instance, "programme", settings.programmes)
    for one in settings.programmes.values():
        known(instance, "group", one.groups or [])
        known(instance, "region", one.pilots)
    cells = [
        (r, g, p, t)
        for r, g, p, t in incomplete(model)
        if (rule := settings.programmes.get(p)) is not None and (rule.groups is None or g in rule.groups)
    ]
    open_coverage(model, cells)
    lead = _leads(instance, settings, cells)
    lever.CELLS = pyo.Set(initialize=cells, dimen=4, ordered=True)
    lever.LATER = pyo.Set(initialize=[i for i in cells if i[3] > instance.years[0]], dimen=4, ordered=True)
    lever.FOLLOWERS = pyo.Set(
        initialize=[(i[0], lead[i], *i[1:]) for i in cells if lead[i] != i[0]], dimen=5, ordered=True
    )
    lever.begun = pyo.Var(lever.CELLS, bounds=(0, 1), doc="has the programme begun for the group (0 or 1)")
    for i in cells:
        if lead[i] == i[0]:
            lever.begun[i].domain = pyo.Binary
    _rows(lever, model, settings)
    pilots, deadline = _dates(lever, instance, settings, cells)
    links = [
        _speed(lever, model, p, t, limit)
        for p, rule in settings.programmes.items()
        if rule.speed is not None
        for t, limit in instance.amounts(rule.speed).items()
    ]
    return Effects(
        links=tuple(links),
        bounds=(
            Bounds("pilot", lever.begun, pilots, "lower"),
            Bounds("deadline", lever.begun, deadline, "lower"),
        ),
        outflow=_setup(lever, model, settings),
        decisions={"begun": lever.begun},
    )


def _leads(instance: Instance, settings: Settings, cells: list[Index]) -> dict[Index, str]:
    """The region whose decision a cell follows: the first one of its unit."""
    parent = dict(zip(instance.regions["region"], instance.regions["parent"], strict=True))
    first: dict[tuple[Any, ...], str] = {}
    lead = {}
    for r, g, p, t in cells:
        unit = {"region": r, "parent": parent[r] or r, "nation": ""}[settings.level]
        lead[r, g, p, t] = first.setdefault((unit, g, p, t), r)
    return lead


def _rows(lever: pyo.Block, model: pyo.ConcreteModel, settings: Settings) -> None:
    rows(
        lever,
        "covers",
        lever.CELLS,
        lambda b, r, g, p, t: (
            model.coverage_share[r, g, p, t]
            == model.share_today[r, g, p, t] + (1 - model.share_today[r, g, p, t]) * b.begun[r, g, p, t]
        ),
    )
    rows(lever, "stays", lever.LATER, lambda b, r, g, p, t: b.begun[r, g, p, t] >= b.begun[r, g, p, t - 1])
    rows(
        lever,
        "together",
        lever.FOLLOWERS,
        lambda b, r, lead, g, p, t: b.begun[r, g, p, t] == b.begun[lead, g, p, t],
    )
    add_package(lever, model, {i: settings.programmes[i[2]].package for i in lever.CELLS})
    most = {
        i: rule.most * model.standard[i]
        for i in lever.CELLS
        if (rule := settings.programmes[i[2]]).most is not None and model.share_today[i] == 0
    }
    lever.CAPPED = pyo.Set(initialize=list(most), dimen=4, ordered=True)
    lever.cap = pyo.Param(lever.CAPPED, initialize=most, doc="largest benefit, currency units per eligible person")
    rows(
        lever,
        "most",
        lever.CAPPED,
        lambda b, r, g, p, t: model.benefit[r, g, p, t] <= b.cap[r, g, p, t] * b.begun[r, g, p, t],
    )


def _dates(
    lever: pyo.Block, instance: Instance, settings: Settings, cells: list[Index]
) -> tuple[tuple[Index, ...], tuple[Index, ...]]:
    """Cells that have begun because they are pilots, and because the deadline has passed."""
    pilots = tuple(i for i in cells if i[0] in settings.programmes[i[2]].pilots)
    late = tuple(i for i in cells if i[3] >= (settings.programmes[i[2]].deadline or instance.years[-1] + 1))
    for i in (*pilots, *late):
        lever.begun[i].setlb(1)
    return pilots, tuple(i for i in late if i not in set(pilots))


def _speed(lever: pyo.Block, model: pyo.ConcreteModel, programme: str, year: int, limit: float) -> Link:
    def newly_covered(region: str) -> Any:
        total: Any = 0.0
        for r, g, p, t in lever.CELLS:
            if (r, p, t) == (region, programme, year):
                earlier = lever.begun[r, g, p, t - 1] if (r, g, p, t - 1) in lever.CELLS else 0.0
                total += (
                    model.eligible[r, g, p, t]
                    * (1 - model.share_today[r, g, p, t])
                    * (lever.begun[r, g, p, t] - earlier)
                )
        return total

    return Link("speed", (programme, year), newly_covered, limit)


def _setup(lever: pyo.Block, model: pyo.ConcreteModel, settings: Settings) -> Any:
    """Money that funds pay in the year of beginning, as an outflow; None without set-up costs."""
    cost = {
        i: settings.programmes[i[2]].setup * model.eligible[i] * (1 - model.share_today[i]) * model.per_head.value
        for i in lever.CELLS
        if settings.programmes[i[2]].setup > 0
    }
    if not cost:
        return None
    starts = {(r, f, t): [(g, p) for g, p in model.PAYS[r, f, t] if (r, g, p, t) in cost] for r, f, t in model.LEDGER}
    earlier = {(r, f, t): [(g, p) for g, p in starts[r, f, t] if (r, g, p, t - 1) in cost] for r, f, t in starts}
    lever.STARTS = pyo.Set(model.LEDGER, initialize=starts, dimen=2, ordered=True)
    lever.EARLIER = pyo.Set(model.LEDGER, initialize=earlier, dimen=2, ordered=True)
    lever.setup = pyo.Param(lever.CELLS, initialize=cost, default=0.0, doc="money")

    def outflow(m: pyo.ConcreteModel, r: str, f: str, t: int, opening: Any) -> Any:
        return sum(lever.setup[r, g, p, t] * lever.begun[r, g, p, t] for g, p in lever.STARTS[r, f, t]) - sum(
            lever.setup[r, g, p, t] * lever.begun[r, g, p, t - 1] for g, p in lever.EARLIER[r, f, t]
        )

    return outflow

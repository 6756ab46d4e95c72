"""Residence opening: programmes open to people who live in a place without being registered there, step by step.

    coverage_share[r, g, p, t] = share_today + (1 - share_today) * opened[r, t]
    opened[r, t] = sum over shares k of (k - the share before it) * reached[r, k, t]        reached is 0 or 1
    reached[r, k, t] >= reached[r, k, t-1],   reached[r, next k, t] <= reached[r, k, t],   opened[t] - opened[t-1] <= step
    sum over groups of eligible * coverage_share <= (1 + spare) * covered today + places built up to t - lag
    benefit >= benefit_before + package * standard * (coverage_share - share_today)
    benefit <= max(most * standard, benefit_before / share_today) * coverage_share
    benefit >= benefit_before + parity * k * (1 - share_today) * (benefit[host] - most_benefit[host] * (1 - reached[k]))

for every region r, programme p that is opened, year t, and the group g of people who are not registered. A place built
costs the fund that pays the group `place_cost` in the year it is built and serves `lag` years later. `most_benefit` is
the most that money can pay the host group.

Source: paper 2.2 and 4.2, "expansion of the insured objects from the registered population to the permanent
population"; "an orderly opening based on the gradual improvement of relevant supporting facilities, ... adaptability
between the opening of household registration and the capacity of social security resources".
"""

from itertools import pairwise
from typing import Any

import pyomo.environ as pyo
from pydantic import BaseModel, Field, model_validator

from commonweal.instances import Instance
from commonweal.language import _
from commonweal.models.core import rows
from commonweal.models.coverage import add_package, incomplete, open_coverage
from commonweal.models.parts import Effects, Index, known

SCOPE = "region"
OPENS = ("benefit", "coverage")


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the residence opening."""

    group: str = Field(description="group of people who live there without being registered")
    programmes: list[str] = Field(min_length=1, description="programmes that open, together in each region")
    shares: list[float] = Field(
        default=[0.25, 0.5, 0.75, 1.0],
        min_length=1,
        description="shares of those not covered that may be opened",
    )
    step: float | None = Field(default=None, gt=0, description="largest rise of the opened share in a year")
    package: float = Field(default=0.0, ge=0, description="least benefit of the newly covered, share of the standard")
    most: float = Field(
        default=1.0, ge=0, description="largest benefit per covered person, share of the standard; today's if larger"
    )
    host: str | None = Field(default=None, description="group whose benefit parity is measured against")
    parity: float | None = Field(default=None, ge=0, description="least benefit of the opened, share of the host's")
    spare: float | None = Field(
        default=None, ge=0, description="free places today, share of those covered; default no limit"
    )
    place_cost: float | None = Field(
        default=None, gt=0, description="cost of one more place, currency units; default none can be built"
    )
    lag: int = Field(default=1, ge=0, description="years from building a place to its first use")

    @model_validator(mode="after")
    def _complete(self) -> "Settings":
        if self.shares != sorted(set(self.shares)) or self.shares[0] <= 0 or self.shares[-1] > 1:
            raise ValueError(_("shares = {shares} must rise from above 0 to at most 1", shares=self.shares))
        if (self.host is None) != (self.parity is None):
            raise ValueError(_("host and parity go together: give both or neither"))
        if self.place_cost is not None and self.spare is None:
            raise ValueError(_("place_cost needs spare: without a limit no place has to be built"))
        return self


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """Steps of opening by region and year, tied to the coverage of every programme that opens."""
    known(instance, "group", [settings.group, *([settings.host] if settings.host else [])])
    known(instance, "programme", settings.programmes)
    cells = [i for i in incomplete(model) if i[1] == settings.group and i[2] in settings.programmes]
    open_coverage(model, cells, settings.shares[0])
    _steps(lever, model, instance, settings, cells)
    lever.CELLS = pyo.Set(initialize=cells, dimen=4, ordered=True)
    rows(
        lever,
        "covers",
        lever.CELLS,
        lambda b, r, g, p, t: (
            model.coverage_share[r, g, p, t]
            == model.share_today[r, g, p, t]
            + (1 - model.share_today[r, g, p, t]) * sum(b.width[k] * b.reached[r, k, t] for k in b.SHARES)
        ),
    )
    add_package(lever, model, dict.fromkeys(cells, settings.package))
    lever.cap = pyo.Param(
        lever.CELLS,
        initialize={i: _cap(model, settings, i) for i in cells},
        doc="largest benefit, currency units per covered person and year",
    )
    rows(
        lever,
        "most",
        lever.CELLS,
        lambda b, r, g, p, t: model.benefit[r, g, p, t] <= b.cap[r, g, p, t] * model.coverage_share[r, g, p, t],
    )
    _parity(lever, model, settings, cells)
    if settings.spare is None:
        return Effects(decisions={"reached": lever.reached})
    return _capacity(lever, model, instance, settings, cells)


def _cap(model: pyo.ConcreteModel, settings: Settings, index: Index) -> float:
    share = model.share_today[index]
    return float(max(settings.most * model.standard[index], model.before[index] / share if share > 0 else 0.0))


def _steps(
    lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings, cells: list[Index]
) -> None:
    places = list(dict.fromkeys((r, t) for r, _, _, t in cells))
    lever.PLACES = pyo.Set(initialize=places, dimen=2, ordered=True)
    lever.SHARES = pyo.Set(initialize=settings.shares, ordered=True)
    widths = [high - low for low, high in pairwise([0.0, *settings.shares])]
    lever.width = pyo.Param(lever.SHARES, initialize=dict(zip(settings.shares, widths, strict=True)))
    steps = [(r, k, t) for r, t in places for k in settings.shares]
    lever.STEPS = pyo.Set(initialize=steps, dimen=3, ordered=True)
    lever.reached = pyo.Var(lever.STEPS, domain=pyo.Binary, doc="has the opening reached this share (0 or 1)")
    first = instance.years[0]
    lever.LATER = pyo.Set(initialize=[i for i in steps if i[2] > first], dimen=3, ordered=True)
    rows(lever, "stays", lever.LATER, lambda b, r, k, t: b.reached[r, k, t] >= b.reached[r, k, t - 1])
    nexts = [(r, low, high, t) for r, t in places for low, high in pairwise(settings.shares)]
    lever.NEXT = pyo.Set(initialize=nexts, dimen=4, ordered=True)
    rows(lever, "order", lever.NEXT, lambda b, r, low, high, t: b.reached[r, high, t] <= b.reached[r, low, t])
    if settings.step is None:
        return
    step = settings.step
    lever.FIRST_PLACES = pyo.Set(initialize=[i for i in places if i[1] == first], dimen=2, ordered=True)
    lever.LATER_PLACES = pyo.Set(initialize=[i for i in places if i[1] > first], dimen=2, ordered=True)
    rows(
        lever,
        "step_first",
        lever.FIRST_PLACES,
        lambda b, r, t: sum(b.width[k] * b.reached[r, k, t] for k in b.SHARES) <= step,
    )
    rows(
        lever,
        "step",
        lever.LATER_PLACES,
        lambda b, r, t: sum(b.width[k] * (b.reached[r, k, t] - b.reached[r, k, t - 1]) for k in b.SHARES) <= step,
    )


def _parity(lever: pyo.Block, model: pyo.ConcreteModel, settings: Settings, cells: list[Index]) -> None:
    """Exact on the shares: at opened share k the newly covered get parity * k of what the host group gets."""
    if settings.host is None or settings.parity is None:
        return
    host, parity = settings.host, settings.parity
    hosted = [(r, g, host, p, k, t) for r, g, p, t in cells if (r, host, p, t) in model.CELLS for k in settings.shares]
    lever.HOSTED = pyo.Set(initialize=hosted, dimen=6, ordered=True)
    rows(
        lever,
        "parity",
        lever.HOSTED,
        lambda b, r, g, host, p, k, t: (
            model.benefit[r, g, p, t] - model.before[r, g, p, t]
            >= parity
            * k
            * (1 - model.share_today[r, g, p, t])
            * (model.benefit[r, host, p, t] - model.most_benefit[r, host, p, t] * (1 - b.reached[r, k, t]))
        ),
    )


def _capacity(
    lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings, cells: list[Index]
) -> Effects:
    """Places for everybody who is covered, in each programme; more can be built."""
    spots = list(dict.fromkeys((r, p, t) for r, _, p, t in cells))
    lever.SPOTS = pyo.Set(initialize=spots, dimen=3, ordered=True)
    members = {(r, p, t): [g for g in instance.groups["group"] if (r, g, p, t) in model.CELLS] for r, p, t in spots}
    lever.MEMBERS = pyo.Set(lever.SPOTS, initialize=members, ordered=True)
    today = {i: (1 + (settings.spare or 0.0)) * _covered(model, i, members[i]) for i in spots}
    lever.today = pyo.Param(lever.SPOTS, initialize=today, doc="places without building, persons units")
    lever.built = pyo.Var(lever.SPOTS, bounds=(0, None), doc="places built, persons units")
    ready = {(r, p, t): [y for y in model.YEARS if y <= t - settings.lag and (r, p, y) in today] for r, p, t in spots}
    lever.READY = pyo.Set(lever.SPOTS, initialize=ready, ordered=True)
    if settings.place_cost is None:
        lever.built.fix(0.0)
    rows(
        lever,
        "capacity",
        lever.SPOTS,
        lambda b, r, p, t: (
            sum(model.eligible[r, g, p, t] * model.coverage_share[r, g, p, t] for g in b.MEMBERS[r, p, t])
            <= b.today[r, p, t] + sum(b.built[r, p, y] for y in b.READY[r, p, t])
        ),
    )
    if settings.place_cost is None:
        return Effects(decisions={"reached": lever.reached})
    group, cost = settings.group, settings.place_cost * model.per_head.value
    pays = {
        (r, f, t): [p for g, p in model.PAYS[r, f, t] if g == group and (r, p, t) in today] for r, f, t in model.LEDGER
    }
    lever.PAYS = pyo.Set(model.LEDGER, initialize=pays, ordered=True)

    def outflow(m: pyo.ConcreteModel, r: str, f: str, t: int, opening: Any) -> Any:
        return cost * sum(lever.built[r, p, t] for p in lever.PAYS[r, f, t])

    for i in spots:
        lever.built[i].setub(sum(model.eligible[i[0], g, i[1], i[2]] for g in members[i]))
    return Effects(
        outflow=outflow,
        decisions={"reached": lever.reached, "built": lever.built},
        spread=((lever.built, max(today.values(), default=0.0)),),
    )


def _covered(model: pyo.ConcreteModel, spot: Index, groups: list[str]) -> float:
    r, p, t = spot
    return float(sum(model.eligible[r, g, p, t] * model.share_today[r, g, p, t] for g in groups))

"""Major disease fund: a national supplementary fund pays part of every bill beyond a deductible.

    benefit[r, g, p, t] >= before[r, g, p, t] + covered share * compensation[r, t]      for every region, group, year
    least_share * excess(d) <= compensation[r, t] <= most_share * excess(d)             for every region r, year t
    sum over r of compensation[r, t] * covered[r, t] = premium[t] * sum over r of covered[r, t],   premium[t] <= premium

for the named programme p. The premium leaves each region's fund that pays p, per covered person; the compensation
comes in and is paid out on top of today's benefit. excess(d) is the mean of what bills exceed the deductible d by.
Several deductibles: the plan chooses one for all regions and years, lower ones by binary decisions in order:

    excess = excess(highest) + sum over k of (excess(k) - excess(k-1)) * lower[k],   lower[k] <= lower[k-1]

Source: paper 4.1, "a special supplementary insurance fund for major ... diseases should be established to provide
partial compensation".
"""

from typing import Any

import pyomo.environ as pyo
from pydantic import BaseModel, Field, model_validator

from commonweal.instances import Growth, Instance, YearPath
from commonweal.language import _, mark
from commonweal.models.bills import Bills, excess
from commonweal.models.core import rows
from commonweal.models.parts import Bounds, Effects, Link, known

SCOPE = "nation"
OPENS = ("benefit", "lever_inflow", "lever_outflow")


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the major disease fund."""

    premium: YearPath = Field(description="largest premium, currency units per covered person and year")
    deductible: float | list[float] = Field(
        description="amount beyond which bills are compensated, currency units a year; of several the plan chooses one"
    )
    bills: Bills = Field(
        description="how yearly bills are spread over the insured: share of persons, cost in currency units"
    )
    least_share: float = Field(
        default=0.0, ge=0, le=1, description="least part of the excess compensated in any region"
    )
    most_share: float = Field(
        default=0.8, ge=0, le=1, description="largest part of the excess compensated in any region"
    )
    programme: str = Field(default="medical", description="programme that pays the compensation")
    growth: Growth = Field(
        default=0.0, description="yearly growth of bills and deductible since the data year: rate or series"
    )

    @model_validator(mode="after")
    def _in_order(self) -> "Settings":
        if self.least_share > self.most_share:
            raise ValueError(_("least_share is above most_share"))
        if isinstance(self.deductible, list) and not self.deductible:
            raise ValueError(_("deductible needs at least one amount"))
        return self


def steps(settings: Settings) -> dict[str, float]:
    """excess at the highest deductible, then what each lower one adds, by deductible, without growth."""
    named = settings.deductible if isinstance(settings.deductible, list) else [settings.deductible]
    found, so_far = {}, 0.0
    for amount in sorted(set(named), reverse=True):
        level = excess(settings.bills, amount)
        found[f"{amount:g}"], so_far = level - so_far, level
    return found


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """Compensation by region and year, its premium, and the choice of a deductible."""
    known(instance, "programme", [settings.programme])
    insured = {
        i: model.covered[i] / model.eligible[i]
        for i in model.CELLS
        if i[2] == settings.programme and model.covered[i] > 0
    }
    places = list(dict.fromkeys((i[0], i[3]) for i in insured))
    growth = {(r, t): instance.growth_factor(settings.growth, r, t) for r, t in places}
    premium, lower = instance.amounts(settings.premium), steps(settings)
    highest = lower.pop(next(iter(lower)))
    paid = {
        (r, f, t): model.per_head.value * sum(model.covered[r, g, p, t] for g, p in model.PAYS[r, f, t] if p == settings.programme)
        for r, f, t in model.LEDGER
    }  # fmt: skip
    everybody = {t: sum(money for i, money in paid.items() if i[2] == t) for t in instance.years}

    lever.PLACES = pyo.Set(initialize=places, dimen=2, ordered=True)
    lever.CELLS = pyo.Set(initialize=list(insured), dimen=4, ordered=True)
    lever.insured = pyo.Param(lever.CELLS, initialize=insured, doc="covered share of the eligible")
    lever.growth = pyo.Param(lever.PLACES, initialize=growth)
    lever.paid = pyo.Param(model.LEDGER, initialize=paid, doc="money for one currency unit to each covered person")
    lever.STEPS = pyo.Set(initialize=list(lower), ordered=True)
    lever.step = pyo.Param(lever.STEPS, initialize=lower, doc="excess that a lower deductible adds")
    lever.lower = pyo.Var(lever.STEPS, within=pyo.Binary, doc="whether a deductible is lowered this far")
    lever.premium = pyo.Var(model.YEARS, bounds=lambda _, t: (0, premium[t]), doc="currency units per covered person")
    lever.compensation = pyo.Var(model.REGIONS, model.YEARS, bounds=(0, None), doc="currency units per covered person")
    for r, t in lever.compensation:
        if (r, t) not in growth:
            lever.compensation[r, t].fix(0.0)
        else:  # other levers ask how much money there can be: more than all premiums, so that the rule itself binds
            members = sum(paid[i] for i in paid if (i[0], i[2]) == (r, t))
            lever.compensation[r, t].setub(2 * premium[t] * everybody[t] / members)
    _rows(lever, model, settings, highest)
    scale = max(premium.values())
    return Effects(
        links=tuple(_balance(lever, paid, instance, everybody, t) for t in instance.years if everybody[t] > 0),
        inflow=lambda _, r, f, t, opening: lever.paid[r, f, t] * lever.compensation[r, t],
        outflow=lambda _, r, f, t, opening: lever.paid[r, f, t] * lever.premium[t],
        bounds=(Bounds(mark("largest premium"), lever.premium, tuple((t,) for t in model.YEARS), "upper"),),
        decisions={"compensation": lever.compensation, "premium": lever.premium, mark("lower deductible"): lever.lower},
        spread=((lever.compensation, scale), (lever.premium, scale)) if scale > 0 else (),
    )


def _rows(lever: pyo.Block, model: pyo.ConcreteModel, settings: Settings, highest: float) -> None:
    least, most = settings.least_share, settings.most_share
    rows(
        lever, "paid_out", lever.CELLS,
        lambda b, r, g, p, t: model.benefit[r, g, p, t]
        >= model.before[r, g, p, t] + b.insured[r, g, p, t] * b.compensation[r, t],
    )  # fmt: skip
    rows(
        lever, "at_most", lever.PLACES,
        lambda b, r, t: b.compensation[r, t]
        <= most * b.growth[r, t] * (highest + sum(b.step[k] * b.lower[k] for k in b.STEPS)),
    )  # fmt: skip
    rows(
        lever, "at_least", lever.PLACES,
        lambda b, r, t: b.compensation[r, t]
        >= least * b.growth[r, t] * (highest + sum(b.step[k] * b.lower[k] for k in b.STEPS)),
    )  # fmt: skip
    order = list(lever.STEPS)
    lever.NEXT = pyo.Set(initialize=list(zip(order[1:], order, strict=False)), dimen=2, ordered=True)
    rows(lever, "in_order", lever.NEXT, lambda b, k, higher: b.lower[k] <= b.lower[higher])


def _balance(
    lever: pyo.Block, paid: dict[Any, float], instance: Instance, everybody: dict[int, float], year: int
) -> Link:
    """What regions receive is what they pay."""

    def net(r: str) -> Any:
        own = sum(money for (q, _, t), money in paid.items() if (q, t) == (r, year))
        return (own * (lever.compensation[r, year] - lever.premium[year])) / everybody[year]

    return Link("balance", (year,), net, 0.0, equal=True)

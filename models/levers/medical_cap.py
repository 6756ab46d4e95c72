"""Medical cap: what a household pays of a medical bill is capped by its income; the fund pays the part beyond.

    benefit[r, g, p, t] >= before[r, g, p, t] + covered share * beyond[r, g, t](cap[r, t])
    beyond[r, g, t](cap) = growth * sum over bands h, bills k of share[h] * share[k] * max(0, own_share * cost[k] - cap * income[h])

for every region r, group g with income bands, year t, and the named programme p. The bands are data (bands.csv), the
bills an assumption; both grow alike. A hard cap is the setting. With `most`, the cap of each region and year is a
decision between the setting and `most`, and the money by which it exceeds the setting is minimised before any gap;
`beyond` is convex in the cap and written as its supporting lines.

Source: paper 4.1, "setting the upper limit of personal medical expenses according to the actual income of the family
... fund is responsible for the part exceeding".
"""

from collections.abc import Sequence
from typing import Any

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Fault, Growth, Instance, InstanceError, YearPath
from commonweal.language import _, mark
from commonweal.models.bills import Bills
from commonweal.models.core import rows
from commonweal.models.parts import Bounds, Effects, known

SCOPE = "region"
OPENS = ("benefit",)


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the medical cap."""

    cap: YearPath = Field(description="largest own payment, share of yearly household income per member")
    most: float | None = Field(
        default=None, gt=0, description="cap the plan may fall back on when money is short, same share; default none"
    )
    bills: Bills = Field(
        description="how yearly bills are spread over the insured: share of persons, cost in currency units"
    )
    own_share: float = Field(default=0.4, ge=0, le=1, description="part of a bill that patients pay today")
    programme: str = Field(default="medical", description="programme that pays the part beyond the cap")
    growth: Growth = Field(
        default=0.0, description="yearly growth of bills and incomes since the data year: rate or series"
    )


Line = tuple[float, float]
"""Supporting line of `beyond`: (amount at a cap of zero, fall per unit of the cap), currency units per insured person."""


def lines(bands: list[tuple[float, float]], settings: Settings) -> list[Line]:
    """All supporting lines of `beyond` for bands of (share, income), steepest first, without growth."""
    pairs = sorted(
        (settings.own_share * bill.cost / income, share * bill.share * settings.own_share * bill.cost, share * bill.share * income)
        for share, income in bands
        for bill in settings.bills
        if income > 0 and share * bill.share * bill.cost > 0
    )  # fmt: skip
    return [
        (sum(amount for _, amount, _ in pairs[first:]), sum(fall for _, _, fall in pairs[first:]))
        for first in range(len(pairs))
    ]


def _deepest(lines: Sequence[tuple[float, float]], cap: float) -> tuple[float, float]:
    """The line (amount, fall) that is highest at a cap."""
    return max(lines, key=lambda line: line[0] - line[1] * cap)


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """Rows for every covered cell with income bands."""
    known(instance, "programme", [settings.programme])
    cap, most = instance.amounts(settings.cap), settings.most
    if most is not None and most < max(cap.values()):
        expected = _("at least the cap, {cap:g}", cap=max(cap.values()))
        raise InstanceError([Fault("scenario", None, "levers.medical_cap.most", str(most), expected, _("Raise it"))])
    cut: dict[tuple[Any, ...], list[Line]] = {}
    for (r, g), members in instance.bands.groupby(["region", "group"]):
        base = lines(list(members[["share", "income"]].itertuples(index=False, name=None)), settings)
        for t in instance.years:
            i = (str(r), str(g), settings.programme, t)
            if i in model.CELLS and model.covered[i] > 0:
                worth = model.covered[i] / model.eligible[i] * instance.growth_factor(settings.growth, i[0], t)
                cut[i] = [(worth * amount, worth * fall) for amount, fall in base]
    if not cut:
        expected = _("income bands of groups that {programme} covers", programme=settings.programme)
        raise InstanceError([Fault("bands.csv", None, None, None, expected, _("Add them, or leave medical_cap out"))])
    places = list(dict.fromkeys((i[0], i[3]) for i in cut))
    lever.PLACES = pyo.Set(initialize=places, dimen=2, ordered=True)
    lever.cap = pyo.Var(
        lever.PLACES, bounds=lambda _, r, t: (cap[t], most or cap[t]), doc="cap, share of household income per member"
    )
    if most is None:
        for r, t in places:
            lever.cap[r, t].fix(cap[t])
        cut = {i: [_deepest(line, cap[i[3]])] for i, line in cut.items()}
    every = {(*i, k): line for i, found in cut.items() for k, line in enumerate([*found, (0.0, 0.0)])}
    lever.LINES = pyo.Set(initialize=list(every), dimen=5, ordered=True)
    lever.amount = pyo.Param(lever.LINES, initialize={i: amount for i, (amount, _) in every.items()})
    lever.fall = pyo.Param(lever.LINES, initialize={i: fall for i, (_, fall) in every.items()})
    rows(
        lever,
        "beyond",
        lever.LINES,
        lambda b, r, g, p, t, k: (
            model.benefit[r, g, p, t]
            >= model.before[r, g, p, t] + b.amount[r, g, p, t, k] - b.fall[r, g, p, t, k] * b.cap[r, t]
        ),
    )
    if most is None:
        return Effects(decisions={"cap": lever.cap})
    return Effects(
        bounds=(Bounds(mark("least cap"), lever.cap, tuple(places), "lower"),),
        decisions={"cap": lever.cap},
        shortfall=_shortfall(lever, model, cut, cap),
    )


def _shortfall(lever: pyo.Block, model: pyo.ConcreteModel, cut: dict[Any, list[Line]], cap: dict[int, float]) -> Any:
    """Money by which the caps exceed the setting, at the price of the first step beyond it."""
    return pyo.quicksum(
        model.eligible[i] * model.per_head.value * _deepest(found, cap[i[3]])[1] * (lever.cap[i[0], i[3]] - cap[i[3]])
        for i, found in cut.items()
    )

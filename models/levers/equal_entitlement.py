"""Equal entitlement: what a group is paid no longer depends on household registration.

    benefit[r, g, p, t] >= parity[t] * coverage_share * benefit[r, host, p, t]      where the plan does not decide coverage
    benefit[r, g, p, t] >= parity[t] * (benefit[r, host, p, t] - most_benefit[r, host, p, t] * (1 - coverage_share))
                                                                                    where it does

for every region r, year t, programme p that both have, and each group g with its host group. The second row says: once
everybody of the group is covered, its benefit is at least the parity share of the host's; `most_benefit`, the most that
money can pay the host, switches it off before.

Source: paper 4.2, "strip off the subsidiary interests behind the household registration".
"""

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Instance, YearPath
from commonweal.models.core import rows
from commonweal.models.parts import Effects, known

SCOPE = "region"
OPENS = ("benefit",)


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the equal entitlement."""

    groups: dict[str, str] = Field(description="host group, by group that is made its equal")
    parity: YearPath = Field(description="least benefit as a share of the host group's")
    programmes: list[str] | None = Field(default=None, description="programmes it holds for; default all")


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """One row for each cell of a group that has a host in the same programme."""
    known(instance, "group", [*settings.groups, *settings.groups.values()])
    known(instance, "programme", settings.programmes or [])
    parity = instance.amounts(settings.parity)
    cells = [
        (r, g, settings.groups[g], p, t)
        for r, g, p, t in model.CELLS
        if g in settings.groups
        and (r, settings.groups[g], p, t) in model.CELLS
        and (settings.programmes is None or p in settings.programmes)
    ]
    lever.parity = pyo.Param(model.YEARS, initialize=parity, doc="share of the host's benefit")
    share = {i: model.coverage_share[i[0], i[1], i[3], i[4]].value for i in cells if not _open(model, i)}
    lever.CLOSED = pyo.Set(initialize=[i for i in share if share[i] > 0], dimen=5, ordered=True)
    lever.share = pyo.Param(lever.CLOSED, initialize={i: share[i] for i in lever.CLOSED}, doc="share covered")
    lever.OPENED = pyo.Set(initialize=[i for i in cells if _open(model, i)], dimen=5, ordered=True)
    rows(
        lever,
        "equal",
        lever.CLOSED,
        lambda b, r, g, host, p, t: (
            model.benefit[r, g, p, t] >= b.parity[t] * b.share[r, g, host, p, t] * model.benefit[r, host, p, t]
        ),
    )
    rows(
        lever,
        "equal_once_covered",
        lever.OPENED,
        lambda b, r, g, host, p, t: (
            model.benefit[r, g, p, t]
            >= b.parity[t]
            * (
                model.benefit[r, host, p, t]
                - model.most_benefit[r, host, p, t] * (1 - model.coverage_share[r, g, p, t])
            )
        ),
    )
    return Effects()


def _open(model: pyo.ConcreteModel, index: tuple[str, str, str, str, int]) -> bool:
    r, g, _, p, t = index
    return (r, g, p, t) in model.opened

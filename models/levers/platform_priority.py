"""Platform workers: the priority programmes come first.

    progress[r, g, q, t] <= progress[r, g, p, t],   progress = (coverage_share - share_today) / (1 - share_today)

for every region r, year t, the group g of platform workers, every priority programme p that does not reach all of them
today, and every other programme q whose coverage the plan decides. No other programme gets ahead of work injury and
medical insurance; the lever decides nothing itself.

Source: paper 4.2, "giving priority to ensuring that workers in express delivery, takeaway ... participate in
work-related injury insurance ... as well as medical insurance".
"""

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Instance
from commonweal.models.core import rows
from commonweal.models.coverage import incomplete
from commonweal.models.parts import Effects, known

SCOPE = "region"
OPENS = ()


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the priority."""

    group: str = Field(description="platform workers")
    first: list[str] = Field(min_length=1, description="programmes that come first, such as work injury and medical")


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """One row for each priority programme and each other one that may be opened."""
    known(instance, "group", [settings.group])
    known(instance, "programme", settings.first)
    lacking = set(incomplete(model))
    pairs = [
        (r, g, p, q, t)
        for r, g, q, t in model.CELLS
        if g == settings.group and q not in settings.first and (r, g, q, t) in model.opened
        for p in settings.first
        if (r, g, p, t) in lacking
    ]
    lacks = {(r, g, p, t): 1 - model.share_today[r, g, p, t] for r, g, *both, t in pairs for p in both}
    lever.PAIRS = pyo.Set(initialize=pairs, dimen=5, ordered=True)
    lever.CELLS = pyo.Set(initialize=list(lacks), dimen=4, ordered=True)
    lever.lacks = pyo.Param(lever.CELLS, initialize=lacks, doc="share not covered today")
    # progress of q <= progress of p, times both shares that are lacking; coverage = 1 - lacking + lacking * progress
    rows(
        lever,
        "first",
        lever.PAIRS,
        lambda b, r, g, p, q, t: (
            b.lacks[r, g, p, t] * model.coverage_share[r, g, q, t]
            - b.lacks[r, g, q, t] * model.coverage_share[r, g, p, t]
            <= b.lacks[r, g, p, t] - b.lacks[r, g, q, t]
        ),
    )
    return Effects()

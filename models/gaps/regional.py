"""Gap between regions within each group: every region's attainment against one reference for the group.

    gap = sum over cells i = (region, group) of p[i] * max(0, ref[group] - x[i])      side = "below"
    gap = sum over cells i of p[i] * |ref[group] - x[i]|                               side = "both"

for every programme and year, x = benefit / standard, sum of p = 1. The reference is a fixed line, in multiples of the
standard and by group if need be (against = "standard"), or the group's mean in the plan (against = "mean"). Groups are
never compared with each other, because a regional mean over groups is mostly composition. With "below" nobody gains
from a cut of those above the line; "both", and the mean, level down as well: keep them together with rules against
cuts. The mean couples every cell of a group with every other, so it is refused above 2,000 cells: a fixed line is not.

Source: paper 4.4 (improve the level of social security across regions in a comprehensive and balanced manner).
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from commonweal.instances import Instance
from commonweal.models.core import rows
from commonweal.models.gap_terms import counted, declare, declare_means, few_enough
from commonweal.models.parts import Expressed, known
from commonweal.models.weights import GapSettings, person_weights

KEEP = "value"


class Settings(GapSettings):
    """Settings of the regional gap."""

    against: Literal["standard", "mean"] = Field(
        default="standard", description="reference: standard (a fixed line) or mean (of the group, in the plan)"
    )
    side: Literal["below", "both"] = Field(
        default="below", description="count regions below the reference, or on both sides"
    )
    line: float = Field(default=1.0, gt=0, description="fixed line, in multiples of the standard")
    lines: dict[str, float] = Field(default={}, description="fixed line of single groups, which then goes first")


def measure(cells: pd.DataFrame, settings: Settings) -> float:
    """The gap of one programme and year (dimensionless); reads region, group, persons, attainment."""
    share, x = person_weights(cells, settings.weights), cells["attainment"]
    if settings.against == "mean":
        total = share.groupby(cells["group"]).transform("sum")
        reference = (share * x).groupby(cells["group"]).transform("sum") / total.where(total > 0, 1.0)
    else:
        reference = cells["group"].map(settings.lines).astype(float).fillna(settings.line)
    short = np.maximum(0.0, reference - x) if settings.side == "below" else (reference - x).abs()
    return float(np.sum(share.to_numpy() * np.asarray(short)))


def express(
    block: pyo.Block,
    model: pyo.ConcreteModel,
    instance: Instance,
    settings: Settings,
    blocks: Mapping[tuple[str, int], float],
) -> Expressed:
    """What is below and what is above the reference, one row for each cell."""
    known(instance, "group", settings.lines)
    cells = counted(instance, settings, blocks)
    declare(block, cells)
    block.below = pyo.Var(block.CELLS, bounds=(0, None), doc="below the reference, share of the standard")
    block.above = pyo.Var(block.CELLS, bounds=(0, None), doc="above the reference, share of the standard")
    if settings.against == "mean":
        few_enough(cells, 'regional against = "mean"', 'against = "standard"')
        declare_means(block, model, cells, ["group", "programme", "year"])
        rows(
            block,
            "difference",
            block.CELLS,
            lambda b, r, g, p, t: (
                b.per_standard[r, g, p, t] * model.benefit[r, g, p, t] + b.below[r, g, p, t]
                == b.mean[g, p, t] + b.above[r, g, p, t]
            ),
        )
    else:
        line = {i: settings.lines.get(i[1], settings.line) for i in block.CELLS}
        block.line = pyo.Param(block.CELLS, initialize=line, doc="reference, share of the standard")
        rows(
            block,
            "difference",
            block.CELLS,
            lambda b, r, g, p, t: (
                b.per_standard[r, g, p, t] * model.benefit[r, g, p, t] + b.below[r, g, p, t]
                == b.line[r, g, p, t] + b.above[r, g, p, t]
            ),
        )
    above = 1.0 if settings.side == "both" else 0.0
    return Expressed(pyo.quicksum(block.weight[i] * (block.below[i] + above * block.above[i]) for i in block.CELLS))

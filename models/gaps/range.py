"""Range: the distance between the best-off and the worst-off cell.

    gap = highest x - lowest x,   x = benefit / standard

over the cells of every programme and year that carry weight; `relative` divides by the weighted mean. It sees the two
ends alone: what happens between them is left to later orders and stages, and cutting the best-off lowers it. Keep it
together with rules against cuts.

Source: paper 4.4 (improve the level of social security across regions in a comprehensive and balanced manner).
"""

from collections.abc import Mapping

import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from commonweal.instances import Instance
from commonweal.models.core import rows
from commonweal.models.gap_terms import counted, declare, mean, over_mean
from commonweal.models.parts import Expressed
from commonweal.models.weights import GapSettings, person_weights

KEEP = "value"


class Settings(GapSettings):
    """Settings of the range."""

    relative: bool = Field(default=False, description="divide by the mean (one programme and year only)")


def measure(cells: pd.DataFrame, settings: Settings) -> float:
    """The gap of one programme and year (dimensionless); reads region, persons, attainment."""
    share = person_weights(cells, settings.weights)
    x = cells["attainment"][share > 0]
    width = float(x.max() - x.min())
    return over_mean(width, float((share * cells["attainment"]).sum())) if settings.relative else width


def express(
    block: pyo.Block,
    model: pyo.ConcreteModel,
    instance: Instance,
    settings: Settings,
    blocks: Mapping[tuple[str, int], float],
) -> Expressed:
    """Highest and lowest attainment of each programme and year, with two rows for each cell."""
    cells = counted(instance, settings, blocks)
    declare(block, cells)
    worth = cells.groupby(["programme", "year"])["weight"].sum().to_dict()
    block.PARTS = pyo.Set(initialize=list(worth), dimen=2, ordered=True)
    block.highest = pyo.Var(block.PARTS, bounds=(0, None), doc="highest attainment")
    block.lowest = pyo.Var(block.PARTS, bounds=(0, None), doc="lowest attainment")
    rows(
        block,
        "at_most",
        block.CELLS,
        lambda b, r, g, p, t: b.highest[p, t] >= b.per_standard[r, g, p, t] * model.benefit[r, g, p, t],
    )
    rows(
        block,
        "at_least",
        block.CELLS,
        lambda b, r, g, p, t: b.lowest[p, t] <= b.per_standard[r, g, p, t] * model.benefit[r, g, p, t],
    )
    value = pyo.quicksum(worth[i] * (block.highest[i] - block.lowest[i]) for i in block.PARTS)
    return Expressed(value, over=mean(model, cells) if settings.relative else None)

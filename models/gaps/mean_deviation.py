"""Mean deviation: how far cells are from the mean of all, on average.

    gap = sum over cells i of p[i] * |x[i] - mean|,   mean = sum of p * x,   x = benefit / standard,   sum of p = 1

for every programme and year; `relative` divides by the mean (twice the Hoover index: the share of all benefits that
would have to change hands). A transfer between two cells on the same side of the mean leaves it unchanged, and cutting
those above lowers it: keep it together with rules against cuts. The mean couples every cell with every other, so it is
refused above 2,000 cells.

Source: paper 4.3 and 4.4 (narrow the gap between areas, groups and regions); Hoover, The measurement of industrial
localization, Review of Economics and Statistics 18 (1936) 162-171.
"""

from collections.abc import Mapping

import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from commonweal.instances import Instance
from commonweal.language import _
from commonweal.models.core import rows
from commonweal.models.gap_terms import counted, declare, declare_means, few_enough, mean, over_mean
from commonweal.models.parts import Expressed
from commonweal.models.weights import GapSettings, person_weights

KEEP = "value"


class Settings(GapSettings):
    """Settings of the mean deviation."""

    relative: bool = Field(default=False, description="divide by the mean (one programme and year only)")


def measure(cells: pd.DataFrame, settings: Settings) -> float:
    """The gap of one programme and year (dimensionless); reads region, persons, attainment."""
    share, x = person_weights(cells, settings.weights), cells["attainment"]
    centre = float((share * x).sum())
    deviation = float((share * (x - centre).abs()).sum())
    return over_mean(deviation, centre) if settings.relative else deviation


def express(
    block: pyo.Block,
    model: pyo.ConcreteModel,
    instance: Instance,
    settings: Settings,
    blocks: Mapping[tuple[str, int], float],
) -> Expressed:
    """Twice what is missing to the mean: both sides of a mean are equally far from it."""
    cells = counted(instance, settings, blocks)
    few_enough(cells, "mean_deviation", _("squared_shortfall, or regional against the standard"))
    declare(block, cells)
    declare_means(block, model, cells, ["programme", "year"])
    block.below = pyo.Var(block.CELLS, bounds=(0, None), doc="below the mean, share of the standard")
    rows(
        block,
        "difference",
        block.CELLS,
        lambda b, r, g, p, t: (
            b.per_standard[r, g, p, t] * model.benefit[r, g, p, t] + b.below[r, g, p, t] >= b.mean[p, t]
        ),
    )
    value = 2 * pyo.quicksum(block.weight[i] * block.below[i] for i in block.CELLS)
    return Expressed(value, over=mean(model, cells) if settings.relative else None)

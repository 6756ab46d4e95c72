"""Shortfall below the national line (the poverty gap: Foster-Greer-Thorbecke with exponent one).

    gap = sum over cells i of p[i] * max(0, line - x[i]),   x = benefit / standard,   sum of p = 1

for every programme and year. What is missing to the line, on average over everybody: the money it would take, in other
words. It never levels anybody down, but it does not see who is worst off among those below the line: money goes where a
step costs least. Use it beside `squared_shortfall` or in a later order, not alone.

Source: paper 3.2 and 4.1 (weave a dense network, nobody below the bottom line); Foster, Greer and Thorbecke,
Econometrica 52 (1984) 761-766.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from commonweal.instances import Instance
from commonweal.models.core import rows
from commonweal.models.gap_terms import counted, declare
from commonweal.models.parts import Expressed
from commonweal.models.weights import GapSettings, person_weights

KEEP = "value"


class Settings(GapSettings):
    """Settings of the shortfall."""

    line: float = Field(default=1.0, gt=0, description="national line, in multiples of the standard")


def measure(cells: pd.DataFrame, settings: Settings) -> float:
    """The gap of one programme and year (dimensionless); reads region, persons, attainment."""
    short = np.maximum(0.0, settings.line - cells["attainment"].to_numpy(dtype=float))
    return float(np.sum(person_weights(cells, settings.weights).to_numpy() * short))


def express(
    block: pyo.Block,
    model: pyo.ConcreteModel,
    instance: Instance,
    settings: Settings,
    blocks: Mapping[tuple[str, int], float],
) -> Expressed:
    """One variable and one row for each cell."""
    declare(block, counted(instance, settings, blocks))
    line = settings.line
    block.short = pyo.Var(block.CELLS, bounds=(0, None), doc="shortfall below the line, share of the standard")
    rows(
        block,
        "below",
        block.CELLS,
        lambda b, r, g, p, t: b.short[r, g, p, t] + b.per_standard[r, g, p, t] * model.benefit[r, g, p, t] >= line,
    )
    return Expressed(pyo.quicksum(block.weight[i] * block.short[i] for i in block.CELLS))

"""Theil gap to the national line: the entropy form of a shortfall.

    gap = sum over cells i of p[i] * phi(x[i] / line),   phi(z) = z ln z - z + 1 below 1, and 0 from 1 on

for every programme and year, x = benefit / standard, sum of p = 1. With the line in place of the mean the Theil index
becomes a sum over cells, so that it can be minimised exactly: where nobody is above the line the gap is
m T + m ln m - m + 1, with m the mean of z and T the Theil index itself, inequality and level together. It never levels
anybody down, and a benefit of zero counts 1. The index against the mean is reported in indicators.csv.

Source: Theil, Economics and Information Theory (1967); Shorrocks, Econometrica 48 (1980) 613-626.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from commonweal.instances import Instance
from commonweal.models.gap_terms import Floats, counted, curves
from commonweal.models.parts import Expressed
from commonweal.models.weights import GapSettings, person_weights

KEEP = "benefits"
TINY = 1e-300  # z ln z is 0 at z = 0, its slope there minus infinity


class Settings(GapSettings):
    """Settings of the Theil gap."""

    line: float = Field(default=1.0, gt=0, description="national line, in multiples of the standard")


def _phi(z: Floats) -> Floats:
    inside = np.clip(z, TINY, 1.0)
    return np.maximum(0.0, inside * np.log(inside) - inside + 1)


def _slope(z: Floats) -> Floats:
    return np.log(np.clip(z, TINY, 1.0))


def measure(cells: pd.DataFrame, settings: Settings) -> float:
    """The gap of one programme and year (dimensionless); reads region, persons, attainment."""
    z = cells["attainment"].to_numpy(dtype=float) / settings.line
    return float(np.sum(person_weights(cells, settings.weights).to_numpy() * _phi(z)))


def express(
    block: pyo.Block,
    model: pyo.ConcreteModel,
    instance: Instance,
    settings: Settings,
    blocks: Mapping[tuple[str, int], float],
) -> Expressed:
    """Segments between knots, which the search moves."""
    line = settings.line
    cells = counted(instance, settings, blocks)
    return curves(block, model, cells, line, lambda x: _phi(x / line), lambda x: _slope(x / line) / line)

"""Squared shortfall below the national line (the Foster-Greer-Thorbecke measure with exponent two).

    gap = sum over cells i of p[i] * 1/2 * max(0, line - x[i])^2,   x = benefit / standard,   sum of p = 1

for every programme and year. It falls with every transfer from a better-off to a worse-off cell, never rises when
anybody gains, allows benefits of zero, and splits exactly into between-region and urban-rural parts. It is solved
exactly: as segments whose knots the search refines around the solution until the certified error is nil.

Source: paper 4.3 and 4.4 (narrow the gap between urban and rural areas, groups and regions); Foster, Greer and
Thorbecke, A class of decomposable poverty measures, Econometrica 52 (1984) 761-766.
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


class Settings(GapSettings):
    """Settings of the squared shortfall."""

    line: float = Field(default=1.0, gt=0, description="national line, in multiples of the standard")


def measure(cells: pd.DataFrame, settings: Settings) -> float:
    """The gap of one programme and year (dimensionless); reads region, persons, attainment."""
    short = np.maximum(0.0, settings.line - cells["attainment"].to_numpy(dtype=float))
    return float(np.sum(person_weights(cells, settings.weights).to_numpy() * 0.5 * short**2))


def express(
    block: pyo.Block,
    model: pyo.ConcreteModel,
    instance: Instance,
    settings: Settings,
    blocks: Mapping[tuple[str, int], float],
) -> Expressed:
    """Segments between knots; the first knots are spread evenly from zero to the line."""
    line = settings.line

    def phi(x: Floats) -> Floats:
        return 0.5 * np.maximum(0.0, line - x) ** 2

    def slope(x: Floats) -> Floats:
        return -np.maximum(0.0, line - x)

    return curves(block, model, counted(instance, settings, blocks), line, phi, slope)

"""Squared shortfall below the national line (the Foster-Greer-Thorbecke measure with exponent two).

    gap = sum over cells i of p[i] * 1/2 * max(0, line - x[i])^2,   x = benefit / standard,   sum of p = 1

for every programme and year. It falls with every transfer from a better-off to a worse-off cell, never rises when
anybody gains, allows benefits of zero, and splits exactly into between-region and urban-rural parts. It is solved
exactly: as segments whose knots the search refines around the solution until the certified error is nil.

Source: paper 4.3 and 4.4 (narrow the gap between urban and rural areas, groups and regions); Foster, Greer and
Thorbecke, A class of decomposable poverty measures, Econometrica 52 (1984) 761-766.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Instance
from commonweal.models.core import rows
from commonweal.models.parts import Curves, Expressed
from commonweal.models.weights import Weighting, gap_cells, person_weights, weigh

KEEP = "benefits"
SEGMENTS = 12  # 8 would do for the first look; refinement puts most of them around the solution


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the squared shortfall."""

    weight: float = Field(default=1.0, ge=0, description="weight among the gaps minimised together")
    line: float = Field(default=1.0, gt=0, description="national line, in multiples of the standard")
    weights: Weighting = Field(default="persons", description="what cells are weighted by: persons, regions, equal")


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
    cells = gap_cells(instance)
    cells = cells.assign(weight=weigh(cells, settings.weights, blocks))
    cells = cells[(cells["weight"] > 0) & (cells["standard"] > 0)]
    keys = ["region", "group", "programme", "year"]
    index = tuple(zip(*(cells[key].tolist() for key in keys), strict=True))
    unit = cells["standard"].to_numpy(dtype=float)
    weight = cells["weight"].to_numpy(dtype=float)

    step = settings.line / SEGMENTS
    block.CELLS = pyo.Set(initialize=index, dimen=4, ordered=True)
    block.K = pyo.RangeSet(0, SEGMENTS - 1)
    block.standard = pyo.Param(block.CELLS, initialize=dict(zip(index, unit.tolist(), strict=True)))
    block.worth = pyo.Param(block.CELLS, initialize=dict(zip(index, (weight / unit).tolist(), strict=True)))
    block.fall = pyo.Param(block.K, initialize={k: settings.line - (k + 0.5) * step for k in block.K})
    block.segment = pyo.Var(
        block.CELLS, block.K, bounds=lambda b, r, g, p, t, k: (0, step * b.standard[r, g, p, t])
    )
    block.above = pyo.Var(block.CELLS, bounds=(0, None))
    rows(
        block,
        "attained",
        block.CELLS,
        lambda b, r, g, p, t: model.benefit[r, g, p, t]
        == sum(b.segment[r, g, p, t, k] for k in b.K) + b.above[r, g, p, t],
    )
    status_of_nothing = float(np.sum(weight)) * 0.5 * settings.line**2
    value: Any = status_of_nothing - pyo.quicksum(
        block.worth[r, g, p, t] * block.fall[k] * block.segment[r, g, p, t, k]
        for r, g, p, t in block.CELLS
        for k in block.K
    )
    line = settings.line

    def phi(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return 0.5 * np.maximum(0.0, line - x) ** 2

    def slope(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return -np.maximum(0.0, line - x)

    curves = Curves(index, block.segment, block.above, block.attained, weight, unit, line, phi, slope)
    return Expressed(value, curves)

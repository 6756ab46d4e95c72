"""Atkinson gap to the national line: the welfare that is missing, with an aversion to inequality that you choose.

    gap = sum over cells i of p[i] * phi(x[i] / line)
    phi(z) = (1 - z^(1 - aversion)) / (1 - aversion),   -ln z for aversion 1,   and 0 from z = 1 on

for every programme and year, x = benefit / standard, sum of p = 1. The larger the aversion, the more the worst-off
count: 0 is the plain shortfall, a large one comes near `leximin`. It never levels anybody down. From aversion 1 on a
benefit of zero would count infinitely, so cells that nobody is covered in are refused there; shares below one hundredth
of the line count on along the tangent. The index against the mean is reported in indicators.csv.

Source: Atkinson, On the measurement of inequality, Journal of Economic Theory 2 (1970) 244-263.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from commonweal.instances import Instance
from commonweal.language import _
from commonweal.models.gap_terms import Floats, counted, curves, keys
from commonweal.models.parts import Expressed, RefusedError
from commonweal.models.weights import GapSettings, person_weights

KEEP = "benefits"
LEAST = 0.01  # share of the line below which the curve goes on straight, from aversion 1 on


class Settings(GapSettings):
    """Settings of the Atkinson gap."""

    line: float = Field(default=1.0, gt=0, description="national line, in multiples of the standard")
    aversion: float = Field(default=0.5, gt=0, le=10, description="aversion to inequality; 0.5 to 2 are usual")


def _phi(z: Floats, aversion: float) -> Floats:
    least = LEAST if aversion >= 1 else 0.0
    inside = np.clip(z, least, 1.0)
    value = -np.log(inside) if aversion == 1 else (1 - inside ** (1 - aversion)) / (1 - aversion)
    return value + np.maximum(0.0, least - z) * (least**-aversion if least > 0 else 0.0)


def _slope(z: Floats, aversion: float) -> Floats:
    inside = np.clip(z, LEAST if aversion >= 1 else 1e-300, 1.0)
    return -(inside**-aversion)


def measure(cells: pd.DataFrame, settings: Settings) -> float:
    """The gap of one programme and year (dimensionless); reads region, persons, attainment."""
    z = cells["attainment"].to_numpy(dtype=float) / settings.line
    return float(np.sum(person_weights(cells, settings.weights).to_numpy() * _phi(z, settings.aversion)))


def express(
    block: pyo.Block,
    model: pyo.ConcreteModel,
    instance: Instance,
    settings: Settings,
    blocks: Mapping[tuple[str, int], float],
) -> Expressed:
    """Segments between knots, which the search moves."""
    line, aversion = settings.line, settings.aversion
    cells = counted(instance, settings, blocks)
    if aversion >= 1 and any(model.covered[i] == 0 for i in keys(cells)):
        raise RefusedError(
            _("Gap atkinson with aversion 1 or more is not defined where nobody is covered and benefits are zero"),
            _("an aversion below 1, or squared_shortfall"),
        )
    return curves(
        block, model, cells, line, lambda x: _phi(x / line, aversion), lambda x: _slope(x / line, aversion) / line
    )

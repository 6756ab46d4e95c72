"""P90/P10: the attainment that nine tenths do not exceed, over the one that a tenth do not exceed.

    gap = q(0.9) / q(0.1),   q(s) = lowest x below or at which at least the share s of persons stands

for every programme and year, x = benefit / standard. Not a number where the lower one is zero. A percentile is no convex
function of the plan, so the ratio is reported and never minimised.

Source: the usual definition of quantiles of a weighted distribution, without interpolation.
"""

import numpy as np
import pandas as pd

from commonweal.language import mark
from commonweal.models.weights import GapSettings, person_weights

INSTEAD = mark("range (the ends themselves) or gini")
LOW, HIGH = 0.1, 0.9
GRAIN = 1e-12  # a sum of shares that misses a limit by rounding reaches it


class Settings(GapSettings):
    """Settings of P90/P10."""


def measure(cells: pd.DataFrame, settings: Settings) -> float:
    """The gap of one programme and year (dimensionless); reads region, persons, attainment."""
    share, x = person_weights(cells, settings.weights).to_numpy(), cells["attainment"].to_numpy(dtype=float)
    order = np.argsort(x, kind="stable")
    reached = np.cumsum(share[order])
    low, high = (float(x[order][np.searchsorted(reached, limit - GRAIN)]) for limit in (LOW, HIGH))
    return high / low if low > 0 else float("nan")

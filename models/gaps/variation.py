"""Coefficient of variation: standard deviation over mean.

    gap = sqrt(sum over cells i of p[i] * (x[i] - m)^2) / m,   m = sum of p * x,   x = benefit / standard

for every programme and year, sum of p = 1; zero where everybody has zero. Half its square is the entropy index GE(2).
A quotient with a square root in it is no linear programme, so it is reported and never minimised.

Source: Shorrocks, The class of additively decomposable inequality measures, Econometrica 48 (1980) 613-626.
"""

import numpy as np
import pandas as pd

from commonweal.language import mark
from commonweal.models.gap_terms import over_mean
from commonweal.models.weights import GapSettings, person_weights

INSTEAD = mark("squared_shortfall (with everybody below the line: variance and level together) or mean_deviation")


class Settings(GapSettings):
    """Settings of the coefficient of variation."""


def measure(cells: pd.DataFrame, settings: Settings) -> float:
    """The gap of one programme and year (dimensionless); reads region, persons, attainment."""
    share, x = person_weights(cells, settings.weights).to_numpy(), cells["attainment"].to_numpy(dtype=float)
    centre = float(share @ x)
    return over_mean(float(np.sqrt(share @ (x - centre) ** 2)), centre)

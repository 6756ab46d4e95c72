"""Palma ratio: what the best-off tenth gets over what the worst-off four tenths get.

    gap = sum of p * x over the top 10 % / sum of p * x over the bottom 40 %,   x = benefit / standard

for every programme and year; a cell that straddles a limit is split. Not a number where the bottom has nothing. Who is
in the top and who in the bottom changes with the plan, so it is reported and never minimised.

Source: Palma, Homogeneous middles vs. heterogeneous tails, Development and Change 42 (2011) 87-153.
"""

import numpy as np
import pandas as pd

from commonweal.models.weights import GapSettings, person_weights

INSTEAD = "gini"
BOTTOM, TOP = 0.4, 0.1


class Settings(GapSettings):
    """Settings of the Palma ratio."""


def measure(cells: pd.DataFrame, settings: Settings) -> float:
    """The gap of one programme and year (dimensionless); reads region, persons, attainment."""
    share, x = person_weights(cells, settings.weights).to_numpy(), cells["attainment"].to_numpy(dtype=float)
    order = np.argsort(x, kind="stable")
    held = np.concatenate([[0.0], np.cumsum(share[order] * x[order])])
    people = np.concatenate([[0.0], np.cumsum(share[order])])
    bottom = float(np.interp(BOTTOM, people, held))
    top = float(held[-1] - np.interp(1 - TOP, people, held))
    return top / bottom if bottom > 0 else float("nan")

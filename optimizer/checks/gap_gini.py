"""Gini gap of one programme and year, recomputed.

gap = mean - 2 * area below the generalised Lorenz curve,  x = benefit / standard;  relative: over the mean
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from commonweal.optimizer.cell_weights import over, shares

SETTINGS = frozenset({"weight", "order", "weights", "relative"})


def gap(cells: pd.DataFrame, settings: Mapping[str, Any]) -> float:
    """The area between Lorenz curve and diagonal, twice, times the mean; reads region, eligible, attainment."""
    rows = cells.assign(p=shares(cells, settings["weights"])).sort_values("attainment")
    p, x = rows["p"].to_numpy(), rows["attainment"].to_numpy()
    curve = np.concatenate([[0.0], np.cumsum(p * x)])
    area = float(np.trapezoid(curve, np.concatenate([[0.0], np.cumsum(p)])))
    gap = float(curve[-1]) - 2 * area
    return over(gap, float(curve[-1])) if settings["relative"] else gap

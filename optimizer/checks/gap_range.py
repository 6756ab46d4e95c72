"""Range of one programme and year, recomputed.

gap = highest x - lowest x over the cells with weight,  x = benefit / standard;  relative: over the mean
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.cell_weights import over, shares

SETTINGS = frozenset({"weight", "order", "weights", "relative"})


def gap(cells: pd.DataFrame, settings: Mapping[str, Any]) -> float:
    """Distance of the two ends; reads region, eligible, attainment."""
    p = shares(cells, settings["weights"])
    x = cells["attainment"].loc[p > 0].sort_values()
    width = float(x.iloc[-1] - x.iloc[0])
    return over(width, float((p * cells["attainment"]).sum())) if settings["relative"] else width

"""Theil gap to the line of one programme and year, recomputed.

gap = sum over cells of p * (z ln z - z + 1) where z = x / line is below 1,  x = benefit / standard
"""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.cell_weights import shares

SETTINGS = frozenset({"weight", "order", "weights", "line"})


def gap(cells: pd.DataFrame, settings: Mapping[str, Any]) -> float:
    """Zero counts 1; reads region, eligible, attainment."""
    total = 0.0
    for p, x in zip(shares(cells, settings["weights"]), cells["attainment"], strict=True):
        z = x / settings["line"]
        if z < 1:
            total += p * ((z * math.log(z) if z > 0 else 0.0) - z + 1)
    return total

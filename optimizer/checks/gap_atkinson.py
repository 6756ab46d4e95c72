"""Atkinson gap to the line of one programme and year, recomputed.

    gap = sum over cells of p * (1 - z^(1 - e)) / (1 - e) where z = x / line is below 1;  -ln z for aversion e = 1

From e = 1 on, shares of the line below one hundredth count on along the tangent at that point.
"""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.cell_weights import shares

SETTINGS = frozenset({"weight", "order", "weights", "line", "aversion"})
LEAST = 0.01


def gap(cells: pd.DataFrame, settings: Mapping[str, Any]) -> float:
    """Weighted mean of the welfare that is missing; reads region, eligible, attainment."""
    aversion, total = settings["aversion"], 0.0
    for p, x in zip(shares(cells, settings["weights"]), cells["attainment"], strict=True):
        z = x / settings["line"]
        if z >= 1:
            continue
        beyond = max(0.0, LEAST - z) if aversion >= 1 else 0.0
        z += beyond
        missing = -math.log(z) if aversion == 1 else (1 - z ** (1 - aversion)) / (1 - aversion)
        total += p * (missing + beyond / LEAST**aversion)
    return total

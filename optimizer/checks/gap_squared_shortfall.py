"""Squared shortfall of one programme and year, recomputed.

    gap = sum over cells of p * 1/2 * max(0, line - x)^2,  x = benefit / standard,  sum of p = 1

Cells weigh by eligible persons; by regions, each alike and by persons inside; or all equally.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.cell_weights import shares

SETTINGS = frozenset({"weight", "order", "line", "weights"})


def gap(cells: pd.DataFrame, settings: Mapping[str, Any]) -> float:
    """Half the weighted mean of squared shortfalls; reads region, eligible, attainment."""
    shortfall = (settings["line"] - cells["attainment"]).clip(lower=0.0)
    return float((shares(cells, settings["weights"]) * shortfall**2).sum() / 2)

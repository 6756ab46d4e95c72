"""Shortfall below the line of one programme and year, recomputed.

gap = sum over cells of p * max(0, line - x),  x = benefit / standard,  sum of p = 1
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.cell_weights import shares

SETTINGS = frozenset({"weight", "order", "weights", "line"})


def gap(cells: pd.DataFrame, settings: Mapping[str, Any]) -> float:
    """Weighted mean of shortfalls; reads region, eligible, attainment."""
    missing = settings["line"] - cells["attainment"]
    return float((shares(cells, settings["weights"]) * missing[missing > 0]).sum())

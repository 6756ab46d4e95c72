"""Coefficient of variation of one programme and year, recomputed: sqrt(E x^2 - m^2) / m,  x = benefit / standard."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.cell_weights import over, shares

SETTINGS = frozenset({"weight", "order", "weights"})


def gap(cells: pd.DataFrame, settings: Mapping[str, Any]) -> float:
    """Standard deviation over mean; reads region, eligible, attainment."""
    p, x = shares(cells, settings["weights"]), cells["attainment"]
    mean = float((p * x).sum())
    return over(float((p * (x - mean) ** 2).sum()) ** 0.5, mean)

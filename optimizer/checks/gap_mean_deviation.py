"""Mean deviation of one programme and year, recomputed.

gap = sum over cells of p * |x - mean|,  x = benefit / standard,  sum of p = 1;  relative: over the mean
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.cell_weights import over, shares

SETTINGS = frozenset({"weight", "order", "weights", "relative"})


def gap(cells: pd.DataFrame, settings: Mapping[str, Any]) -> float:
    """Twice what those above have more than the mean; reads region, eligible, attainment."""
    p, x = shares(cells, settings["weights"]), cells["attainment"]
    mean = float((p * x).sum())
    deviation = 2 * float((p * (x - mean))[x > mean].sum())
    return over(deviation, mean) if settings["relative"] else deviation

"""P90/P10 of one programme and year, recomputed: quantiles of the weighted distribution without interpolation."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.cell_weights import shares

SETTINGS = frozenset({"weight", "order", "weights"})


def gap(cells: pd.DataFrame, settings: Mapping[str, Any]) -> float:
    """Not a number where the lower quantile is zero; reads attainment."""
    rows = cells.assign(p=shares(cells, settings["weights"])).sort_values("attainment")
    reached = rows["p"].cumsum()
    low, high = (float(rows["attainment"][reached >= limit - 1e-12].iloc[0]) for limit in (0.1, 0.9))
    return high / low if low > 0 else float("nan")

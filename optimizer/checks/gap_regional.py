"""Gap between regions within groups of one programme and year, recomputed.

    gap = sum over cells of p * max(0, ref - x), or of p * |ref - x| with side "both",  x = benefit / standard

The reference is a line, by group if need be, or the weighted mean of the group; p sums to one over all cells.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from commonweal.optimizer.cell_weights import shares

SETTINGS = frozenset({"weight", "order", "weights", "against", "side", "line", "lines"})


def gap(cells: pd.DataFrame, settings: Mapping[str, Any]) -> float:
    """Weighted mean of deviations from the group's reference; reads region, group, eligible, attainment."""
    total = 0.0
    for group, members in cells.assign(p=shares(cells, settings["weights"])).groupby("group"):
        p, x = members["p"].to_numpy(), members["attainment"].to_numpy()
        line = settings.get("lines", {}).get(group, settings["line"])
        if settings["against"] == "mean":
            line = float(p @ x) / float(p.sum()) if p.sum() > 0 else 0.0
        below, above = np.where(x < line, line - x, 0.0), np.where(x > line, x - line, 0.0)
        total += float(p @ (below + above if settings["side"] == "both" else below))
    return total

"""Squared shortfall of one programme and year, recomputed.

    gap = sum over cells of p * 1/2 * max(0, line - x)^2,  x = benefit / standard,  sum of p = 1

Cells weigh by eligible persons; by regions, each alike and by persons inside; or all equally.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

SETTINGS = frozenset({"weight", "order", "line", "weights"})


def gap(cells: pd.DataFrame, settings: Mapping[str, Any]) -> float:
    """Half the weighted mean of squared shortfalls; reads region, eligible, attainment."""
    shortfall = (settings["line"] - cells["attainment"]).clip(lower=0.0)
    return float((_weights(cells, settings["weights"]) * shortfall**2).sum() / 2)


def _weights(cells: pd.DataFrame, weights: str) -> "pd.Series[float]":
    eligible = cells["eligible"]
    if weights == "equal" or not eligible.sum() > 0:
        return pd.Series(1 / len(cells), index=cells.index)
    if weights == "regions":
        eligible = (eligible / eligible.groupby(cells["region"]).transform("sum")).fillna(0.0)
    return eligible / eligible.sum()

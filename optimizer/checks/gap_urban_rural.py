"""Absolute urban-rural gap of one programme and year, recomputed.

    gap = sum over regions with both groups of p * |x_urban - x_rural|,  x = benefit / standard,  sum of p = 1

Regions weigh by the eligible persons of both groups, or all equally; a relative gap is divided by the mean of x over
both groups.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.cell_weights import over

SETTINGS = frozenset({"weight", "order", "urban", "rural", "weights", "relative"})


def gap(cells: pd.DataFrame, settings: Mapping[str, Any]) -> float:
    """Weighted mean of absolute differences; reads region, group, area, eligible, attainment."""
    urban, rural = (_side(cells, area, settings.get(area)) for area in ("urban", "rural"))
    both = urban.merge(rural, on="region", suffixes=("_urban", "_rural"), validate="one_to_one")
    if both.empty:
        return 0.0
    persons = both["eligible_urban"] + both["eligible_rural"]
    if settings["weights"] != "persons" or not persons.sum() > 0:
        persons = persons * 0 + 1
    difference = (both["attainment_urban"] - both["attainment_rural"]).abs()
    gap = float((persons * difference).sum() / persons.sum())
    if not settings.get("relative", False):
        return gap
    people = both["eligible_urban"] + both["eligible_rural"]
    part = (both["eligible_urban"] / people).fillna(0.5)
    means = part * both["attainment_urban"] + (1 - part) * both["attainment_rural"]
    return over(gap, float((persons * means).sum() / persons.sum()))


def _side(cells: pd.DataFrame, area: str, group: str | None) -> pd.DataFrame:
    """The one group of an area (or the one named), by region."""
    side = cells[cells["group"] == group] if group else cells[cells["area"] == area]
    return side[["region", "eligible", "attainment"]]

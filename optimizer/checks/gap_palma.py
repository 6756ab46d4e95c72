"""Palma ratio of one programme and year, recomputed: share of the top 10 % over share of the bottom 40 %."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.cell_weights import shares

SETTINGS = frozenset({"weight", "order", "weights"})


def gap(cells: pd.DataFrame, settings: Mapping[str, Any]) -> float:
    """Cells that straddle a limit are split; not a number where the bottom has nothing; reads attainment."""
    rows = cells.assign(p=shares(cells, settings["weights"])).sort_values("attainment")
    upto = rows["p"].cumsum()
    from_ = upto - rows["p"]
    bottom = (upto.clip(upper=0.4) - from_.clip(upper=0.4)) * rows["attainment"]
    top = (upto.clip(lower=0.9) - from_.clip(lower=0.9)) * rows["attainment"]
    return float(top.sum() / bottom.sum()) if bottom.sum() > 0 else float("nan")

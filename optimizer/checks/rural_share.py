"""Rural share, recomputed from the inputs and the scenario.

    sum over r, rural g of spending[r, g, p, t] >= share[p, t] * sum over r, g of spending[r, g, p, t]

for every named programme p and year t; rural groups are those named, or those of area rural.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import MONEY, Evidence, Finding, Rule

SETTINGS = frozenset({"shares", "groups"})
OPENS = frozenset[str]()


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Spending on rural groups against their share, by programme and year."""
    groups = evidence.instance.groups
    rural = settings.get("groups") or groups.loc[groups["area"] == "rural", "group"].tolist()
    cells = evidence.cells[evidence.cells["programme"].isin(list(settings["shares"]))]
    spending = cells["eligible"] * cells["benefit"] * evidence.instance.per_head
    cells = cells.assign(total=spending, rural=spending.where(cells["group"].isin(rural), 0.0))
    sums = cells.groupby(["programme", "year"], as_index=False)[["total", "rural"]].sum()
    share = {(p, t): v for p, path in settings["shares"].items() for t, v in evidence.amounts(path).items()}
    least = pd.Series([share[p, t] for p, t in zip(sums["programme"], sums["year"], strict=True)], dtype=float)
    sums = sums.assign(least=least * sums["total"], size=sums["total"])
    yield Rule("rural_share", "least share", MONEY).at_least(evidence, sums, "rural", "least")

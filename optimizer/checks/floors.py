"""Benefit floors, recomputed from the inputs and the scenario.

    benefit[r, g, p, t] >= max(share * standard[p, t], amount[t])   for every covered cell r, g, p, year t

A soft floor may be missed, so nothing is demanded of it here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from commonweal.optimizer.evidence import BENEFIT, Evidence, Finding, Rule

SETTINGS = frozenset({"share", "amount", "mode", "groups", "programmes"})
OPENS = frozenset[str]()


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A hard floor under every covered cell it names."""
    if settings["mode"] == "soft":
        return
    cells = evidence.cells[evidence.cells["covered"] > 0]
    for column in ("group", "programme"):
        if (named := settings.get(f"{column}s")) is not None:
            cells = cells[cells[column].isin(named)]
    share = (settings.get("share") or 0.0) * cells["standard"]
    amount = cells["year"].map(evidence.amounts(settings.get("amount") or 0.0))
    rows = cells.assign(floor=np.maximum(share, amount))
    yield Rule("floors", "floor", BENEFIT).at_least(evidence, rows, "benefit", "floor")

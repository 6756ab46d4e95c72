"""Benefit rigidity, recomputed from the inputs and the scenario.

    benefit[r, g, p, t] >= (1 + min_growth) * benefit[r, g, p, t-1]  for every covered cell r, g, p, year t
    benefit[r, g, p, t] <= (1 + max_growth) * benefit[r, g, p, t-1]    where today's benefit is positive

The first plan year is compared with today's benefit. A group's own rule goes before the rule "*".
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import BENEFIT, CELL, Evidence, Finding, Rule

SETTINGS = frozenset({"groups"})
OPENS = frozenset[str]()


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Least and largest growth of every group."""
    cells = evidence.cells
    earlier = cells.assign(year=cells["year"] + 1, previous=cells["benefit"])[[*CELL, "previous"]]
    cells = cells.merge(earlier, on=CELL, how="left")
    cells = cells.assign(previous=cells["previous"].fillna(cells["today"]))
    for group, members in cells[cells["covered"] > 0].groupby("group"):
        if (rule := settings["groups"].get(group, settings["groups"].get("*"))) is not None:
            yield from _growth(evidence, members, rule)


def _growth(evidence: Evidence, cells: pd.DataFrame, rule: Mapping[str, Any]) -> Iterator[Finding]:
    if (programmes := rule.get("programmes")) is not None:
        cells = cells[cells["programme"].isin(programmes)]
    if (least := rule.get("min_growth")) is not None:
        rows = cells.assign(limit=(1 + evidence.growth(least, cells["region"])) * cells["previous"])
        yield _rule("least growth").at_least(evidence, rows, "benefit", "limit")
    if (largest := rule.get("max_growth")) is not None:
        rows = cells[cells["today"] > 0]
        rows = rows.assign(limit=(1 + evidence.growth(largest, rows["region"])) * rows["previous"])
        yield _rule("largest growth").at_most(evidence, rows, "benefit", "limit")


def _rule(name: str) -> Rule:
    return Rule("benefit_rigidity", name, BENEFIT)

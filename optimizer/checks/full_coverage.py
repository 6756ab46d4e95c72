"""Full coverage, recomputed from the inputs and the scenario.

share covered = 1                                            from the date of the programme on, for the named groups
benefit >= benefit_before + package * standard * (share covered - share today)
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import BENEFIT, PERSONS, Evidence, Finding, Rule

SETTINGS = frozenset({"dates", "groups", "package"})
OPENS = frozenset({"covered"})


def covers(rows: pd.DataFrame, settings: Mapping[str, Any]) -> "pd.Series[bool]":
    """Cells past the date of their programme that have people who are not covered."""
    late = rows["year"] >= rows["programme"].map(settings["dates"]).fillna(float("inf"))
    if settings.get("groups") is not None:
        late &= rows["group"].isin(settings["groups"])
    return late & rows["lacking"]


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Everybody, and not in name only."""
    rows = evidence.coverage[covers(evidence.coverage, settings)]
    yield _rule("everybody is covered", PERSONS).at_least(evidence, rows, "planned", "eligible")
    gained = rows["standard"] * (rows["share"] - rows["share_today"])
    rows = rows.assign(least=rows["benefit_before"] + settings["package"] * gained)
    yield _rule("package", BENEFIT).at_least(evidence, rows, "benefit", "least")


def _rule(name: str, unit: str) -> Rule:
    return Rule("full_coverage", name, unit)

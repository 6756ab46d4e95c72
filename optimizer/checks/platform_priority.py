"""Platform priority, recomputed from the inputs and the scenario.

progress[r, q, t] <= progress[r, p, t],  progress = (share covered - share today) / (1 - share today)

for every region, year, priority programme p that lacks people of the group, and every other programme q of the group.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from commonweal.optimizer.evidence import NUMBER, Evidence, Finding, Rule

SETTINGS = frozenset({"group", "first"})
OPENS = frozenset[str]()


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Every other programme against every priority programme."""
    rows = evidence.coverage[evidence.coverage["group"] == settings["group"]]
    first = rows["programme"].isin(settings["first"])
    ahead = rows[first & rows["lacking"]][["region", "year", "progress"]].rename(columns={"progress": "first"})
    pairs = rows[~first].merge(ahead, on=["region", "year"])
    yield Rule("platform_priority", "no other programme gets ahead", NUMBER).at_most(
        evidence, pairs, "progress", "first"
    )

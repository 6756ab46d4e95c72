"""Equal entitlement, recomputed from the inputs and the scenario.

benefit[r, g, p, t] >= parity[t] * share covered * benefit[r, host, p, t]         where no lever decides the coverage
benefit[r, g, p, t] >= parity[t] * benefit[r, host, p, t]                         where everybody is covered

for every region, year, programme that both have, and each group g with its host group.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from commonweal.optimizer import checks
from commonweal.optimizer.evidence import ABSOLUTE, BENEFIT, Evidence, Finding, Rule

SETTINGS = frozenset({"groups", "parity", "programmes"})
OPENS = frozenset[str]()
KEYS = ["region", "host", "programme", "year"]


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """The benefit of every group against that of its host."""
    rows = evidence.coverage
    rows = rows.assign(host=rows["group"].map(settings["groups"]))
    if settings.get("programmes") is not None:
        rows = rows[rows["programme"].isin(settings["programmes"])]
    hosts = evidence.cells.rename(columns={"group": "host", "benefit": "hosted"})[[*KEYS, "hosted"]]
    rows = rows.merge(hosts, on=KEYS)
    complete = rows["share"] >= 1 - ABSOLUTE
    rows = rows[complete | ~checks.claimed(evidence, rows, deciding=True)]
    share = rows["share"].where(rows["share"] < 1 - ABSOLUTE, 1.0)
    rows = rows.assign(least=rows["year"].map(evidence.amounts(settings["parity"])) * share * rows["hosted"])
    yield Rule("equal_entitlement", "share of the host's benefit", BENEFIT).at_least(evidence, rows, "benefit", "least")

"""Own effort, recomputed from the inputs and the scenario.

own[r, f, t] = min(share_of_revenue * own_revenue[r, t], own_effort[r, t])  for the named fund f; 0 for others
"""

from collections.abc import Iterator, Mapping
from typing import Any

from commonweal.optimizer.evidence import LEDGER, MONEY, Evidence, Finding, Rule

SETTINGS = frozenset({"fund", "share_of_revenue"})
OPENS = frozenset({"own"})


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Each region's own money, exactly."""
    budgets = evidence.instance.budgets
    due = (settings["share_of_revenue"] * budgets["own_revenue"]).clip(upper=budgets["own_effort"])
    given = budgets[["region", "year"]].assign(fund=settings["fund"], due=due)
    rows = evidence.tables["transfers"].merge(given, on=LEDGER, how="left").fillna({"due": 0.0})
    yield Rule("own_effort", "own money", MONEY).equal(evidence, rows, "own", "due")

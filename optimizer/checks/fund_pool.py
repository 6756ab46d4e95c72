"""Fund pool, recomputed from the inputs and the scenario.

    pool_paid[r, f, t] <= share * max(0, surplus[r, f, t])      for the named fund f; nothing in other funds
    sum over r of pool_received[r, f, t] = sum over r of pool_paid[r, f, t]

surplus today = that of the data year, grown; surplus current = rate * base + other_revenue - other_spending -
spending at the benefits before the plan.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import MONEY, Evidence, Finding, Rule

SETTINGS = frozenset({"fund", "share", "surplus", "growth"})
OPENS = frozenset({"pool_received", "pool_paid"})


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """What a region may pay, and that all of it is received."""
    rows = evidence.ledger
    surplus = _surplus(evidence, rows, settings).where(rows["fund"] == settings["fund"], 0.0)
    rows = rows.assign(cap=settings["share"] * surplus.clip(lower=0.0))
    yield _rule("share of the surplus").at_most(evidence, rows, "pool_paid", "cap")
    sums = rows.groupby(["fund", "year"], as_index=False)[["pool_received", "pool_paid"]].sum()
    yield _rule("received = paid").equal(evidence, sums, "pool_received", "pool_paid")
    others = rows[rows["fund"] != settings["fund"]]
    yield _rule("only in the named fund").zero(evidence, others, "pool_received")


def _rule(name: str) -> Rule:
    return Rule("fund_pool", name, MONEY)


def _surplus(evidence: Evidence, rows: pd.DataFrame, settings: Mapping[str, Any]) -> "pd.Series[float]":
    """The surplus that payments are a share of, money."""
    if settings["surplus"] == "today":
        growth = evidence.growth(settings["growth"], rows["region"])
        return rows["surplus_today"] * (1 + growth) ** (rows["year"] - evidence.instance.data_year)
    revenue = rows["rate"] * rows["base"] + rows["data_other_revenue"]
    return revenue - rows["data_other_spending"] - rows["spending_before"]

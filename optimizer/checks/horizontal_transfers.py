"""Horizontal transfers, recomputed from the inputs and the scenario.

paid[r, f, t] <= min(share_of_capacity * donor_cap[r, t], share_of_revenue * own_revenue[r, t])
                          for donors r and the named fund f; nothing is paid by others or for other funds
sum over r of received[r, f, t] <= (1 - loss) * sum over r of paid[r, f, t]
received[r, f, t] = 0     for donors (who may pay in any year), and for other funds
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import MONEY, Evidence, Finding, Rule

SETTINGS = frozenset({"fund", "share_of_capacity", "share_of_revenue", "donors", "loss"})
OPENS = frozenset({"horizontal_received", "horizontal_paid"})


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Caps of donors, what arrives, and who may receive."""
    rows = _with_cap(evidence, settings)
    yield _rule("cap of a donor").at_most(evidence, rows, "horizontal_paid", "cap")
    sums = rows.groupby(["fund", "year"], as_index=False)[["horizontal_paid", "horizontal_received"]].sum()
    sums = sums.assign(arrives=(1 - settings["loss"]) * sums["horizontal_paid"])
    yield _rule("received is what arrives of paid").at_most(evidence, sums, "horizontal_received", "arrives")
    others = rows[rows["fund"] != settings["fund"]]
    yield _rule("only for the named fund").zero(evidence, others, "horizontal_received")
    donors = rows[(rows["fund"] == settings["fund"]) & rows["region"].isin(set(rows["region"][rows["cap"] > 0]))]
    yield _rule("donors receive nothing").zero(evidence, donors, "horizontal_received")


def _rule(name: str) -> Rule:
    return Rule("horizontal_transfers", name, MONEY)


def _with_cap(evidence: Evidence, settings: Mapping[str, Any]) -> pd.DataFrame:
    """transfers.csv with the most that each row may pay, money; zero for who may not."""
    budgets = evidence.instance.budgets
    cap = settings["share_of_capacity"] * budgets["donor_cap"]
    if (share := settings.get("share_of_revenue")) is not None:
        cap = cap.clip(upper=share * budgets["own_revenue"])
    if (donors := settings.get("donors")) is not None:
        cap = cap.where(budgets["region"].isin(donors), 0.0)
    caps = budgets[["region", "year"]].assign(cap=cap, fund=settings["fund"])
    rows = evidence.tables["transfers"].merge(caps, on=["region", "fund", "year"], how="left")
    return rows.fillna({"cap": 0.0})

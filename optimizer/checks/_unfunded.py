"""Only today's obligations may stay unfunded: a plan cannot pay new promises with money that is not there.

    unfunded <= max(0, owed - revenue)                                    for every region, fund and year
    owed    = spending before + other_spending + accrual + what active levers oblige the fund to set aside
    revenue = rate * base + other_revenue;  where the common rate is free, its revenue does not count;
              what a fund loses because employers pay less may stay unfunded, too

Spending before is what the benefits before the plan cost; what is set aside counts at those benefits, too.
"""

from collections.abc import Iterator

import pandas as pd

from commonweal.optimizer import checks
from commonweal.optimizer.checks import employer_burden
from commonweal.optimizer.evidence import LEDGER, MONEY, Evidence, Finding, Rule


def check(evidence: Evidence) -> Iterator[Finding]:
    """Unfunded money against what the fund lacks for today's obligations."""
    rows = evidence.ledger.sort_values(LEDGER).reset_index(drop=True)
    owed = rows["spending_before"] + rows["data_other_spending"] + rows["accrual"]
    for name, settings in evidence.levers.items():
        if (found := checks.lever(name)) is not None and hasattr(found, "set_aside"):
            owed = owed + found.set_aside(evidence, rows, settings)
    rate = evidence.levers.get("unified_rate", {})
    free = (rows["fund"] == rate.get("fund")) & (rate.get("target") == "free")
    revenue = (rows["rate"] * rows["base"]).where(~free, 0.0) + rows["data_other_revenue"]
    lost = pd.Series(0.0, index=rows.index)
    if (burden := evidence.levers.get("employer_burden")) is not None:
        lowered = employer_burden.named(rows, burden) & (rows["fund"] != rate.get("fund"))
        lost = ((rows["data_rate"] - rows["rate"]) * rows["base"]).where(lowered, 0.0)
    # The size is twice the obligations: the model rounds its own limit up by 1e-6 of them.
    rows = rows.assign(lacking=(owed - revenue - lost).clip(lower=0.0) + lost, size=2 * owed)
    yield Rule("unfunded", "only today's obligations", MONEY).at_most(evidence, rows, "unfunded", "lacking")

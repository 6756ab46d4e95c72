"""What no active lever opens stays as it is today, for every region, fund, year.

every flow that no active lever opens = 0                rate = today's rate, unless a lever opens rates
benefit = benefit_before, if there is no lever at all
closing >= path, for funds whose reserves no lever rules, where
    path = max(0, path of the year before + today's rate * base + other_revenue
                      - other_spending - spending before)
"""

from collections.abc import Iterator

import pandas as pd

from commonweal.optimizer import checks
from commonweal.optimizer.evidence import BENEFIT, LEDGER, MONEY, NUMBER, RATE, Evidence, Finding, Rule
from commonweal.optimizer.language import _

FLOWS = (
    "own",
    "central",
    "horizontal_received",
    "horizontal_paid",
    "pool_received",
    "pool_paid",
    "interest",
    "lever_inflow",
    "lever_outflow",
)


def check(evidence: Evidence) -> Iterator[Finding]:
    """Compare with today wherever the active levers leave things as they are."""
    ledger, opened = evidence.ledger, checks.opened(evidence.levers)
    for flow in FLOWS:
        if flow not in opened:
            yield Rule("status quo", f"{flow} is zero: no active lever opens it", MONEY).zero(evidence, ledger, flow)
    if "rate" not in opened:
        yield Rule("status quo", "rate as today: no active lever opens it", RATE).equal(
            evidence, ledger, "rate", "data_rate"
        )
    if not evidence.levers:
        yield Rule("status quo", "benefit as before: there is no lever", BENEFIT).equal(
            evidence, evidence.cells, "benefit", "benefit_before"
        )
    yield _decisions(evidence)
    ruled = evidence.levers.get("reserves", {}).get("funds", {})
    free = _with_path(evidence, ledger[~ledger["fund"].isin(list(ruled))])
    yield Rule("status quo", "reserve not below the path it takes today", MONEY).at_least(
        evidence, free, "closing", "path"
    )


def _decisions(evidence: Evidence) -> Finding:
    """decisions.csv holds decisions of active levers only; what they are is for the lever's check to say."""
    rule, decisions = Rule("status quo", "only active levers decide", NUMBER), evidence.tables["decisions"]
    others = decisions[~decisions["lever"].isin(list(evidence.levers))].to_dict("records")
    odd = (rule.broken(evidence.instance, row, _("'{lever}' is no active lever", lever=row["lever"])) for row in others)
    return rule.finding(len(decisions), odd)


def _with_path(evidence: Evidence, ledger: pd.DataFrame) -> pd.DataFrame:
    """`ledger` in the order of years, with today's path of the reserve less what is released, money."""
    rows = ledger.sort_values(LEDGER).reset_index(drop=True)
    revenue = rows["data_rate"] * rows["base"] + rows["data_other_revenue"]
    change = revenue - rows["data_other_spending"] - rows["spending_before"]
    path: list[float] = []
    for i, (first, step) in enumerate(zip(~rows.duplicated(["region", "fund"]), change, strict=True)):
        start = float(rows["data_opening"].iloc[i]) if first else path[-1]
        path.append(max(0.0, start + step))
    return rows.assign(path=pd.Series(path, index=rows.index) - checks.released(evidence, rows))

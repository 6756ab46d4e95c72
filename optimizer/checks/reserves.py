"""Reserves, recomputed from the inputs and the scenario; for every region and every fund the lever names.

    closing[r, f, t] >= m / 12 * spending[r, f, t],
        m = months, or with own_months at most those of today: min(months, opening / (spending today / 12))
    closing[r, f, t] >= locked[r, f] + accrual up to t
    closing[r, f, last year] >= keep * opening[r, f]
    interest[r, f, t] = interest * opening[r, f, t]                    for every fund, named or not

Funds that are not named are held to the path they take today (see `_status_quo`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from commonweal.optimizer import checks
from commonweal.optimizer.evidence import MONEY, Evidence, Finding, Rule

SETTINGS = frozenset({"funds", "interest"})
OPENS = frozenset({"interest"})


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Interest, months of spending, the locked part, and the last year."""
    ledger = evidence.ledger.sort_values("year")
    ledger = ledger.assign(
        due=settings["interest"] * ledger["opening"],
        locked=ledger["data_locked"] + ledger.groupby(["region", "fund"])["accrual"].cumsum(),
    )
    yield _rule("interest on the opening reserve").equal(evidence, ledger, "interest", "due")
    for fund, rule in settings["funds"].items():
        rows = ledger[ledger["fund"] == fund]
        spare = checks.released(evidence, rows)
        rows = rows.assign(
            held=_months(rows, rule) / 12 * rows["spending"] - spare,
            kept=rule["keep"] * rows["data_opening"] - spare,
        )
        yield _rule("months of spending").at_least(evidence, rows, "closing", "held")
        yield _rule("locked part").at_least(evidence, rows, "closing", "locked")
        last = rows[rows["year"] == evidence.instance.years[-1]]
        yield _rule("kept to the end").at_least(evidence, last, "closing", "kept")


def set_aside(evidence: Evidence, ledger: pd.DataFrame, settings: Mapping[str, Any]) -> "pd.Series[float]":
    """What each row, in the order of years, must add to its reserve at the benefits of today, money."""
    held = pd.Series(np.nan, index=ledger.index)
    for fund, rule in settings["funds"].items():
        rows = ledger[ledger["fund"] == fund]
        locked = rows["data_locked"] + rows.groupby("region")["accrual"].cumsum()
        kept = (rule["keep"] * rows["data_opening"]).where(rows["year"] == evidence.instance.years[-1], 0.0)
        months = _months(rows, rule) / 12 * rows["spending_before"]
        held[rows.index] = np.maximum(months, np.maximum(locked, kept))
    earlier = held.groupby([ledger["region"], ledger["fund"]]).shift()
    return (held - earlier.fillna(ledger["data_opening"])).clip(lower=0.0).fillna(0.0)


def _rule(name: str) -> Rule:
    return Rule("reserves", name, MONEY)


def _months(rows: pd.DataFrame, rule: Mapping[str, Any]) -> "pd.Series[float]":
    """Months of spending that each row must hold."""
    months = pd.Series(float(rule["months"]), index=rows.index)
    if not rule["own_months"]:
        return months
    today = rows["data_opening"] / (rows["spending_today"] / 12).where(rows["spending_today"] > 0)
    return months.clip(upper=today.fillna(float("inf")))

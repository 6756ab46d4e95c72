"""Employer burden, recomputed from the inputs and the scenario; worker = (1 - employer_share) * rate today.

    sum over funds of rate[r, f, t] - worker[r, f] <= cap[t]                          for every region r, year t
    worker[r, f] <= rate[r, f, t] <= rate today, where the unified rate does not rule the fund
    sum over r of base[r, f, t] * (rate[r, f, t] - rate[r, f, t-1]) <= 0   unless it may rise, for every fund f, year t

Funds that the lever does not name keep today's rate, unless the unified rate rules them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import LEDGER, MONEY, RATE, Evidence, Finding, Rule

SETTINGS = frozenset({"cap", "funds", "never_rises"})
OPENS = frozenset({"rate"})


def named(ledger: pd.DataFrame, settings: Mapping[str, Any]) -> "pd.Series[bool]":
    """The ledger rows whose employers' part the lever caps."""
    chosen = ledger["employer_share"] > 0
    return chosen if settings.get("funds") is None else chosen & ledger["fund"].isin(settings["funds"])


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """The cap, the range of every rate, and the national mean."""
    ledger = evidence.ledger
    ruled = ledger["fund"] == evidence.levers.get("unified_rate", {}).get("fund")
    chosen = named(ledger, settings)
    yield _rule("other funds keep today's rate").equal(evidence, ledger[~chosen & ~ruled], "rate", "data_rate")
    rows = ledger[chosen]
    rows = rows.assign(worker=(1 - rows["employer_share"]) * rows["data_rate"])
    open_ = rows[~ruled[chosen]]
    yield _rule("workers' part stays").at_least(evidence, open_, "rate", "worker")
    yield _rule("no region's rate rises").at_most(evidence, open_, "rate", "data_rate")
    burden = rows.assign(employer=rows["rate"] - rows["worker"])
    burden = burden.groupby(["region", "year"], as_index=False)[["employer"]].sum()
    burden = burden.assign(cap=burden["year"].map(evidence.amounts(settings["cap"])))
    yield _rule("cap").at_most(evidence, burden, "employer", "cap")
    if settings["never_rises"]:
        yield _rule("no fund's mean rate rises", MONEY).at_most(evidence, _means(rows), "now", "before")


def _rule(name: str, unit: str = RATE) -> Rule:
    return Rule("employer_burden", name, unit)


def _means(rows: pd.DataFrame) -> pd.DataFrame:
    """Contributions by fund and year, at this year's rates and at those of the year before."""
    earlier = rows.assign(year=rows["year"] + 1, earlier=rows["rate"])[[*LEDGER, "earlier"]]
    rows = rows.merge(earlier, on=LEDGER, how="left")
    before = rows["earlier"].fillna(rows["data_rate"])
    rows = rows.assign(now=rows["rate"] * rows["base"], before=before * rows["base"])
    return rows.groupby(["fund", "year"], as_index=False)[["now", "before"]].sum()

"""National pooling, recomputed from the inputs and the scenario, for every region r and year t of the named fund.

    received[r, t] = inflow[r, t],   paid[r, t] = outflow[r, t] - cost[t] * recipients[r, t] in the first pooled year
    paid[r, t] <= rate[r, t] * base[r, t] + other_revenue[r, t];   both are zero before the first pooled year
    sum over r of received[r, t] = sum over r of paid[r, t];   nothing in other funds
    the first pooled year is the setting, or read off decisions.csv: at most one year is 1, the others are 0

Where the unified rate is free the largest rate of its bounds counts.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import LEDGER, MONEY, NUMBER, Evidence, Finding, Rule

SETTINGS = frozenset({"fund", "from_year", "cost"})
OPENS = frozenset({"lever_inflow", "lever_outflow"})


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Dates, limits and balance of the purse."""
    start = evidence.decisions("national_pooling", "start")
    start = start.assign(whole=start["value"].round(), due=(start["year"] == settings["from_year"]).astype(float))
    if settings["from_year"] == "choose":
        yield _rule("start is 0 or 1", NUMBER).equal(evidence, start, "value", "whole")
        once = pd.DataFrame({"fund": [settings["fund"]], "value": [start["value"].sum()], "most": [1.0]})
        yield _rule("starts once", NUMBER).at_most(evidence, once, "value", "most")
        begun = start.set_index("year")["whole"]
    else:
        yield _rule("starts in the year set", NUMBER).equal(evidence, start, "value", "due")
        begun = start.set_index("year")["due"]
    before = float(settings["from_year"] != "choose" and settings["from_year"] < evidence.instance.years[0])
    rows = _limits(evidence, settings, begun, begun.cumsum() + before)
    yield _rule("paid").at_most(evidence, rows, "paid", "most")
    yield _rule("paid is not negative").not_negative(evidence, rows, "paid")
    yield _rule("nothing is received before").zero(evidence, rows[~rows["pooled"]], "inflow")
    sums = rows.groupby(["fund", "year"], as_index=False)[["inflow", "paid"]].sum()
    yield _rule("received = paid").equal(evidence, sums, "inflow", "paid")


def set_aside(evidence: Evidence, ledger: pd.DataFrame, settings: Mapping[str, Any]) -> "pd.Series[float]":
    """The cost of starting, when the year is set, money."""
    starts = (ledger["year"] == settings["from_year"]) & (ledger["fund"] == settings["fund"])
    return _cost(evidence, settings, ledger).where(starts, 0.0)


def _rule(name: str, unit: str = MONEY) -> Rule:
    return Rule("national_pooling", name, unit)


def _cost(evidence: Evidence, settings: Mapping[str, Any], rows: pd.DataFrame) -> "pd.Series[float]":
    """What starting in the year of each row costs, money."""
    recipients = evidence.cells.groupby(LEDGER, as_index=False)["eligible"].sum()
    persons = rows[LEDGER].merge(recipients, on=LEDGER, how="left")["eligible"].fillna(0.0)
    cost: pd.Series[float] = rows["year"].map(evidence.amounts(settings["cost"]))
    return cost * persons.set_axis(rows.index) * evidence.instance.per_head


def _limits(
    evidence: Evidence, settings: Mapping[str, Any], begun: "pd.Series[float]", pooled: "pd.Series[float]"
) -> pd.DataFrame:
    """Every ledger row with what is paid, the most that may be, and whether the fund is pooled in that year."""
    rows = evidence.ledger.merge(evidence.flows("national_pooling"), on=LEDGER)
    named = rows["fund"] == settings["fund"]
    starts = (rows["year"].map(begun) > 0) & named
    unified = evidence.levers.get("unified_rate", {})
    free = (rows["fund"] == unified.get("fund")) & (unified.get("target") == "free")
    rate = rows["rate"].mask(free, unified.get("bounds", [0, 1])[1])
    if "employer_burden" in evidence.levers:  # the rate before the burden was lowered
        rate = rate.mask(rate < rows["data_rate"], rows["data_rate"])
    revenue = rate * rows["base"] + rows["data_other_revenue"].clip(lower=0.0)
    return rows.assign(
        pooled=(rows["year"].map(pooled) > 0) & named,
        paid=rows["outflow"] - _cost(evidence, settings, rows).where(starts, 0.0),
        most=revenue.where((rows["year"].map(pooled) > 0) & named, 0.0),
    )

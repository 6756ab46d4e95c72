"""Downturn, recomputed from the inputs and the scenario.

outflow[r, f, t] = revenue * rate * base + sum of persons[p] * eligible * benefit * per_head in bad years, else zero
sum over p of eligible * benefit[t] >= (1 - tolerance) * the same in t-1           for every region, group, bad year
closing - opening >= save * (revenue - trend)                        in other years, where revenue at today's rate is above
released = release * opening in bad years, less by equal parts in the years of recovery: what other rules may miss
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import LEDGER, MONEY, Evidence, Finding, Rule

SETTINGS = frozenset({"years", "revenue", "persons", "tolerance", "release", "recovery", "save", "trend", "funds"})
OPENS = frozenset({"lever_outflow"})
GROUP = ["region", "group", "year"]


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """The shock, the benefits that hold, and what good years save."""
    yield _rule("lost contributions and added needs").equal(evidence, _shock(evidence, settings), "outflow", "due")
    yield _rule("a group's benefits hold").at_least(evidence, _held(evidence, settings), "spent", "least")
    saving = _saving(evidence, evidence.ledger, settings)
    saving = saving.assign(grown=saving["closing"] - saving["opening"], size=saving[["closing", "opening"]].max(axis=1))
    yield _rule("good years save").at_least(evidence, saving, "grown", "due")


def released(ledger: pd.DataFrame, settings: Mapping[str, Any]) -> "pd.Series[float]":
    """Money by which each row's reserve may lie below what other rules ask."""
    part = {year: _part(settings, year) for year in set(ledger["year"])}
    money = settings["release"] * ledger["data_opening"] * ledger["year"].map(part)
    return money.where(_ruled(ledger, settings), 0.0)


def set_aside(evidence: Evidence, ledger: pd.DataFrame, settings: Mapping[str, Any]) -> "pd.Series[float]":
    """What bad years take at today's benefits, what good years save, and what comes back after a release, money."""
    bad = ledger["year"].isin(settings["years"])
    lost = settings["revenue"] * ledger["data_rate"] * ledger["base"]
    need = _need(evidence, settings, "benefit_before")
    owed = (lost + ledger[LEDGER].merge(need, on=LEDGER, how="left")["need"].fillna(0.0)).where(bad, 0.0)
    saving = _saving(evidence, ledger, settings)
    saved = (saving["today"] - saving["trend"]) * settings["save"]
    back = released(ledger, settings)
    earlier = back.groupby([ledger["region"], ledger["fund"]]).shift(fill_value=0.0)
    return owed.add(saved, fill_value=0.0) + (earlier - back).clip(lower=0.0)


def _rule(name: str) -> Rule:
    return Rule("downturn", name, MONEY)


def _ruled(ledger: pd.DataFrame, settings: Mapping[str, Any]) -> "pd.Series[bool]":
    funds = settings.get("funds")
    return ledger["fund"].isin(funds if funds is not None else set(ledger["fund"]))


def _part(settings: Mapping[str, Any], year: int) -> float:
    """One in bad years, falling to zero over the years of recovery."""
    since = [year - bad for bad in settings["years"] if bad <= year]
    return max(0.0, 1 - min(since) / (settings["recovery"] + 1)) if since else 0.0


def _need(evidence: Evidence, settings: Mapping[str, Any], benefit: str) -> pd.DataFrame:
    """Money for the people whom a bad year adds, by fund; `benefit` names the column of benefits."""
    cells = evidence.cells
    more = cells["programme"].map(settings["persons"]).fillna(0.0) * cells["eligible"] * cells[benefit]
    return cells.assign(need=more * evidence.instance.per_head).groupby(LEDGER, as_index=False)[["need"]].sum()


def _shock(evidence: Evidence, settings: Mapping[str, Any]) -> pd.DataFrame:
    """What left every fund, beside what should."""
    rows = evidence.ledger.merge(evidence.flows("downturn"), on=LEDGER)
    rows = rows.merge(_need(evidence, settings, "benefit"), on=LEDGER, how="left").fillna({"need": 0.0})
    bad = rows["year"].isin(settings["years"])
    return rows.assign(due=(settings["revenue"] * rows["rate"] * rows["base"] + rows["need"]).where(bad, 0.0))


def _held(evidence: Evidence, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Benefits of every group in bad years, over programmes, beside the least they may be."""
    cells, first, per_head = evidence.cells, evidence.instance.years[0], evidence.instance.per_head
    cells = cells.assign(
        spent=cells["eligible"] * cells["benefit"] * per_head,
        today=cells["eligible"] * cells["today"] * per_head,
    )
    sums = cells.groupby(GROUP, as_index=False)[["spent", "today"]].sum()
    earlier = sums.assign(year=sums["year"] + 1, before=sums["spent"])[[*GROUP, "before"]]
    sums = sums.merge(earlier, on=GROUP, how="left")
    before = sums["before"].where(sums["year"] > first, sums["today"])
    sums = sums.assign(least=(1 - settings["tolerance"]) * before)
    return sums[sums["year"].isin(settings["years"])]


def _saving(evidence: Evidence, ledger: pd.DataFrame, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Rows of good years whose revenue at today's rate is above trend, with the saving that is due."""
    first = evidence.instance.years[0]
    ledger = ledger.assign(
        today=ledger["data_rate"] * ledger["base"] + ledger["data_other_revenue"],
        plan=ledger["rate"] * ledger["base"] + ledger["data_other_revenue"],
    )
    start = ledger[ledger["year"] == first].set_index(["region", "fund"])["today"]
    at = pd.MultiIndex.from_frame(ledger[["region", "fund"]])
    growth = 1 + evidence.growth(settings["trend"], ledger["region"])
    ledger = ledger.assign(trend=start.reindex(at).to_numpy() * growth ** (ledger["year"] - first))
    good = ~ledger["year"].isin(settings["years"]) & _ruled(ledger, settings)
    rows = ledger[good & (ledger["today"] > ledger["trend"]) & (settings["save"] > 0)]
    return rows.assign(due=settings["save"] * (rows["plan"] - rows["trend"]))

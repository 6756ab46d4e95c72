"""Platform recognition, recomputed from the inputs and the scenario.

inflow[r, f, t] = rates[f] * wage[t] * share[t] * eligible[r, group, programme, t] * per_head
share covered >= share[t]                                   for every programme in `covers`
benefit >= benefit_before + package * standard * (share covered - share today)     where it covers more than today
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import BENEFIT, MONEY, NUMBER, Evidence, Finding, Rule

SETTINGS = frozenset({"group", "programme", "share", "wage", "rates", "covers", "package"})
OPENS = frozenset({"covered", "lever_inflow"})


def covers(rows: pd.DataFrame, settings: Mapping[str, Any]) -> "pd.Series[bool]":
    """Cells of the group in the programmes that cover whoever is recognised."""
    return (rows["group"] == settings["group"]) & rows["programme"].isin(settings["covers"]) & rows["lacking"]


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Contributions, coverage and package."""
    share = evidence.amounts(settings["share"])
    yield _rule("contributions", MONEY).equal(evidence, _revenue(evidence, settings, share), "inflow", "due")
    rows = evidence.coverage[covers(evidence.coverage, settings)]
    rows = rows.assign(recognised=rows["year"].map(share))
    yield _rule("the recognised are covered", NUMBER).at_least(evidence, rows, "share", "recognised")
    rows = rows[rows["recognised"] > rows["share_today"]]
    gained = rows["standard"] * (rows["share"] - rows["share_today"])
    rows = rows.assign(least=rows["benefit_before"] + settings["package"] * gained)
    yield _rule("package", BENEFIT).at_least(evidence, rows, "benefit", "least")


def _rule(name: str, unit: str) -> Rule:
    return Rule("platform_recognition", name, unit)


def _revenue(evidence: Evidence, settings: Mapping[str, Any], share: Mapping[int, float]) -> pd.DataFrame:
    """What each fund gets, beside what it should."""
    people = evidence.instance.people
    workers = people[(people["group"] == settings["group"]) & (people["programme"] == settings["programme"])]
    rows = evidence.flows("platform_recognition").merge(
        workers[["region", "year", "eligible"]], on=["region", "year"], how="left"
    )
    wage = rows["year"].map(evidence.amounts(settings["wage"]))
    rate = rows["fund"].map(settings["rates"]).fillna(0.0)
    persons = rows["eligible"].fillna(0.0) * evidence.instance.per_head
    return rows.assign(due=rate * wage * rows["year"].map(share) * persons)

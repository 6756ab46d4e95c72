"""Extension, recomputed from the inputs and the scenario, for every cell with people who are not covered.

begun = (share covered - share today) / (1 - share today) is 0 or 1, never falls, and is what decisions.csv says
benefit >= benefit_before + package * standard * (share covered - share today)
benefit <= most * standard * begun                                                  where nobody is covered today
outflow[r, f, t] = sum over the fund's cells of setup * eligible * (1 - share today) * (begun[t] - begun[t-1]) * per_head
persons newly covered in a year <= speed, over all regions and groups of a programme
begun = 1 for pilots, and for all from the deadline on;  regions of one unit begin together
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import BENEFIT, CELL, LEDGER, MONEY, NUMBER, PERSONS, Evidence, Finding, Rule

SETTINGS = frozenset({"programmes", "level"})
OPENS = frozenset({"covered", "lever_outflow"})


def covers(rows: pd.DataFrame, settings: Mapping[str, Any]) -> "pd.Series[bool]":
    """Cells of the named programmes and groups that have people who are not covered."""
    found = pd.Series(False, index=rows.index)
    for programme, rule in settings["programmes"].items():
        named = rows["programme"] == programme
        if rule.get("groups") is not None:
            named &= rows["group"].isin(rule["groups"])
        found |= named & rows["lacking"]
    return found


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Every rule, programme by programme; then money and dates."""
    rows = evidence.coverage[covers(evidence.coverage, settings)]
    rows = rows.assign(
        whole=rows["progress"].round(),
        stated=_stated(evidence, rows),
        earlier=_earlier(rows),
        one=1.0,
    )
    yield _rule("begun or not, nothing between").equal(evidence, rows, "progress", "whole")
    yield _rule("begun as decisions.csv says").equal(evidence, rows, "stated", "progress")
    yield _rule("what has begun stays").at_least(evidence, rows, "progress", "earlier")
    for programme, rule in settings["programmes"].items():
        yield from _programme(evidence, rows[rows["programme"] == programme], rule)
    yield _setup(evidence, rows, settings)
    yield _together(evidence, rows, settings["level"])


def _rule(name: str, unit: str = NUMBER) -> Rule:
    return Rule("extension", name, unit)


def _stated(evidence: Evidence, rows: pd.DataFrame) -> "pd.Series[float]":
    """What decisions.csv says of every row; missing where it says nothing."""
    decisions = evidence.tables["decisions"]
    decisions = decisions[decisions["lever"] == "extension"][["decision", "region", "year", "value"]]
    keys = rows.assign(decision="begun: " + rows["group"] + ", " + rows["programme"])[["decision", "region", "year"]]
    found = keys.merge(decisions, on=["decision", "region", "year"], how="left")
    return found["value"].set_axis(rows.index)


def _earlier(rows: pd.DataFrame) -> "pd.Series[float]":
    """Progress of the year before; zero in the first year."""
    before = rows.assign(year=rows["year"] + 1, earlier=rows["progress"])[[*CELL, "earlier"]]
    return rows[CELL].merge(before, on=CELL, how="left")["earlier"].fillna(0.0).set_axis(rows.index)


def _programme(evidence: Evidence, rows: pd.DataFrame, rule: Mapping[str, Any]) -> Iterator[Finding]:
    """Package, largest benefit, speed and dates of one programme."""
    gained = rows["standard"] * (rows["share"] - rows["share_today"])
    rows = rows.assign(least=rows["benefit_before"] + rule["package"] * gained)
    yield _rule("legal package", BENEFIT).at_least(evidence, rows, "benefit", "least")
    if (most := rule.get("most")) is not None:
        new = rows[rows["share_today"] == 0]
        new = new.assign(most=most * new["standard"] * new["progress"])
        yield _rule("largest benefit", BENEFIT).at_most(evidence, new, "benefit", "most")
    if (speed := rule.get("speed")) is not None:
        started = (1 - rows["share_today"]) * rows["eligible"] * (rows["progress"] - rows["earlier"])
        sums = rows.assign(started=started).groupby(["programme", "year"], as_index=False)["started"].sum()
        sums = sums.assign(limit=sums["year"].map(evidence.amounts(speed)))
        yield _rule("speed", PERSONS).at_most(evidence, sums, "started", "limit")
    pilots = rows[rows["region"].isin(rule["pilots"])]
    yield _rule("pilots have begun").at_least(evidence, pilots, "progress", "one")
    if (deadline := rule.get("deadline")) is not None:
        late = rows[rows["year"] >= deadline]
        yield _rule("deadline").at_least(evidence, late, "progress", "one")


def _setup(evidence: Evidence, rows: pd.DataFrame, settings: Mapping[str, Any]) -> Finding:
    price = rows["programme"].map({name: rule["setup"] for name, rule in settings["programmes"].items()})
    persons = (1 - rows["share_today"]) * rows["eligible"] * (rows["progress"] - rows["earlier"])
    due = rows.assign(due=price * persons * evidence.instance.per_head)
    due = due.groupby(LEDGER, as_index=False)[["due"]].sum()
    flows = evidence.flows("extension").merge(due, on=LEDGER, how="left").fillna({"due": 0.0})
    return _rule("set-up cost", MONEY).equal(evidence, flows, "outflow", "due")


def _together(evidence: Evidence, rows: pd.DataFrame, level: str) -> Finding:
    parent = evidence.instance.regions.set_index("region")["parent"]
    parent = parent.where(parent != "", parent.index.to_series())
    units: dict[str, Any] = {"region": rows["region"], "parent": rows["region"].map(parent), "nation": ""}
    rows = rows.assign(unit=units[level])
    first = rows.groupby(["unit", "group", "programme", "year"])["progress"].transform("first")
    return _rule("one unit begins together").equal(evidence, rows.assign(first=first), "progress", "first")

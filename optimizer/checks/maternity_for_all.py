"""Maternity for all, recomputed from the inputs and the scenario.

begun[t] is 0 or 1 and never falls; 1 from `year` on and 0 before, or 1 from the deadline on
(share covered - share today) / (1 - share today) = begun[t]              for every cell of the programme that lacks
benefit >= allowance * standard * begun[t]                                for every cell of the programme
benefit[medical] >= (benefit_before + medical_cost[t]) * begun[t]         for every covered cell of medical insurance
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import BENEFIT, NUMBER, Evidence, Finding, Rule

SETTINGS = frozenset({"programme", "allowance", "medical", "medical_cost", "year", "deadline"})
OPENS = frozenset({"covered"})


def covers(rows: pd.DataFrame, settings: Mapping[str, Any]) -> "pd.Series[bool]":
    """Cells of the programme that have people who are not covered."""
    return (rows["programme"] == settings["programme"]) & rows["lacking"]


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Dates, coverage, allowance and medical costs."""
    begun = evidence.decisions("maternity_for_all", "begun").sort_values("year")
    begun = begun.assign(whole=begun["value"].round(), earlier=begun["value"].shift(fill_value=0.0))
    yield _rule("begun or not, nothing between").equal(evidence, begun, "value", "whole")
    yield _rule("what has begun stays").at_least(evidence, begun, "value", "earlier")
    years = pd.DataFrame({"year": list(evidence.instance.years)}).merge(begun, on="year", how="left")
    if (year := settings.get("year")) is not None:
        years = years.assign(due=(years["year"] >= year).astype(float))
        yield _rule("begins in the year set").equal(evidence, years, "value", "due")
    elif (deadline := settings.get("deadline")) is not None:
        years = years.assign(due=(years["year"] >= deadline).astype(float))
        yield _rule("deadline").at_least(evidence, years, "value", "due")
    rows = evidence.coverage.merge(begun[["year", "value"]], on="year", how="left")
    lacking = rows[covers(rows, settings)]
    yield _rule("begins for everybody").equal(evidence, lacking, "progress", "value")
    paid = rows[rows["programme"] == settings["programme"]]
    paid = paid.assign(least=settings["allowance"] * paid["standard"] * paid["value"])
    yield _rule("allowance", BENEFIT).at_least(evidence, paid, "benefit", "least")
    medical = rows[(rows["programme"] == settings.get("medical")) & (rows["covered"] > 0)]
    cost = medical["year"].map(evidence.amounts(settings["medical_cost"]))
    medical = medical.assign(least=(medical["benefit_before"] + cost) * medical["value"])
    yield _rule("maternity costs in medical insurance", BENEFIT).at_least(evidence, medical, "benefit", "least")


def _rule(name: str, unit: str = NUMBER) -> Rule:
    return Rule("maternity_for_all", name, unit)

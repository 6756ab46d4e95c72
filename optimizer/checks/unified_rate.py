"""Unified contribution rate, recomputed from the inputs and the scenario.

    rate[r, f, t] = today[r] + step[t] * (common - today[r]),  step[t] = min(1, k / phase_in)

for every region r of the named fund f and the k-th plan year t, k = 1, 2, ...; other funds keep today's
rates, unless the employers' burden is lowered there. A neutral common rate is today's contributions over the base in the first plan year. A free one is read
off the plan: whatever it is, it is one for all and within bounds.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.checks import employer_burden
from commonweal.optimizer.evidence import RATE, Evidence, Finding, Rule

SETTINGS = frozenset({"fund", "target", "phase_in", "bounds"})
OPENS = frozenset({"rate"})


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """The path of every region's rate, and the common rate itself."""
    ledger, years = evidence.ledger, evidence.instance.years
    named = ledger["fund"] == settings["fund"]
    others = ledger[~named]
    if (burden := evidence.levers.get("employer_burden")) is not None:
        others = others[~employer_burden.named(others, burden)]
    yield _rule("other funds keep today's rate").equal(evidence, others, "rate", "data_rate")
    phase_in = settings.get("phase_in") or len(years)
    rows = ledger[named]
    rows = rows.assign(step=((rows["year"] - years[0] + 1) / phase_in).clip(upper=1.0))
    common = _common(rows, settings["target"])
    rows = rows.assign(path=rows["data_rate"] + rows["step"] * (common - rows["data_rate"]))
    yield _rule("path to the common rate").equal(evidence, rows, "rate", "path")
    if settings["target"] == "free":
        low, high = settings["bounds"]
        chosen = pd.DataFrame({"fund": [settings["fund"]], "common": [common], "low": [low], "high": [high]})
        yield _rule("least common rate").at_least(evidence, chosen, "common", "low")
        yield _rule("largest common rate").at_most(evidence, chosen, "common", "high")


def _rule(name: str) -> Rule:
    return Rule("unified_rate", name, RATE)


def _common(rows: pd.DataFrame, target: float | str) -> float:
    """The common rate, share of the base; a free one is the middle of those the regions' rates point at."""
    if target == "free":
        return float((rows["data_rate"] + (rows["rate"] - rows["data_rate"]) / rows["step"]).median())
    if target == "neutral":
        first = rows[rows["year"] == rows["year"].min()]
        return float((first["data_rate"] * first["base"]).sum() / first["base"].sum())
    return float(target)

"""Medical cap, recomputed from the inputs and the scenario, bill by bill.

    benefit[r, g, p, t] >= benefit_before + covered / eligible * growth * sum over bands h, bills k of
        share[h] * share[k] * max(0, own_share * cost[k] - cap[r, t] * income[h])

for every covered cell with income bands, where p is the named programme. The cap is the setting, or with `most` read
off decisions.csv and between the two.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from commonweal.optimizer.evidence import BENEFIT, SHARE, Evidence, Finding, Rule

SETTINGS = frozenset({"cap", "most", "bills", "own_share", "programme", "growth"})
OPENS = frozenset[str]()


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """The caps themselves, and what the fund pays beyond them."""
    caps = evidence.decisions("medical_cap", "cap").rename(columns={"value": "cap"})
    caps = caps.assign(least=caps["year"].map(evidence.amounts(settings["cap"])))
    caps = caps.assign(most=caps["least"] if settings.get("most") is None else settings["most"])
    yield _rule("least cap", SHARE).at_least(evidence, caps, "cap", "least")
    yield _rule("largest cap", SHARE).at_most(evidence, caps, "cap", "most")
    cells = evidence.cells
    cells = cells[(cells["programme"] == settings["programme"]) & (cells["covered"] > 0)]
    bands = evidence.instance.bands
    cells = cells[pd.MultiIndex.from_frame(cells[["region", "group"]]).isin(bands.set_index(["region", "group"]).index)]
    cells = cells.merge(caps[["region", "year", "cap"]], on=["region", "year"], how="left")
    cells = cells.assign(due=cells["benefit_before"] + _beyond(evidence, cells, settings))
    yield _rule("the fund pays the part beyond", BENEFIT).at_least(evidence, cells, "benefit", "due")


def _rule(name: str, unit: str) -> Rule:
    return Rule("medical_cap", name, unit)


def _beyond(evidence: Evidence, cells: pd.DataFrame, settings: Mapping[str, Any]) -> "pd.Series[float]":
    """What bills exceed the cap by, currency units per eligible person."""
    total = pd.Series(0.0, index=cells.index)
    for _, band in evidence.instance.bands.groupby("band"):
        rows = cells[["region", "group"]].merge(band, on=["region", "group"], how="left").set_axis(cells.index)
        for bill in settings["bills"]:
            own = settings["own_share"] * bill["cost"] - cells["cap"] * rows["income"]
            total += (rows["share"] * bill["share"] * np.maximum(0.0, own)).fillna(0.0)
    growth = (1 + evidence.growth(settings["growth"], cells["region"])) ** (cells["year"] - evidence.instance.data_year)
    return total * growth * cells["covered"] / cells["eligible"]

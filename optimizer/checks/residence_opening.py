"""Residence opening, recomputed from the inputs and the scenario, for the cells of the group that lack people.

opened[r, t] = (share covered - share today) / (1 - share today) is the same in every programme that opens,
    one of the shares or zero, never falls, rises by at most `step` a year, and is what decisions.csv says
sum over groups of persons covered <= (1 + spare) * covered today + places built at least `lag` years before
outflow[r, f, t] = place_cost * places built * per_head, from the fund that pays the group
benefit >= benefit_before + package * standard * (share covered - share today)
benefit <= max(most * standard, benefit_before / share today) * share covered
benefit >= benefit_before + parity * opened * (1 - share today) * benefit[host]
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from commonweal.optimizer.evidence import BENEFIT, LEDGER, MONEY, NUMBER, PERSONS, Evidence, Finding, Rule

SETTINGS = frozenset(
    {"group", "programmes", "shares", "step", "package", "most", "host", "parity", "spare", "place_cost", "lag"}
)
OPENS = frozenset({"covered", "lever_outflow"})
PLACE, SPOT = ["region", "year"], ["region", "programme", "year"]


def covers(rows: pd.DataFrame, settings: Mapping[str, Any]) -> "pd.Series[bool]":
    """Cells of the group in the programmes that open."""
    named = (rows["group"] == settings["group"]) & rows["programme"].isin(settings["programmes"])
    return named & rows["lacking"]


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Steps, capacity, money, package and parity."""
    rows = evidence.coverage[covers(evidence.coverage, settings)]
    steps = _steps(evidence, settings)
    yield _rule("one of the shares").equal(evidence, steps, "opened", "nearest")
    yield _rule("share by share, nothing between").equal(evidence, steps, "opened", "summed")
    yield _rule("what is open stays").at_least(evidence, steps, "opened", "earlier")
    if (step := settings.get("step")) is not None:
        steps = steps.assign(limit=steps["earlier"] + step)
        yield _rule("largest step").at_most(evidence, steps, "opened", "limit")
    rows = rows.merge(steps[[*PLACE, "opened"]], on=PLACE, how="left")
    yield _rule("all programmes open together").equal(evidence, rows, "progress", "opened")
    gained = rows["share"] - rows["share_today"]
    rows = rows.assign(least=rows["benefit_before"] + settings["package"] * rows["standard"] * gained)
    yield _rule("package", BENEFIT).at_least(evidence, rows, "benefit", "least")
    today = (rows["benefit_before"] / rows["share_today"]).where(rows["share_today"] > 0, 0.0)
    rows = rows.assign(limit=np.maximum(settings["most"] * rows["standard"], today) * rows["share"])
    yield _rule("largest benefit", BENEFIT).at_most(evidence, rows, "benefit", "limit")
    if (host := settings.get("host")) is not None:
        hosts = evidence.cells[evidence.cells["group"] == host][[*SPOT, "benefit"]]
        both = rows.merge(hosts.rename(columns={"benefit": "hosted"}), on=SPOT)
        more = settings["parity"] * (both["share"] - both["share_today"]) * both["hosted"]
        both = both.assign(least=both["benefit_before"] + more)
        yield _rule("parity with the host group", BENEFIT).at_least(evidence, both, "benefit", "least")
    if settings.get("spare") is not None:
        yield from _capacity(evidence, rows, settings)


def _rule(name: str, unit: str = NUMBER) -> Rule:
    return Rule("residence_opening", name, unit)


def _steps(evidence: Evidence, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Opened share by region and year, beside the nearest share allowed, its steps summed, and the year before."""
    shares, below = settings["shares"], [0.0, *settings["shares"][:-1]]
    parts = [
        evidence.decisions("residence_opening", f"reached: {share}").assign(width=share - low, share=share)
        for share, low in zip(shares, below, strict=True)
    ]
    found = pd.concat(parts)
    found = found.assign(opened=found["width"] * found["value"], summed=found["share"].where(found["value"] > 0.5, 0.0))
    steps = found.groupby(PLACE, as_index=False).agg(opened=("opened", "sum"), summed=("summed", "max"))
    allowed = pd.Series([0.0, *shares])
    nearest = steps["opened"].map(lambda opened: allowed[(allowed - opened).abs().idxmin()])
    before = steps.assign(year=steps["year"] + 1, earlier=steps["opened"])[[*PLACE, "earlier"]]
    steps = steps.assign(nearest=nearest).merge(before, on=PLACE, how="left")
    return steps.fillna({"earlier": 0.0})


def _capacity(evidence: Evidence, rows: pd.DataFrame, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Everybody covered has a place, and places are paid for."""
    cells = evidence.coverage.merge(rows[SPOT].drop_duplicates(), on=SPOT)
    spots = cells.groupby(SPOT, as_index=False)[["planned", "covered"]].sum()
    built = _built(evidence, settings, spots)
    ready = built.assign(ready=built["year"] + settings["lag"])[["region", "programme", "ready", "value"]]
    served = spots.merge(ready, on=["region", "programme"], how="left")
    in_time = served[served["ready"] <= served["year"]].groupby(SPOT)["value"].sum().reset_index()
    spots = spots.merge(in_time, on=SPOT, how="left").fillna({"value": 0.0})
    spots = spots.assign(places=(1 + settings["spare"]) * spots["covered"] + spots["value"])
    yield _rule("a place for everybody", PERSONS).at_most(evidence, spots, "planned", "places")
    price = (settings.get("place_cost") or 0.0) * evidence.instance.per_head
    pays = rows[[*SPOT, "fund"]].merge(built, on=SPOT)
    due = pays.assign(due=price * pays["value"]).groupby(LEDGER, as_index=False)[["due"]].sum()
    flows = evidence.flows("residence_opening").merge(due, on=LEDGER, how="left").fillna({"due": 0.0})
    yield _rule("cost of places", MONEY).equal(evidence, flows, "outflow", "due")


def _built(evidence: Evidence, settings: Mapping[str, Any], spots: pd.DataFrame) -> pd.DataFrame:
    """Places built, by region, programme and year; none where none can be built."""
    parts = [
        evidence.decisions("residence_opening", f"built: {programme}").assign(programme=programme)
        for programme in settings["programmes"]
    ]
    found = pd.concat(parts)[[*SPOT, "value"]]
    return spots[SPOT].merge(found, on=SPOT, how="left").fillna({"value": 0.0})

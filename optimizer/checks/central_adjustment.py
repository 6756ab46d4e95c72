"""Central adjustment, recomputed from the inputs and the scenario, for every region r and year t of the named fund.

    outflow[r, t] = rate[t] * share_of_base * base[r, t]
    inflow[r, t]  = sum over regions of outflow[t] * recipients[r, t] / recipients[t]
    sum of inflow[t] = sum of outflow[t];   nothing in other funds
    rate[t] = the setting; a free one is read off decisions.csv and lies between zero and `most`

Recipients are the eligible persons whom the fund pays.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import LEDGER, MONEY, RATE, Evidence, Finding, Rule

SETTINGS = frozenset({"fund", "rate", "most", "share_of_base"})
OPENS = frozenset({"lever_inflow", "lever_outflow"})


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """What every region pays and receives, and that the sums are equal."""
    decided = evidence.decisions("central_adjustment", "rate").set_index("year")["value"]
    chosen = decided.reset_index().assign(zero=0.0, most=settings["most"])
    if settings["rate"] == "free":
        yield _rule("least rate", RATE).at_least(evidence, chosen, "value", "zero")
        yield _rule("largest rate", RATE).at_most(evidence, chosen, "value", "most")
    else:
        chosen = chosen.assign(due=chosen["year"].map(evidence.amounts(settings["rate"])))
        yield _rule("rate as set", RATE).equal(evidence, chosen, "value", "due")
    rows = _due(evidence, settings, decided)
    yield _rule("paid").equal(evidence, rows, "outflow", "pays")
    yield _rule("received").equal(evidence, rows, "inflow", "gets")
    sums = rows.groupby(["fund", "year"], as_index=False)[["inflow", "outflow"]].sum()
    yield _rule("sums to zero").equal(evidence, sums, "inflow", "outflow")


def set_aside(evidence: Evidence, ledger: pd.DataFrame, settings: Mapping[str, Any]) -> "pd.Series[float]":
    """What a set rate takes from each row, net, money."""
    if settings["rate"] == "free":
        return pd.Series(0.0, index=ledger.index)
    due = _due(evidence, settings, pd.Series(evidence.amounts(settings["rate"])))
    net = (due["pays"] - due["gets"]).clip(lower=0.0)
    return ledger[LEDGER].merge(due.assign(net=net)[[*LEDGER, "net"]], on=LEDGER, how="left")["net"].fillna(0.0)


def _rule(name: str, unit: str = MONEY) -> Rule:
    return Rule("central_adjustment", name, unit)


def _due(evidence: Evidence, settings: Mapping[str, Any], rate: "pd.Series[float]") -> pd.DataFrame:
    """Every ledger row with what the lever moves there (inflow, outflow) and what it should (gets, pays)."""
    recipients = evidence.cells.groupby(LEDGER, as_index=False)["eligible"].sum()
    rows = evidence.instance.accounts[[*LEDGER, "base"]].merge(recipients, on=LEDGER, how="left")
    rows = rows.merge(evidence.flows("central_adjustment"), on=LEDGER).fillna({"eligible": 0.0})
    named = rows["fund"] == settings["fund"]
    pays = (rows["year"].map(rate) * settings["share_of_base"] * rows["base"]).where(named, 0.0)
    year = [rows["fund"], rows["year"]]
    share = rows["eligible"] / rows["eligible"].groupby(year).transform("sum")
    return rows.assign(pays=pays, gets=pays.groupby(year).transform("sum") * share.fillna(0.0))

"""Redistribution, recomputed from the inputs and the scenario.

    vertical:   sum over r of poor[r, t] * (spending[r, t] - contributions[r, t]) >= vertical * spending[t]
    horizontal: spending[t] on the programmes of need >= horizontal * spending[t]
    life cycle: present value of spending[f] >= life_cycle[f] * present value of contributions[f], over the plan years

poor: the regions of the lowest GDP per head that hold the part `bottom` of the inhabitants, the one on the edge in part.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import MONEY, Evidence, Finding, Rule

SETTINGS = frozenset({"vertical", "bottom", "horizontal", "need", "life_cycle", "discount"})
OPENS = frozenset[str]()


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """The three accounts, where the scenario bounds them."""
    ledger = evidence.ledger.merge(_poor(evidence, settings["bottom"]), on=["region", "year"])
    ledger = ledger.assign(contributions=ledger["rate"] * ledger["base"])
    total = ledger.groupby("year")["spending"].sum()
    if (least := settings.get("vertical")) is not None:
        net = (ledger["poor"] * (ledger["spending"] - ledger["contributions"])).groupby(ledger["year"]).sum()
        yield _rule("vertical").at_least(evidence, _rows(net, least * total, total), "value", "least")
    if (least := settings.get("horizontal")) is not None:
        cells = evidence.cells[evidence.cells["programme"].isin(settings["need"])]
        spent = cells["eligible"] * cells["benefit"] * evidence.instance.per_head
        need = spent.groupby(cells["year"]).sum().reindex(total.index, fill_value=0.0)
        yield _rule("horizontal").at_least(evidence, _rows(need, least * total, total), "value", "least")
    worth = (1 + settings["discount"]) ** (evidence.instance.years[0] - ledger["year"]).astype(float)
    values = ledger.assign(value=worth * ledger["spending"], paid=worth * ledger["contributions"])
    funds = values.groupby("fund", as_index=False)[["value", "paid"]].sum()
    funds = funds[funds["fund"].isin(list(settings["life_cycle"]))]
    funds = funds.assign(least=funds["fund"].map(settings["life_cycle"]) * funds["paid"])
    yield _rule("life cycle").at_least(evidence, funds, "value", "least")


def _rule(name: str) -> Rule:
    return Rule("redistribution", name, MONEY)


def _rows(value: "pd.Series[float]", least: "pd.Series[float]", size: "pd.Series[float]") -> pd.DataFrame:
    return pd.DataFrame({"value": value, "least": least, "size": size}).reset_index(names="year")


def _poor(evidence: Evidence, bottom: float) -> pd.DataFrame:
    """How much of each region counts as poor, by region and year."""
    budgets = evidence.instance.budgets
    rows = budgets.assign(income=budgets["gdp"] / budgets["population"]).sort_values(["year", "income", "region"])
    persons = rows.groupby("year")["population"]
    left = bottom * persons.transform("sum") - (persons.cumsum() - rows["population"])
    return rows.assign(poor=(left / rows["population"]).clip(0.0, 1.0))[["region", "year", "poor"]]

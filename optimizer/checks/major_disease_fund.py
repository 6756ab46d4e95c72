"""Major disease fund, recomputed from the inputs and the scenario; compensation and premium are read off decisions.csv.

    inflow[r, f, t]  = compensation[r, t] * covered[r, f, t] * per_head       persons covered by the programme, fund f
    outflow[r, f, t] = premium[t] * covered[r, f, t] * per_head,   premium[t] <= the setting
    sum over r of inflow = sum over r of outflow                                                       for every year t
    least_share * excess <= compensation[r, t] <= most_share * excess,   excess(d) = sum over bills of share * max(0, cost - d)
    benefit[r, g, p, t] >= benefit_before + covered / eligible * compensation[r, t]

d is the deductible, of several the lowest that decisions.csv says is chosen; choices are 0 or 1 and in order.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import BENEFIT, LEDGER, MONEY, NUMBER, Evidence, Finding, Rule

SETTINGS = frozenset({"premium", "deductible", "bills", "least_share", "most_share", "programme", "growth"})
OPENS = frozenset({"lever_inflow", "lever_outflow"})


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Premiums, compensation, their balance, and that people are paid it."""
    chosen, findings = _deductible(evidence, settings)
    yield from findings
    paid = evidence.decisions("major_disease_fund", "compensation").rename(columns={"value": "compensation"})
    premium = evidence.decisions("major_disease_fund", "premium").rename(columns={"value": "premium"})
    premium = premium.assign(most=premium["year"].map(evidence.amounts(settings["premium"])))
    yield _rule("largest premium", BENEFIT).at_most(evidence, premium, "premium", "most")
    cells = evidence.cells
    cells = cells[(cells["programme"] == settings["programme"]) & (cells["covered"] > 0)]
    cells = cells.merge(paid, on=["region", "year"]).merge(premium[["year", "premium"]], on="year")
    growth = (1 + evidence.growth(settings["growth"], cells["region"])) ** (cells["year"] - evidence.instance.data_year)
    excess = growth * sum(bill["share"] * max(0.0, bill["cost"] - chosen) for bill in settings["bills"])
    cells = cells.assign(
        least=settings["least_share"] * excess,
        most=settings["most_share"] * excess,
        due=cells["benefit_before"] + cells["covered"] / cells["eligible"] * cells["compensation"],
    )
    yield _rule("least compensation", BENEFIT).at_least(evidence, cells, "compensation", "least")
    yield _rule("largest compensation", BENEFIT).at_most(evidence, cells, "compensation", "most")
    yield _rule("paid on top of today's benefit", BENEFIT).at_least(evidence, cells, "benefit", "due")
    yield from _flows(evidence, cells)


def _rule(name: str, unit: str) -> Rule:
    return Rule("major_disease_fund", name, unit)


def _deductible(evidence: Evidence, settings: Mapping[str, Any]) -> tuple[float, list[Finding]]:
    """The deductible of the plan, and what is wrong with the choice of it."""
    named = settings["deductible"] if isinstance(settings["deductible"], list) else [settings["deductible"]]
    highest, *lower = sorted(set(map(float, named)), reverse=True)
    choices = pd.DataFrame(
        [
            (f"{amount:g}", value, 1.0)
            for amount in lower
            for value in evidence.decisions("major_disease_fund", f"lower deductible: {amount:g}")["value"]
        ],
        columns=["scope", "value", "before"],
    )
    choices["before"] = choices["value"].shift(fill_value=1.0)
    choices = choices.assign(whole=choices["value"].round())
    findings = [
        _rule("choices are 0 or 1", NUMBER).equal(evidence, choices, "value", "whole"),
        _rule("lower deductibles in order", NUMBER).at_most(evidence, choices, "value", "before"),
    ]
    taken = [amount for amount, value in zip(lower, choices["whole"], strict=True) if value > 0]
    return min([highest, *taken]), findings


def _flows(evidence: Evidence, cells: pd.DataFrame) -> Iterator[Finding]:
    """What the lever moves in every fund is compensation and premium of its members."""
    members = cells["covered"] * evidence.instance.per_head
    cells = cells.assign(gets=members * cells["compensation"], pays=members * cells["premium"])
    due = cells.groupby(LEDGER, as_index=False)[["gets", "pays"]].sum()
    rows = evidence.flows("major_disease_fund").merge(due, on=LEDGER, how="left").fillna({"gets": 0.0, "pays": 0.0})
    yield _rule("received", MONEY).equal(evidence, rows, "inflow", "gets")
    yield _rule("paid", MONEY).equal(evidence, rows, "outflow", "pays")
    sums = rows.groupby("year", as_index=False)[["inflow", "outflow"]].sum()
    yield _rule("received = paid", MONEY).equal(evidence, sums, "inflow", "outflow")

"""The money of every fund adds up, for every region, fund and year, with no free disposal.

opening + contributions + other_revenue + interest + own + central + horizontal_received + pool_received
    + unfunded + lever_inflow
    = spending + other_spending + pool_paid + lever_outflow + closing
opening = closing of the year before;  contributions = rate * base;
interest + lever_inflow = sum of inflows in lever_flows.csv;  lever_outflow = sum of its outflows;
spending = sum over the fund's groups and programmes of eligible * benefit * per_head
"""

from collections.abc import Iterator

import pandas as pd

from commonweal.optimizer.evidence import LEDGER, MONEY, Evidence, Finding, Rule

IN = (
    "opening",
    "contributions",
    "other_revenue",
    "interest",
    "own",
    "central",
    "horizontal_received",
    "pool_received",
    "unfunded",
    "lever_inflow",
)
OUT = ("spending", "other_spending", "pool_paid", "closing", "lever_outflow")


def check(evidence: Evidence) -> Iterator[Finding]:
    """Balances, carried reserves, contributions and spending."""
    funds = evidence.tables["funds"]
    sums = funds.assign(
        inflow=funds[[*IN]].sum(axis=1),
        outflow=funds[[*OUT]].sum(axis=1),
        size=funds[[*IN, *OUT]].abs().max(axis=1),
    )
    yield Rule("balance", "inflow = outflow", MONEY).equal(evidence, sums, "inflow", "outflow")
    earlier = funds.assign(year=funds["year"] + 1, carried=funds["closing"])[[*LEDGER, "carried"]]
    yield Rule("balance", "opening = closing of the year before", MONEY).equal(
        evidence, funds.merge(earlier, on=LEDGER), "opening", "carried"
    )
    yield from _contributions(evidence)
    yield from _lever_flows(evidence)
    yield from _spending(evidence, funds)
    for column in (*IN, *OUT):
        if column != "other_revenue":
            yield Rule("balance", f"{column} is not negative", MONEY).not_negative(evidence, funds, column)


def _contributions(evidence: Evidence) -> Iterator[Finding]:
    base = evidence.instance.accounts[[*LEDGER, "base"]]
    rates = evidence.tables["rates"].merge(base, on=LEDGER)
    rates = rates.assign(due=rates["rate"] * rates["base"])
    yield Rule("balance", "contributions in rates.csv = rate * base", MONEY).equal(
        evidence, rates, "contributions", "due"
    )
    rows = evidence.tables["funds"].merge(rates[[*LEDGER, "due"]], on=LEDGER)
    yield Rule("balance", "contributions in funds.csv = rate * base", MONEY).equal(
        evidence, rows, "contributions", "due"
    )


def _lever_flows(evidence: Evidence) -> Iterator[Finding]:
    flows = evidence.tables["lever_flows"]
    sums = flows.groupby(LEDGER, as_index=False)[["inflow", "outflow"]].sum()
    rows = evidence.tables["funds"].merge(sums, on=LEDGER, how="outer").fillna({"inflow": 0.0, "outflow": 0.0})
    rows = rows.assign(booked=rows["interest"] + rows["lever_inflow"])
    yield Rule("balance", "interest + lever_inflow = inflows in lever_flows.csv", MONEY).equal(
        evidence, rows, "booked", "inflow"
    )
    yield Rule("balance", "lever_outflow = outflows in lever_flows.csv", MONEY).equal(
        evidence, rows, "lever_outflow", "outflow"
    )
    others = flows[~flows["lever"].isin(list(evidence.levers))]
    for column in ("inflow", "outflow"):
        yield Rule("balance", f"{column} in lever_flows.csv only from active levers", MONEY).zero(
            evidence, others, column
        )


def _spending(evidence: Evidence, funds: pd.DataFrame) -> Iterator[Finding]:
    cells = evidence.cells
    cells = cells.assign(cost=cells["eligible"] * cells["benefit"] * evidence.instance.per_head)
    cost = cells.groupby(LEDGER, as_index=False)["cost"].sum()
    rows = cost.merge(funds[[*LEDGER, "spending"]], on=LEDGER, how="outer").fillna(0.0)
    yield Rule("balance", "spending = sum of eligible * benefit", MONEY).equal(evidence, rows, "spending", "cost")

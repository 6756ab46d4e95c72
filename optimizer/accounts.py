"""Who pays for what: the payer by receiver matrix of a plan, without and with it, from the plan's tables alone.

For every region r, fund f and year t money comes from payers and goes to uses. Money has no name on it, so every use is
paid by all payers of its fund in proportion:

    amount[payer, use] = money from payer * money for use / all money                    for every region, fund, year

Payers: employers and workers (contributions, by `employer_share`; contributors where that is not known), region (own
effort), centre, other regions (horizontal transfers, pools, levers that move money between regions), what a lever brings
in besides (under the name it gives), other revenue (today's subsidies), interest, reserve (what is drawn), unfunded.
Uses: benefits of a group in a programme, other spending, other regions, services (what a lever takes out besides),
reserve (what is saved). Without the plan, reserves are drawn until they are empty; the rest is unfunded.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from commonweal.instances import Instance

LEDGER = ["region", "fund", "year"]
USE = ["use", "group", "programme"]
OTHERS, RESERVE, BENEFITS = "other regions", "reserve", "benefits"
FLOWS = ("own", "central", "horizontal_received", "pool_received", "pool_paid", "interest")


def accounts(tables: Mapping[str, pd.DataFrame], instance: Instance, payers: Mapping[str, str]) -> pd.DataFrame:
    """The matrix: payer, region, fund, year, use, group, programme, before, amount (money); rows without money left out.

    tables: benefits, funds, rates, lever_flows of the plan. instance: of the plan years. payers: who pays what a lever
    brings in besides, by lever.
    """
    flows = between(tables["lever_flows"])
    benefits = tables["benefits"].merge(instance.schemes[["programme", "group", "year", "fund"]])
    today = benefits["eligible"] * benefits["benefit_before"] * instance.per_head
    before = _matrix(_before(tables, instance, today.groupby([benefits[key] for key in LEDGER]).sum()),
                     benefits.assign(amount=today), flows.iloc[:0], payers)  # fmt: skip
    plan = _matrix(_ledger(tables, instance), benefits.assign(amount=benefits["spending"]), flows, payers)
    keys = ["payer", *LEDGER, *USE]
    both = before.rename(columns={"amount": "before"}).merge(plan, on=keys, how="outer")
    return both.fillna({"before": 0.0, "amount": 0.0}).sort_values(keys).reset_index(drop=True)


def between(flows: pd.DataFrame) -> pd.DataFrame:
    """lever_flows.csv with the part of each flow that only moves between regions: received, given; interest left out.

    In every year a lever moves the smaller of its two sums; what one side has beyond comes from, or goes, elsewhere.
    """
    flows = flows[flows["lever"] != "reserves"]
    sums = flows.groupby(["lever", "year"])[["inflow", "outflow"]].transform("sum")
    part = sums.rdiv(sums.min(axis=1), axis=0).fillna(0.0)
    return flows.assign(received=flows["inflow"] * part["inflow"], given=flows["outflow"] * part["outflow"])


def _ledger(tables: Mapping[str, pd.DataFrame], instance: Instance) -> pd.DataFrame:
    """funds.csv with rate, rate_before, base and employer_share."""
    rates = tables["rates"][[*LEDGER, "rate_before", "rate"]]
    return (
        tables["funds"].merge(rates, on=LEDGER).merge(instance.accounts[[*LEDGER, "base", "employer_share"]], on=LEDGER)
    )


def _before(tables: Mapping[str, pd.DataFrame], instance: Instance, spending: "pd.Series[float]") -> pd.DataFrame:
    """The same columns as they would be without the plan."""
    kept = [*LEDGER, "rate_before", "base", "employer_share", "other_revenue", "other_spending"]
    rows = _ledger(tables, instance)[kept].sort_values(LEDGER).reset_index(drop=True)
    start = instance.accounts.set_index(LEDGER)["opening"].reindex(pd.MultiIndex.from_frame(rows[LEDGER]))
    spent = spending.reindex(start.index, fill_value=0.0).to_numpy()
    change = rows["rate_before"] * rows["base"] + rows["other_revenue"] - rows["other_spending"] - spent
    opening: list[float] = []
    left: list[float] = []
    for first, stock, step in zip(~rows.duplicated(["region", "fund"]), start, change, strict=True):
        opening.append(float(stock) if first else max(0.0, left[-1]))
        left.append(opening[-1] + float(step))
    return rows.assign(
        rate=rows["rate_before"],
        opening=opening,
        closing=np.maximum(left, 0.0),
        unfunded=-np.minimum(left, 0.0),
        **dict.fromkeys(FLOWS, 0.0),
    )


def _matrix(rows: pd.DataFrame, benefits: pd.DataFrame, flows: pd.DataFrame, payers: Mapping[str, str]) -> pd.DataFrame:
    """Every payer with every use of its fund."""
    paid, used = _paid(rows, flows, payers), _used(rows, benefits, flows)
    all_money = paid.groupby(LEDGER)["amount"].transform("sum")
    pairs = paid.assign(part=paid["amount"] / all_money).drop(columns="amount").merge(used, on=LEDGER)
    return pairs.assign(amount=pairs["part"] * pairs["amount"])[["payer", *LEDGER, *USE, "amount"]]


def _paid(rows: pd.DataFrame, flows: pd.DataFrame, payers: Mapping[str, str]) -> pd.DataFrame:
    """Money by payer: region, fund, year, payer, amount. Workers pay today's part, employers the rest of the rate."""
    contributions = rows["rate"] * rows["base"]
    workers = np.minimum(rows["rate"], (1 - rows["employer_share"]) * rows["rate_before"]) * rows["base"]
    parts = {
        "employers": (contributions - workers).fillna(0.0),
        "workers": workers.fillna(0.0),
        "contributors": contributions.where(workers.isna(), 0.0),
        "region": rows["own"],
        "centre": rows["central"],
        OTHERS: rows["horizontal_received"] + rows["pool_received"],
        "other revenue": rows["other_revenue"].clip(lower=0.0),
        "interest": rows["interest"],
        "unfunded": rows["unfunded"],
        RESERVE: (rows["opening"] - rows["closing"]).clip(lower=0.0),
    }
    besides = flows["lever"].map(payers).fillna("other sources")
    found = [rows[LEDGER].assign(payer=payer, amount=amount) for payer, amount in parts.items()]
    found += [
        flows[LEDGER].assign(payer=OTHERS, amount=flows["received"]),
        flows[LEDGER].assign(payer=besides, amount=flows["inflow"] - flows["received"]),
    ]
    return _summed(found, [*LEDGER, "payer"])


def _used(rows: pd.DataFrame, benefits: pd.DataFrame, flows: pd.DataFrame) -> pd.DataFrame:
    """Money by use: region, fund, year, use, group, programme, amount."""
    parts = {
        "other spending": rows["other_spending"] - rows["other_revenue"].clip(upper=0.0),
        OTHERS: rows["pool_paid"],
        RESERVE: (rows["closing"] - rows["opening"]).clip(lower=0.0),
    }
    found = [rows[LEDGER].assign(use=use, amount=amount) for use, amount in parts.items()]
    found += [
        flows[LEDGER].assign(use=OTHERS, amount=flows["given"]),
        flows[LEDGER].assign(use="services", amount=flows["outflow"] - flows["given"]),
    ]
    blank = [frame.assign(group="", programme="") for frame in found]
    paid_out = benefits[[*LEDGER, "group", "programme", "amount"]].assign(use=BENEFITS)
    return _summed([*blank, paid_out], [*LEDGER, *USE])


def _summed(parts: list[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    """The parts that hold money, summed by key."""
    frame = pd.concat([part.loc[part["amount"] > 0, [*keys, "amount"]] for part in parts], ignore_index=True)
    return frame.groupby(keys, as_index=False)[["amount"]].sum()

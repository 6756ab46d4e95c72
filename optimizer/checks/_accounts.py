"""The accounts close, and hold the money of the other tables; examined where the run folder has them.

accounts: sum over payers = what every benefit costs, without and with the plan
          sum over uses   = what every payer pays, for every region, fund and year:
              centre = central;  region = own;  interest;  unfunded;
              contributors, other regions and other sources = contributions, transfers, pools and lever_inflow
redistribution: sum over sides of paid = sum over sides of received, for every account and year
effects: multiplier * spending, for every effect, scope and year
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from commonweal.optimizer.evidence import CELL, LEDGER, MONEY, NUMBER, Evidence, Finding, Rule

PAYERS = {
    "own": "region",
    "central": "centre",
    "interest": "interest",
    "unfunded": "unfunded",
}  # by column of funds.csv
ALONE = {*PAYERS.values(), "other revenue", "reserve"}
OTHERS = ["contributions", "horizontal_received", "pool_received", "lever_inflow"]  # what all other payers pay


def check(evidence: Evidence) -> Iterator[Finding]:
    """Sums of the matrix, closure of the accounts, and the effects again."""
    tables = evidence.tables
    if "accounts" in tables:
        yield from _costs(evidence, tables["accounts"])
        yield from _payers(evidence, tables["accounts"])
    if "redistribution" in tables:
        rows = tables["redistribution"].fillna({"year": 0})
        keys = ["account", "year"]
        sums = rows.groupby(keys, as_index=False)[["paid_before", "received_before", "paid", "received"]].sum()
        sums = sums.rename(columns={"account": "scope"})
        yield _rule("paid = received, without the plan").equal(evidence, sums, "paid_before", "received_before")
        yield _rule("paid = received").equal(evidence, sums, "paid", "received")
    if "effects" in tables:
        yield from _effects(evidence, tables["effects"])


def _rule(name: str, unit: str = MONEY) -> Rule:
    return Rule("accounts", name, unit)


def _costs(evidence: Evidence, matrix: pd.DataFrame) -> Iterator[Finding]:
    """Every benefit is paid, by whomever."""
    per_head = evidence.instance.per_head
    cells = evidence.cells
    cells = cells.assign(
        due=cells["eligible"] * cells["benefit"] * per_head,
        due_before=cells["eligible"] * cells["benefit_before"] * per_head,
    )
    paid = matrix[matrix["use"] == "benefits"].groupby(CELL, as_index=False)[["before", "amount"]].sum()
    rows = cells[[*CELL, "due", "due_before"]].merge(paid, on=CELL, how="outer").fillna(0.0)
    yield _rule("benefits are paid").equal(evidence, rows, "amount", "due")
    yield _rule("benefits are paid, without the plan").equal(evidence, rows, "before", "due_before")


def _payers(evidence: Evidence, matrix: pd.DataFrame) -> Iterator[Finding]:
    """Every payer pays what funds.csv says."""
    funds = evidence.tables["funds"]
    by_payer = matrix.groupby([*LEDGER, "payer"])["amount"].sum().unstack(fill_value=0)
    columns = {column: by_payer.reindex(columns=[payer], fill_value=0.0) for column, payer in PAYERS.items()}
    columns["money"] = by_payer.drop(columns=list(ALONE), errors="ignore")
    funds = funds.assign(money=funds[OTHERS].sum(axis=1))
    for column, parts in columns.items():
        paid = parts.sum(axis=1).rename("paid").reset_index()
        rows = funds[[*LEDGER, column]].merge(paid, on=LEDGER, how="left").fillna({"paid": 0.0})
        name = "contributions, transfers and levers" if column == "money" else column
        yield _rule(f"{name} in accounts.csv").equal(evidence, rows, "paid", column)


def _effects(evidence: Evidence, effects: pd.DataFrame) -> Iterator[Finding]:
    """Every row again: its multiplier times spending."""
    settings = evidence.scenario.get("accounts", {})
    cells = evidence.cells
    worth = cells["eligible"] * evidence.instance.per_head
    cells = cells.assign(before=worth * cells["benefit_before"], after=worth * cells["benefit"])
    due = []
    for effect, scope, year in effects[["effect", "scope", "year"]].itertuples(index=False, name=None):
        factor = _multiplier(cells, settings, effect, scope).where(cells["year"] == year, 0.0)
        due.append((effect, scope, year, *(float(np.dot(factor, cells[side])) for side in ("before", "after"))))
    rows = effects.merge(pd.DataFrame(due, columns=["effect", "scope", "year", "due_before", "due_after"]))
    for side in ("before", "after"):
        yield _rule(f"effects {side}", NUMBER).equal(evidence, rows, side, f"due_{side}")


def _multiplier(cells: pd.DataFrame, settings: Mapping[str, Any], effect: str, scope: str) -> "pd.Series[float]":
    """What a unit of spending on each cell adds to an effect."""
    if effect in ("income", "expectation"):
        factors = settings["consumption" if effect == "income" else "expectation"]
        return (cells["group"] == scope) * float(factors.get(scope, factors.get("*", 0.0)))
    if effect == "industry":
        shares = {programme: by.get(scope, 0.0) for programme, by in settings["industries"].items()}
        return cells["programme"].map(shares).fillna(0.0)
    return (cells["programme"] == scope) * float(settings["jobs"].get(scope, 0.0))

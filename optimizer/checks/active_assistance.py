"""Active assistance, recomputed from the inputs and the scenario, over the groups covered today.

spending[r, p, t] >= least[p] * sum over g of eligible * standard * per_head    for every region, named p, year
sum over p of spending[r, p, t] >= ratio * spending[r, t] on cash               for every region, year
outflow[r, f, t] = psychological * cash spending[r, f, t]                       for every fund, all groups
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import LEDGER, MONEY, Evidence, Finding, Rule

SETTINGS = frozenset({"cash", "least", "ratio", "psychological"})
OPENS = frozenset({"lever_outflow"})


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Spending on help against need, against cash relief, and the cost of psychological help."""
    cells, per_head = evidence.cells, evidence.instance.per_head
    cells = cells.assign(spending=cells["eligible"] * cells["benefit"] * per_head)
    cash = cells[cells["programme"].isin(settings["cash"])]
    covered = cells[cells["covered"] > 0]
    helping = covered[covered["programme"].isin(list(settings["least"]))]
    need = helping["programme"].map(settings["least"]) * helping["eligible"] * helping["standard"] * per_head
    rows = helping.assign(need=need)
    rows = rows.groupby(["region", "programme", "year"], as_index=False)[["spending", "need"]].sum()
    yield _rule("least spending").at_least(evidence, rows, "spending", "need")
    keys = ["region", "year"]
    relief = cash[cash["covered"] > 0].groupby(keys, as_index=False)[["spending"]].sum()
    relief = relief.assign(due=settings["ratio"] * relief["spending"])[[*keys, "due"]]
    rows = relief.merge(helping.groupby(keys, as_index=False)[["spending"]].sum(), on=keys, how="left")
    yield _rule("help for each unit of cash").at_least(evidence, rows.fillna({"spending": 0.0}), "spending", "due")
    yield _rule("psychological help").equal(evidence, _service(evidence, cash, settings), "outflow", "due")


def _rule(name: str) -> Rule:
    return Rule("active_assistance", name, MONEY)


def _service(evidence: Evidence, cash: pd.DataFrame, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Every ledger row with the money that leaves it, and what should."""
    spent = cash.groupby(LEDGER, as_index=False)[["spending"]].sum()
    rows = evidence.flows("active_assistance").merge(spent, on=LEDGER, how="left").fillna({"spending": 0.0})
    return rows.assign(due=settings["psychological"] * rows["spending"])

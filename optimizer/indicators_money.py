"""Indicators in money: spending and its share of budgets and product, contribution rates, money that changes place.

Programmes may be added up here: an empty scope is all of them.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pandas as pd

from commonweal.instances import Instance
from commonweal.optimizer import inequality
from commonweal.optimizer.indicator_rows import MONEY, SIDES, Meaning, Row, blocks

RATE = "share of the contribution base"
MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "spending": ("spending on benefits; the empty scope is all of it", MONEY),
        "spending_of_budgets": ("spending on benefits over the budget spending of all regions", ""),
        "spending_of_gdp": ("spending on benefits over gross domestic product", ""),
        "rate_lowest": ("lowest actual contribution rate of any region", RATE),
        "rate_highest": ("highest actual contribution rate of any region", RATE),
        "rate_national": ("contributions of all regions over the contribution base of all regions", RATE),
        "money_moved": ("new money that changes place; the empty scope is all of it", MONEY),
    }
)
MOVED = {"central": "central", "horizontal": "horizontal_paid", "pool": "pool_paid"}
COSTS = {"spending_of_budgets": "spending", "spending_of_gdp": "gdp"}  # over a column of budgets.csv


def rows(cells: pd.DataFrame, transfers: pd.DataFrame, rates: pd.DataFrame, instance: Instance) -> Iterator[Row]:
    """Every row; arguments as for `indicators`."""
    yield from _costs(cells, instance)
    yield from _rates(rates, instance)
    for (year,), flows in blocks(transfers, ["year"]):
        moved = {flow: float(flows[column].sum()) for flow, column in MOVED.items()}
        for flow, amount in moved.items():
            yield Row("money_moved", f"flow={flow}", year, 0.0, amount)
        yield Row("money_moved", "", year, 0.0, sum(moved.values()))


def _costs(cells: pd.DataFrame, instance: Instance) -> Iterator[Row]:
    """Spending by group, programme and in all; against what regions have, where all of them tell it."""
    paid = cells.assign(**{side: cells[side] * cells["eligible"] * instance.per_head for side in SIDES})
    for (year,), block in blocks(paid, ["year"]):
        budgets = instance.budgets[instance.budgets["year"] == year]
        scopes = {"": block}
        for (programme,), part in blocks(block, ["programme"]):
            scopes[f"programme={programme}"] = part
            scopes |= {f"programme={programme};group={group}": own for (group,), own in blocks(part, ["group"])}
        for scope, part in scopes.items():
            spent = [float(part[side].sum()) for side in SIDES]
            yield Row("spending", scope, year, *spent)
            for name, column in COSTS.items():
                if (budgets[column] > 0).all() and "group=" not in scope:
                    yield Row(name, scope, year, *(amount / float(budgets[column].sum()) for amount in spent))


def _rates(rates: pd.DataFrame, instance: Instance) -> Iterator[Row]:
    paid = rates.merge(instance.accounts[["region", "fund", "year", "base"]], on=["region", "fund", "year"])
    for (fund, year), members in blocks(paid[paid["base"] > 0], ["fund", "year"]):
        base = members["base"].to_numpy()
        scope, columns = f"fund={fund}", [members[column].to_numpy() for column in ("rate_before", "rate")]
        yield Row("rate_lowest", scope, year, *(float(rate.min()) for rate in columns))
        yield Row("rate_highest", scope, year, *(float(rate.max()) for rate in columns))
        yield Row("rate_national", scope, year, *(inequality.mean(rate, base) for rate in columns))

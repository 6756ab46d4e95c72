"""Vertical transfers, recomputed from the inputs and the scenario.

sum over r of central[r, f, t] <= budget[f, t]                 for every fund f, year t; no budget, no grant
sum over r outside the favoured belts of central[r, f, t] <= (1 - tilt) * budget[f, t]
sum over f of central[r, f, t] >= per_head_floor[belt of r] * population[r, t] * per_head
(1 - stability) * central[r, f, t-1] <= central[r, f, t] <= (1 + stability) * central[r, f, t-1]
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer.evidence import LEDGER, MONEY, Evidence, Finding, Rule

SETTINGS = frozenset({"budget", "tilt", "favoured", "per_head_floor", "stability"})
OPENS = frozenset({"central"})


def check(evidence: Evidence, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Budget, tilt, floors per head and yearly stability."""
    regions = evidence.instance.regions[["region", "belt"]]
    central = evidence.tables["transfers"][[*LEDGER, "central"]].merge(regions, on="region")
    yield _rule("budget").at_most(evidence, _granted(evidence, settings, central, 1.0), "central", "budget")
    if (tilt := settings.get("tilt")) is not None:
        others = central.assign(central=central["central"].where(~central["belt"].isin(settings["favoured"]), 0.0))
        yield _rule("tilt").at_most(evidence, _granted(evidence, settings, others, 1 - tilt), "central", "budget")
    if floors := settings.get("per_head_floor"):
        yield _rule("floor per head").at_least(evidence, _floors(evidence, floors, central), "central", "floor")
    if (stability := settings.get("stability")) is not None:
        before = central.assign(year=central["year"] + 1, before=central["central"])[[*LEDGER, "before"]]
        rows = central.merge(before, on=LEDGER)
        rows = rows.assign(low=(1 - stability) * rows["before"], high=(1 + stability) * rows["before"])
        yield _rule("largest yearly fall").at_least(evidence, rows, "central", "low")
        yield _rule("largest yearly rise").at_most(evidence, rows, "central", "high")


def _rule(name: str) -> Rule:
    return Rule("vertical_transfers", name, MONEY)


def _granted(evidence: Evidence, settings: Mapping[str, Any], central: pd.DataFrame, share: float) -> pd.DataFrame:
    """Grants by fund and year beside `share` of the budget; a fund without a budget has none."""
    budget = pd.DataFrame(
        [
            (fund, year, share * amount)
            for fund, path in settings["budget"].items()
            for year, amount in evidence.amounts(path).items()
        ],
        columns=["fund", "year", "budget"],
    )
    granted = central.groupby(["fund", "year"], as_index=False)[["central"]].sum()
    return granted.merge(budget, on=["fund", "year"], how="left").fillna({"budget": 0.0})


def _floors(evidence: Evidence, floors: Mapping[str, float], central: pd.DataFrame) -> pd.DataFrame:
    """Grants by region and year beside the least grant of the region's belt."""
    budgets = evidence.instance.budgets[["region", "year", "population"]]
    rows = central.groupby(["region", "belt", "year"], as_index=False)[["central"]].sum()
    rows = rows[rows["belt"].isin(list(floors))].merge(budgets, on=["region", "year"])
    return rows.assign(floor=rows["belt"].map(floors) * rows["population"] * evidence.instance.per_head)

"""The figures analysts expect, without and with the plan, from a plan's tables alone.

Benefits are spending per eligible person and year and are weighted by eligible persons; the uncovered count
as 0, a cell that does not exist carries no weight (zeros and empty parts: see
`commonweal.optimizer.inequality`). Programmes are never added up or compared with each other, except in
money. `scope` says for whom, in the form "programme=pension;group=farmers".

A gap between regions is always told inside one group, because a regional mean over all groups is mostly
composition.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from commonweal.instances import Instance
from commonweal.optimizer import inequality
from commonweal.optimizer.inequality import Numbers, ratio

Measure = Callable[[Numbers, Numbers], float]

BENEFIT, MONEY, RATE = "{benefit}", "{money}", "share of the contribution base"

INDICATORS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "urban_rural_ratio": ("mean benefit of urban groups over mean benefit of rural groups", ""),
        "gini": ("Gini coefficient over all groups and regions", ""),
        "theil": ("Theil T over all groups and regions", ""),
        "theil_between_regions": ("part of Theil T that lies between regional means", ""),
        "theil_within_regions": ("part of Theil T that lies inside regions, between their groups", ""),
        "theil_between_groups": ("part of Theil T that lies between the means of groups", ""),
        "theil_within_groups": ("part of Theil T that lies inside groups, between their regions", ""),
        "mean_benefit": ("mean benefit of a group", BENEFIT),
        "lowest_benefit": ("lowest regional benefit of a group", BENEFIT),
        "regional_ratio": ("highest over lowest regional benefit of a group", ""),
        "regional_gini": ("Gini coefficient between regions, inside a group", ""),
        "regional_variation": ("coefficient of variation between regions, inside a group", ""),
        "spending": ("spending on the benefits of a group", MONEY),
        "rate_lowest": ("lowest actual contribution rate of any region", RATE),
        "rate_highest": ("highest actual contribution rate of any region", RATE),
        "rate_national": ("contributions of all regions over the contribution base of all regions", RATE),
        "money_moved": ("new money that changes place; the empty scope is all of it", MONEY),
    }
)
"""What each indicator means, and its unit as a template over `dictionary.Units` (empty: a pure number)."""

MOVED = {"central": "central", "horizontal": "horizontal_paid", "pool": "pool_paid"}


class Row(NamedTuple):
    """One row of the table of indicators."""

    indicator: str
    scope: str
    year: int
    before: float
    after: float


def indicators(
    benefits: pd.DataFrame, transfers: pd.DataFrame, rates: pd.DataFrame, instance: Instance
) -> pd.DataFrame:
    """Columns indicator, scope, year, before, after; `instance` is the one of the plan years (projected).

    Reads benefits (region, group, programme, year, eligible, benefit_before, benefit), transfers (the flows)
    and rates (rate_before, rate) with the columns of the run folder.
    """
    rows = [*_benefits(benefits, instance), *_rates(rates, instance), *_money(transfers)]
    return pd.DataFrame(rows, columns=list(Row._fields))


def _benefits(benefits: pd.DataFrame, instance: Instance) -> Iterator[Row]:
    cells = benefits[benefits["eligible"] > 0].merge(instance.groups[["group", "area"]], on="group")
    for (programme, year), block in _blocks(cells, ["programme", "year"]):
        everybody = f"programme={programme}"
        if {"urban", "rural"} <= set(block["area"]):
            urban, rural = (_both(block[block["area"] == area], inequality.mean) for area in ("urban", "rural"))
            yield Row("urban_rural_ratio", everybody, year, *map(ratio, urban, rural))
        yield Row("gini", everybody, year, *_both(block, inequality.gini))
        yield Row("theil", everybody, year, *_both(block, inequality.theil))
        for part in ("region", "group"):
            before, after = _parts(block, part)
            yield Row(f"theil_between_{part}s", everybody, year, before.between, after.between)
            yield Row(f"theil_within_{part}s", everybody, year, before.within, after.within)
        for (group,), members in _blocks(block, ["group"]):
            yield from _group(members, f"{everybody};group={group}", year, instance.per_head)


def _group(cells: pd.DataFrame, scope: str, year: int, per_head: float) -> Iterator[Row]:
    yield Row("mean_benefit", scope, year, *_both(cells, inequality.mean))
    yield Row("lowest_benefit", scope, year, *_both(cells, inequality.lowest))
    yield Row("regional_ratio", scope, year, *_both(cells, inequality.spread))
    yield Row("regional_gini", scope, year, *_both(cells, inequality.gini))
    yield Row("regional_variation", scope, year, *_both(cells, inequality.variation))
    yield Row("spending", scope, year, *_both(cells, lambda benefit, eligible: float(benefit @ eligible) * per_head))


def _rates(rates: pd.DataFrame, instance: Instance) -> Iterator[Row]:
    paid = rates.merge(instance.accounts[["region", "fund", "year", "base"]], on=["region", "fund", "year"])
    for (fund, year), rows in _blocks(paid[paid["base"] > 0], ["fund", "year"]):
        base = rows["base"].to_numpy()
        scope, columns = f"fund={fund}", [rows[column].to_numpy() for column in ("rate_before", "rate")]
        yield Row("rate_lowest", scope, year, *(float(rate.min()) for rate in columns))
        yield Row("rate_highest", scope, year, *(float(rate.max()) for rate in columns))
        yield Row("rate_national", scope, year, *(inequality.mean(rate, base) for rate in columns))


def _money(transfers: pd.DataFrame) -> Iterator[Row]:
    for (year,), rows in _blocks(transfers, ["year"]):
        moved = {flow: float(rows[column].sum()) for flow, column in MOVED.items()}
        for flow, amount in moved.items():
            yield Row("money_moved", f"flow={flow}", year, 0.0, amount)
        yield Row("money_moved", "", year, 0.0, sum(moved.values()))


def _blocks(frame: pd.DataFrame, keys: list[str]) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    """The rows of each combination of keys, in order."""
    for key, rows in frame.groupby(keys):
        yield key if isinstance(key, tuple) else (key,), rows


def _both(cells: pd.DataFrame, measure: Measure) -> tuple[float, float]:
    """`measure` of the benefits without and with the plan."""
    eligible = cells["eligible"].to_numpy(float)
    before, after = (cells[column].to_numpy(float) for column in ("benefit_before", "benefit"))
    return measure(before, eligible), measure(after, eligible)


def _parts(cells: pd.DataFrame, part: str) -> tuple[inequality.Parts, inequality.Parts]:
    """Theil's parts by the column `part`, without and with the plan."""
    codes = np.unique(cells[part].to_numpy(str), return_inverse=True)[1]
    eligible = cells["eligible"].to_numpy(float)
    before, after = (cells[column].to_numpy(float) for column in ("benefit_before", "benefit"))
    return (
        inequality.theil_parts(before, eligible, codes),
        inequality.theil_parts(after, eligible, codes),
    )

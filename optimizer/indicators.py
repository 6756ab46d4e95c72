"""The figures analysts expect, without and with the plan, from a plan's tables alone.

Benefits are spending per eligible person and year and are weighted by eligible persons; the uncovered count
as 0, a cell that does not exist carries no weight (zeros and empty parts: see
`commonweal.optimizer.inequality`). Programmes are never added up or compared with each other, except in
money. `scope` says for whom, in the form "programme=pension;group=farmers"; empty: for all.

A gap between regions is told inside one group, because a regional mean over all groups is mostly composition; an
index of everybody comes with the parts it splits into. Figures against the standard are in `indicators_standard`,
money and rates in `indicators_money`.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from commonweal.instances import Instance
from commonweal.optimizer import indicators_money, indicators_standard, inequality
from commonweal.optimizer.indicator_rows import BENEFIT, Meaning, Measure, Row, blocks, both
from commonweal.optimizer.indicators_standard import IndicatorSettings
from commonweal.optimizer.inequality import GE2, THEIL_L, THEIL_T, Numbers, Order, ratio

ENTROPIES: Mapping[str, tuple[Order, str]] = MappingProxyType(
    {"theil": (THEIL_T, "Theil T"), "theil_l": (THEIL_L, "Theil L"), "ge2": (GE2, "generalised entropy GE(2)")}
)
PARTS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "regions": ("region", "between regional means", "inside regions, between their groups"),
        "groups": ("group", "between the means of groups", "inside groups, between their regions"),
        "areas": ("area", "between urban and rural means", "inside urban and rural groups"),
    }
)
SHARES = tuple(k / 10 for k in range(1, 11))  # points of the Lorenz curves


def _entropy(order: Order) -> Measure:
    return lambda values, weights: inequality.entropy(values, weights, order)


EVERYBODY: Mapping[str, tuple[Measure, str]] = MappingProxyType(
    {
        "gini": (inequality.gini, "Gini coefficient"),
        "variation": (inequality.variation, "coefficient of variation"),
        "palma": (inequality.palma, "benefits of the best-off tenth over those of the worst-off four tenths"),
        "percentile_ratio": (
            inequality.percentile_ratio,
            "benefit at the ninth tenth of persons over that at the first",
        ),
        "ratio": (inequality.spread, "highest over lowest benefit"),
        **{name: (_entropy(order), words) for name, (order, words) in ENTROPIES.items()},
    }
)
"""Measures of everybody, over groups and regions; inside a group they are between regions."""


def _meanings() -> Iterator[tuple[str, Meaning]]:
    yield "urban_rural_ratio", ("mean benefit of urban groups over mean benefit of rural groups", "")
    for name, (_, words) in EVERYBODY.items():
        yield name, (f"{words} over all groups and regions", "")
        yield f"regional_{name}", (f"{words} between regions, inside a group", "")
    for name, (_, words) in ENTROPIES.items():
        for part, (_, between, within) in PARTS.items():
            yield f"{name}_between_{part}", (f"part of {words} that lies {between}", "")
            yield f"{name}_within_{part}", (f"part of {words} that lies {within}", "")
    yield "lorenz", ("share of all benefits that the worst-off share of persons (poorest=...) has", "")
    yield "generalised_lorenz", ("the same times the mean benefit: what they have, over all persons", BENEFIT)
    yield "mean_benefit", ("mean benefit", BENEFIT)
    yield "lowest_benefit", ("lowest regional benefit of a group", BENEFIT)


INDICATORS: Mapping[str, Meaning] = MappingProxyType(
    {**dict(_meanings()), **indicators_standard.MEANINGS, **indicators_money.MEANINGS}
)
"""What each indicator means, and its unit as a template over `dictionary.Units` (empty: a pure number)."""


def indicators(
    benefits: pd.DataFrame,
    transfers: pd.DataFrame,
    rates: pd.DataFrame,
    instance: Instance,
    settings: IndicatorSettings | None = None,
) -> pd.DataFrame:
    """Columns indicator, scope, year, before, after; `instance` is the one of the plan years (projected).

    Reads benefits (region, group, programme, year, eligible, recipients, standard, benefit_before, benefit), transfers
    (the flows) and rates (rate_before, rate) with the columns of the run folder.
    """
    cells = benefits[benefits["eligible"] > 0].merge(instance.groups[["group", "area"]], on="group")
    rows = [
        *_distribution(cells),
        *indicators_standard.rows(cells, instance, settings or IndicatorSettings()),
        *indicators_money.rows(cells, transfers, rates, instance),
    ]
    return pd.DataFrame(rows, columns=list(Row._fields))


def _distribution(cells: pd.DataFrame) -> Iterator[Row]:
    for (programme, year), block in blocks(cells, ["programme", "year"]):
        everybody = f"programme={programme}"
        if {"urban", "rural"} <= set(block["area"]):
            urban, rural = (both(block[block["area"] == area], inequality.mean) for area in ("urban", "rural"))
            yield Row("urban_rural_ratio", everybody, year, *map(ratio, urban, rural))
        for name, (measure, _) in EVERYBODY.items():
            yield Row(name, everybody, year, *both(block, measure))
        yield from _parts(block, everybody, year)
        yield from _curves(block, everybody, year)
        for (group,), members in blocks(block, ["group"]):
            scope = f"{everybody};group={group}"
            for name, (measure, _) in EVERYBODY.items():
                yield Row(f"regional_{name}", scope, year, *both(members, measure))
            yield Row("lowest_benefit", scope, year, *both(members, inequality.lowest))
            yield from _curves(members, scope, year)


def _parts(cells: pd.DataFrame, scope: str, year: int) -> Iterator[Row]:
    """The entropies, split between and within."""
    eligible = cells["eligible"].to_numpy(float)
    sides = [cells[column].to_numpy(float) for column in ("benefit_before", "benefit")]
    for part, (column, _, _) in PARTS.items():
        codes = np.unique(cells[column].to_numpy(str), return_inverse=True)[1]
        for name, (order, _) in ENTROPIES.items():
            before, after = (inequality.entropy_parts(side, eligible, codes, order) for side in sides)
            yield Row(f"{name}_between_{part}", scope, year, before.between, after.between)
            yield Row(f"{name}_within_{part}", scope, year, before.within, after.within)


def _curves(cells: pd.DataFrame, scope: str, year: int) -> Iterator[Row]:
    """The mean and the points of the Lorenz curves."""
    means = both(cells, inequality.mean)
    yield Row("mean_benefit", scope, year, *means)
    for share in SHARES:
        held = both(cells, _held(share))
        yield Row("lorenz", f"{scope};poorest={share:g}", year, *held)
        yield Row("generalised_lorenz", f"{scope};poorest={share:g}", year, *np.multiply(held, means).tolist())


def _held(share: float) -> Callable[[Numbers, Numbers], float]:
    return lambda values, weights: inequality.lorenz(values, weights, share)

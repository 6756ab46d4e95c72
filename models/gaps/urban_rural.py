"""Gap between an urban and a rural group inside each region.

    gap = sum over regions r of p[r] * |x[r, urban] - x[r, rural]|,   x = benefit / standard,   sum of p = 1

for every programme and year in which a region has both groups; `relative` divides by the mean of x over the persons of
both groups. Use it together with a shortfall: alone it is linear
where one group is above the other everywhere, and then ranks regions by price rather than by need (docs/limits).

Source: paper 4.3 (optimise the urban and rural structure of social security).
"""

from collections.abc import Mapping

import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from commonweal.instances import Instance
from commonweal.language import _
from commonweal.models.core import rows
from commonweal.models.gap_terms import over_mean
from commonweal.models.parts import Expressed, RefusedError
from commonweal.models.weights import GapSettings, Weighting, gap_cells, masses_by_region, person_weights, weigh

KEEP = "value"


class Settings(GapSettings):
    """Settings of the urban-rural gap; weighting by regions is weighting every region equally."""

    urban: str | None = Field(default=None, description="urban group; by default the only group of area urban")
    rural: str | None = Field(default=None, description="rural group; by default the only group of area rural")
    relative: bool = Field(default=False, description="divide by the mean (one programme and year only)")


def _pairs(cells: pd.DataFrame, settings: Settings, least: int = 1) -> pd.DataFrame:
    """One row for each region, programme and year with both groups: columns urban, rural, persons.

    Each side needs `least` to one group: all cells have one, those of one programme may have none.
    """
    chosen = []
    for area, named in (("urban", settings.urban), ("rural", settings.rural)):
        side = cells[cells["group"] == named] if named else cells[cells["area"] == area]
        if not least <= side["group"].nunique() <= 1:
            found = ", ".join(sorted(side["group"].unique())) or "none"
            raise RefusedError(
                _("Gap urban_rural needs one {area} group and found {found}", area=area, found=found),
                _("the setting gaps.urban_rural.{area} to name one, or another gap", area=area),
            )
        chosen.append(side)
    keys = ["region", "programme", "year"]
    pairs = chosen[0].merge(chosen[1], on=keys, suffixes=("_urban", "_rural"))
    return pairs.assign(persons=pairs["persons_urban"] + pairs["persons_rural"])


def measure(cells: pd.DataFrame, settings: Settings) -> float:
    """The gap of one programme and year (dimensionless); zero where no region has both groups."""
    pairs = _pairs(cells.assign(programme="", year=0), settings, least=0)
    if pairs.empty:
        return 0.0
    share = person_weights(pairs, _by_region(settings))
    gap = float((share * (pairs["attainment_urban"] - pairs["attainment_rural"]).abs()).sum())
    if not settings.relative:
        return gap
    means = sum(_part(pairs, area) * pairs[f"attainment_{area}"] for area in ("urban", "rural"))
    return over_mean(gap, float((share * means).sum()))


def _part(pairs: pd.DataFrame, area: str) -> "pd.Series[float]":
    """Share of one side in the persons of both; half where there is nobody."""
    return (pairs[f"persons_{area}"] / pairs["persons"].where(pairs["persons"] > 0)).fillna(0.5)


def _by_region(settings: Settings) -> Weighting:
    """With one row a region, weighting by regions is weighting equally."""
    return "persons" if settings.weights == "persons" else "equal"


def masses(cells: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """What weighs in each region, as `models.weights.masses_by_region`: regions with both groups."""
    return masses_by_region(_pairs(cells, settings), _by_region(settings))


def express(
    block: pyo.Block,
    model: pyo.ConcreteModel,
    instance: Instance,
    settings: Settings,
    blocks: Mapping[tuple[str, int], float],
) -> Expressed:
    """Two non-negative parts of the difference and one row for each region, programme and year."""
    pairs = _pairs(gap_cells(instance), settings, least=1 if instance.origin is None else 0)
    if pairs.empty:
        return Expressed(0.0)
    weight = weigh(pairs, _by_region(settings), blocks)
    keys = list(zip(pairs["region"], pairs["programme"], pairs["year"].tolist(), strict=True))
    urban, rural = pairs["group_urban"].iloc[0], pairs["group_rural"].iloc[0]
    block.PAIRS = pyo.Set(initialize=keys, dimen=3, ordered=True)
    block.weight = pyo.Param(block.PAIRS, initialize=dict(zip(keys, weight.tolist(), strict=True)))
    block.urban_ahead = pyo.Var(block.PAIRS, bounds=(0, None))
    block.rural_ahead = pyo.Var(block.PAIRS, bounds=(0, None))
    # Constraint templates take neither a constant among the indices nor a parameter as divisor.
    sides = [(r, urban, rural, p, t) for r, p, t in keys]
    block.SIDES = pyo.Set(initialize=sides, dimen=5, ordered=True)
    block.per_standard = pyo.Param(model.CELLS, initialize=lambda _, *cell: 1 / model.standard[cell])
    rows(
        block,
        "difference",
        block.SIDES,
        lambda b, r, u, v, p, t: (
            b.per_standard[r, u, p, t] * model.benefit[r, u, p, t]
            - b.per_standard[r, v, p, t] * model.benefit[r, v, p, t]
            == b.urban_ahead[r, p, t] - b.rural_ahead[r, p, t]
        ),
    )
    value = pyo.quicksum(
        block.weight[r, p, t] * (block.urban_ahead[r, p, t] + block.rural_ahead[r, p, t]) for r, p, t in block.PAIRS
    )
    if not settings.relative:
        return Expressed(value)
    means = pyo.quicksum(
        part * share / weight.sum() * model.benefit[r, group, p, t] / model.standard[r, group, p, t]
        for area, group in (("urban", urban), ("rural", rural))
        for (r, p, t), share, part in zip(keys, weight.tolist(), _part(pairs, area).tolist(), strict=True)
    )
    return Expressed(value, over=means)

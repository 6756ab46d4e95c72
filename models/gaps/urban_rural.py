"""Absolute gap between an urban and a rural group inside each region.

    gap = sum over regions r of p[r] * |x[r, urban] - x[r, rural]|,   x = benefit / standard,   sum of p = 1

for every programme and year in which a region has both groups. Use it together with a shortfall: alone it is linear
where one group is above the other everywhere, and then ranks regions by price rather than by need (docs/limits).

Source: paper 4.3 (optimise the urban and rural structure of social security).
"""

from collections.abc import Mapping

import pandas as pd
import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Instance
from commonweal.models.core import rows
from commonweal.models.parts import Expressed
from commonweal.models.weights import Weighting, gap_cells, person_weights, weigh

KEEP = "value"


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the urban-rural gap."""

    weight: float = Field(default=1.0, ge=0, description="weight among the gaps minimised together")
    urban: str | None = Field(default=None, description="urban group; by default the only group of area urban")
    rural: str | None = Field(default=None, description="rural group; by default the only group of area rural")
    weights: Weighting = Field(default="persons", description="what regions are weighted by: persons or equal")


def _pairs(cells: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """One row for each region, programme and year with both groups: columns urban, rural, persons."""
    chosen = []
    for area, named in (("urban", settings.urban), ("rural", settings.rural)):
        side = cells[cells["group"] == named] if named else cells[cells["area"] == area]
        if side["group"].nunique() != 1:
            found = ", ".join(sorted(side["group"].unique())) or "none"
            raise ValueError(
                f"gap urban_rural needs one {area} group and found {found}: name it in gaps.urban_rural.{area}"
            )
        chosen.append(side)
    keys = ["region", "programme", "year"]
    pairs = chosen[0].merge(chosen[1], on=keys, suffixes=("_urban", "_rural"))
    return pairs.assign(persons=pairs["persons_urban"] + pairs["persons_rural"])


def measure(cells: pd.DataFrame, settings: Settings) -> float:
    """The gap of one programme and year (dimensionless); zero where no region has both groups."""
    pairs = _pairs(cells.assign(programme="", year=0), settings)
    if pairs.empty:
        return 0.0
    gap = (pairs["attainment_urban"] - pairs["attainment_rural"]).abs()
    return float((person_weights(pairs, _by_region(settings)) * gap).sum())


def _by_region(settings: Settings) -> Weighting:
    """With one row a region, weighting by regions is weighting equally."""
    return "persons" if settings.weights == "persons" else "equal"


def express(
    block: pyo.Block,
    model: pyo.ConcreteModel,
    instance: Instance,
    settings: Settings,
    blocks: Mapping[tuple[str, int], float],
) -> Expressed:
    """Two non-negative parts of the difference and one row for each region, programme and year."""
    pairs = _pairs(gap_cells(instance), settings)
    weight = weigh(pairs, _by_region(settings), blocks)
    keys = list(zip(pairs["region"], pairs["programme"], pairs["year"].tolist(), strict=True))
    urban, rural = pairs["group_urban"].iloc[0], pairs["group_rural"].iloc[0]
    block.PAIRS = pyo.Set(initialize=keys, dimen=3, ordered=True)
    block.weight = pyo.Param(block.PAIRS, initialize=dict(zip(keys, weight.tolist(), strict=True)))
    block.urban_ahead = pyo.Var(block.PAIRS, bounds=(0, None))
    block.rural_ahead = pyo.Var(block.PAIRS, bounds=(0, None))
    rows(
        block,
        "difference",
        block.PAIRS,
        lambda b, r, p, t: model.benefit[r, urban, p, t] / model.standard[r, urban, p, t]
        - model.benefit[r, rural, p, t] / model.standard[r, rural, p, t]
        == b.urban_ahead[r, p, t] - b.rural_ahead[r, p, t],
    )
    return Expressed(
        pyo.quicksum(
            block.weight[r, p, t] * (block.urban_ahead[r, p, t] + block.rural_ahead[r, p, t])
            for r, p, t in block.PAIRS
        )
    )

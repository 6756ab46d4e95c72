"""How much each year, programme and person counts in a gap.

Year weights fall by `discount` and are scaled to sum to one, as are programme weights, so a total gap is an average
over years and programmes and can be compared between horizons. Inside one programme and year, cells are weighted by
eligible persons, by region (each region alike, persons inside it) or equally; these weights sum to one as well.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, cast

import numpy as np
import pandas as pd
from pydantic import BaseModel, Field

from commonweal.instances import Instance

Weighting = Literal["persons", "regions", "equal"]


class Weights(BaseModel, extra="forbid", frozen=True):
    """Weights of years and programmes."""

    discount: float = Field(default=1.0, gt=0, le=1, description="weight of a year relative to the year before")
    programmes: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default={}, description="weight of a programme in the gap; those not named count 1"
    )


class GapSettings(BaseModel, extra="forbid", frozen=True):
    """What every gap measure can be told."""

    weight: float = Field(default=1.0, ge=0, description="weight among the gaps minimised together")
    order: int = Field(default=1, ge=1, description="gaps of order 1 go first; later ones choose among what is left")
    weights: Weighting = Field(default="persons", description="what cells are weighted by: persons, regions, equal")


def gap_orders(chosen: Mapping[str, BaseModel]) -> list[tuple[str, ...]]:
    """The names of the gaps, order by order."""
    orders = {name: settings.order for name, settings in chosen.items()}  # type: ignore[attr-defined]
    return [tuple(n for n, order in orders.items() if order == each) for each in sorted(set(orders.values()))]


def block_weights(instance: Instance, weights: Weights) -> dict[tuple[str, int], float]:
    """Weight of every (programme, year) that has people; they sum to one over programmes and years."""
    blocks = instance.people[["programme", "year"]].drop_duplicates()
    first = instance.years[0]
    raw = {
        (p, t): weights.programmes.get(p, 1.0) * weights.discount ** (t - first)
        for p, t in zip(blocks["programme"].tolist(), blocks["year"].tolist(), strict=True)
    }
    total = sum(raw.values())
    return {block: value / total for block, value in sorted(raw.items())}


def person_weights(cells: pd.DataFrame, weighting: Weighting) -> "pd.Series[float]":
    """Weights of the cells of one programme and year, summing to one; columns region, persons are read."""
    persons = cells["persons"].to_numpy(dtype=float)
    if weighting == "equal" or persons.sum() == 0:
        return pd.Series(1.0 / max(len(cells), 1), index=cells.index)
    if weighting == "regions":
        by_region = cells.groupby("region")["persons"].transform("sum").to_numpy(dtype=float)
        share = np.where(by_region > 0, persons / np.where(by_region > 0, by_region, 1.0), 0.0)
        return pd.Series(share / share.sum(), index=cells.index)
    return pd.Series(persons / persons.sum(), index=cells.index)


def weigh(cells: pd.DataFrame, weighting: Weighting, blocks: Mapping[tuple[str, int], float]) -> "pd.Series[float]":
    """Weight of every cell over all programmes and years: its share in its block times the block's weight."""
    parts = [
        person_weights(block, weighting) * blocks[cast(tuple[str, int], key)]
        for key, block in cells.groupby(["programme", "year"], sort=False)
    ]
    return pd.concat(parts).reindex(cells.index) if parts else pd.Series(dtype=float)


def gap_cells(instance: Instance) -> pd.DataFrame:
    """Every cell with region, group, area, programme, year, persons, standard: what gap measures look at."""
    cells = instance.people.merge(
        instance.schemes[["programme", "group", "year", "standard"]], on=["programme", "group", "year"]
    ).merge(instance.groups[["group", "area"]], on="group")
    cells = cells.rename(columns={"eligible": "persons"})
    return cells[["region", "group", "area", "programme", "year", "persons", "standard", "benefit"]]

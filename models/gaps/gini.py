"""Gini: half the mean difference between any two persons.

    gap = 1/2 * sum over cells i, j of p[i] * p[j] * |x[i] - x[j]|,   x = benefit / standard,   sum of p = 1

for every programme and year; `relative` divides by the mean, which is the Gini coefficient.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from commonweal.instances import Instance
from commonweal.models.core import rows
from commonweal.models.gap_terms import counted, keys, mean, over_mean
from commonweal.models.parts import Expressed
from commonweal.models.weights import GapSettings, person_weights

KEEP = "value"


class Settings(GapSettings):
    """Settings of the Gini gap."""

    relative: bool = Field(default=False, description="divide by the mean (one programme and year only)")


def measure(cells: pd.DataFrame, settings: Settings) -> float:
    """The gap of one programme and year (dimensionless), by sorting; reads region, persons, attainment."""
    share, x = person_weights(cells, settings.weights).to_numpy(), cells["attainment"].to_numpy(dtype=float)
    order = np.argsort(x, kind="stable")
    share, x = share[order], x[order]
    below = np.cumsum(share) - share
    difference = float(share * x @ (2 * below + share - 1))
    return over_mean(difference, float(share @ x)) if settings.relative else difference


def express(
    block: pyo.Block,
    model: pyo.ConcreteModel,
    instance: Instance,
    settings: Settings,
    blocks: Mapping[tuple[str, int], float],
) -> Expressed:
    """|y| = 2 max(0, y) - y for every pair."""
    cells = counted(instance, settings, blocks)
    pairs: list[tuple[Any, ...]] = []
    worth: dict[tuple[Any, ...], float] = {}
    linear: Any = 0.0
    for _, part in cells.groupby(["programme", "year"], sort=False):
        share = part["weight"].to_numpy() / part["weight"].sum()
        total = float(part["weight"].sum())
        index = keys(part)
        for i in range(len(index)):
            for j in range(i + 1, len(index)):
                k = (*index[i][:2], *index[j])
                pairs.append(k)
                worth[k] = 2 * total * float(share[i] * share[j])
        after = 1 - np.cumsum(share)
        before = np.cumsum(share) - share
        linear += pyo.quicksum(
            -total * float(s * (a - b)) * model.benefit[k] / model.standard[k]
            for s, a, b, k in zip(share, after, before, index)
        )
    block.PAIRS = pyo.Set(initialize=pairs, dimen=6, ordered=True)
    block.ahead = pyo.Var(block.PAIRS, bounds=(0, None))
    rows(
        block,
        "difference",
        block.PAIRS,
        lambda b, q, h, r, g, p, t: b.ahead[q, h, r, g, p, t]
        >= model.benefit[q, h, p, t] / model.standard[q, h, p, t] - model.benefit[r, g, p, t] / model.standard[r, g, p, t],
    )
    value = linear + pyo.quicksum(worth[k] * block.ahead[k] for k in block.PAIRS)
    return Expressed(value, over=mean(model, cells) if settings.relative else None)

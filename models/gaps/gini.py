"""Gini: half the mean difference between any two persons, the measure most people know.

    gap = 1/2 * sum over cells i, j of p[i] * p[j] * |x[i] - x[j]|,   x = benefit / standard,   sum of p = 1

for every programme and year; `relative` divides by the mean, which makes it the Gini coefficient. Every transfer from a
better-off to a worse-off person lowers it, but so does a cut of those above: keep it together with rules against cuts.

Small cases (up to 20,000 pairs) are solved exactly, a row for each pair. Larger ones by quantile lines, which prove a
bound, added where the bound is loose; the true value of the plan is found by sorting, so the distance is certified.

Source: Gini, Variabilita e mutabilita (1912); Sen, On Economic Inequality (1973).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from pydantic import Field

from commonweal.instances import Instance
from commonweal.models.core import rows
from commonweal.models.gap_terms import counted, declare, keys, mean, over_mean
from commonweal.models.parts import Expressed, Ranked
from commonweal.models.weights import GapSettings, person_weights

KEEP = "value"
MOST_PAIRS = 20_000
LINES = 4  # of the model itself; the search adds many more, where they count


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
    """Every pair, or quantile lines where there are too many."""
    cells = counted(instance, settings, blocks)
    declare(block, cells)
    parts = [part for _, part in cells.groupby(["programme", "year"], sort=False)]
    over = mean(model, cells) if settings.relative else None
    if sum(len(part) * (len(part) - 1) // 2 for part in parts) <= MOST_PAIRS:
        return Expressed(_pairs(block, model, parts), over=over)
    value, ranked = _lines(block, model, parts)
    return Expressed(value, ranked=ranked, over=over)


def _pairs(block: pyo.Block, model: pyo.ConcreteModel, parts: list[pd.DataFrame]) -> Any:
    """|y| = 2 max(0, y) - y for the difference y of every pair."""
    worth: dict[tuple[Any, ...], float] = {}
    straight: Any = 0.0
    for part in parts:
        share, total = part["weight"].to_numpy() / part["weight"].sum(), float(part["weight"].sum())
        index = keys(part)
        for i, j in zip(*np.triu_indices(len(index), 1), strict=True):
            worth[(*index[i][:2], *index[j])] = 2 * total * float(share[i] * share[j])
        later_less_earlier = 1 - 2 * np.cumsum(share) + share
        straight -= pyo.quicksum(
            total * w * block.per_standard[i] * model.benefit[i]
            for i, w in zip(index, (share * later_less_earlier).tolist(), strict=True)
        )
    block.PAIRS = pyo.Set(initialize=list(worth), dimen=6, ordered=True)
    block.ahead = pyo.Var(block.PAIRS, bounds=(0, None), doc="by how much the first is ahead, share of the standard")
    rows(
        block,
        "difference",
        block.PAIRS,
        lambda b, q, h, r, g, p, t: (
            b.ahead[q, h, r, g, p, t]
            >= b.per_standard[q, h, p, t] * model.benefit[q, h, p, t]
            - b.per_standard[r, g, p, t] * model.benefit[r, g, p, t]
        ),
    )
    return straight + pyo.quicksum(w * block.ahead[k] for k, w in worth.items())


def _lines(block: pyo.Block, model: pyo.ConcreteModel, parts: list[pd.DataFrame]) -> tuple[Any, tuple[Ranked, ...]]:
    """2 * sum over lines of [tau * (mean - level) + mean of what is missing to the level] / (lines + 1)."""
    block.K = pyo.RangeSet(1, LINES)
    block.PARTS = pyo.Set(initialize=[keys(part)[0][2:] for part in parts], dimen=2, ordered=True)
    block.level = pyo.Var(block.PARTS, block.K, bounds=(0, None), doc="level of a line, share of the standard")
    block.short = pyo.Var(block.CELLS, block.K, bounds=(0, None), doc="missing to the level, share of the standard")
    block.LOOKS = pyo.Set(initialize=[(*i, k) for i in block.CELLS for k in block.K], dimen=5, ordered=True)
    rows(
        block,
        "below",
        block.LOOKS,
        lambda b, r, g, p, t, k: (
            b.short[r, g, p, t, k] + b.per_standard[r, g, p, t] * model.benefit[r, g, p, t] >= b.level[p, t, k]
        ),
    )
    taus = tuple(k / (LINES + 1) for k in block.K)
    value: Any = 0.0
    found = []
    for part in parts:
        index, total = keys(part), float(part["weight"].sum())
        short = tuple(tuple(block.short[(*i, k)] for i in index) for k in block.K)
        level = tuple(block.level[(*index[0][2:], k)] for k in block.K)
        share = part["weight"].to_numpy(dtype=float) / total
        missing = (pyo.quicksum(s * z for s, z in zip(share.tolist(), line, strict=True)) for line in short)
        value += (2 * total / (LINES + 1)) * pyo.quicksum(
            tau * (mean(model, part) - q) + gone for tau, q, gone in zip(taus, level, missing, strict=True)
        )
        unit = part["standard"].to_numpy(dtype=float)
        found.append(Ranked(index, model.benefit, level, short, taus, total, share, unit))
    return value, tuple(found)

"""Building blocks of gap measures: the cells that count, their means, and separable convex costs as segments.

Attainment x = benefit / standard, as everywhere in `models/gaps/`; a block is one programme and year.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyomo.environ as pyo

from commonweal.instances import Instance
from commonweal.language import _
from commonweal.models.core import CELL, rows
from commonweal.models.coverage import new_cells
from commonweal.models.parts import Curves, Expressed, Index, RefusedError
from commonweal.models.weights import GapSettings, gap_cells, weigh

Floats = npt.NDArray[np.float64]
MOST_COUPLED = 2_000  # cells that a mean may couple: beyond, its dense columns take minutes
BEYOND = 1e-6  # of the end of a cost: a cell so far beyond it stays there whatever rounding does
SEGMENTS = 12  # 8 would do for the first look; refinement puts most of them around the solution


def counted(instance: Instance, settings: GapSettings, blocks: Mapping[tuple[str, int], float]) -> pd.DataFrame:
    """The cells that carry weight: columns of `gap_cells`, `weight` (share in the block times the block's weight)."""
    cells = gap_cells(instance)
    cells = cells.assign(weight=weigh(cells, settings.weights, blocks))
    return cells[(cells["weight"] > 0) & (cells["standard"] > 0)].reset_index(drop=True)


def keys(cells: pd.DataFrame) -> tuple[Index, ...]:
    """(r, g, p, t) of every row."""
    return tuple(zip(*(cells[key].tolist() for key in CELL), strict=True))


def declare(block: pyo.Block, cells: pd.DataFrame) -> None:
    """block.CELLS (r, g, p, t) with block.weight and block.per_standard, 1 / standard."""
    index = keys(cells)
    block.CELLS = pyo.Set(initialize=index, dimen=4, ordered=True)
    block.weight = pyo.Param(block.CELLS, initialize=dict(zip(index, cells["weight"].tolist(), strict=True)))
    per_standard = dict(zip(index, (1 / cells["standard"]).tolist(), strict=True))
    block.per_standard = pyo.Param(block.CELLS, initialize=per_standard)  # templates take no parameter as divisor


def mean(model: pyo.ConcreteModel, cells: pd.DataFrame) -> Any:
    """Weighted mean attainment of the cells, as an expression."""
    share = (cells["weight"] / cells["weight"].sum() / cells["standard"]).tolist()
    return pyo.quicksum(s * model.benefit[i] for s, i in zip(share, keys(cells), strict=True))


def over_mean(amount: float, centre: float) -> float:
    """`amount / centre`; where everybody has zero there is no inequality."""
    return 0.0 if centre == 0 else amount / centre


def few_enough(cells: pd.DataFrame, what: str, instead: str) -> None:
    """Refuse a mean that would couple too many cells. Error: RefusedError."""
    if len(cells) > MOST_COUPLED:
        raise RefusedError(
            _(
                "Gap {what} couples every cell with every other, which is slow beyond {most:,d} "
                "cells; this case has {n:,d}",
                what=what,
                most=MOST_COUPLED,
                n=len(cells),
            ),
            instead,
        )


def declare_means(block: pyo.Block, model: pyo.ConcreteModel, cells: pd.DataFrame, parts: list[str]) -> None:
    """block.mean[part]: weighted mean attainment of each part (a combination of the columns `parts`), by a row."""
    members = dict(iter(cells.groupby(parts, sort=False)))  # a group-by has `keys` of its own
    block.PARTS = pyo.Set(initialize=list(members), dimen=len(parts), ordered=True)
    block.mean = pyo.Var(block.PARTS, bounds=(0, None), doc="weighted mean attainment")
    block.mean_is = pyo.Constraint(pyo.Any)
    for part, rows_ in members.items():
        block.mean_is[part] = block.mean[part] == mean(model, rows_)


def least_benefit(model: pyo.ConcreteModel, cell: Index) -> float:
    """What no plan leaves a cell below, currency units per eligible person."""
    benefit = model.benefit[cell]
    return float(benefit.value if benefit.fixed else max(benefit.lb or 0.0, model.least_benefit.get(cell, 0.0)))


def curves(
    block: pyo.Block,
    model: pyo.ConcreteModel,
    cells: pd.DataFrame,
    end: float,
    phi: Callable[[Floats], Floats],
    slope: Callable[[Floats], Floats],
) -> Expressed:
    """The sum of weight * phi(x) as segments between knots, at first spread evenly from zero to `end`.

    `phi` is convex, not increasing, and zero from `end` on; `slope` is its derivative. The search moves the knots.
    Cells that no plan can leave below the end have no segments: they cost nothing whatever is planned.
    """
    least = np.array([least_benefit(model, i) for i in keys(cells)])
    cells = cells[least < end * (1 + BEYOND) * cells["standard"].to_numpy()]
    if cells.empty:  # a weight of nought, or nobody who could have less than the end
        return Expressed(0.0)
    index = keys(cells)
    unit, weight = cells["standard"].to_numpy(dtype=float), cells["weight"].to_numpy(dtype=float)
    knots = np.linspace(0.0, end, SEGMENTS + 1)
    step = end / SEGMENTS
    slopes = np.diff(phi(knots)) / step
    length = dict(zip(index, (step * unit).tolist(), strict=True))
    worth = dict(zip(index, (weight / unit).tolist(), strict=True))
    block.CELLS = pyo.Set(initialize=index, dimen=4, ordered=True)
    block.K = pyo.Set(initialize=range(SEGMENTS), ordered=True)
    block.worth = pyo.Param(block.CELLS, initialize=worth, within=pyo.Any, doc="weight over standard")
    block.slope = pyo.Param(block.K, initialize=dict(enumerate(slopes.tolist())), doc="of phi")
    block.segment = pyo.Var(block.CELLS, block.K, bounds=lambda b, r, g, p, t, k: (0, length[r, g, p, t]))
    block.above = pyo.Var(block.CELLS, bounds=(0, None))
    rows(
        block,
        "attained",
        block.CELLS,
        lambda b, r, g, p, t: (
            model.benefit[r, g, p, t] == sum(b.segment[r, g, p, t, k] for k in b.K) + b.above[r, g, p, t]
        ),
    )
    # Implied where coverage is all or nothing, and what makes the search over coverage short: without it a sliver of
    # coverage would count for a whole benefit as long as coverage is not yet decided.
    reach = {i: end * model.standard[i] / model.opened[i] for i in new_cells(model) if i in block.CELLS}
    block.NEW = pyo.Set(initialize=list(reach), dimen=4, ordered=True)
    block.reach = pyo.Param(block.NEW, initialize=reach, doc="end of the cost, over the least share covered")
    rows(
        block,
        "counted_if_covered",
        block.NEW,
        lambda b, r, g, p, t: (
            model.benefit[r, g, p, t] - b.above[r, g, p, t] <= b.reach[r, g, p, t] * model.coverage_share[r, g, p, t]
        ),
    )

    def gained() -> Any:
        return sum(
            block.worth[r, g, p, t] * block.slope[k] * block.segment[r, g, p, t, k]
            for r, g, p, t in block.CELLS
            for k in block.K
        )

    return Expressed(
        float(weight.sum()) * float(phi(knots[:1])[0]),
        Curves(index, block.segment, block.above, block.attained, weight, unit, end, phi, slope),
        rule=gained,
    )

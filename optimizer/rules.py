"""The rules of every lever: where they stand in the model, whether they bind, and their prices.

A price is the change of the total gap for one more unit of the rule's limit, from the gap stage. Where prices are
computed on both sides (`optimizer.prices`), a rule whose price differs by side has none of its own, only the two.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from scipy.sparse import csr_array

from commonweal.instances import Instance
from commonweal.models.build import Built
from commonweal.models.core import FLOWS
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.highs import ABSENT, Solution, Solver
from commonweal.optimizer.language import mark
from commonweal.optimizer.tangent import BINDING

SAME = 1e-6  # relative: prices closer than this are one price
UNITS = {
    "benefit": "{benefit}",
    "rate": mark("of the contribution base"),
    **dict.fromkeys((*FLOWS, "unfunded", "closing"), "{money}"),
}
Kind = Literal["row", "lower", "upper"]


@dataclass(frozen=True)
class Rule:
    """One limit of one lever: a row of the model, or a bound of a column, by number.

    sense: 1 if the limit is written as users say it, -1 if with the other sign. limit and its unit (a template).
    """

    lever: str
    rule: str
    region: str
    year: int | None
    kind: Kind
    at: int
    sense: int
    limit: float
    unit: str


@dataclass(frozen=True)
class Price:
    """Change of the gap per unit of a limit, a little lower and a little higher; None where it cannot go that way.

    low, high: limits between which the gap stays the same quadratic function of the limit (linear for gaps made of
    lines); infinite without end, NaN where not looked for.
    """

    left: float | None
    right: float | None
    low: float
    high: float


def rules_of(built: Built, solver: Solver) -> Iterator[Rule]:
    """Every rule of every lever that the model holds."""
    rows = csr_array(solver.matrix)
    for lever, effects in built.effects.items():
        for constraint in built.model.lever[lever].component_objects(pyo.Constraint, active=True):
            index = list(constraint)
            for i, row in zip(index, solver.row_numbers(constraint, index).tolist(), strict=True):
                if row != ABSENT:
                    sense, unit = speech(solver, rows, row)
                    limit = sense * float(solver.limits[row]) + 0.0
                    yield Rule(lever, *where(built.model, constraint.local_name, i), "row", row, sense, limit, unit)
        for bound in effects.bounds:
            columns = solver.columns(bound.var, bound.indices)
            unit = UNITS.get(bound.var.local_name, "")
            for i, column in zip(bound.indices, columns.tolist(), strict=True):
                if column != ABSENT:
                    limit = float(solver.given[bound.side == "upper"][column])
                    yield Rule(lever, *where(built.model, bound.rule, i), bound.side, column, 1, limit, unit)


def speech(solver: Solver, rows: csr_array, row: int) -> tuple[int, str]:
    """(sense, unit) of a row: those of the variables that stand in it as they are."""
    start, stop = rows.indptr[row], rows.indptr[row + 1]
    plain = [
        (float(value), UNITS.get(solver.variables[column].parent_component().local_name, ""))
        for column, value in zip(rows.indices[start:stop].tolist(), rows.data[start:stop].tolist(), strict=True)
        if abs(value) == 1.0 and column < len(solver.variables)
    ]
    unit = next((unit for _, unit in plain if unit), "")
    return (-1 if plain and all(value < 0 for value, _ in plain) else 1), unit


def where(m: pyo.ConcreteModel, rule: str, index: Any) -> tuple[str, str, int | None]:
    """(rule with what it speaks of, region, year) of an index such as (r, g, p, t) or (f, t)."""
    parts = list(index) if isinstance(index, tuple) else [index]
    year = parts.pop() if parts and isinstance(parts[-1], int) else None
    region = parts.pop(0) if parts and parts[0] in m.REGIONS else ""
    return (f"{rule}: {', '.join(map(str, parts))}" if parts else rule, str(region), year)


def slack_of(rule: Rule, solver: Solver, priced: Solution, activity: Any) -> float:
    """Room left before the rule binds, in the unit of its limit."""
    value = float(activity[rule.at]) if rule.kind == "row" else float(priced.x[rule.at])
    return abs(rule.limit - rule.sense * value)


def binds(rule: Rule, slack: float) -> bool:
    """Is so little room none."""
    return slack <= BINDING * max(abs(rule.limit), 1.0)


def rules_table(
    built: Built, solver: Solver, priced: Solution, instance: Instance, prices: Mapping[tuple[Kind, int], Price]
) -> pd.DataFrame:
    """rules.csv: price, slack and binding of every rule; both sides and validity for those in `prices`."""
    activity = solver.matrix @ priced.x[: solver.matrix.shape[1]]
    words = units(instance)
    rows = []
    for rule in rules_of(built, solver):
        slack = slack_of(rule, solver, priced, activity)
        binding = binds(rule, slack)
        dual = priced.row_dual[rule.at] if rule.kind == "row" else priced.column_dual[rule.at]
        own = rule.sense * float(dual) + 0.0 if binding else 0.0
        sides = _sides(own, prices.get((rule.kind, rule.at)))
        place = (rule.lever, rule.rule, rule.region, rule.year)
        rows.append((*place, *sides, slack, binding, rule.limit, words.text(rule.unit)))
    columns = ["lever", "rule", "region", "year", "price", "price_from", "price_to", "valid_from", "valid_to",
               "slack", "binding", "limit", "unit"]  # fmt: skip
    numbers = dict.fromkeys((*columns[4:10], "limit"), float)
    texts = dict.fromkeys(("lever", "rule", "region", "unit"), str)
    return pd.DataFrame(rows, columns=columns).astype({**numbers, **texts, "year": "Int64", "binding": bool})


def _sides(own: float, price: Price | None) -> tuple[float | None, ...]:
    """(price, price_from, price_to, valid_from, valid_to); infinite limits are blank."""
    if price is None:
        return own, None, None, None, None
    left, right = price.left, price.right
    if left is None or right is None:
        single = None
    else:
        single = right if abs(right - left) <= SAME * max(abs(left), abs(right)) else None
    ends = (value if np.isfinite(value) else None for value in (price.low, price.high))
    return single, left, right, *ends

"""Some regions of a nation as a model in its solver: where national rules and what all regions share stand in it.

Every other row has to stay inside one region, and every other column to belong to one: what does not is refused by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array, diags_array

from commonweal.instances import Instance
from commonweal.models.build import Built, build_model
from commonweal.optimizer.decompose.messages import Floats, Limit, Link, Spec
from commonweal.optimizer.decompose.split import together
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.highs import ABSENT, Ints, Solver
from commonweal.optimizer.language import _
from commonweal.optimizer.rules import speech
from commonweal.optimizer.structure import joined


@dataclass(frozen=True)
class Whole:
    """Some regions as a model in its solver. rows, limits: of the national rules. commons: columns that all regions share."""

    case: Instance
    built: Built
    solver: Solver
    rows: dict[Link, int]
    limits: dict[Link, Limit]
    commons: dict[Link, int]

    @classmethod
    def of(cls, spec: Spec) -> "Whole":
        """Build and load. Errors: UsageError for rows that join regions, Infeasible for rules against the data."""
        case, settings = spec.case.restrict(spec.regions), spec.scenario
        built = build_model(case, settings.levers, settings.gaps, settings.weights, blocks=spec.blocks)
        solver = Solver(built.model, settings.solver)
        rows, limits = _links(built, solver)
        commons = _commons(built, solver, spec.regions)
        if solver.integer[list(commons.values())].any():
            raise UsageError(
                _(
                    "The search decompose cannot split yes-or-no decisions that all regions share. "
                    "Use search.name = single."
                )
            )
        _check_regions(solver, together(spec.case, spec.scenario), set(rows.values()), set(commons.values()))
        return cls(case, built, solver, rows, limits, commons)

    @property
    def decisions(self) -> Ints:
        """Columns of yes-or-no decisions."""
        return np.flatnonzero(self.solver.integer).astype(np.int32)

    def decided(self, values: Floats) -> None:
        """Yes-or-no decisions have these values: what is left is a linear program."""
        x = np.zeros(self.solver.matrix.shape[1])
        x[self.decisions] = values
        self.solver.fix_integers(x)

    def nothing_missing(self) -> None:
        """Every obligation and soft floor is met: what a nation that can do so has to do before it looks at any gap.

        Nothing that counts in these stages is above its least. Error: UsageError if that need not be the best.
        """
        for stage in ("unfunded", "floors"):
            costs = self.solver.costs[stage]
            counts = np.flatnonzero(costs).astype(np.int32)
            least = self.solver.lower[counts]
            if (costs[counts] < 0).any() or not np.isfinite(least).all():
                raise UsageError(
                    _("The search decompose cannot split stage {stage}. Use search.name = single.", stage=_(stage))
                )
            self.solver.set_bounds(counts, least, least)

    def hold(self, values: Mapping[Link, float]) -> None:
        """Common decisions have these values."""
        for name, column in self.commons.items():
            value = np.array([values.get(name, self.solver.lower[column])])
            self.solver.set_bounds(np.array([column], dtype=np.int32), value, value)

    def steepest(self) -> float:
        """No unit of money, spent on one cell, lowers the gap by more in its year."""
        m, worth, ends = self.built.model, 0.0, self._ends()
        for gap in self.built.gaps:
            for curves in gap.curves:
                slope = -float(curves.slope(np.zeros((1, 1)))[0, 0])
                spent = np.array([m.eligible[i] * m.per_head.value for i in curves.cells])
                worth = max(worth, float((curves.weight * slope / curves.unit / spent).max(initial=0.0)))
        cells = [i for i in m.CELLS if m.eligible[i] > 0]
        column = self.solver.columns(m.benefit, cells)
        spent = np.array([m.eligible[i] * m.per_head.value for i in cells])
        return worth + float((ends[column] / spent)[column != ABSENT].max(initial=0.0))

    def _ends(self) -> Floats:
        """What a unit of each column may do at most to costs that are no segments but share a row with it."""
        segments = [self.solver.columns(c.segment) for gap in self.built.gaps for c in gap.curves if c.cells]
        costs = np.abs(self.solver.costs["gap"][: self.solver.matrix.shape[1]])
        costs[np.concatenate([np.empty(0, dtype=np.int32), *segments])] = 0.0
        matrix = abs(csr_array(self.solver.matrix))
        matrix.eliminate_zeros()
        inverse = matrix[:, np.flatnonzero(costs)]
        inverse.data = 1 / inverse.data
        ends: Floats = matrix.T @ (inverse @ costs[costs > 0])
        return ends


def _links(built: Built, solver: Solver) -> tuple[dict[Link, int], dict[Link, Limit]]:
    """The rows of national rules, and their limits. Error: UsageError for one with a constant of its own."""
    rows, limits, entries = {}, {}, csr_array(solver.matrix)
    for lever, effects in built.effects.items():
        for link in effects.links:
            constraint = built.model.lever[lever].component(link.rule)
            row = int(solver.row_numbers(constraint, [link.index])[0]) if link.index in constraint else ABSENT
            if row == ABSENT:
                continue
            if solver.limits[row] != link.limit or solver.kinds[row] == -1:
                raise UsageError(
                    _(
                        "The search decompose cannot split rule {lever} {rule}: it has a constant.",
                        lever=lever,
                        rule=link.rule,
                    )
                )
            rows[lever, link.rule, link.index] = row
            limits[lever, link.rule, link.index] = Limit(link.limit, link.equal, speech(solver, entries, row)[1])
    return rows, limits


def _first(index: Any) -> Any:
    return index[0] if isinstance(index, tuple) else index


def _commons(built: Built, solver: Solver, regions: tuple[str, ...]) -> dict[Link, int]:
    """Columns of decisions that belong to no region."""
    found = {}
    for lever, effects in built.effects.items():
        for decision, var in effects.decisions.items():
            index = [i for i in var if _first(i) not in regions]
            for i, column in zip(index, solver.columns(var, index).tolist(), strict=True):
                if column != ABSENT:
                    found[lever, decision, i if isinstance(i, tuple) else (i,)] = column
    return found


def _check_regions(solver: Solver, unit: Mapping[str, str], links: set[int], commons: set[int]) -> None:
    """Raise UsageError unless every column belongs to a region, by its first index, or is common to all, and no other
    row joins regions of different units."""
    number = {name: k for k, name in enumerate(sorted(set(unit.values())))}
    place = {region: number[name] for region, name in unit.items()}
    found = np.empty(len(solver.variables), dtype=np.int64)
    for k, var in enumerate(solver.variables):
        first = _first(var.index())
        if k not in commons and first not in place:
            raise UsageError(_("The search decompose cannot split {name}: it belongs to no region.", name=var.name))
        found[k] = -1 if k in commons else place[first]
    entries = solver.matrix.tocoo()
    label, own = found[entries.col], found[entries.col] >= 0
    first, last = np.full(entries.shape[0], len(number)), np.full(entries.shape[0], -1)
    np.minimum.at(first, entries.row[own], label[own])
    np.maximum.at(last, entries.row[own], label[own])
    first[list(links)] = last[list(links)]
    joining = np.flatnonzero(first < last)
    if len(joining):
        name = solver.rows[joining[0]].name
        raise UsageError(_("The search decompose cannot split rule {name}: it joins regions.", name=name))


def units_of(solver: Solver, links: set[int], commons: list[int]) -> tuple[Ints, int]:
    """Columns that no row but links connects are units of their own: shape (columns,), and how many there are.

    Columns that all regions share connect nothing, since their values are given.

    What uses no link has but one plan, and counts with the first unit.
    """
    matrix = csr_array(solver.matrix)
    own = csr_array(matrix[[row for row in range(matrix.shape[0]) if row not in links]])
    if commons:
        keep = np.ones(own.shape[1])
        keep[commons] = 0.0
        own = csr_array(own @ diags_array(keep))
        own.eliminate_zeros()
    label = joined(own)
    used = np.unique(label[np.unique(matrix[sorted(links)].indices)]) if links else label[:1]
    number = np.zeros(label.max(initial=0) + 1, dtype=np.int64)
    number[used] = np.arange(len(used))
    return number[label], len(used)

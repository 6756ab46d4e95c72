"""Some regions of a nation as a model of their own: the same model as ever, with money from outside at a price.

`build_model` writes the rows of national rules for the regions of the part, too. Here they hold nothing: what the
regions use of each is paid for instead,

    least[u] = min over plans of unit u of  gap[u] + sum over links l of price[l] * use[l, u]

A unit is what no other row connects with the rest: a region, or some of its funds. Units are read from the matrix, and
a row that joins two regions is refused. In the end the part is given its money, and planned to the end like any other case.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array

from commonweal.instances import Instance
from commonweal.models.build import Built, build_model
from commonweal.optimizer.decompose.columns import Columns
from commonweal.optimizer.decompose.memory import tidy
from commonweal.optimizer.decompose.messages import (
    UNMET,
    Answer,
    Ask,
    Common,
    Described,
    Floats,
    Given,
    Limit,
    Link,
    Spec,
)
from commonweal.optimizer.decompose.reduced import Reduced
from commonweal.optimizer.decompose.settled import Settled, settle
from commonweal.optimizer.errors import Infeasible, UsageError
from commonweal.optimizer.highs import ABSENT, Ints, Solution, Solver
from commonweal.optimizer.language import _
from commonweal.optimizer.refine import Family, Knots
from commonweal.optimizer.stages import families_of, knots_of
from commonweal.optimizer.structure import joined

ROUNDS = 12  # of knots, at one price

SEGMENTS = 8  # of a curve
WIDER = 27.0  # times: windows of cells that have left them
ELASTIC = 10.0  # a sample may overspend at so many times the largest worth of money


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
        if solver.mixed:
            raise UsageError(_("The search decompose cannot split yes-or-no decisions yet. Use search.name = single."))
        rows, limits = _links(built, solver)
        commons = _commons(built, solver, spec.regions)
        _check_regions(solver, spec.regions, set(rows.values()), set(commons.values()))
        return cls(case, built, solver, rows, limits, commons)

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


class Part:
    """A part at prices: only its reduced program is kept, until it is given its money and built again."""

    LEARNS = ("price", "rest")  # knots and bases stay where the last price left them

    def __init__(self, spec: Spec) -> None:
        """Build, load and reduce. Errors: as `Whole.of`, UsageError if obligations stay unmet."""
        self.spec = spec
        whole = Whole.of(spec)
        solver, model = whole.solver, whole.built.model
        unit, count = _units(solver, set(whole.rows.values()), list(whole.commons.values()))
        self.columns = Columns.of(solver, model, whole.rows, unit, count)
        limits = tuple(whole.limits[link] for link in self.columns.links)
        commons = tuple(
            Common(name, float(solver.lower[column]), float(solver.upper[column]))
            for name, column in whole.commons.items()
            if solver.lower[column] < solver.upper[column]
        )
        self._commons = np.array([whole.commons[each.name] for each in commons], dtype=np.int32)
        self._by_common = csr_array(csc_array(solver.matrix)[:, self._commons].T)
        self._described = Described(count, self.columns.links, self.columns.menus, limits, whole.steepest(), commons)
        # National rows hold nothing, and money of a menu comes from one column.
        solver.free_rows(np.array(list(whole.rows.values()), dtype=np.int32))
        capped = self.columns.capped
        solver.set_bounds(capped, solver.lower[capped], self.columns.caps)
        whole.nothing_missing()
        families = [_fewer(family, solver) for family in families_of(whole.built, solver)]
        segments = [family.columns.ravel() for family in families]
        cells = [i for gap in whole.built.gaps for curves in gap.curves for i in curves.cells]
        priced: list[Ints] = [self.columns.uses.tocoo().col, np.flatnonzero(solver.costs["gap"]), self._commons]
        with _unmet():
            self.reduced = Reduced(
                solver,
                np.unique(np.concatenate([*priced, *segments])),
                solver.columns(model.benefit, cells),
                np.concatenate([np.empty(0, dtype=np.int32), *(family.rows for family in families)]),
            )
        self.knots = [Knots(family, self.reduced, "gap") for family in families]
        self._places: list[Floats] | None = None
        self._cells = [unit[knots.family.columns[:, 0]] for knots in self.knots]
        del solver, model, whole
        tidy()

    def describe(self, _: object = None) -> Described:
        """What the part uses."""
        return self._described

    def price(self, ask: Ask) -> Answer:
        """The best plan of every unit at these prices. Errors: UsageError if obligations stay unmet, SolverFailed."""
        found, cost, error = self._priced(ask)
        used, prices = self.columns.used(found.x), self.columns.prices(ask)
        # What the units do costs their gap and their money; chords and true curves differ by the error at most.
        slopes: Floats = -(self._by_common @ found.row_dual[: self._by_common.shape[1]])
        return Answer(cost, cost + used @ prices - error, used, slopes)

    def _priced(self, ask: Ask) -> tuple[Solution, Floats, Floats]:
        """The plan at these prices, as exact as is asked; and `_by_unit` of it."""
        prices = self.columns.prices(ask)
        if len(self._commons):
            values = np.array([ask.commons[each.name] for each in self._described.commons])
            self.reduced.set_bounds(self._commons, values, values)
        for _round in range(ROUNDS):
            found = _minimise(self.reduced, self.reduced.costs["gap"] + self.columns.uses.T @ prices)
            cost, error = self._by_unit(found)
            if error.sum() <= ask.accuracy * cost.sum():
                break
            for knots in self.knots:
                _follow(knots, found)
        return found, cost, error

    def rest(self, last: Ask) -> None:
        """No more prices will come: what is kept for them goes, all but where they put the cells."""
        found, _, _ = self._priced(last)
        self._places = [knots.place(found) for knots in self.knots]
        del self.reduced, self.knots
        tidy()

    def settle(self, given: Given) -> Settled:
        """The whole plan of the part with the money it is given. Errors: Infeasible, SolverFailed."""
        if self._places is None:  # made anew since the others came to rest
            self.rest(given.last)
        whole = Whole.of(self.spec)
        whole.hold(given.money)
        found = settle(
            whole.built, whole.solver, whole.case, self.spec.scenario, whole.rows, given.money, self._places or ()
        )
        del whole
        tidy()
        return found

    def _by_unit(self, found: Solution) -> tuple[Floats, Floats]:
        """The true gap of every unit, and how much less any plan of it could cost; shapes (units,)."""
        count, reduced, unit = self.columns.count, self.reduced, self.columns.unit
        own = reduced.costs["gap"] * found.x
        cost: Floats = np.bincount(unit, own, minlength=count).astype(float)
        error = np.zeros(count)
        left = reduced.offsets["gap"]
        for knots, cells in zip(self.knots, self._cells, strict=True):
            family = knots.family
            start = family.weight * family.phi(np.zeros((len(cells), 1)))[:, 0]
            up, down = knots.corrections(found)
            cost += np.bincount(cells, start + up, minlength=count)
            error += np.bincount(cells, up - down, minlength=count)
            left -= float(start.sum())
        cost[0] += left
        return cost, error


def sampled(spec: Spec, scale: float) -> dict[Link, float]:
    """Prices of the links if these regions were the nation and had `scale` times the money; it may overspend.

    And the values that common decisions then have.
    """
    whole = Whole.of(spec)
    solver, links = whole.solver, list(whole.rows)
    whole.nothing_missing()
    rows = np.array([whole.rows[link] for link in links], dtype=np.int32)
    solver.limits[rows] *= scale
    solver.let_rows(rows)
    extra = solver.add_slacks(rows, np.full(len(rows), -1.0))
    solver.set_bounds(extra, np.zeros(len(rows)), np.full(len(rows), np.inf))
    solver.set_costs("gap", extra, np.full(len(rows), ELASTIC * whole.steepest()))
    families = knots_of(whole.built, solver)
    for _try in range(3):
        found = _minimise(solver, solver.costs["gap"])
        for knots in families:
            knots.gather(found)
    prices = {link: -float(found.row_dual[row]) for link, row in whole.rows.items()}
    return {**prices, **{name: float(found.x[column]) for name, column in whole.commons.items()}}


def _minimise(program: Solver | Reduced, costs: Floats) -> Solution:
    with _unmet():
        return program.minimise_costs(costs, program.offsets["gap"])


@contextmanager
def _unmet() -> Iterator[None]:
    """Regions that cannot meet everything, whatever money they are given: UsageError."""
    try:
        yield
    except Infeasible as error:
        raise UsageError(_(UNMET)) from error


def _fewer(family: Family, solver: Solver) -> Family:
    """The same curves with fewer segments: at one price after the other, small programs count for more than few rounds."""
    spare = family.columns[:, SEGMENTS:].ravel()
    solver.set_bounds(spare, np.zeros(len(spare)), np.zeros(len(spare)))
    return replace(family, columns=family.columns[:, :SEGMENTS])


def _follow(knots: Knots, found: Solution) -> None:
    """Put the knots around the solution; wider than before for cells that a new price has moved far away."""
    if knots.centre is not None:
        away = np.abs(knots.place(found) - knots.centre) >= knots.window
        knots.window = np.where(away, np.minimum(WIDER * knots.window, knots.family.end / knots.pieces), knots.window)
    knots.gather(found)


def _links(built: Built, solver: Solver) -> tuple[dict[Link, int], dict[Link, Limit]]:
    """The rows of national rules, and their limits. Error: UsageError for one with a constant of its own."""
    rows, limits = {}, {}
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
            limits[lever, link.rule, link.index] = Limit(link.limit, link.equal)
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


def _check_regions(solver: Solver, regions: tuple[str, ...], links: set[int], commons: set[int]) -> None:
    """Raise UsageError unless every column belongs to a region, by its first index, or is common to all, and no other
    row joins regions."""
    place = {region: k for k, region in enumerate(regions)}
    found = np.empty(len(solver.variables), dtype=np.int64)
    for k, var in enumerate(solver.variables):
        first = _first(var.index())
        if k not in commons and first not in place:
            raise UsageError(_("The search decompose cannot split {name}: it belongs to no region.", name=var.name))
        found[k] = -1 if k in commons else place[first]
    rows = csr_array(solver.matrix)
    label = found[rows.indices]
    for row in (row for row in range(rows.shape[0]) if row not in links):
        part = label[rows.indptr[row] : rows.indptr[row + 1]]
        part = part[part >= 0]
        if (part != part[:1]).any():
            raise UsageError(
                _("The search decompose cannot split rule {name}: it joins regions.", name=solver.rows[row].name)
            )


def _units(solver: Solver, links: set[int], commons: list[int]) -> tuple[Ints, int]:
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

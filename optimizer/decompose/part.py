"""Some regions of a nation as a model of their own: the same model as ever, with money from outside at a price.

`build_model` writes the rows of national rules for the regions of the part, too. Here they hold nothing: what the
regions use of each is paid for instead,

    least[u] = min over plans of unit u of  gap[u] + sum over links l of price[l] * use[l, u]

A unit is what no other row connects with the rest: a region, or some of its funds. Units are read from the matrix, and
a row that joins two regions is refused. In the end the part is given its money, and planned to the end like any other case.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from commonweal.instances import Instance
from commonweal.models.build import Built, build_model
from commonweal.optimizer.decompose.columns import Columns
from commonweal.optimizer.decompose.memory import tidy
from commonweal.optimizer.decompose.messages import UNMET, Answer, Ask, Described, Floats, Limit, Link, Spec
from commonweal.optimizer.decompose.reduced import Reduced
from commonweal.optimizer.decompose.settled import Money, Settled, settle
from commonweal.optimizer.decompose.split import shares
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
    """Some regions as a model in its solver. rows, limits: of the national rules."""

    case: Instance
    built: Built
    solver: Solver
    rows: dict[Link, int]
    limits: dict[Link, Limit]

    @classmethod
    def of(cls, spec: Spec) -> "Whole":
        """Build and load. Errors: UsageError for rows that join regions, Infeasible for rules against the data."""
        case, settings = spec.case.restrict(spec.regions), spec.scenario
        blocks = shares(case, settings.weights)
        built = build_model(case, settings.levers, settings.gaps, settings.weights, blocks=blocks)
        solver = Solver(built.model, settings.solver)
        if solver.mixed:
            raise UsageError(_("The search decompose cannot split yes-or-no decisions yet. Use search.name = single."))
        rows, limits = _links(built, solver)
        _check_regions(solver, spec.regions, set(rows.values()))
        return cls(case, built, solver, rows, limits)

    def nothing_unfunded(self) -> None:
        """Every obligation is met: what a nation that can do so has to do before it looks at any gap."""
        unfunded = self.solver.columns(self.built.model.unfunded)
        unfunded = unfunded[unfunded != ABSENT]
        self.solver.set_bounds(unfunded, np.zeros(len(unfunded)), np.zeros(len(unfunded)))

    def steepest(self) -> float:
        """The most a unit of money, spent on one cell, lowers the gap in its year."""
        m, worth = self.built.model, 0.0
        for gap in self.built.gaps:
            for curves in gap.curves:
                slope = -float(curves.slope(np.zeros((1, 1)))[0, 0])
                spent = np.array([m.eligible[i] * m.per_head.value for i in curves.cells])
                worth = max(worth, float((curves.weight * slope / curves.unit / spent).max(initial=0.0)))
        return worth


class Part:
    """A part at prices: only its reduced program is kept, until it is given its money and built again."""

    def __init__(self, spec: Spec) -> None:
        """Build, load and reduce. Errors: as `Whole.of`."""
        self.spec = spec
        whole = Whole.of(spec)
        solver, model = whole.solver, whole.built.model
        unit, count = _units(solver, set(whole.rows.values()))
        self.columns = Columns.of(solver, model, whole.rows, unit, count)
        limits = tuple(whole.limits[link] for link in self.columns.links)
        self._described = Described(count, self.columns.links, self.columns.menus, limits, whole.steepest())
        # National rows hold nothing, and money of a menu comes from one column.
        solver.free_rows(np.array(list(whole.rows.values()), dtype=np.int32))
        capped = self.columns.capped
        solver.set_bounds(capped, solver.lower[capped], self.columns.caps)
        whole.nothing_unfunded()
        families = [_fewer(family, solver) for family in families_of(whole.built, solver)]
        segments = [family.columns.ravel() for family in families]
        cells = [i for gap in whole.built.gaps for curves in gap.curves for i in curves.cells]
        self.reduced = Reduced(
            solver,
            np.unique(np.concatenate([self.columns.uses.tocoo().col, *segments])),
            solver.columns(model.benefit, cells),
            np.concatenate([np.empty(0, dtype=np.int32), *(family.rows for family in families)]),
        )
        self.knots = [Knots(family, self.reduced, "gap") for family in families]
        self._cells = [unit[knots.family.columns[:, 0]] for knots in self.knots]
        del solver, model, whole
        tidy()

    def describe(self, _: object = None) -> Described:
        """What the part uses."""
        return self._described

    def price(self, ask: Ask) -> Answer:
        """The best plan of every unit at these prices. Errors: UsageError if obligations stay unmet, SolverFailed."""
        prices = self.columns.prices(ask)
        for _round in range(ROUNDS):
            costs = self.reduced.costs["gap"] + self.columns.uses.T @ prices
            found = _minimise(self.reduced, costs)
            cost, error = self._by_unit(found)
            if error.sum() <= ask.accuracy * cost.sum():
                break
            for knots in self.knots:
                _follow(knots, found)
        used = self.columns.used(found.x)
        # What the units do costs their gap and their money; chords and true curves differ by the error at most.
        return Answer(cost, cost + used @ prices - error, used)

    def rest(self, _: object = None) -> None:
        """No more prices will come: what is kept for them goes."""
        del self.reduced, self.knots
        tidy()

    def settle(self, money: Money) -> Settled:
        """The whole plan of the part with the money it is given. Errors: Infeasible, SolverFailed."""
        whole = Whole.of(self.spec)
        found = settle(whole.built, whole.solver, whole.case, self.spec.scenario, whole.rows, money)
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
    """Prices of the links if these regions were the nation and had `scale` times the money; it may overspend."""
    whole = Whole.of(spec)
    solver, links = whole.solver, list(whole.rows)
    whole.nothing_unfunded()
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
    return {link: -float(found.row_dual[row]) for link, row in whole.rows.items()}


def _minimise(program: Solver | Reduced, costs: Floats) -> Solution:
    try:
        return program.minimise_costs(costs, program.offsets["gap"])
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


def _check_regions(solver: Solver, regions: tuple[str, ...], links: set[int]) -> None:
    """Raise UsageError unless every column belongs to a region, by its first index, and no other row joins regions."""
    place = {region: k for k, region in enumerate(regions)}
    found = np.empty(len(solver.variables), dtype=np.int64)
    for k, var in enumerate(solver.variables):
        index = var.index()
        first: Any = index[0] if isinstance(index, tuple) else index
        if first not in place:
            raise UsageError(_("The search decompose cannot split {name}: it belongs to no region.", name=var.name))
        found[k] = place[first]
    rows = csr_array(solver.matrix)
    label = found[rows.indices]
    for row in (row for row in range(rows.shape[0]) if row not in links):
        part = label[rows.indptr[row] : rows.indptr[row + 1]]
        if (part != part[:1]).any():
            raise UsageError(
                _("The search decompose cannot split rule {name}: it joins regions.", name=solver.rows[row].name)
            )


def _units(solver: Solver, links: set[int]) -> tuple[Ints, int]:
    """Columns that no row but links connects are units of their own: shape (columns,), and how many there are.

    What uses no link has but one plan, and counts with the first unit.
    """
    matrix = csr_array(solver.matrix)
    own = csr_array(matrix[[row for row in range(matrix.shape[0]) if row not in links]])
    label = joined(own)
    used = np.unique(label[np.unique(matrix[sorted(links)].indices)]) if links else label[:1]
    number = np.zeros(label.max(initial=0) + 1, dtype=np.int64)
    number[used] = np.arange(len(used))
    return number[label], len(used)

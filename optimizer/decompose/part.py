"""Some regions of a nation as a model of their own: the same model as ever, with money from outside at a price.

`build_model` writes the rows of national rules for the regions of the part, too. Here they hold nothing: what the
regions use of each is paid for instead,

    least[u] = min over plans of unit u of  gap[u] + sum over links l of price[l] * use[l, u]

A unit is what no other row connects with the rest: a region, or some of its funds. Units are read from the matrix, and
a row that joins two regions is refused. In the end the part is given its money, and planned to the end like any other case.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from scipy.sparse import csc_array, csr_array

from commonweal.optimizer.decompose.columns import Columns
from commonweal.optimizer.decompose.memory import tidy
from commonweal.optimizer.decompose.messages import (
    UNMET,
    Answer,
    Ask,
    Common,
    Described,
    Floats,
    Link,
    Spec,
)
from commonweal.optimizer.decompose.reduced import Reduced
from commonweal.optimizer.decompose.regions import Whole, units_of
from commonweal.optimizer.decompose.settled import Money, Settled, settle
from commonweal.optimizer.errors import Infeasible, UsageError
from commonweal.optimizer.highs import Ints, Solution, Solver
from commonweal.optimizer.language import _
from commonweal.optimizer.refine import Family, Knots
from commonweal.optimizer.stages import families_of, knots_of

ROUNDS = 12  # of knots, at one price

SEGMENTS = 8  # of a curve
WIDER = 27.0  # times: windows of cells that have left them
ELASTIC = 10.0  # a sample may overspend at so many times the largest worth of money


class Part:
    """A part at prices: only its reduced program is kept, until it is given its money and built again."""

    LEARNS = ("price", "rest")  # knots and bases stay where the last price left them

    def __init__(self, spec: Spec) -> None:
        """Build, load and reduce. Errors: as `Whole.of`, UsageError if obligations stay unmet."""
        self.spec = spec
        whole = Whole.of(spec)
        solver, model = whole.solver, whole.built.model
        unit, count = units_of(solver, set(whole.rows.values()), list(whole.commons.values()))
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
        self._places: list[Floats] = []  # once it is at rest
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
        found = self._priced(last)[0]
        self._places = [knots.place(found) for knots in self.knots]
        del self.reduced, self.knots
        tidy()

    def settle(self, money: Money) -> Settled:
        """The whole plan of the part, at rest, with the money it is given. Errors: Infeasible, SolverFailed."""
        whole = Whole.of(self.spec)
        whole.hold(money)
        found = settle(whole.built, whole.solver, whole.case, self.spec.scenario, whole.rows, money, self._places)
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

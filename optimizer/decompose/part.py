"""Some regions of a nation as a model of their own: the same model as ever, with money from outside at a price.

`build_model` writes the rows of national rules for the regions of the part, too. Here they hold nothing: what the
regions use of each is paid for instead,

    least[u] = min over plans of unit u of  gap[u] + sum over links l of price[l] * use[l, u]

A unit is what no other row connects with the rest: a region, or some of its funds. Units are read from the matrix, and
a row that joins two regions is refused. In the end the part is given its money, and planned to the end like any other case.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import csc_array, csr_array

from commonweal.optimizer.decompose.columns import Columns
from commonweal.optimizer.decompose.memory import tidy
from commonweal.optimizer.decompose.messages import (
    Answer,
    Ask,
    Blend,
    Bools,
    Common,
    Decision,
    Described,
    Floats,
    Spec,
)
from commonweal.optimizer.decompose.plans import Plans
from commonweal.optimizer.decompose.reduced import Given, Reduced
from commonweal.optimizer.decompose.regions import Whole, units_of
from commonweal.optimizer.decompose.sample import minimised, unmet
from commonweal.optimizer.decompose.settled import Money, Settled, settle
from commonweal.optimizer.highs import ABSENT, Ints, Solution, Solver
from commonweal.optimizer.integers import decide
from commonweal.optimizer.refine import Family, Knots
from commonweal.optimizer.stages import families_of, knots_of

ROUNDS = 12  # of knots, at one price

SEGMENTS = 8  # of a curve
WIDER = 27.0  # times: windows of cells that have left them


class Part:
    """A part at prices: only its reduced program is kept, until it is given its money and built again."""

    # Knots, bases, known plans and decisions are what these made of them.
    LEARNS = ("price", "balance", "decide", "hold", "rest")

    def __init__(self, spec: Spec) -> None:
        """Build, load and reduce. Errors: as `Whole.of`, UsageError if obligations stay unmet."""
        self.spec = spec
        whole = Whole.of(spec)
        solver, model = whole.solver, whole.built.model
        self._decisions, self._decided = whole.decisions, list[Floats]()
        self._held: Floats = np.empty(0)
        if len(self._decisions):
            solver.relax_integers()
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
        steepest = whole.steepest()
        self._let_links(whole)
        families = [_fewer(family, solver) for family in families_of(whole.built, solver)]
        segments = [family.columns.ravel() for family in families]
        cells = [i for gap in whole.built.gaps for curves in gap.curves for i in curves.cells]
        priced: list[Ints] = [
            self.columns.uses.tocoo().col,
            np.flatnonzero(solver.costs["gap"]),
            self._commons,
            self._decisions,
        ]
        benefits = solver.columns(model.benefit, cells)
        with unmet():
            given = Given.of(solver)
            idle = _idle(solver, families, (benefits == ABSENT) | given.there[benefits], given, unit, count)
            self.reduced = Reduced(
                solver,
                given,
                np.unique(np.concatenate([*priced, *segments])),
                (benefits, np.concatenate([np.empty(0, dtype=np.int32), *(family.rows for family in families)])),
                idle[unit],
            )
        self.knots = [Knots(family, self.reduced, "gap") for family in families]
        self._places: list[Floats] = []  # once it is at rest
        self.plans = Plans(self.reduced, self.knots, unit, count)
        nothing = sum(float(knots.values(np.zeros(len(knots.window))).sum()) for knots in self.knots)
        self._left = self.reduced.offsets["gap"] - nothing  # of the gap, which no unit changes
        self._described = Described(
            count,
            self.columns.links,
            self.columns.menus,
            limits,
            steepest,
            commons,
            self.columns.touches(),
            idle,
            bool(len(self._decisions)),
        )
        del solver, model, whole
        tidy()

    def describe(self, _: object = None) -> Described:
        """What the part uses."""
        return self._described

    def price(self, ask: Ask) -> Answer:
        """The best plan of every unit at these prices. Errors: UsageError if obligations stay unmet, SolverFailed."""
        found, cost, error = self._priced(ask)
        used, prices = self.columns.used(found.x), self.columns.prices(ask)
        number = self.plans.note(found)
        # What the units do costs their gap and their money; chords and true curves differ by the error at most.
        return Answer(cost, cost + used @ prices - error, used, self._slopes(found), self._left, number)

    def blend(self, mix: Blend) -> float:
        """The gap of a mix of plans, nothing left out: at most the mix of their gaps."""
        return self._left + self.plans.gap(mix)

    def balance(self, ask: Ask) -> Answer:
        """What idle units do at these prices; nothing of others. Errors: as `price`."""
        self._share(ask)
        prices = self.columns.prices(ask)
        with unmet():
            found = self.reduced.minimise_costs(self.columns.uses.T @ prices, 0.0, idle=True)
        used = self.columns.used(found.x)
        return Answer(np.zeros(len(used)), used @ prices, used, self._slopes(found))

    def decide(self, ask: Ask) -> Decision:
        """The best whole decisions at these prices. Errors: UsageError if obligations stay unmet, SolverFailed."""
        prices = self.columns.prices(ask)
        found, cost, error = self._priced(ask)
        used = self.columns.used(found.x)
        spent = float((used @ prices).sum())
        if not len(self._decisions):
            self._decided.append(np.empty(0))
            return Decision(float(cost.sum() - error.sum()) + self._left + spent, cost, used, np.zeros_like(used), 0)
        whole = Whole.of(self.spec)
        solver, options = whole.solver, self.spec.scenario.solver
        self._let_links(whole)
        paid = self.columns.uses.T @ prices
        solver.costs["gap"] = solver.costs["gap"] + paid
        solver.offsets["gap"] -= spent  # distances are relative to about the gap
        with unmet():
            best = decide(solver, knots_of(whole.built, solver), [], options, lambda _: None)
        x, values = best.gap.best.x[: len(paid)], np.zeros(len(paid))
        values[self._decisions] = np.round(x[self._decisions])
        self._decided.append(values[self._decisions])
        cost = np.bincount(self.columns.unit, (solver.costs["gap"] - paid) * x, minlength=self.columns.count).astype(
            float
        )
        del whole, solver
        tidy()
        return Decision(best.bound + spent, cost, self.columns.used(x), self.columns.used(values), len(self._decisions))

    def hold(self, numbers: Sequence[int]) -> None:
        """From now on the decisions of each unit are those of its number among the answers of `decide`."""
        unit = self.columns.unit[self._decisions]
        known = np.array(self._decided)
        self._held = known[np.asarray(numbers)[unit], np.arange(len(unit))]
        self.reduced.set_bounds(self._decisions, self._held, self._held)

    def _let_links(self, whole: Whole) -> None:
        """National rows hold nothing, money of a menu comes from one column, and nothing is missing."""
        solver, capped = whole.solver, self.columns.capped
        solver.free_rows(np.array(list(whole.rows.values()), dtype=np.int32))
        solver.set_bounds(capped, solver.lower[capped], self.columns.caps)
        whole.nothing_missing()

    def _slopes(self, found: Solution) -> Floats:
        return np.asarray(-(self._by_common @ found.row_dual[: self._by_common.shape[1]]))

    def _share(self, ask: Ask) -> None:
        """Common decisions have the values of the question."""
        if len(self._commons):
            values = np.array([ask.commons[each.name] for each in self._described.commons])
            self.reduced.set_bounds(self._commons, values, values)

    def _priced(self, ask: Ask) -> tuple[Solution, Floats, Floats]:
        """The plan at these prices, as exact as is asked; and `_by_unit` of it."""
        self._share(ask)
        prices = self.columns.prices(ask)
        for _round in range(ROUNDS):
            found = minimised(self.reduced, self.reduced.costs["gap"] + self.columns.uses.T @ prices)
            cost, error = self._by_unit(found)
            if error.sum() <= ask.accuracy * (cost.sum() + self._left):
                break
            for knots in self.knots:
                _follow(knots, found)
        return found, cost, error

    def rest(self, last: Ask) -> None:
        """No more prices will come: what is kept for them goes, all but where they put the cells."""
        found = self._priced(last)[0]
        self._places = [knots.place(found) for knots in self.knots]
        del self.reduced, self.knots, self.plans
        tidy()

    def settle(self, money: Money) -> Settled:
        """The whole plan of the part, at rest, with the money it is given. Errors: Infeasible, SolverFailed."""
        whole = Whole.of(self.spec)
        whole.hold(money)
        if len(self._decisions):
            whole.decided(self._held)
        found = settle(whole.built, whole.solver, whole.case, self.spec.scenario, whole.rows, money, self._places)
        del whole
        tidy()
        return found

    def _by_unit(self, found: Solution) -> tuple[Floats, Floats]:
        """The true gap of every unit, and how much less any plan of it could cost; shapes (units,)."""
        cost, error = self.plans.straight(found), np.zeros(self.columns.count)
        for knots, cells in zip(self.knots, self.plans.cells, strict=True):
            up, down = knots.corrections(found)
            np.add.at(cost, cells, knots.values(knots.place(found)))
            np.add.at(error, cells, up - down)
        return cost, error


def _idle(solver: Solver, families: Sequence[Family], held: Bools, given: Given, unit: Ints, count: int) -> Bools:
    """Units whose gap nothing changes, shape (units,): no column with a cost can move, nor a benefit with a curve.

    held: benefits with curves that are given, in the order of the families' cells.
    """
    costs = solver.costs["gap"][: len(unit)] != 0
    costs &= ~given.there
    for family in families:
        costs[family.columns] = False
    cells = np.concatenate([np.empty(0, dtype=np.int32), *(family.columns[:, 0] for family in families)])
    idle = np.ones(count, dtype=bool)
    idle[unit[costs]] = idle[unit[cells[~held]]] = False
    return idle


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

"""Room to negotiate: how far an amount can move while the gap stays near its smallest value.

For an amount v (a region's net transfer, a benefit) and the limit G = (1 + within) * smallest gap, the ends of

    { v(plan) : plan keeps every rule, gap(plan) <= G }

are found with a price t for the amount. Whatever plan minimises gap - t * v, with proven least value L, every plan
with a gap of at most G has

    v <= (G - L) / t                                                       (the proven end)

and mixing the plan just inside the limit with the one just outside gives a plan that attains nearly as much (the
attained end): rules are linear and the gap is convex. The price is adjusted until the two ends meet. What comes before
the gap is kept: no obligation stays unfunded and no floor is missed for the sake of an end. With yes-or-no decisions
the ends are given the decisions of the best plan.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from commonweal.instances import Instance
from commonweal.optimizer.binding import settled
from commonweal.optimizer.errors import Stopped, UsageError
from commonweal.optimizer.highs import ABSENT, Floats, Ints, Solution
from commonweal.optimizer.integers import decide
from commonweal.optimizer.language import _
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.stages import Progress, Quotient, keep_gap, knots_of, minimise_gap
from commonweal.optimizer.walk import Solved, Walk

PRICES = 16  # tried for one end
CLOSE = 1e-3  # of the way from the best plan to an end: attained and proven end are this close
COARSE = 3e-2  # spacing of knots after which what binds is tried to be settled
OVER = 1.2  # how far beyond the limit of the gap the next price aims
NOTHING = 1e-10  # a gap this small is none
STILL = 1e-9  # relative: amounts that move less do not move
STAGE = "priced"
FLOWS = (
    ("central", 1.0),
    ("horizontal_received", 1.0),
    ("horizontal_paid", -1.0),
    ("pool_received", 1.0),
    ("pool_paid", -1.0),
)


@dataclass(frozen=True)
class Amount:
    """What may move: a region's net transfer for one fund (of all years where `year` is None), or a cell's benefit.

    It is `fixed` plus the sum of `entries` times `columns` of the model.
    """

    what: str
    region: str
    group: str
    programme: str
    fund: str
    year: int | None
    columns: Ints
    entries: Floats
    fixed: float

    def of(self, x: Floats) -> float:
        """The amount in a plan."""
        return self.fixed + float(self.entries @ x[self.columns])


@dataclass(frozen=True)
class End:
    """One end of an amount: attained by plan `x` with true gap `gap`, and proven. side: -1 the least, 1 the most."""

    amount: Amount
    side: int
    attained: float
    proven: float
    gap: float
    x: Floats


@dataclass(frozen=True)
class Tried:
    """A plan found with some price: its amount (times side), true gap, and columns."""

    value: float
    gap: float
    x: Floats


class Room:
    """A model at its smallest gap, and how far amounts can move from there."""

    def __init__(self, case: Instance, scenario: Scenario, within: float, progress: Progress) -> None:
        """Minimise the gap; `case` is projected, `within` a share of it.

        Errors: as for a plan; UsageError for gaps without such ranges; Stopped where the gap is not known closely enough.
        """
        if not 0 < within <= 1:
            raise UsageError(
                _("within = {within:g} is no share of the gap: choose one above 0 %, at most 100 %.", within=within)
            )
        self.case, self.scenario, self.progress = case, scenario, progress
        self.walk = Walk(case, scenario, progress)
        solver, gaps = self.walk.solver, self.walk.built.gaps
        if len(gaps) != 1 or gaps[0].over is not None or gaps[0].ranked:
            raise UsageError(
                _(
                    "The room around a plan is found for gaps of one order, neither relative nor sorted by rank: choose "
                    "such a gap, for instance --gap squared_shortfall."
                )
            )
        self.knots = knots_of(self.walk.built, solver)
        if solver.mixed:
            found = decide(solver, self.knots, [], scenario.solver, progress).gap
        else:
            found = minimise_gap(solver, self.knots, scenario.solver.tolerance, progress)
        solver.release()
        self.lower_bound = found.lower_bound
        self.best, _rest = settled(solver, self.knots, found.best)
        self.most = self.lower_bound * (1 + within)
        if self.best.objective <= NOTHING:
            raise UsageError(
                _("The best plan leaves no gap, so that a share of it leaves no room. Raise the standard.")
            )
        if self.best.objective > self.most:
            raise Stopped(
                _(
                    "The smallest gap is not known to within {within:.4g} of itself: it lies between "
                    "{lower_bound:.6g} and {objective:.6g}. Allow more time or a larger share.",
                    within=within,
                    lower_bound=self.lower_bound,
                    objective=self.best.objective,
                )
            )
        self._basis = solver.basis()
        self._reference = self.best
        self._price: float | None = None

    def amounts(self) -> Iterator[Amount]:
        """Every region's net transfer by fund, yearly and of all years, and every benefit that the plan decides."""
        m = self.walk.built.model
        years = list(m.YEARS)
        for r, f in dict.fromkeys((r, f) for r, f, _year in m.LEDGER):
            for t in [*([None] if len(years) > 1 else []), *years]:
                ledger = [i for i in m.LEDGER if i[:2] == (r, f) and t in (None, i[2])]
                parts = [(m.component(flow)[i], sign) for flow, sign in FLOWS for i in ledger]
                yield from self._amount("net", (r, "", "", f, t), parts)
        for r, g, p, t in m.CELLS:
            yield from self._amount("benefit", (r, g, p, "", t), [(m.benefit[r, g, p, t], 1.0)])

    def _amount(
        self, what: str, place: tuple[str, str, str, str, int | None], parts: Sequence[tuple[Any, float]]
    ) -> Iterator[Amount]:
        columns = np.array([self.walk.solver.column(data) for data, _sign in parts], dtype=np.int32)
        signs, open_ = np.array([sign for _data, sign in parts]), columns != ABSENT
        if open_.any():
            resting = zip(parts, open_.tolist(), strict=True)
            fixed = sum(sign * float(data.value or 0.0) for (data, sign), known in resting if not known)
            yield Amount(what, *place, columns[open_], signs[open_], fixed)

    def ends(self, amount: Amount) -> tuple[End, End]:
        """The least and the most that an amount can be, whatever was asked before. Errors: Stopped, SolverFailed."""
        self._reference, self._price = self.best, None
        self.walk.solver.start_from(self._basis)
        return self._end(amount, -1), self._end(amount, 1)

    def _end(self, amount: Amount, side: int) -> End:
        start = side * amount.of(self.best.x)
        tried = [Tried(start, self.best.objective, self.best.x)]
        room = self.most - self.best.objective
        price, proven = self._price or room / max(abs(start), 1.0), np.inf
        reached = tried[0]
        for _price in range(PRICES):
            plan, least = self._priced(amount, side, price)
            proven = min(proven, (self.most - least) / price)
            tried.append(plan)
            reached = self._mixed(tried, amount, side)
            if proven - reached.value <= max(CLOSE * (reached.value - start), STILL * max(1.0, abs(start))):
                break
            self._price = price
            price = self._next(tried, price)
        return End(amount, side, side * reached.value, side * max(proven, reached.value), reached.gap, reached.x)

    def _next(self, tried: list[Tried], price: float) -> float:
        """The price at which the plans just inside and just outside are equally good; a higher one if none is outside."""
        inside, outside = self._sides(tried)
        if outside is not None:
            return (outside.gap - inside.gap) / (outside.value - inside.value)
        room, moved = self.most - self.best.objective, inside.gap - self.best.objective
        return price * (10.0 if moved <= 1e-4 * room else OVER * float(np.sqrt(room / moved)))

    def _sides(self, tried: list[Tried]) -> tuple[Tried, Tried | None]:
        """The largest amount within the limit of the gap, and the nearest plan beyond it with a larger one."""
        inside = max((plan for plan in tried if plan.gap <= self.most), key=lambda plan: plan.value)
        outside = [plan for plan in tried if plan.gap > self.most and plan.value > inside.value]
        return inside, min(outside, key=lambda plan: plan.gap, default=None)

    def _priced(self, amount: Amount, side: int, price: float) -> tuple[Tried, float]:
        """The plan that minimises gap - price * side * amount, and the proven least value of that."""
        solver = self.walk.solver
        solver.new_stage("amount")
        solver.set_costs("amount", amount.columns, side * amount.entries)
        solver.offsets["amount"] = side * amount.fixed
        for family in self.knots:
            family.restart(self._reference)
        less = Quotient("amount", price)
        found = minimise_gap(solver, self.knots, COARSE, lambda _: None, "gap", less)
        solver.new_stage(STAGE)
        solver.costs[STAGE] = solver.costs["gap"] - price * solver.costs["amount"]
        best, binding = settled(solver, self.knots, found.best, STAGE)
        least = best.objective
        if binding is None:
            found = minimise_gap(solver, self.knots, self.scenario.solver.tolerance, lambda _: None, "gap", less)
            best, least = found.best, found.lower_bound
        self._reference = best
        value = side * amount.of(best.x)
        return Tried(value, best.objective + price * value, best.x), least

    def _mixed(self, tried: list[Tried], amount: Amount, side: int) -> Tried:
        """The largest amount among the plans inside the limit, and their mixtures with the nearest one outside."""
        inside, beyond = self._sides(tried)
        if beyond is None:
            return inside
        low, high = 0.0, 1.0
        for _step in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if self._gap(inside.x, beyond.x, middle) <= self.most else (low, middle)
        x = inside.x + low * (beyond.x - inside.x)
        return Tried(side * amount.of(x), self._gap(inside.x, beyond.x, low), x)

    def _gap(self, one: Floats, other: Floats, share: float) -> float:
        """The true gap of a mixture of two plans."""
        x = one + share * (other - one)
        costs = self.walk.solver.costs["gap"].copy()
        for knot in self.knots:
            costs[knot.family.columns.ravel()] = 0.0
        mixed = replace(self.best, x=x)
        change = sum(knot.true_value(mixed) - knot.true_value(self.best) for knot in self.knots)
        return self.best.objective + float(costs @ (x - self.best.x)) + change


def finish(case: Instance, scenario: Scenario, before: float, end: End, lower_bound: float) -> Solved:
    """A whole plan at an end: no benefit below what the end needs, then the stages that make a plan unique."""
    walk = Walk(case, scenario, lambda _: None)
    solver = walk.solver
    if solver.mixed:
        solver.fix_integers(end.x)
    count = len(solver.lower)
    priced = Solution(end.gap, end.x[:count], np.full(solver.shape[0], np.nan), np.full(count, np.nan), lower_bound)
    for family in knots_of(walk.built, solver):
        family.restart(priced)
    walk.note("gap", end.gap, "near_optimal", 1)
    keep_gap(walk.built, solver, priced, before)
    solver.new_stage("amount")
    solver.set_costs("amount", end.amount.columns, -end.side * end.amount.entries)
    value = -end.side * (end.attained - end.amount.fixed)
    solver.keep("amount", value + STILL * max(1.0, abs(value)))
    return walk.finish(priced, "near_optimal", lower_bound)

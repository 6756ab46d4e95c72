"""The frontier: the smallest gap as a function of the budget, certified between the points that are solved.

The next point is solved where the two envelopes of `optimizer.curves` are furthest apart, at the crossing of two lines
(Eisner and Severance, Mathematical techniques for efficient record segmentation, J. ACM 23 (1976) 619-635), until

    chord - highest line  <=  tolerance * (gap at the lowest budget - gap at the highest)      everywhere

Left of the least budget that leaves nothing unfunded the curve is money that is missing: some points are solved and
shown, and nothing is claimed between them. With yes-or-no decisions the curve is not convex: budgets on an even grid
are solved, every set of decisions found is tried at all of them, and the relaxed decisions give the lower bound.
One model is kept for the whole curve, and only its budget moves. A point that fails is listed.
"""

import itertools
from dataclasses import replace

import numpy as np

from commonweal.instances import Instance
from commonweal.optimizer.curves import Ask, Curve, Point, crossing, distance
from commonweal.optimizer.errors import CommonwealError, Infeasible, Stopped, UsageError
from commonweal.optimizer.highs import Floats
from commonweal.optimizer.kept import NOTHING, Found, Kept
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.pieces import Piece, pieces
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.stages import Progress

MOST = 400  # points of one curve
LEFT = 5  # points where money is missing
GRID = 9  # budgets with yes-or-no decisions
APART = 1e-6  # of the range of factors: closer points are the same
EDGE = 1e-7  # relative: how far above a least factor its point is solved, should rounding forbid the factor itself
DIGITS = 4  # of a factor chosen by the search: plans are easier to speak of


def trace(name: str, case: Instance, scenario: Scenario, ask: Ask, progress: Progress) -> Curve:
    """The curve of one scenario; `case` is projected.

    Errors: Infeasible or Stopped if the highest budget has no plan; UsageError if the scenario has no budget to vary.
    """
    progress(_("{name}: building the model", name=name))
    kept = Kept(case, scenario, ask.scale, ask.high)
    search = (_Decisions if kept.mixed else _Search)(name, kept, ask, progress)
    return search.curve()


class _Search:
    """The points of one curve while it is traced."""

    def __init__(self, name: str, kept: Kept, ask: Ask, progress: Progress) -> None:
        self.name, self.kept, self.ask = name, kept, ask
        self.progress = progress
        self.points: dict[float, Point] = {}

    def curve(self) -> Curve:
        """Solve what is asked."""
        ask, kept = self.ask, self.kept
        top = self._solve(ask.high)
        if top is None:
            point = self.points[ask.high]
            kind = Stopped if point.status == "stopped" else Infeasible
            raise kind(
                _("There is no plan even with {high:g} times the budget: {note}", high=ask.high, note=point.note)
            )
        least = kept.least(ask.low, ask.high)
        funded = max(least, kept.least(ask.low, ask.high, top))
        if least > ask.low:
            note = _("No plan satisfies all rules with less than {least:.6g} times the budget.", least=least)
            self.points[ask.low] = Point(ask.low, "infeasible", note=note)
        empty = Curve(self.name, kept.scenario, ask, kept.budget, least, funded, ())
        self._fill(empty)
        points = tuple(self._shown(point, funded) for _, point in sorted(self.points.items()))
        return replace(empty, points=points, pieces=self._exact(funded))

    def _fill(self, curve: Curve) -> None:
        """The points between the lowest and the highest budget."""
        if self.ask.points is not None:
            self._grid(self.ask.points)
            return
        start = self._edge(curve.funded)
        for factor in np.linspace(curve.least, curve.funded, LEFT, endpoint=False).tolist():
            if factor < start and self.points.get(factor) is None:
                self._edge(factor)
        if start < 1 < self.ask.high:
            self._solve(1.0)  # the budget as asked: the plan that people look for first
        self._refine(start)

    def _grid(self, count: int) -> None:
        for factor in np.linspace(self.ask.low, self.ask.high, count).tolist():
            if factor not in self.points:
                self._solve(factor)

    def _edge(self, factor: float) -> float:
        """Solve at a least factor, or just above it if rounding leaves no plan there; the factor solved."""
        if factor not in self.points and self._solve(factor) is None and self.points[factor].status == "infeasible":
            del self.points[factor]
            factor *= 1 + EDGE
            self._solve(factor)
        return factor

    def _solve(self, factor: float) -> Found | None:
        """Solve at a factor and note the point, whatever comes of it."""
        words = _(
            "{name}: point {n}, {factor:.6g} times the budget", name=self.name, n=len(self.points) + 1, factor=factor
        )
        self.progress(words)
        try:
            found = self.kept.at(factor, lambda more: self._detail(f"{words}, {more}"))
        except Infeasible as error:
            self.points[factor] = Point(factor, "infeasible", note=str(error))
            return None
        except CommonwealError as error:
            status = "stopped" if isinstance(error, Stopped) else "failed"
            self.points[factor] = Point(factor, status, note=str(error))
            return None
        self.points[factor] = self._point(found)
        return found

    def _detail(self, words: str) -> None:
        """Rounds are told where a point takes long."""
        if self.kept.mixed:
            self.progress(words)

    def _point(self, found: Found) -> Point:
        money = self.kept.budget
        return Point(
            found.factor,
            "optimal" if found.proven else "stopped",
            gap=found.gap,
            lower=found.lower,
            slope=found.slope,
            left=None if found.left is None else found.left / money,
            right=None if found.right is None else found.right / money,
            unfunded=found.unfunded if found.unfunded > NOTHING else 0.0,
            floors=found.floors if found.floors > NOTHING else 0.0,
            note="" if found.proven else mark("Stopped at the time limit."),
        )

    def _shown(self, point: Point, funded: float) -> Point:
        """Without slopes where more money meets what is missing before it narrows the gap."""
        if funded <= self.ask.low or point.factor > funded * (1 + 2 * EDGE):
            return point
        return replace(point, left=None, right=None if point.factor < funded else point.right)

    def _refine(self, start: float) -> None:
        """Solve where the envelopes are furthest apart, until they are close enough everywhere."""
        stuck: set[tuple[Point, Point]] = set()
        while len(self.points) < MOST:
            chain = [p for f, p in sorted(self.points.items()) if f >= start and p.gap is not None]
            pairs = [pair for pair in itertools.pairwise(chain) if pair not in stuck]
            fall = chain[0].gap - chain[-1].gap if chain else 0.0  # type: ignore[operator]
            if not pairs or fall <= 0:
                return
            far, pair = max(((distance(*pair), pair) for pair in pairs), key=lambda found: found[0])
            self.progress(
                _(
                    "{name}: {n} points, within {share:.2%} of the range",
                    name=self.name,
                    n=len(self.points),
                    share=far / fall,
                )
            )
            if far <= self.ask.tolerance * fall or self.kept.solver.late:
                return
            factor = _between(*pair, (self.ask.high - self.ask.low) * APART)
            if factor is None or self._solve(factor) is None:
                stuck.add(pair)

    def _exact(self, funded: float) -> tuple[Piece, ...]:
        if self.ask.exact is None:
            return ()
        low, high = max(self.ask.exact[0], funded), self.ask.exact[1]
        if low >= high:
            raise UsageError(
                _(
                    "Money is missing up to {funded:.6g} times the budget, so there is no exact curve from "
                    "{low:g}x to {high:g}x: choose an interval above.",
                    funded=funded,
                    low=self.ask.exact[0],
                    high=high,
                )
            )
        return tuple(
            pieces(self.kept, low, high, lambda words: self.progress(_("{name}: {words}", name=self.name, words=words)))
        )


class _Decisions(_Search):
    """A curve with yes-or-no decisions: every set of them found on the grid is held at every budget."""

    def curve(self) -> Curve:
        """Solve the grid, then the same budgets with each set of decisions, and with relaxed ones."""
        if self.ask.exact is not None:
            raise UsageError(
                _("With yes-or-no decisions the curve may jump: there is no exact curve. Leave --exact out.")
            )
        self.sets: list[Floats] = []
        curve = super().curve()
        factors = [point.factor for point in curve.points if point.gap is not None]
        held = [self._line(curve.funded, factors, held=decisions) for decisions in self.sets]
        relaxed = self._line(curve.funded, [f for f in factors if f >= curve.funded])
        best = tuple(self._best(point, held, relaxed) for point in curve.points)
        return replace(curve, points=best, relaxed=relaxed, held=tuple(held))

    def _fill(self, curve: Curve) -> None:
        self._grid(self.ask.points or GRID)

    def _point(self, found: Found) -> Point:
        same = (k for k, known in enumerate(self.sets) if np.array_equal(known, found.decisions))
        at = next(same, len(self.sets))
        if at == len(self.sets):
            self.sets.append(found.decisions)
        return replace(super()._point(found), decisions=at + 1)

    def _line(self, funded: float, factors: list[float], held: Floats | None = None) -> tuple[Point, ...]:
        """Points where something can be done with these decisions, or with relaxed ones."""
        points = []
        for factor in factors:
            what = _("relaxed decisions") if held is None else _("decisions held")
            self.progress(_("{name}: {what}, {factor:.6g} times the budget", name=self.name, what=what, factor=factor))
            try:
                found = self.kept.at(factor, lambda _: None, held=held, relaxed=held is None)
            except CommonwealError:
                continue
            points.append(super()._point(found))
        return tuple(points)

    def _best(self, point: Point, held: list[tuple[Point, ...]], relaxed: tuple[Point, ...]) -> Point:
        """The best plan known at a budget, whichever point its decisions come from, and the largest proven bound."""
        if point.gap is None or point.lower is None:
            return point
        best = point
        for k, line in enumerate(held):
            for other in line:
                same = other.factor == point.factor and _as_much(other, point)
                if same and other.gap < best.gap:  # type: ignore[operator]
                    best = replace(other, decisions=k + 1, status=point.status)
        lines = [line.line(point.factor) for line in relaxed if _as_much(line, point)]
        return replace(best, lower=min(max([point.lower, *lines]), best.gap))  # type: ignore[type-var]


def _as_much(one: Point, other: Point) -> bool:
    """Is as much missing at both points."""
    close = NOTHING * max(1.0, other.missing)
    return abs(one.unfunded - other.unfunded) <= close and abs(one.floors - other.floors) <= close


def _between(left: Point, right: Point, apart: float) -> float | None:
    """The next factor to solve: near the crossing, with few digits where that fits; None if the two are too close."""
    low, high = left.factor + apart, right.factor - apart
    if low >= high:
        return None
    at = float(np.clip(crossing(left, right), low, high))
    for digits in range(2, DIGITS + 1):
        if high - low > 20 * 10.0**-digits and low <= round(at, digits) <= high:
            return round(at, digits)
    return at

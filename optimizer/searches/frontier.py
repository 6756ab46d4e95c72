"""The frontier: the smallest gap as a function of the budget, certified between the points that are solved.

Right of the least budget that leaves nothing unfunded the smallest gap is a convex, falling function of the budget.
Every point solved gives a line that lies below it everywhere (from its proven lower bound and the dual of the
budget), and every two points a chord above it. The next point is solved where the two are furthest apart, at the
crossing of the lines (Eisner and Severance, J. ACM 23 (1976) 619-635), until nowhere

    chord - highest line  <=  tolerance * (gap at the lowest budget - gap at the highest)

Left of that budget the curve is money that is missing, and no such claim is made: some points are solved and shown.
One model is kept for the whole curve, and only its budget moves. A point that fails is listed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from commonweal.instances import Instance
from commonweal.optimizer.budgets import Scale
from commonweal.optimizer.errors import CommonwealError, Infeasible, Stopped, UsageError
from commonweal.optimizer.kept import NOTHING, Found, Kept
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.stages import Progress

TOLERANCE = 1e-3  # of the range of the curve
MOST = 400  # points of one curve
LEFT = 5  # points where money is missing
APART = 1e-6  # of the range of factors: closer points are the same
EDGE = 1e-7  # relative: how far above a least factor its point is solved, should rounding forbid the factor itself
DIGITS = 4  # of a factor chosen by the search: plans are easier to speak of

PointFound = Callable[[float], None]


@dataclass(frozen=True)
class Ask:
    """What is asked: factors of the budget from `low` to `high`, certified to `tolerance`, or `points` of them evenly."""

    low: float = 0.5
    high: float = 3.0
    tolerance: float = TOLERANCE
    points: int | None = None
    scale: Scale = "central"

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if not 0 <= self.low < self.high < np.inf:
            raise UsageError(f"The budgets run from {self.low:g}x to {self.high:g}x: give a lower and a higher factor.")
        if not 0 < self.tolerance < 1:
            raise UsageError(f"The tolerance is {self.tolerance:g}: give a share of the range, such as 0.1%.")
        if self.points is not None and self.points < 2:
            raise UsageError(f"{self.points} points make no curve: ask for two at least.")


@dataclass(frozen=True)
class Point:
    """One budget. gap: of the plan; lower: proven. left, right: change of the gap per unit of money, a little less or
    more of it; None where it is not defined. slope: of the line below the curve, gap per unit of factor.
    status: optimal, stopped (at a limit), infeasible, failed."""

    factor: float
    status: str
    gap: float | None = None
    lower: float | None = None
    slope: float | None = None
    left: float | None = None
    right: float | None = None
    unfunded: float = 0.0
    floors: float = 0.0
    note: str = ""

    @property
    def missing(self) -> float:
        """Money that obligations and floors lack."""
        return self.unfunded + self.floors


@dataclass(frozen=True)
class Curve:
    """The frontier of one scenario. budget: money at factor 1. least: the least factor with a plan. funded: the least
    factor with no more missing than at the highest. error: furthest distance of the two envelopes right of `funded`,
    in gap; fall: what the gap falls there."""

    name: str
    scenario: Scenario
    ask: Ask
    budget: float
    least: float | None
    funded: float | None
    points: tuple[Point, ...]
    error: float = 0.0
    fall: float = 0.0
    broken: tuple[Point, ...] = field(default=())

    @property
    def certified(self) -> tuple[Point, ...]:
        """The points between which the envelopes hold, by factor."""
        return tuple(p for p in self.points if self.funded is not None and p.factor >= self.funded and p.gap is not None)

    @property
    def reached(self) -> float:
        """The certified distance as a share of the range."""
        return self.error / self.fall if self.fall > 0 else 0.0

    def envelope(self, factor: float) -> tuple[float, float]:
        """(lower, upper) bound of the smallest gap at a factor in the certified range; ValueError elsewhere."""
        points = self.certified
        if not points or not points[0].factor <= factor <= points[-1].factor:
            raise ValueError(f"{factor} lies outside the certified range of the curve")
        lower = max(_line(point, factor) for point in points)
        upper = np.interp(factor, [point.factor for point in points], [point.gap for point in points])
        return min(lower, float(upper)), float(upper)


def trace(
    name: str, case: Instance, scenario: Scenario, ask: Ask, progress: Progress, found: PointFound
) -> Curve:
    """The curve of one scenario; `case` is projected. `found` hears each factor that has a plan, as soon as it is known.

    Errors: Infeasible if even the highest budget has no plan; UsageError if there is no budget to vary.
    """
    progress(f"{name}: building the model")
    search = _Search(name, Kept(case, scenario, ask.scale), ask, progress, found)
    return search.curve(scenario)


class _Search:
    """The points of one curve while it is traced."""

    def __init__(self, name: str, kept: Kept, ask: Ask, progress: Progress, found: PointFound) -> None:
        self.name, self.kept, self.ask = name, kept, ask
        self.progress, self.found = progress, found
        self.points: dict[float, Point] = {}
        self.stuck: set[tuple[float, float]] = set()

    def curve(self, scenario: Scenario) -> Curve:
        ask = self.ask
        top = self._solve(ask.high)
        if top is None:
            point = self.points[ask.high]
            raise (Infeasible if point.status == "infeasible" else Stopped)(
                f"Even {ask.high:g} times the budget gives no plan. {point.note}"
            )
        least = self.kept.least(ask.low, ask.high)
        funded = max(least, self.kept.least(ask.low, ask.high, top))
        if least > ask.low:
            self.points[ask.low] = Point(ask.low, "infeasible", note=f"No plan below {least:.10g} times the budget.")
        if ask.points is not None:
            for factor in np.linspace(ask.low, ask.high, ask.points).tolist():
                if factor not in self.points:
                    self._solve(factor)
        else:
            start = self._edge(funded)
            for factor in np.linspace(max(least, ask.low), funded, LEFT, endpoint=False).tolist():
                if funded > ask.low and factor not in self.points:
                    self._edge(factor)
            self._refine(start)
        curve = Curve(
            self.name, scenario, ask, self.kept.budget, least, funded,
            tuple(self._shown(point, funded) for _, point in sorted(self.points.items())),
        )  # fmt: skip
        return replace(curve, error=self._error(curve), fall=self._fall(curve))

    def _edge(self, factor: float) -> float:
        """Solve at a least factor, or just above it if rounding leaves no plan there; the factor solved."""
        if self._solve(factor) is None and self.points[factor].status == "infeasible":
            del self.points[factor]
            factor *= 1 + EDGE
            self._solve(factor)
        return factor

    def _solve(self, factor: float) -> Found | None:
        """Solve at a factor and note the point, whatever comes of it."""
        known = f"{self.name}: point {len(self.points) + 1}, {factor:.6g} times the budget"
        self.progress(known)
        try:
            found = self.kept.at(factor, lambda words: self.progress(f"{known}, {words}"))
        except Infeasible as error:
            self.points[factor] = Point(factor, "infeasible", note=str(error))
            return None
        except CommonwealError as error:
            self.points[factor] = Point(factor, "stopped" if isinstance(error, Stopped) else "failed", note=str(error))
            return None
        self.points[factor] = self._point(found)
        self.found(factor)
        return found

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
            note="" if found.proven else "Stopped at the time limit.",
        )

    def _shown(self, point: Point, funded: float) -> Point:
        """Without slopes where more money meets what is missing before it narrows the gap."""
        if point.factor > funded * (1 + 2 * EDGE) or funded <= self.ask.low:
            return point
        return replace(point, left=None, right=None if point.factor < funded else point.right)

    def _refine(self, start: float) -> None:
        """Solve where the envelopes are furthest apart, until they are close enough everywhere."""
        while len(self.points) < MOST:
            chain = [p for f, p in sorted(self.points.items()) if f >= start and p.gap is not None]
            fall = chain[0].gap - chain[-1].gap if len(chain) > 1 else 0.0  # type: ignore[operator]
            open_ = [pair for pair in zip(chain, chain[1:], strict=False) if _key(*pair) not in self.stuck]
            if not open_ or fall <= 0:
                return
            distance, pair = max(((_distance(*pair), pair) for pair in open_), key=lambda item: item[0])
            self.progress(f"{self.name}: {len(self.points)} points, within {distance / fall:.2%} of the range")
            if distance <= self.ask.tolerance * fall or self.kept.solver.late:
                return
            factor = _between(*pair, (self.ask.high - self.ask.low) * APART)
            if factor is None or self._solve(factor) is None:
                self.stuck.add(_key(*pair))

    def _error(self, curve: Curve) -> float:
        points = curve.certified
        return max((_distance(p, q) for p, q in zip(points, points[1:], strict=False)), default=0.0)

    def _fall(self, curve: Curve) -> float:
        points = curve.certified
        return float(points[0].gap - points[-1].gap) if len(points) > 1 else 0.0  # type: ignore[operator]


def _key(left: Point, right: Point) -> tuple[float, float]:
    return left.factor, right.factor


def _line(point: Point, factor: float) -> float:
    """The line below the curve that a point proves."""
    assert point.lower is not None and point.slope is not None
    return point.lower + point.slope * (factor - point.factor)


def _crossing(left: Point, right: Point) -> float:
    """Where the lines of two points meet; the middle where they are the same."""
    assert left.lower is not None and right.lower is not None and left.slope is not None and right.slope is not None
    bend = right.slope - left.slope
    middle = (left.factor + right.factor) / 2
    if bend <= 1e-12 * abs(left.slope):
        return middle
    rise = left.lower - left.slope * left.factor - right.lower + right.slope * right.factor
    return float(np.clip(rise / bend, left.factor, right.factor))


def _distance(left: Point, right: Point) -> float:
    """Largest distance of chord and lines between two points; the lines' maximum bends once, where they cross."""
    assert left.gap is not None and right.gap is not None
    at = _crossing(left, right)
    chord = float(np.interp(at, [left.factor, right.factor], [left.gap, right.gap]))
    return max(0.0, chord - max(_line(left, at), _line(right, at)))


def _between(left: Point, right: Point, apart: float) -> float | None:
    """The next factor to solve: near the crossing, with few digits where that fits; None if the two are too close."""
    at = _crossing(left, right)
    low, high = left.factor + apart, right.factor - apart
    if low >= high:
        return None
    at = float(np.clip(at, low, high))
    for digits in range(2, DIGITS + 1):
        if high - low > 20 * 10.0**-digits and low <= round(at, digits) <= high:
            return round(at, digits)
    return at

"""A budget curve: its points, what is proven between them, and its tables.

Right of the least budget that leaves nothing unfunded the smallest gap is a convex, falling function of the budget.
Every point gives a line below it (its proven lower bound and the dual of the budget), every two points a chord above
it. With yes-or-no decisions the curve may jump: lines come from the relaxed decisions, chords from plans with their
decisions held, and what lies between two points is not one curve but a range.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from commonweal.optimizer.budgets import Scale
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.pieces import Piece
from commonweal.optimizer.scenario import Scenario

TOLERANCE = 1e-3  # of the range of the curve


@dataclass(frozen=True)
class Ask:
    """What is asked: factors of the budget from `low` to `high`.

    tolerance: distance of the envelopes, share of the curve's range; points: evenly spaced ones instead. exact:
    factors between which the curve is wanted exactly. scale: which money is multiplied.
    """

    low: float = 0.5
    high: float = 3.0
    tolerance: float = TOLERANCE
    points: int | None = None
    exact: tuple[float, float] | None = None
    scale: Scale = "central"

    def __post_init__(self) -> None:
        """Refuse what has no meaning. Error: UsageError."""
        _ordered(
            mark("The budgets run from {low:g}x to {high:g}x: give a lower and a higher factor."), self.low, self.high
        )
        if not 0 < self.tolerance < 1:
            raise UsageError(
                _("The tolerance is {tolerance:g}: give a share of the range, such as 0.1%.", tolerance=self.tolerance)
            )
        if self.points is not None and self.points < 2:
            raise UsageError(_("{points} points make no curve: ask for two at least.", points=self.points))
        if self.exact is not None:
            _ordered(
                mark("The exact curve runs from {low:g}x to {high:g}x: give a lower and a higher factor."), *self.exact
            )
            if self.exact[0] < self.low or self.exact[1] > self.high:
                raise UsageError(
                    _(
                        "The exact curve is asked from {exact:g}x to {exact2:g}x, outside the budgets from {low:g}x to "
                        "{high:g}x: choose it inside, or more budgets.",
                        exact=self.exact[0],
                        exact2=self.exact[1],
                        low=self.low,
                        high=self.high,
                    )
                )


def _ordered(words: str, low: float, high: float) -> None:
    if not 0 <= low < high < np.inf:
        raise UsageError(_(words, low=low, high=high))


@dataclass(frozen=True)
class Point:
    """One budget.

    gap: of the plan; lower: no plan has a smaller one. slope: of a line below the curve, gap per unit of factor. left,
    right: change of the gap per unit of money, with a little less and a little more of it; None where not defined.
    decisions: which set of yes-or-no decisions the plan has, from 1; None without any. status: optimal, stopped (at a
    limit), infeasible, failed.
    """

    factor: float
    status: str
    gap: float | None = None
    lower: float | None = None
    slope: float | None = None
    left: float | None = None
    right: float | None = None
    unfunded: float = 0.0
    floors: float = 0.0
    decisions: int | None = None
    note: str = ""

    @property
    def missing(self) -> float:
        """Money that obligations and floors lack."""
        return self.unfunded + self.floors

    def line(self, factor: float) -> float:
        """The line below the curve that this point proves."""
        assert self.lower is not None and self.slope is not None
        return self.lower + self.slope * (factor - self.factor)


@dataclass(frozen=True)
class Curve:
    """The frontier of one scenario.

    budget: money at factor 1. least: the least factor with a plan. funded: the least with no more missing than at the
    highest. pieces: the exact curve, where asked. relaxed: points of the relaxed decisions; held: for each set of
    decisions found, points of its own curve; both empty without yes-or-no decisions.
    """

    name: str
    scenario: Scenario
    ask: Ask
    budget: float
    least: float
    funded: float
    points: tuple[Point, ...]
    pieces: tuple[Piece, ...] = ()
    relaxed: tuple[Point, ...] = ()
    held: tuple[tuple[Point, ...], ...] = ()

    @property
    def certified(self) -> tuple[Point, ...]:
        """The points between which the envelopes hold, by factor."""
        return tuple(point for point in self.points if point.factor >= self.funded and point.gap is not None)

    @property
    def fall(self) -> float:
        """What the gap falls over the certified points."""
        points = self.certified
        return float(points[0].gap - points[-1].gap) if len(points) > 1 else 0.0  # type: ignore[operator]

    @property
    def error(self) -> float:
        """Furthest distance of the two envelopes, in gap."""
        if self.held:
            return max((p.gap - p.lower for p in self.certified), default=0.0)  # type: ignore[operator]
        points = self.certified
        return max((distance(p, q) for p, q in itertools.pairwise(points)), default=0.0)

    @property
    def reached(self) -> float:
        """The same as a share of the range."""
        return self.error / self.fall if self.fall > 0 else 0.0

    def envelope(self, factor: float) -> tuple[float, float]:
        """(lower, upper) bound of the smallest gap at a factor between certified points; ValueError elsewhere."""
        points = self.certified
        if not points or not points[0].factor <= factor <= points[-1].factor:
            raise ValueError(_("{factor} lies outside the certified part of the curve", factor=factor))
        lower = max((point.line(factor) for point in (self.relaxed if self.held else points)), default=0.0)
        chords = [_chord(line, factor) for line in (self.held or (points,))]
        return min(lower, *chords), min(chords)


def _chord(points: tuple[Point, ...], factor: float) -> float:
    """The chord above one convex curve; infinite outside its points."""
    factors, gaps = [p.factor for p in points], [p.gap for p in points]
    return float(np.interp(factor, factors, gaps, left=np.inf, right=np.inf))  # type: ignore[arg-type]


def crossing(left: Point, right: Point) -> float:
    """Where the lines of two points meet; the middle where they are the same."""
    assert left.lower is not None and right.lower is not None and left.slope is not None and right.slope is not None
    bend = right.slope - left.slope
    if bend <= 1e-12 * abs(left.slope):
        return (left.factor + right.factor) / 2
    rise = left.lower - left.slope * left.factor - right.lower + right.slope * right.factor
    return float(np.clip(rise / bend, left.factor, right.factor))


def distance(left: Point, right: Point) -> float:
    """Largest distance of chord and lines between two points: where the lines cross."""
    at = crossing(left, right)
    return max(0.0, _chord((left, right), at) - max(left.line(at), right.line(at)))


def table(curves: tuple[Curve, ...]) -> pd.DataFrame:
    """frontier.csv: a row for every point of every curve, by scenario and factor."""
    rows = [_row(curve, point) for curve in curves for point in curve.points]
    columns = ["scenario", "factor", "budget", "gap", "gap_lower", "gap_upper", "marginal_left", "marginal_right",
               "unfunded", "status", "floors_missing", "decisions", "claim", "note"]  # fmt: skip
    kinds: dict[str, Any] = dict.fromkeys(columns[1:9], float) | dict.fromkeys(
        ("scenario", "status", "claim", "note"), str
    )
    return pd.DataFrame(rows, columns=columns).astype({**kinds, "floors_missing": float, "decisions": "Int64"})


def _row(curve: Curve, point: Point) -> tuple[Any, ...]:
    if point.gap is None:
        claim = ""
    elif point.factor < curve.funded:
        claim = mark("money is missing")
    else:
        claim = mark("best decisions found") if curve.held else mark("smallest gap")
    return (
        curve.name, point.factor, point.factor * curve.budget, point.gap, point.lower, point.gap, point.left,
        point.right, point.unfunded if point.gap is not None else None, point.status,
        point.floors if point.gap is not None else None, point.decisions, claim, point.note,
    )  # fmt: skip


def kinks(curves: tuple[Curve, ...]) -> pd.DataFrame:
    """kinks.csv: every budget inside the exact part of a curve where the set of binding rules changes."""
    rows = [
        (
            curve.name, after.low, after.low * curve.budget, after.gap, before.slope_at_high / curve.budget,
            after.slope / curve.budget, before.bend / curve.budget**2, after.bend / curve.budget**2,
            "; ".join(after.changes),
        )
        for curve in curves
        for before, after in zip(curve.pieces, curve.pieces[1:], strict=False)
    ]  # fmt: skip
    columns = ["scenario", "factor", "budget", "gap", "marginal_left", "marginal_right", "bend_left", "bend_right",
               "changes"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).astype(
        {name: str if name in ("scenario", "changes") else float for name in columns}
    )

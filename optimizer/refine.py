"""Solving a separable convex function exactly: segments whose knots close in on the solution.

A convex function between knots is replaced by its chords, so an LP solves it. After each solve the knots gather in a
window around every cell's solution, a third as wide as before (or moved, when the solution sits on its edge). Two
figures certify the result. The true value of the plan is an upper bound. The LP's duals give a lower bound: with the
price p of a cell's row fixed, the Lagrangian separates, and exchanging each cell's chords for the true curve,

    lower = LP value + sum over cells of [ min over x of (true(x) + p x)  -  min over x of (chords(x) + p x) ].

The search stops when the relative distance and the knot spacing around every cell reach the tolerance.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from commonweal.optimizer.highs import Ints, Solution

Floats = npt.NDArray[np.float64]
SHRINK = 3.0
MARGIN = np.array([-4.0, 4.0])  # one more knot on either side: a solution that moves is met by a short chord
PIECES = 12  # of a cell: nine knots around its solution, the margins, and a knot at both ends


@dataclass(frozen=True)
class Family:
    """Convex costs ``weight * phi(z)``, z = x / unit in [0, end], as segments of a kept model; arrays are (cells,).

    columns: (cells, pieces) segments, PIECES of them by default; rows: the rows that define them, in which they have coefficient `sign`.
    Beyond `end` the cost is constant. switch: the column of the share covered, for cells that nobody is covered in
    today and the plan may open (ABSENT for others); least: the smallest positive share.
    """

    columns: Ints
    rows: Ints
    sign: Floats
    weight: Floats
    unit: Floats
    end: Floats
    phi: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    switch: Ints | None = None
    least: Floats | None = None


class Priceable(Protocol):
    """A linear program whose segments get new lengths and costs."""

    def set_bounds(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """New bounds of columns, in the model's units."""

    def set_costs(self, stage: str, columns: Ints, costs: Floats) -> None:
        """New costs of columns in a stage."""


class Knots:
    """Where the knots of one family stand; all arrays are in multiples of each cell's unit."""

    def __init__(self, family: Family, solver: Priceable, stage: str) -> None:
        """Spread the knots evenly and give the segments their lengths and costs in `stage`."""
        self.family, self.solver, self.stage = family, solver, stage
        self.pieces = family.columns.shape[1]
        self.around = np.concatenate([np.linspace(-1.0, 1.0, self.pieces - 3), MARGIN])
        self.window = family.end / self.pieces
        self.centre: Floats | None = None
        self._put(family.end[:, None] * np.linspace(0.0, 1.0, self.pieces + 1))

    def restart(self, solution: Solution) -> None:
        """Wide windows around another solution."""
        self.window = self.family.end / self.pieces
        self.centre = None
        self.gather(solution)

    def near(self, places: Floats, window: Floats) -> None:
        """Windows around places that are known from elsewhere; shapes (cells,)."""
        self.window = window
        self._around(places)

    def touch(self, points: Floats) -> None:
        """Put tangents instead of chords, which never lie above the curve; points: (cells, pieces), rising from 0."""
        phi, slope = self.family.phi(points), self.family.slope(points)
        bend = np.diff(slope, axis=1)
        height = phi - slope * points  # of each tangent at zero
        cross = np.divide(-np.diff(height, axis=1), bend, out=points[:, 1:].copy(), where=bend > 0)
        cross = np.clip(cross, points[:, :-1], points[:, 1:])
        end = self.family.end[:, None]
        self._put(np.concatenate([np.zeros_like(end), cross, end], axis=1), slope)

    def place(self, solution: Solution) -> Floats:
        """z of every cell, at most its end."""
        inside: Floats = solution.x[self.family.columns].sum(axis=1) / self.family.unit
        return np.clip(inside, 0.0, self.family.end)

    def true_value(self, solution: Solution) -> float:
        """The family's cost itself, without chords."""
        return float(np.sum(self.values(self.place(solution))))

    def values(self, places: Floats) -> Floats:
        """What every cell costs at a place, shapes (cells,)."""
        cost: Floats = self.family.weight * self.family.phi(places[:, None])[:, 0]
        return cost

    def correction(self, solution: Solution) -> tuple[float, float]:
        """What to add to the LP value for the true value of the plan, and for the certified lower bound."""
        up, down = self.corrections(solution)
        return float(np.sum(up)), float(np.sum(down))

    def corrections(self, solution: Solution) -> tuple[Floats, Floats]:
        """The same for every cell, shapes (cells,)."""
        family, z = self.family, self.place(solution)
        price = -solution.row_dual[family.rows] * family.sign * family.unit / family.weight
        best = self._touch(price)
        lagrange = family.phi(best[:, None])[:, 0] + price * best
        at_knots = (family.phi(self.knots) + price[:, None] * self.knots).min(axis=1)
        true = family.phi(z[:, None])[:, 0]
        return family.weight * (true - self._chord(z)), family.weight * (lagrange - at_knots)

    def _between(self, z: Floats) -> tuple[Floats, Floats]:
        """The knots on either side of z."""
        at = np.clip((self.knots <= z[:, None]).sum(axis=1) - 1, 0, self.pieces - 1)
        row = np.arange(len(z))
        return self.knots[row, at], self.knots[row, at + 1]

    def _chord(self, z: Floats) -> Floats:
        """The piecewise-linear function the LP saw, at z."""
        left, right = self._between(z)
        share = np.divide(z - left, right - left, out=np.zeros_like(z), where=right > left)
        phi = self.family.phi(np.stack([left, right], axis=1))
        return (1 - share) * phi[:, 0] + share * phi[:, 1]

    def _touch(self, price: Floats) -> Floats:
        """Where the true curve's slope equals minus the price, by bisection on [0, end]."""
        low, high = np.zeros_like(price), self.family.end.copy()
        for _ in range(60):
            middle = (low + high) / 2
            below = self.family.slope(middle[:, None])[:, 0] < -price
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return (low + high) / 2

    def spacing(self, solution: Solution) -> float:
        """Largest distance between the knots around a cell that is below its end."""
        z = self.place(solution)
        left, right = self._between(z)
        return float(np.where(z < self.family.end * (1 - 1e-9), right - left, 0.0).max(initial=0.0))

    def gather(self, solution: Solution) -> bool:
        """Put the knots around the solution; there is always a finer window."""
        z = self.place(solution)
        if self.centre is not None:
            inside = np.abs(z - self.centre) < 0.999 * self.window
            self.window = np.where(inside, self.window / SHRINK, self.window)
        self._around(z)
        return True

    def _around(self, z: Floats) -> None:
        """The knots of windows around z."""
        self.centre = z
        around = z[:, None] + self.window[:, None] * self.around
        end = self.family.end[:, None]
        self._put(np.sort(np.concatenate([np.zeros_like(end), np.clip(around, 0.0, end), end], axis=1), axis=1))

    def _put(self, knots: Floats, slope: Floats | None = None) -> None:
        """New knots: lengths and costs of all segments, changed in place; the costs are those of chords if not given."""
        self.knots = knots
        length = np.diff(knots, axis=1)
        if slope is None:
            rise = np.diff(self.family.phi(knots), axis=1)
            slope = np.divide(rise, length, out=np.zeros_like(rise), where=length > 0)
        columns, unit = self.family.columns.ravel(), self.family.unit[:, None]
        self.solver.set_bounds(columns, np.zeros(len(columns)), (length * unit).ravel())
        self.solver.set_costs(self.stage, columns, (self.family.weight[:, None] / unit * slope).ravel())

"""The gap stage with yes-or-no decisions: a plan and a proof of how good it is.

Two problems take turns, each correcting the other (outer approximation, Duran and Grossmann 1986):

    the decisions: every convex cost is replaced by tangents, which never lie above it. The bound that HiGHS proves for
        this mixed-integer program is therefore a bound for the true problem.
    the money: with the decisions held, what is left is a linear program with convex costs, solved to exactness.
        Its plan is feasible, so its true gap is an upper bound; and it tells where tangents are missing.

    distance = (least true gap of a plan - largest proven bound) / least true gap

The search ends when the distance reaches `solver.mip_tolerance`, and says how far it got when time runs out. Last, the
best decisions are held and the linear program is solved once more: later stages and prices are given these decisions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from commonweal.optimizer.errors import Stopped
from commonweal.optimizer.highs import Floats, Solution, Solver, SolverOptions
from commonweal.optimizer.refine import PIECES, Knots
from commonweal.optimizer.running import Enough, Tell
from commonweal.optimizer.stages import GapFound, Progress, Refined, minimise_gap

ROUNDS = 30
FIRST = 10.0  # the first, coarse search need not come closer than this many times the tolerance
SHARE = 0.3  # of the tolerance: how close HiGHS comes to the optimum of the tangents
NEAR = np.array([-4.0, -1.0, -0.25, 0.25, 1.0, 4.0])  # places of tangents around a solution, in windows
SHRINK = 3.0


@dataclass(frozen=True)
class Decided:
    """The gap stage with the decisions held, and what is proven: the bound over all decisions, the distance to it."""

    gap: GapFound
    decisions: int
    bound: float
    distance: float
    rounds: int
    proven: bool


def decide(
    solver: Solver, knots: Sequence[Knots], lines: Sequence[Refined], options: SolverOptions, progress: Progress
) -> Decided:
    """Find the integers of the gap stage, and leave the solver with the best ones held.

    `knots` are the curves that tangents replace; `lines` are costs that the model holds a bound of anyway.
    Errors: Infeasible, SolverFailed, and Stopped when a time limit passes before a first plan is found.
    """
    tangents = [_Tangents(family) for family in knots]
    best: Solution | None = None
    lower, rounds, proven = -np.inf, 0, False
    while not proven and rounds < ROUNDS and not (best is not None and solver.late):
        rounds += 1
        for each in tangents:
            each.put()
        try:
            master = solver.minimise(
                "gap",
                (FIRST if rounds == 1 else SHARE) * options.mip_tolerance,
                _teller(progress, rounds, best),
                _enough(best, options.mip_tolerance),
            )
        except Stopped:
            if best is None:
                raise
            break
        lower = max(lower, master.bound)
        if best is not None and _distance(best.objective, lower) <= options.mip_tolerance:
            proven = True
            break
        found = _held(solver, knots, lines, master, options.tolerance, progress).best
        if best is None or found.objective < best.objective:
            best = found
        proven = _distance(best.objective, lower) <= options.mip_tolerance
        progress(f"deciding: round {rounds}, {_words(best.objective, lower)}")
        if not proven:
            for each in tangents:
                each.learn(found)
            solver.free_integers(best.x)
    assert best is not None
    if solver.mixed:
        solver.fix_integers(best.x)
    solver.release()
    gap = _held(solver, knots, lines, best, options.tolerance, progress)
    return Decided(
        gap,
        int(solver.integer.sum()),
        min(lower, gap.best.objective),
        _distance(gap.best.objective, lower),
        rounds,
        proven,
    )


def _held(
    solver: Solver,
    knots: Sequence[Knots],
    lines: Sequence[Refined],
    plan: Solution,
    tolerance: float,
    progress: Progress,
) -> GapFound:
    """The gap with the integers of `plan` held."""
    if solver.mixed:
        solver.fix_integers(plan.x)
    for family in knots:
        family.restart(plan)
    return minimise_gap(solver, [*knots, *lines], tolerance, progress)


def _distance(upper: float, lower: float) -> float:
    """Relative; the gap of a plan is never negative."""
    return max(0.0, upper - lower) / upper if upper > 0 else 0.0


def _words(upper: float, lower: float) -> str:
    return f"best {upper:.6g}, bound {lower:.6g}, proven distance {_distance(upper, lower):.1e}"


def _teller(progress: Progress, rounds: int, best: Solution | None) -> Tell:
    def tell(bound: float, value: float) -> None:
        upper = value if best is None else best.objective
        if np.isfinite(upper):
            progress(f"deciding: round {rounds}, {_words(upper, bound)}")

    return tell


def _enough(best: Solution | None, tolerance: float) -> Enough | None:
    """A bound close enough to the best plan so far ends the search."""
    return None if best is None else lambda bound: _distance(best.objective, bound) <= tolerance


class _Tangents:
    """Where one family's tangents touch: at first evenly, then around the solutions seen; arrays (cells, points)."""

    def __init__(self, family: Knots) -> None:
        self.knots = family
        end = family.family.end[:, None]
        self.points = end * np.linspace(0.0, 1.0, PIECES)
        self.window = family.family.end / PIECES
        self.last: Floats | None = None
        self.before: Floats | None = None

    def put(self) -> None:
        self.knots.touch(self.points)

    def learn(self, found: Solution) -> None:
        """Tangents at the new solution and around it, at the two before it, at zero and at the end."""
        z, end = self.knots.place(found), self.knots.family.end
        if self.last is not None:
            inside = np.abs(z - self.last) < self.window
            self.window = np.where(inside, self.window / SHRINK, self.window)
        earlier = [z if old is None else old for old in (self.last, self.before)]
        around = z[:, None] + self.window[:, None] * NEAR
        points = np.concatenate([0 * z[:, None], z[:, None], *(e[:, None] for e in earlier), around], axis=1)
        points = np.concatenate([np.clip(points, 0.0, end[:, None]), end[:, None], end[:, None] / 2], axis=1)
        self.points = np.sort(points, axis=1)
        self.last, self.before = z, self.last

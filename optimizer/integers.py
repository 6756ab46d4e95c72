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
from commonweal.optimizer.highs import ABSENT, Floats, Solution, Solver, SolverOptions
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.refine import PIECES, Knots
from commonweal.optimizer.running import Enough, Tell
from commonweal.optimizer.stages import GapFound, Progress, Refined, minimise_gap

ROUNDS = 30
FIRST = 10.0  # the first, coarse search need not come closer than this many times the tolerance
ROUGH = 0.1  # of the tolerance: how exact a plan has to be while decisions are still sought
SHARE = 0.3  # of the tolerance: how close HiGHS comes to the optimum of the tangents
NEAR = np.array([-4.0, -1.0, -0.25, 0.25, 1.0, 4.0])  # places of tangents around a solution, in windows
SHRINK = 3.0
SHORT = 1e-5  # of a curve: a shorter piece is too fine for a row of its own


@dataclass(frozen=True)
class Decided:
    """The gap stage with the decisions held, and what is proven: the bound over all decisions, the distance to it."""

    gap: GapFound
    decisions: int
    bound: float
    distance: float
    rounds: int
    proven: bool

    @property
    def summary(self) -> dict[str, str | float | int]:
        """What run.json tells of the decisions."""
        return {
            "decisions": self.decisions,
            "bound": self.bound,
            "distance": self.distance,
            "rounds": self.rounds,
            "prices": mark("given these decisions"),
        }


def decide(
    solver: Solver,
    knots: Sequence[Knots],
    lines: Sequence[Refined],
    options: SolverOptions,
    progress: Progress,
    whole: Refined | None = None,
) -> Decided:
    """Find the integers of the gap stage, and leave the solver with the best ones held.

    `knots` are the curves that tangents replace; `lines` are costs that the model holds a bound of anyway. `whole`
    corrects for all of them where the gap is not their sum.
    Errors: Infeasible, SolverFailed, and Stopped when a time limit passes before a first plan is found.
    """
    families: list[Refined] = [*knots, *lines] if whole is None else [whole]
    tolerance = options.mip_tolerance
    solver.relax_integers()
    relaxed = minimise_gap(solver, families, tolerance, progress)
    solver.demand_integers()
    tangents = [_Tangents(family, relaxed.best) for family in knots]
    pieces = [_Pieces(family, solver) for family in knots]
    best: Solution | None = None
    lower, close, rounds = relaxed.lower_bound, FIRST * tolerance, 0
    while rounds < ROUNDS:
        rounds += 1
        for tangent, piece in zip(tangents, pieces, strict=True):
            tangent.put()
            piece.put()
        try:
            master = solver.minimise("gap", close, _teller(progress, rounds, best), _enough(best, tolerance))
            lower = max(lower, master.bound)
            if best is not None and _distance(best.objective, lower) <= tolerance:
                break
            _let(pieces)
            found = _held(solver, knots, families, master, ROUGH * tolerance, progress).best
        except Stopped:
            if best is None and solver.mixed:
                raise
            best = best or master  # its money is found below, when time no longer counts
            break
        best = found if best is None or found.objective < best.objective else best
        distance = _distance(best.objective, lower)
        progress(_("deciding: round {rounds}, {words}", rounds=rounds, words=_words(best.objective, lower)))
        if distance <= tolerance or solver.late:
            break
        close = SHARE * distance
        for each in tangents:
            each.learn(found)
        solver.free_integers(best.x)
    assert best is not None
    _let(pieces)
    solver.release()
    gap = _held(solver, knots, families, best, options.tolerance, progress)
    distance = _distance(gap.best.objective, lower)
    bound = min(lower, gap.best.objective)
    return Decided(gap, int(solver.integer.sum()), bound, distance, rounds, distance <= tolerance)


def _let(pieces: "Sequence[_Pieces]") -> None:
    """With the decisions held, the rows of pieces say nothing that the bounds do not."""
    for each in pieces:
        each.let()


def _held(
    solver: Solver,
    knots: Sequence[Knots],
    families: Sequence[Refined],
    plan: Solution,
    tolerance: float,
    progress: Progress,
) -> GapFound:
    """The gap with the integers of `plan` held."""
    if not solver.mixed:
        solver.free_integers(plan.x)
    solver.fix_integers(plan.x)
    for family in knots:
        family.restart(plan)
    return minimise_gap(solver, families, tolerance, progress)


def _distance(upper: float, lower: float) -> float:
    """Relative; the gap of a plan is never negative."""
    return max(0.0, upper - lower) / upper if upper > 0 else 0.0


def _words(upper: float, lower: float) -> str:
    return _(
        "best {upper:.6g}, bound {lower:.6g}, proven distance {distance:.1e}",
        upper=upper,
        lower=lower,
        distance=_distance(upper, lower),
    )


def _teller(progress: Progress, rounds: int, best: Solution | None) -> Tell:
    def tell(bound: float, value: float) -> None:
        upper = value if best is None else best.objective
        if np.isfinite(upper):
            progress(_("deciding: round {rounds}, {words}", rounds=rounds, words=_words(upper, bound)))

    return tell


def _enough(best: Solution | None, tolerance: float) -> Enough | None:
    """A bound close enough to the best plan so far ends the search."""
    return None if best is None else lambda bound: _distance(best.objective, bound) <= tolerance


class _Tangents:
    """Where one family's tangents touch: at zero, half-way, at the end, and around the last solutions; (cells, points)."""

    def __init__(self, family: Knots, start: Solution) -> None:
        self.knots = family
        self.window = family.family.end / PIECES
        self.last = self.before = family.place(start)
        self._around(self.last)

    def put(self) -> None:
        """Give the tangents to the solver."""
        self.knots.touch(self.points)

    def learn(self, found: Solution) -> None:
        """Gather around a new solution; closer in where the last one was near already."""
        z = self.knots.place(found)
        inside = np.abs(z - self.last) < self.window
        self.window = np.where(inside, self.window / SHRINK, self.window)
        self._around(z)
        self.last, self.before = z, self.last

    def _around(self, z: Floats) -> None:
        end = self.knots.family.end[:, None]
        around = z[:, None] + self.window[:, None] * NEAR
        seen = np.stack([z, self.last, self.before], axis=1)
        fixed = end * np.array([0.0, 0.5, 1.0])
        self.points = np.sort(np.concatenate([fixed, seen, np.clip(around, 0.0, end)], axis=1), axis=1)


class _Pieces:
    """No piece of a curve counts for more than the share that is covered: the hull of a cost that can be switched off.

    segment[k] <= length[k] / least * share covered        for every cell that nobody is covered in today
    """

    def __init__(self, knots: Knots, solver: Solver) -> None:
        """Add the rows; they hold nothing until `put`."""
        family = knots.family
        assert family.switch is not None and family.least is not None
        cells = np.flatnonzero(family.switch != ABSENT)
        self.solver = solver
        self.segments = family.columns[cells].ravel()
        self.switch = np.repeat(family.switch[cells], PIECES)
        self.least = np.repeat(family.least[cells], PIECES)
        self.end = np.repeat((family.end * family.unit)[cells], PIECES)
        typical = np.stack([self.end / self.least / PIECES, -np.ones(len(self.end))], axis=1)
        columns = np.stack([self.switch, self.segments], axis=1)
        self.rows = solver.add_rows(columns, typical, np.zeros(len(self.end))) if len(cells) else columns[:, 0]
        self.let()

    def put(self) -> None:
        """Give the rows the lengths that the pieces have now; those too short to matter hold nothing."""
        lengths = self.solver.upper[self.segments]
        long = lengths > SHORT * self.end
        rows = self.rows[long]
        self.solver.set_entries(rows, self.switch[long], (lengths / self.least)[long])
        self.solver.set_row_lower(rows, np.zeros(len(rows)))

    def let(self) -> None:
        """Let the rows hold nothing."""
        self.solver.free_rows(self.rows)

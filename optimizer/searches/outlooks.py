"""One plan for several outlooks: what is decided before one knows is the same in all of them (`models.outlooks`).

The models of the outlooks are solved as one, stage by stage as for a single plan: expected unfunded obligations and
missing floors first; then the gap, as the scenario aims at it; cuts, money moved and the even spread last. With another
aim than the expected gap, the outlooks that make up the tail keep what they reached there, and the expected gap is
minimised over the rest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from commonweal.instances import Instance
from commonweal.models.build import Built, build_model
from commonweal.models.outlooks import Outlooks, join
from commonweal.optimizer.binding import settled
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.highs import Solution, Solver
from commonweal.optimizer.integers import decide
from commonweal.optimizer.language import _
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.spread import spread
from commonweal.optimizer.stages import GapFound, Progress, Refined, hold, keep_gap, keep_stage, knots_of, minimise_gap
from commonweal.optimizer.tail import COUNTS, Tail, tail_mean, tail_shares, true_gap
from commonweal.optimizer.walk import Solved, Stage

LINEAR = ("unfunded", "floors", "cuts", "moved")
ROOM = 1e-8  # relative: for the last digits of what the tail keeps
ABOVE = 1e-7  # relative: an outlook this much worse than the tail's best is in it


@dataclass(frozen=True)
class Joint:
    """What was found. solved: every outlook as a plan of its own. value, lower_bound: of what the scenario aims at.

    shares: how much of that each outlook makes up. shared: decisions that are the same in all outlooks.
    """

    solved: Mapping[str, Solved]
    value: float
    lower_bound: float
    shares: Mapping[str, float]
    shared: int
    proven: bool


class Together:
    """All outlooks in one solver."""

    def __init__(
        self, cases: Mapping[str, Instance], scenarios: Mapping[str, Scenario], settings: Outlooks, progress: Progress
    ) -> None:
        """Build and join; `cases` are projected. Errors: Infeasible, UsageError."""
        progress(_("building the model of every outlook"))
        self.parts = {
            name: build_model(cases[name], one.levers, one.gaps, one.weights) for name, one in scenarios.items()
        }
        _convex(self.parts.values())
        self.options = next(iter(scenarios.values())).solver
        self.progress, self.chance, self.stages = progress, settings.probabilities, list[Stage]()
        self.width = {"expected": 1.0, "worst": 0.0, "cvar": settings.tail}[settings.aim]
        whole = join(self.parts, settings)
        self.shared = len(whole.same)
        self.solver = Solver(whole, self.options)
        self.own = {name: knots_of(part, self.solver, stage=f"gap of {name}") for name, part in self.parts.items()}
        self.integer: Mapping[str, Any] | None = None
        for stage in LINEAR:
            self._blend(stage)

    def search(self) -> Joint:
        """Run all stages. Errors: Infeasible, SolverFailed, and Stopped before a first plan is found."""
        for stage in ("unfunded", "floors"):
            self._keep(stage)
        aimed = None if self.width == 1 else self._tail()
        self._blend("gap")
        knots = {
            name: knots_of(part, self.solver, stage="gap", share=self.chance[name]) for name, part in self.parts.items()
        }
        curves = [knot for each in knots.values() for knot in each]
        expected, bound, proven = self._expected(curves, aimed)
        best, _ = settled(self.solver, curves, expected.best)
        self._note("gap", best.objective, expected.rounds)
        gaps = self._gaps(best)
        for part in self.parts.values():
            keep_gap(part, self.solver, best, best.objective)
        solution, missing = self._finish(), max(0.0, best.objective - expected.lower_bound)
        solved = {}
        for name, part in self.parts.items():
            lower = gaps[name] - missing / self.chance[name]  # given what is shared, no plan of this outlook has less
            close = expected.proven and gaps[name] - lower <= self.options.tolerance * gaps[name]
            status = "optimal" if close else "stopped"
            solved[name] = Solved(part, self.solver, solution, best, status, lower, self.stages, self.integer, {})
        value = tail_mean(gaps, self.chance, self.width)
        shares = tail_shares(gaps, self.chance, self.width)
        lower = bound if aimed is None else aimed.lower_bound
        proven = proven and (aimed is None or aimed.proven)
        return Joint(solved, value, min(lower, value), shares, self.shared, proven)

    def _tail(self) -> "GapFound":
        """Minimise the tail, and hold the outlooks in it."""
        tail = Tail(self.solver, self.own, self.chance, self.width)
        found, bound, proven = self._minimise([knot for each in self.own.values() for knot in each], tail)
        self._note("tail", found.best.objective, found.rounds)
        for share, name in zip(tail.shares(found.best).tolist(), self.parts, strict=True):
            if share > COUNTS:
                self._hold(name, found.best)
        tail.release()
        return GapFound(found.best, found.support, bound, found.rounds, proven)

    def _expected(self, curves: list[Any], aimed: GapFound | None) -> tuple[GapFound, float, bool]:
        """Minimise the expected gap; outlooks outside the tail may not become worse than those in it."""
        most = None if aimed is None else tail_mean(self._gaps(aimed.best), self.chance, self.width)
        for _round in self.parts:
            found, bound, proven = self._minimise(curves, None)
            gaps = self._gaps(found.best)
            if most is None or aimed is None or tail_mean(gaps, self.chance, self.width) <= most * (1 + ABOVE):
                break
            before = self._gaps(aimed.best)
            for name in (name for name in gaps if gaps[name] > before[name] * (1 + ABOVE)):
                self._hold(name, aimed.best)
        return found, bound, proven

    def _minimise(self, curves: list[Any], tail: Tail | None) -> tuple[GapFound, float, bool]:
        """The stage `gap`, with yes-or-no decisions the first time; what is proven over all decisions."""
        families: list[Refined] = [tail] if tail is not None else curves
        if not self.solver.mixed:
            found = minimise_gap(self.solver, families, self.options.tolerance, self.progress)
            return found, found.lower_bound, found.proven
        decided = decide(self.solver, curves, [], self.options, self.progress, tail)
        self.integer = decided.summary
        return decided.gap, decided.bound, decided.proven

    def _hold(self, name: str, found: Solution) -> None:
        """Let no plan of an outlook be worse than this one."""
        gap = self.parts[name].gaps[0]
        if not gap.curves:
            self.solver.keep(f"gap of {name}", true_gap(self.solver, f"gap of {name}", [], found) * (1 + ROOM))
        for curves in gap.curves:
            benefits = self.solver.columns(self.parts[name].model.benefit, curves.cells)
            hold(self.solver, benefits, found.x * (1 - ROOM), curves.unit * curves.end)

    def _gaps(self, solution: Solution) -> dict[str, float]:
        return {name: true_gap(self.solver, f"gap of {name}", own, solution) for name, own in self.own.items()}

    def _finish(self) -> Solution:
        """The stages after the gap."""
        self.solver.release()
        self._keep("cuts")
        solution = self._keep("moved")
        self.progress(_("spreading evenly"))
        solution = spread(list(self.parts.values()), self.solver, solution)
        self._note("spread", solution.objective, 1)
        return solution

    def _blend(self, stage: str) -> None:
        self.solver.blend(stage, {f"{stage} of {name}": p for name, p in self.chance.items()})

    def _keep(self, stage: str) -> Solution:
        self.progress(_("minimising {stage}", stage=_(stage)))
        found = keep_stage(self.solver, stage)
        self._note(stage, found.objective, 1)
        return found

    def _note(self, stage: str, value: float, rounds: int) -> None:
        self.stages.append({"stage": stage, "value": value + 0.0, "status": "optimal", "rounds": rounds})


def _convex(parts: Iterable[Built]) -> None:
    """Refuse gaps that several outlooks cannot share. Error: UsageError."""
    for part in parts:
        if len(part.gaps) > 1 or part.gaps[0].over is not None or part.gaps[0].ranked:
            raise UsageError(
                _(
                    "Outlooks share one convex gap: gaps in an order of their own, relative to a mean, or of pairs of "
                    "regions (gini) cannot be shared. Choose for instance --gap squared_shortfall."
                )
            )

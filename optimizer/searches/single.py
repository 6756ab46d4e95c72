"""One plan: the gaps, minimised together or in their order, refined to exactness."""

from dataclasses import replace

from commonweal.instances import Instance
from commonweal.models.build import GapStage
from commonweal.optimizer.binding import BindingSet, settled
from commonweal.optimizer.errors import Stopped
from commonweal.optimizer.exact import COARSE, minimise_exactly
from commonweal.optimizer.integers import decide
from commonweal.optimizer.language import _
from commonweal.optimizer.prices import price_rules
from commonweal.optimizer.quantiles import lines_of
from commonweal.optimizer.quotient import minimise_quotient
from commonweal.optimizer.refine import Knots
from commonweal.optimizer.scenario import Scenario, Search
from commonweal.optimizer.stages import GapFound, Progress, keep_gap, knots_of, let_curves, minimise_gap
from commonweal.optimizer.walk import Solved, Walk

GAPS = True


class Settings(Search):
    """Settings of the single search: none."""


def search(
    instance: Instance, scenario: Scenario, before: float, progress: Progress, *, prices: bool = False
) -> Solved:
    """Run all stages; `before` is the total gap of the status quo; `prices` asks for those of every rule.

    Errors: Infeasible, SolverFailed, UsageError, and Stopped when a time limit passes before a first plan is found.
    """
    walk = Walk(instance, scenario, progress)
    first: GapFound | None = None
    proven = True
    for order, gap in enumerate(walk.built.gaps):
        try:
            knots = knots_of(walk.built, walk.solver, order)
            found = _minimise(walk, scenario, gap, order, knots, prices)
        except Stopped:
            if first is None:
                raise
            proven = False
            break
        first, proven = first or found, proven and found.proven
        walk.note(gap.stage, found.best.objective, "optimal" if found.proven else "stopped", found.rounds)
        keep_gap(walk.built, walk.solver, found.best, before if order == 0 else found.best.objective, order)
        let_curves(gap, walk.solver, knots)
    assert first is not None
    return walk.finish(first.best, "optimal" if proven else "stopped", first.lower_bound)


def _minimise(walk: Walk, scenario: Scenario, gap: GapStage, order: int, knots: list[Knots], prices: bool) -> GapFound:
    """One gap stage; yes-or-no decisions fall in the first, a mean may have to divide it."""
    solver, tolerance = walk.solver, scenario.solver.tolerance
    if gap.over is None and solver.mixed:
        decided = decide(solver, knots, lines_of(walk.built, solver, order), scenario.solver, walk.progress)
        walk.integer = decided.summary
        found = replace(decided.gap, lower_bound=decided.bound, rounds=decided.rounds, proven=decided.proven)
        best, binding = settled(solver, knots, found.best, gap.stage)
        return _priced(walk, replace(found, best=best), binding, knots, order, prices)
    lines = lines_of(walk.built, solver, order)
    if lines:
        solver.interior(True)  # new lines leave little of the last basis
    try:
        if gap.over is not None:
            return minimise_quotient(gap, solver, [*knots, *lines], tolerance, walk.progress)
        if lines:
            return minimise_gap(solver, [*knots, *lines], tolerance, walk.progress, gap.stage)
        solver.forget()  # presolve is faster than the basis of another objective
        spacings = COARSE if gap.keep == "benefits" else ()
        found, binding = minimise_exactly(solver, knots, tolerance, walk.progress, gap.stage, spacings)
        return _priced(walk, found, binding, knots, order, prices)
    finally:
        if lines:
            solver.interior(False)


def _priced(
    walk: Walk, found: GapFound, binding: BindingSet | None, knots: list[Knots], order: int, prices: bool
) -> GapFound:
    """The same; from the first gap stage the prices on both sides are kept."""
    if order == 0:
        walk.progress(_("pricing the rules"))
        walk.prices = price_rules(walk.built, walk.solver, knots, found.best, binding, everything=prices)
    return found

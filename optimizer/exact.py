"""A gap without the rounding of its segments: as soon as what binds is clear, one system of equations gives the plan.

Knots need not close in to the last digit: they are brought to one spacing after the other, and at each it is tried
whether the rules that seem to bind do (`optimizer.binding`). Only where that never becomes clear they close in entirely.
"""

from collections.abc import Sequence

from commonweal.optimizer.binding import BindingSet, settled
from commonweal.optimizer.highs import Solver
from commonweal.optimizer.refine import Knots
from commonweal.optimizer.stages import GapFound, Progress, minimise_gap

COARSE = (3e-2, 1e-3, 3e-5)  # spacings of knots at which what binds may be clear
NEAR = COARSE[1:]  # the same where knots start close to the plan


def minimise_exactly(
    solver: Solver,
    knots: Sequence[Knots],
    tolerance: float,
    progress: Progress,
    stage: str = "gap",
    spacings: Sequence[float] = COARSE,
) -> tuple[GapFound, BindingSet | None]:
    """The gap stage, with the plan and its prices exact if what binds becomes clear; and what binds then.

    `spacings` are tried before the knots close in entirely; none for a gap that is kept by its value, because that needs the
    value of its curves, not of chords that lie above them. Errors: Infeasible, SolverFailed, Stopped.
    """
    for coarse in (*spacings, None):
        found = minimise_gap(solver, knots, tolerance, progress, stage, coarse=coarse)
        best, binding = settled(solver, knots, found.best, stage)
        if binding is not None or not found.proven:
            break
    return GapFound(best, found.support, found.lower_bound, found.rounds, found.proven), binding

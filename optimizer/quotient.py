"""A gap divided by a mean, minimised exactly (Dinkelbach): a sequence of differences instead of a quotient.

    f(q) = min over plans of (gap - q * mean);   the least quotient is the q with f(q) = 0

Starting from the quotient of the plan with the least gap, every round minimises the difference and takes the quotient
of what it finds. Each f(q) proves a bound: no plan has a quotient below q + min(0, f(q)) / (the least mean of any plan).

Source: Dinkelbach, On nonlinear fractional programming, Management Science 13 (1967) 492-498.
"""

from collections.abc import Sequence
from dataclasses import replace

from commonweal.models.build import GapStage
from commonweal.optimizer.errors import Stopped, UsageError
from commonweal.optimizer.highs import Solution, Solver
from commonweal.optimizer.language import _
from commonweal.optimizer.stages import GapFound, Progress, Quotient, Refined, minimise_gap, value_of

ROUNDS = 30


def minimise_quotient(
    gap: GapStage, solver: Solver, families: Sequence[Refined], tolerance: float, progress: Progress
) -> GapFound:
    """Minimise a relative gap; the objective found, its bound and its prices are those of the quotient.

    Errors: UsageError where the mean may be zero; Infeasible, SolverFailed, Stopped as for any gap.
    """
    assert gap.over is not None
    if solver.mixed:
        raise UsageError(
            _(
                "Gap {names} with relative = true cannot be minimised exactly together with yes-or-no "
                "decisions. Use gaps.{names}.relative = false instead.",
                names=gap.names[0],
            )
        )
    least = solver.minimise(gap.over).objective
    if least <= 0:
        raise UsageError(
            _(
                "Gap {names} with relative = true divides by the mean, and these rules allow a mean of zero. "
                "Use gaps.{names}.relative = false instead, or add benefit_rigidity or floors.",
                names=gap.names[0],
            )
        )
    best: GapFound | None = None
    bound, quotient = 0.0, 0.0
    for rounds in range(1, ROUNDS + 1):
        try:
            found = minimise_gap(solver, families, tolerance, progress, gap.stage, Quotient(gap.over, quotient))
        except Stopped:
            if best is None:
                raise
            return replace(best, lower_bound=bound, rounds=rounds)
        bound = max(bound, quotient + min(0.0, found.lower_bound) / least)
        mean = value_of(solver, gap.over, found.best)
        reached = quotient + found.best.objective / mean
        if best is None or reached <= best.best.objective:
            best = replace(found, best=_quotient(found.best, reached, mean), rounds=rounds)
        quotient = best.best.objective
        distance = (quotient - bound) / max(quotient, tolerance)
        progress(
            _(
                "minimising {stage}: quotient {quotient:.6g}, proven distance {distance:.1e}",
                stage=gap.stage,
                quotient=quotient,
                distance=distance,
            )
        )
        if distance <= tolerance or solver.late or reached > quotient:
            return replace(best, lower_bound=bound, rounds=rounds, proven=distance <= tolerance)
    assert best is not None
    return replace(best, lower_bound=bound, rounds=ROUNDS, proven=False)


def _quotient(found: Solution, quotient: float, mean: float) -> Solution:
    """Prices of the quotient: those of the difference, over the mean."""
    return Solution(quotient, found.x, found.row_dual / mean, found.column_dual / mean, found.bound)

"""The worst outlooks as one cost: the mean gap over the worst `width` of the probability, the very worst if that is zero.

    tail mean = max over shares of  sum over s of share[s] * G_s,   0 <= share[s] <= p_s / width,  shares sum to one

In the linear program a column not below each outlook's gap takes part (`Solver.epigraphs`); the duals of these rows are
the shares. With them the certified bound of every outlook's own curves (`optimizer.refine`) adds up to one for the
tail: the bound with fixed shares is a bound of the largest over all shares.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from commonweal.optimizer.highs import Floats, Solution, Solver
from commonweal.optimizer.refine import Knots

COUNTS = 1e-9  # an outlook with a smaller share of the tail is not in it


def tail_shares(gaps: Mapping[str, float], chance: Mapping[str, float], width: float) -> dict[str, float]:
    """How much of the tail each outlook makes up, the worst first."""
    left, shares = 1.0, dict.fromkeys(gaps, 0.0)
    for name in sorted(gaps, key=lambda name: gaps[name], reverse=True):
        shares[name] = min(left, chance[name] / width if width > 0 else 1.0)
        left -= shares[name]
    return shares


def tail_mean(gaps: Mapping[str, float], chance: Mapping[str, float], width: float) -> float:
    """The mean gap over the tail."""
    shares = tail_shares(gaps, chance, width)
    return sum(shares[name] * gap for name, gap in gaps.items())


def true_gap(solver: Solver, stage: str, knots: Sequence[Knots], solution: Solution) -> float:
    """What a stage with curves is worth in a solution, without chords; where the knots stand does not matter."""
    costs = solver.costs[stage][: len(solution.x)].copy()
    curved = 0.0
    for knot in knots:
        costs[knot.family.columns.ravel()] = 0.0
        start = knot.family.phi(np.zeros((len(knot.family.end), 1)))[:, 0]
        curved += knot.true_value(solution) - float(knot.family.weight @ start)
    return float(costs @ solution.x) + solver.offsets[stage] + curved


class Tail:
    """The tail as the stage `gap`; a `Refined` cost made of every outlook's own knots, in stages `gap of <outlook>`."""

    def __init__(
        self, solver: Solver, knots: Mapping[str, Sequence[Knots]], chance: Mapping[str, float], width: float
    ) -> None:
        """Add the columns and rows of the tail to the solver."""
        self.solver, self.knots, self.chance, self.width = solver, knots, chance, width
        stages = [f"gap of {name}" for name in knots]
        unit, count = solver.size_of(stages), len(stages)
        gaps, self.rows = solver.epigraphs(stages, unit)
        level = solver.add_columns(1, -np.inf, np.inf, unit)
        excess = solver.add_columns(count, 0.0, np.inf if width > 0 else 0.0, unit)
        columns = np.stack([np.repeat(level, count), excess, gaps], axis=1)
        solver.add_rows(columns, np.tile([1.0, 1.0, -1.0], (count, 1)), np.zeros(count))
        solver.new_stage("gap")
        solver.set_costs("gap", level, np.ones(1))
        if width > 0:
            solver.set_costs("gap", excess, np.array([chance[name] / width for name in knots]))
        self.columns = np.concatenate([gaps, level, excess])

    def release(self) -> None:
        """From now on the tail holds nothing."""
        self.solver.let_epigraphs()
        still = np.zeros(len(self.columns))
        self.solver.set_bounds(self.columns, still, still)

    def gaps(self, solution: Solution) -> dict[str, float]:
        """The gap of every outlook."""
        return {name: true_gap(self.solver, f"gap of {name}", own, solution) for name, own in self.knots.items()}

    def shares(self, solution: Solution) -> Floats:
        """How much of the tail each outlook makes up; shape (outlooks,)."""
        return np.maximum(0.0, solution.row_dual[self.rows])

    def correction(self, solution: Solution) -> tuple[float, float]:
        """What to add to the LP value for the true value of the plan, and for the certified lower bound."""
        down = 0.0
        for share, own in zip(self.shares(solution).tolist(), self.knots.values(), strict=True):
            if share > 0:
                alone = replace(solution, row_dual=solution.row_dual / share)
                down += share * sum(knot.correction(alone)[1] for knot in own)
        return tail_mean(self.gaps(solution), self.chance, self.width) - solution.objective, down

    def spacing(self, solution: Solution) -> float:
        """Largest distance between the knots around a cell of an outlook in the tail."""
        counts = self.shares(solution) > COUNTS
        own = [knots for knots, inside in zip(self.knots.values(), counts, strict=True) if inside]
        return max((knot.spacing(solution) for knots in own for knot in knots), default=0.0)

    def gather(self, solution: Solution) -> bool:
        """Put every outlook's knots around the solution."""
        finer = [knot.gather(solution) for own in self.knots.values() for knot in own]
        return any(finer)

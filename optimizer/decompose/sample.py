"""What money is worth in a sample of regions, which is planned whole: the prices that the parts are asked at first."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from commonweal.optimizer.decompose.messages import UNMET, Floats, Link, Spec
from commonweal.optimizer.decompose.reduced import Reduced
from commonweal.optimizer.decompose.regions import Whole
from commonweal.optimizer.errors import Infeasible, UsageError
from commonweal.optimizer.highs import Solution, Solver
from commonweal.optimizer.language import _
from commonweal.optimizer.stages import knots_of

ELASTIC = 10.0  # a sample may overspend at so many times the largest worth of money


def sampled(spec: Spec, scale: float) -> dict[Link, float]:
    """Prices of the links if these regions were the nation and had `scale` times the money; it may overspend.

    And the values that common decisions then have.
    """
    whole = Whole.of(spec)
    solver, links = whole.solver, list(whole.rows)
    if solver.mixed:
        solver.relax_integers()
    whole.nothing_missing()
    rows = np.array([whole.rows[link] for link in links], dtype=np.int32)
    solver.limits[rows] *= scale
    solver.let_rows(rows)
    extra = solver.add_slacks(rows, np.full(len(rows), -1.0))
    solver.set_bounds(extra, np.zeros(len(rows)), np.full(len(rows), np.inf))
    solver.set_costs("gap", extra, np.full(len(rows), ELASTIC * whole.steepest()))
    families = knots_of(whole.built, solver)
    for _try in range(3):
        found = minimised(solver, solver.costs["gap"])
        for knots in families:
            knots.gather(found)
    prices = {link: -float(found.row_dual[row]) for link, row in whole.rows.items()}
    return {**prices, **{name: float(found.x[column]) for name, column in whole.commons.items()}}


def minimised(program: Solver | Reduced, costs: Floats) -> Solution:
    """The plan with these costs in place of the gap's. Errors: UsageError if obligations stay unmet, SolverFailed."""
    with unmet():
        return program.minimise_costs(costs, program.offsets["gap"])


@contextmanager
def unmet() -> Iterator[None]:
    """Regions that cannot meet everything, whatever money they are given: UsageError."""
    try:
        yield
    except Infeasible as error:
        raise UsageError(_(UNMET)) from error

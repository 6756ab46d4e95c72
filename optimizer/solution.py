"""Options of a solve, and what a solved stage is."""

from dataclasses import dataclass

from pydantic import BaseModel, Field

from commonweal.optimizer.arrays import Floats


class SolverOptions(BaseModel, extra="forbid", frozen=True):
    """Options of the solver and of when a search may stop."""

    threads: int = Field(default=1, ge=1, description="threads of HiGHS")
    time_limit: float | None = Field(default=None, gt=0, description="seconds for the whole search")
    tolerance: float = Field(
        default=1e-6, gt=0, lt=1, description="certified relative gap, and accuracy of benefits, at which to stop"
    )
    mip_tolerance: float = Field(
        default=1e-4,
        gt=0,
        lt=1,
        description="certified relative gap at which to stop when there are yes-or-no decisions",
    )


@dataclass(frozen=True)
class Solution:
    """One solved stage. x, column_dual: (columns,); row_dual: (rows,); duals are change of the objective per unit of
    the limit as written. bound: proven lower bound of the objective (the objective itself without integers); it is
    further below the objective than asked for only when a limit stopped the search."""

    objective: float
    x: Floats
    row_dual: Floats
    column_dual: Floats
    bound: float

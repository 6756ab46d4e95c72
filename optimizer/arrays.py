"""What the modules that talk to HiGHS share: kinds of arrays, tolerances, and a look at every status."""

from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array

from commonweal.optimizer.errors import SolverFailed
from commonweal.optimizer.language import _

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.signedinteger[Any]]
FEASIBILITY = 1e-9
COST_SIZE = 2.0**10  # the largest scaled cost: gaps have tiny slopes, and HiGHS compares them with 1e-9
ABSENT = -1  # a variable that is fixed, or in no row, has no column


def entries(matrix: csr_array | csc_array, rows: Ints, columns: Ints) -> Floats:
    """The entry of each row in the column of the same place; shape (rows,)."""
    return np.asarray(matrix[rows, columns], dtype=float).ravel() if len(rows) else np.empty(0)


def expect(status: Any, what: str) -> None:
    """HiGHS returns failures instead of raising them; an unchecked one silently changes the method."""
    if status == highspy.HighsStatus.kError:
        raise SolverFailed(_("HiGHS refused {what}.", what=what))

"""Scales of rows, columns and limits: powers of two, so that scaling itself rounds nothing."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from commonweal.optimizer.arrays import Floats

LIMIT_SIZE = 2.0**10  # the largest scaled right-hand side: feasibility is absolute


def size_of_limits(limits: Floats) -> float:
    """Power of two by which limits are divided, so that the largest is near LIMIT_SIZE whatever the money unit."""
    largest = float(np.abs(limits[np.isfinite(limits)]).max(initial=0.0))
    return power_of_two(largest / LIMIT_SIZE) if largest > 0 else 1.0


def equilibrate(matrix: csc_array, integer: npt.NDArray[np.bool_], rounds: int = 3) -> tuple[Floats, Floats]:
    """Row and column scales, powers of two, that bring entries near one; integer columns stay as they are."""
    size = abs(matrix).tocoo()
    row, col = np.ones(matrix.shape[0]), np.ones(matrix.shape[1])
    if size.nnz == 0:
        return row, col
    log = np.log2(size.data)
    for _ in range(rounds):
        now = log + np.log2(row)[size.row] + np.log2(col)[size.col]
        row /= 2 ** _middle(now, size.row, len(row))
        now = log + np.log2(row)[size.row] + np.log2(col)[size.col]
        shift = 2 ** _middle(now, size.col, len(col))
        col /= np.where(integer, 1.0, shift)
    return np.exp2(np.round(np.log2(row))), np.exp2(np.round(np.log2(col)))


def _middle(log: Floats, group: npt.NDArray[Any], count: int) -> Floats:
    """Midpoint of the smallest and largest logarithm in each group; zero for empty groups."""
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, group, log)
    np.maximum.at(high, group, log)
    found = np.isfinite(low)
    return np.where(found, (np.where(found, low, 0.0) + np.where(found, high, 0.0)) / 2, 0.0)


def power_of_two(value: float) -> float:
    return float(2.0 ** np.round(np.log2(value)))

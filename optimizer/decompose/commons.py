"""Decisions that all regions share, such as one free contribution rate: values are tried, and cuts say what others bring.

With the values v held, regions and prices are all there is; every sweep then gives more than a bound. The duals of the
regions stay feasible whatever the values, so that one sweep at v[k] bounds the gap of every plan with any values v:

    gap >= bound[k] + slope[k] * (v - v[k])

The next values are those at which all these cuts together promise most. That promise is a bound for all values.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array

from commonweal.optimizer.decompose.coordinator import Priced
from commonweal.optimizer.decompose.messages import UNMET, Common, Cut, Floats
from commonweal.optimizer.errors import SolverFailed, UsageError
from commonweal.optimizer.highs import Program
from commonweal.optimizer.language import _

TRIES = 40
STEEP = 1e6  # times the gap: what a cut may say at most
SAME = 1e-9  # of the range of a value: closer together are no two values

Try = Callable[[Floats], tuple[Priced | None, Sequence[Cut]]]
"""The price loop with these values held; None where no plan meets all obligations."""


@dataclass
class _Known:
    """What has been found so far: where plans may exist, the cuts, the best plan, its values and what they do to the gap."""

    lower: Floats
    upper: Floats
    cuts: list[Cut]
    best: Priced | None = None
    at: Floats | None = None
    worth: Floats = field(default_factory=lambda: np.empty(0))

    def without(self, values: Floats) -> bool:
        """No plan has these values. A single value has none beyond it either; of several only cuts lead away."""
        if self.at is None or self.best is None:
            return False
        if len(values) > 1:
            here = max((cut.bound for cut in self.cuts if np.array_equal(cut.at, values)), default=0.0)
            return here > self.best.cost
        self.lower, self.upper = (
            np.where(values < self.at, values, self.lower),
            np.where(values > self.at, values, self.upper),
        )
        return True


def search_commons(run: Try, commons: Sequence[Common], start: Floats, tolerance: float) -> Priced:
    """The best values and their plan; their prices are what a unit of them does to the gap. Error: UsageError if no plan is found that meets all obligations."""
    least, largest = (np.array([getattr(each, side) for each in commons]) for side in ("lower", "upper"))
    known = _Known(least.copy(), largest.copy(), [])
    first, tried, missed, sweeps = [largest, least], list[Floats](), list[Floats](), 0
    at, bound = np.clip(start, least, largest), 0.0

    def near(others: Sequence[Floats]) -> bool:
        return any(bool((np.abs(at - other) <= SAME * (largest - least)).all()) for other in others)

    while len(tried) < TRIES:
        tried.append(at)
        priced, cuts = run(at)
        known.cuts += cuts
        if priced is None:
            missed.append(at)
            if known.best is None and first:
                at = first.pop()
                continue
            if not known.without(at):
                raise UsageError(_(UNMET))
        else:
            sweeps += priced.sweeps
            if known.best is None or priced.cost < known.best.cost:
                known.best, known.at = priced, at
                known.worth = max(cuts, key=lambda cut: cut.bound).slopes
        assert known.best is not None and known.at is not None
        bound, at = promise(known.cuts, known.lower, known.upper, max(known.best.cost, tolerance))
        bound = min(bound, known.best.cost)
        if near(missed):
            at = (at + known.at) / 2
        if known.best.cost - bound <= tolerance * known.best.cost or near(tried):
            break
    best, values = known.best, known.at
    if best is None or values is None:
        raise SolverFailed(_("No plan was found at {tries} values of what all regions share.", tries=TRIES))
    names = [each.name for each in commons]
    held = dict(zip(names, values.tolist(), strict=True))
    prices = {**best.prices, **dict(zip(names, known.worth.tolist(), strict=True))}
    proven = best.cost - bound <= tolerance * best.cost
    money = [{**own, **held} for own in best.money]
    return replace(best, money=money, prices=prices, lower_bound=bound, sweeps=sweeps, proven=proven)


def promise(cuts: Sequence[Cut], lower: Floats, upper: Floats, size: float) -> tuple[float, Floats]:
    """The least gap that all cuts leave room for between these values, and where; `size` is about that of the gap.

    No gap is negative, so that a part of a cut holds as well: steep ones are made flatter. Error: SolverFailed.
    """
    slopes, bounds = np.array([cut.slopes for cut in cuts]), np.array([cut.bound for cut in cuts])
    part = np.minimum(1.0, STEEP * size / np.maximum(np.abs(bounds) + np.abs(slopes) @ (upper - lower), size))
    slopes, bounds = slopes * part[:, None], bounds * part
    program = Program(
        csr_array(np.column_stack([np.ones(len(cuts)), -slopes])),
        (np.concatenate([[0.0], lower]), np.concatenate([[np.inf], upper])),
        (bounds - (slopes * [cut.at for cut in cuts]).sum(axis=1), np.full(len(cuts), np.inf)),
        (np.full(len(cuts), 1 / size), np.concatenate([[size], np.ones(len(lower))])),
    )
    x = program.minimise(np.concatenate([[1.0], np.zeros(len(lower))]))
    if x is None:
        raise SolverFailed(_("The master problem of what all regions share has no solution."))
    return float(x[0]), np.clip(x[1:], lower, upper)

"""What a part remembers of the plans it has named: enough to say what a mix of them costs.

A mix of plans is a plan, and uses the mix of their money. Curves are convex, so its gap is at most the mix of their gaps:

    gap of unit u  =  sum over plans of share * straight  +  sum over cells of weight * phi(sum over plans of share * z)
"""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from commonweal.optimizer.decompose.messages import Blend, Floats
from commonweal.optimizer.decompose.reduced import Reduced
from commonweal.optimizer.highs import Ints, Solution
from commonweal.optimizer.refine import Knots


class Plans:
    """Of every plan what each unit's gap is apart from curves, and where its cells stand on theirs."""

    def __init__(self, reduced: Reduced, knots: Sequence[Knots], unit: Ints, count: int) -> None:
        """unit: of every column, shape (columns,); `count` of them."""
        self.knots, self.unit, self.count = knots, unit, count
        self.cells = [unit[each.family.columns[:, 0]] for each in knots]
        self._costs = reduced.costs["gap"].copy()
        for each in knots:
            self._costs[each.family.columns] = 0.0
        self._known: list[tuple[Floats, list[Floats]]] = []

    def straight(self, found: Solution) -> Floats:
        """The gap of every unit, but for what curves count; shape (units,)."""
        return np.bincount(self.unit, self._costs * found.x, minlength=self.count).astype(float)

    def note(self, found: Solution) -> int:
        """Remember a plan; its number."""
        self._known.append((self.straight(found), [knots.place(found) for knots in self.knots]))
        return len(self._known) - 1

    def gap(self, mix: Blend) -> float:
        """Of a mix; units of which it says nothing do what they did last."""
        at = (mix.shares, (mix.units, mix.numbers))
        share = csr_array(at, shape=(self.count, len(self._known))).toarray()
        share[share.sum(axis=1) == 0.0, -1] = 1.0
        found = float(sum(own @ share[:, k] for k, (own, _) in enumerate(self._known)))
        for f, (knots, cells) in enumerate(zip(self.knots, self.cells, strict=True)):
            place = np.zeros(len(cells))
            for k, (_, places) in enumerate(self._known):
                place += share[cells, k] * places[f]
            found += float(knots.values(place).sum())
        return found

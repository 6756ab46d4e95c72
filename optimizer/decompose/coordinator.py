"""The price loop: what is the nation's money worth, and how close is the best plan known to the best there can be.

    lower bound = sum over units of least[u](prices) - sum over links of price * limit           for any prices
    upper bound = cost of a mix of plans of units that exceeds no link

Prices are sought in a box around the best ones. A step that raises the bound moves the box; one that promised far more
than it held makes it smaller. The coordinator knows money and prices only, and believes a mix only after its money
has been counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from commonweal.optimizer.decompose.master import Master, Mix
from commonweal.optimizer.decompose.messages import UNMET, Answer, Ask, Described, Floats, Link, menu_price
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.executors import Executor
from commonweal.optimizer.stages import Progress

SWEEPS = 100
AROUND = (1.0, 0.97, 1.03)  # times the first prices: some overspend, some do not
BOX = 0.1  # of a price, to either side, at first
LEAST = 1e-2  # of the highest first price: no price counts for less when its box is made
WIDEST, NARROWEST = 4.0, 1e-5
KEPT = 0.5  # of what was promised: a step that keeps so much may be followed by a longer one
MOST = 100.0  # times the largest worth of money in one year: no price can be higher
ACCURACY = 0.1  # of the tolerance: what curves may add to the distance


@dataclass(frozen=True)
class Priced:
    """What the loop found. money: what each part may use of each link. prices: gap per unit of each link's limit."""

    money: list[dict[Link, float]]
    prices: dict[Link, float]
    lower_bound: float
    cost: float
    sweeps: int
    proven: bool


class Coordinator:
    """Prices, bounds and the mix. Arrays of prices are in the order of the master's links."""

    def __init__(self, executor: Executor, parts: Sequence[Described], tolerance: float, progress: Progress) -> None:
        """`parts` are what the executor's parts say of themselves."""
        self.executor, self.parts, self.progress = executor, parts, progress
        self.tolerance, self.sweeps = tolerance, 0
        self.steepest = max(part.steepest for part in parts)
        self.master = Master(parts, MOST * self.steepest)
        self.lower, self.best = -np.inf, np.empty(0)

    def search(self, start: dict[Link, float]) -> Priced:
        """From these prices on. Error: UsageError if no plan is found that meets all obligations."""
        master = self.master
        first = np.array([start.get(link, 0.0) for link in master.links])
        first = np.where(master.equal, first, np.maximum(0.0, first))
        for times in AROUND:
            master.add(self._sweep(times * first)[1])
        size = float(np.abs(first).max(initial=0.0)) or self.steepest
        found, money, box = None, list[dict[Link, float]](), BOX
        while True:
            mix = master.plan()
            if mix.possible and (found is None or mix.cost < found.cost):
                found, money = mix, master.money(mix)
            if found is not None and self._distance(found) <= self.tolerance:
                return self._priced(found, money)
            if self.sweeps >= SWEEPS:
                break
            room = box * np.maximum(np.abs(self.best), LEAST * size)
            low = np.where(master.equal, self.best - room, np.maximum(0.0, self.best - room))
            step, before = master.step(low, self.best + room), self.lower
            promised = step.value - before
            bound, answers = self._sweep(step.prices)
            taken = self._take(answers)
            far = "no plan yet" if found is None else f"proven distance {self._distance(found):.1e}"
            self.progress(f"pricing money: sweep {self.sweeps}, {far}")
            if bound >= before + KEPT * promised:
                box = min(2 * box, WIDEST)
                if not taken and box == WIDEST:
                    break
            elif bound < before - promised or not taken:
                box = max(box / 2, NARROWEST)
        if found is None:
            raise UsageError(UNMET)
        return self._priced(found, money)

    def _distance(self, found: Mix | None) -> float:
        """Of the best plan from the bound, relative to its gap; at least nought."""
        return np.inf if found is None else max(0.0, found.cost - self.lower) / max(found.cost, self.tolerance)

    def _priced(self, found: Mix, money: list[dict[Link, float]]) -> Priced:
        prices = dict(zip(self.master.links, self.best.tolist(), strict=True))
        proven = self._distance(found) <= self.tolerance
        return Priced(money, prices, self.lower, found.cost, self.sweeps, proven)

    def _take(self, answers: Sequence[Answer]) -> int:
        rows = len(self.master.links) + len(self.master.menus)
        return self.master.add(answers, self.master.duals[:rows], -self.master.duals[rows:])

    def _sweep(self, prices: Floats) -> tuple[float, list[Answer]]:
        """Ask every part; the bound that follows, and the answers."""
        links = dict(zip(self.master.links, prices.tolist(), strict=True))
        menus = {menu: menu_price(menu, links) for part in self.parts for menu in part.menus}
        ask = Ask(links, menus, ACCURACY * self.tolerance)
        answers = list(self.executor.call("price", [ask] * len(self.parts)))
        self.sweeps += 1
        bound = sum(float(answer.least.sum()) for answer in answers) - float(prices @ self.master.limit)
        if bound > self.lower:
            self.lower, self.best = bound, prices
        return bound, answers

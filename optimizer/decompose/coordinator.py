"""The price loop: what is the nation's money worth, and how close is the best plan known to the best there can be.

    lower bound = sum over regions of least[r](prices) - sum over links of price * limit         for any prices
    upper bound = cost of a mix of regional plans that exceeds no link

The coordinator knows money and prices only. A bound is told only of a mix whose money has been counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from commonweal.optimizer.decompose.master import Master, Mix
from commonweal.optimizer.decompose.messages import Answer, Ask, Described, Floats, Link, menu_price
from commonweal.optimizer.errors import SolverFailed, Stopped, UsageError
from commonweal.optimizer.executors import Executor
from commonweal.optimizer.stages import Progress

SWEEPS = 60
AROUND = (1.0, 0.97, 1.03)  # times the first prices: some overspend, some do not
KEEP = 0.3  # of the best prices in the next ones, as long as that helps
CEILING = 1e4  # times the scale of prices: a nation that cannot pay at this price cannot pay
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
    """Prices, bounds and the mix."""

    def __init__(
        self, executor: Executor, parts: Sequence[Described], tolerance: float, progress: Progress
    ) -> None:
        """`parts` are what the executor's parts say of themselves."""
        self.executor, self.parts, self.progress = executor, parts, progress
        self.tolerance, self.sweeps = tolerance, 0
        self.scale = max(part.steepest for part in parts)
        self.lower, self.best, self.helped = -np.inf, dict[Link, float](), True

    def search(self, start: dict[Link, float], deadline: float | None = None) -> Priced:
        """From these prices on. Errors: Stopped without a plan, UsageError if no plan without unmet obligations is found."""
        self.master = master = Master(self.parts, start, self.scale)
        for times in AROUND:
            master.add(self._sweep({link: times * price for link, price in start.items()}))
        found: Mix | None = None
        while True:
            mix = master.solve()
            if mix.possible and (found is None or mix.cost < found.cost):
                found, money = mix, master.money(mix)
            distance = np.inf if found is None else (found.cost - self.lower) / max(found.cost, self.tolerance)
            self.progress(f"pricing money: sweep {self.sweeps}, proven distance {max(distance, 0):.1e}")
            if found is not None and (distance <= self.tolerance or self.sweeps >= SWEEPS):
                return Priced(money, self.best, self.lower, found.cost, self.sweeps, distance <= self.tolerance)
            if found is None and (self.sweeps >= SWEEPS or float(master.high.max(initial=0.0)) > CEILING * self.scale):
                raise UsageError(_NO_PLAN)
            master.widen(mix)
            prices = self._between(mix)
            answers = self._sweep(prices)
            if not self._take(answers) and not self._take(self._sweep(mix.prices)) and self._in_box(mix):
                if found is None:
                    raise UsageError(_NO_PLAN)
                return Priced(money, self.best, self.lower, found.cost, self.sweeps, False)

    def _between(self, mix: Mix) -> dict[Link, float]:
        """Prices a step from the best towards those of the mix; all the way if the last step was for nothing."""
        keep = KEEP if self.helped else 0.0
        return {link: keep * self.best[link] + (1 - keep) * price for link, price in mix.prices.items()}

    def _in_box(self, mix: Mix) -> bool:
        """Was the box of no use, so that only new plans could change anything."""
        return mix.possible and not (mix.under > 0).any()

    def _take(self, answers: Sequence[Answer]) -> int:
        rows = len(self.master.links) + len(self.master.menus)
        return self.master.add(answers, self.master.duals[:rows], -self.master.duals[rows:])

    def _sweep(self, links: dict[Link, float]) -> list[Answer]:
        """Ask every part; the bound that follows."""
        menus = {menu: menu_price(menu, links) for part in self.parts for menu in part.menus}
        ask = Ask(links, menus, ACCURACY * self.tolerance)
        answers = self.executor.call("price", [ask] * len(self.parts))
        self.sweeps += 1
        least = sum(float(answer.least.sum()) for answer in answers)
        bound = least - float(sum(price * self.master.limits[link].limit for link, price in links.items()))
        self.helped = bound > self.lower
        if self.helped:
            self.lower, self.best = bound, links
        return list(answers)


_NO_PLAN = (
    "The search decompose found no plan that meets all of today's obligations, and cannot yet weigh those that no "
    "money meets. Use search.name = single."
)

"""The price loop: what is the nation's money worth, and how close is the best plan known to the best there can be.

    lower bound = sum over units of least[u](prices) - sum over links of price * limit           for any prices
    upper bound = cost of a mix of plans of units that exceeds no link

The master problem proposes prices in a box around the best ones; regions are asked part of the way there, further when
the bound rose the last time. What is worth nothing (the pool of funds whose benefits are given) has to add up
nevertheless: its price is a hair above or below nought, whichever side of the balance is missed, so that regions to whom
it is all the same do what the others need. The coordinator knows money and prices only, and believes a mix only
after its money has been counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from commonweal.optimizer.decompose.master import Master, Mix
from commonweal.optimizer.decompose.messages import DEARER, UNMET, Answer, Ask, Cut, Described, Floats, Link, menu_price
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.executors import Executor
from commonweal.optimizer.language import _
from commonweal.optimizer.stages import Progress

SWEEPS = 100
AROUND = (1.0, 0.9, 1.1)  # times the first prices: some overspend, some do not
BOX = 0.3  # of a price, to either side
LEAST = 1e-2  # of the highest first price: no price counts for less when its box is made
HAIR = (
    1e-5  # of the highest first price: whatever has a limit costs so much, so that nobody takes what he does not need
)
TIES = 30  # sweeps in which what is worth nothing has to add up; after them it is priced like all else
STAY, LONGER, SHORTER, MOST_STAY = 0.3, 0.1, 0.2, 0.9  # share of the best prices in the next ones, and its changes
STALE = 6  # sweeps that neither raise the bound nor bring a new plan: there is nothing left to find
MOST = 100.0  # times the largest worth of money in one year: no price can be higher
ACCURACY, ROUGH = 0.1, 2.0  # of the tolerance: what curves may add to the distance, at the end and at first


@dataclass(frozen=True)
class Priced:
    """What the loop found. money: what each part may use of each link. prices: gap per unit of each link's limit.

    last: the question with these prices, asked as exactly as the distance needs it.
    """

    money: list[dict[Link, float]]
    prices: dict[Link, float]
    lower_bound: float
    cost: float
    sweeps: int
    proven: bool
    last: Ask


class Coordinator:
    """Prices, bounds and the mix. Arrays of prices are in the order of the master's links."""

    def __init__(
        self,
        executor: Executor,
        parts: Sequence[Described],
        tolerance: float,
        progress: Progress,
        commons: Mapping[Link, float] | None = None,
    ) -> None:
        """`parts` are what the executor's parts say of themselves; common decisions have the values `commons`."""
        self.commons, self.cuts = dict(commons or {}), list[Cut]()
        self.executor, self.parts, self.progress = executor, parts, progress
        self.tolerance, self.sweeps = tolerance, 0
        self.steepest = max(part.steepest for part in parts)
        self.master = Master(parts, MOST * self.steepest)
        self.lower, self.best = -np.inf, np.empty(0)

    def search(self, start: dict[Link, float]) -> Priced:
        """From these prices on. Error: UsageError if no plan is found that meets all obligations."""
        master = self.master
        first = np.array([start.get(link, 0.0) for link in master.links])
        size = float(np.abs(first).max(initial=0.0)) or self.steepest
        hair = HAIR * size * np.linspace(2.0, 1.0, len(first))  # earlier years a little dearer: who can wait, waits
        least = np.where(master.equal, -np.inf, hair)
        worthless = master.equal & (np.abs(first) < hair) & bool(first.any())
        for times, ties in zip(AROUND, (hair, -hair, hair[::-1]), strict=True):
            prices = np.where(worthless, ties, times * first)
            master.add(self._sweep(np.maximum(least, prices), ROUGH * self.tolerance)[1])
        found, money, stay, stale = None, list[dict[Link, float]](), STAY, 0
        while True:
            mix = master.plan()
            if mix.possible and (found is None or mix.cost < found.cost):
                found, money = mix, master.money(mix)
            if found is not None and self._distance(found) <= self.tolerance:
                return self._priced(found, money)
            if found is None and (too_dear := self._too_dear()):
                raise UsageError(_(DEARER, times=MOST, rules=", ".join(too_dear)))
            if self.sweeps >= SWEEPS or stale == STALE:
                break
            room = BOX * np.maximum(np.abs(self.best), LEAST * size)
            step, before = master.step(np.maximum(least, self.best - room), self.best + room), self.lower
            prices = stay * self.best + (1 - stay) * step.prices
            if not mix.possible and self.sweeps < TIES:
                prices = np.where(worthless, hair * mix.missed, prices)
            bound, answers = self._sweep(np.maximum(least, prices), self._accuracy(step.value))
            taken = master.add(answers, (step, mix))
            far = (
                _("no plan yet")
                if found is None
                else _("proven distance {distance:.1e}", distance=self._distance(found))
            )
            self.progress(_("pricing money: sweep {sweeps}, {far}", sweeps=self.sweeps, far=far))
            rose = bound > before
            stay = max(0.0, stay - LONGER) if rose else min(MOST_STAY, stay + SHORTER)
            stale = 0 if rose or taken else stale + 1
        if found is None:
            raise UsageError(_(UNMET))
        return self._priced(found, money)

    def _too_dear(self) -> list[str]:
        """Rules whose best price no plan can be worth: bounds that run away are the proof that there is none."""
        reached = np.flatnonzero(self.best >= self.master.most).tolist()
        return sorted({" ".join(self.master.links[k][:2]) for k in reached})

    def _accuracy(self, promised: float) -> float:
        """How exact answers have to be: as far as the bound may still rise, there is no use in more."""
        rough = ACCURACY * (promised - self.lower) / max(promised, self.tolerance)
        return min(max(rough, ACCURACY * self.tolerance), ROUGH * self.tolerance)

    def _distance(self, found: Mix | None) -> float:
        """Of the best plan from the bound, relative to its gap; at least nought."""
        return np.inf if found is None else max(0.0, found.cost - self.lower) / max(found.cost, self.tolerance)

    def _priced(self, found: Mix, money: list[dict[Link, float]]) -> Priced:
        prices = dict(zip(self.master.links, self.best.tolist(), strict=True))
        proven = self._distance(found) <= self.tolerance
        last = self._ask(self.best, ACCURACY * self.tolerance)
        return Priced(money, prices, self.lower, found.cost, self.sweeps, proven, last)

    def _sweep(self, prices: Floats, accuracy: float) -> tuple[float, list[Answer]]:
        """Ask every part; the bound that follows, and the answers."""
        answers = list(self.executor.call("price", [self._ask(prices, accuracy)] * len(self.parts)))
        self.sweeps += 1
        bound = sum(float(answer.least.sum()) for answer in answers) - float(prices @ self.master.limit)
        self._cut(bound, answers)
        if bound > self.lower:
            self.lower, self.best = bound, prices
        return bound, answers

    def _ask(self, prices: Floats, accuracy: float) -> Ask:
        links = dict(zip(self.master.links, prices.tolist(), strict=True))
        menus = {menu: menu_price(menu, links) for part in self.parts for menu in part.menus}
        return Ask(links, menus, accuracy, self.commons)

    def _cut(self, bound: float, answers: Sequence[Answer]) -> None:
        """What the sweep says of other values of the common decisions."""
        slopes = dict.fromkeys(self.commons, 0.0)
        for part, answer in zip(self.parts, answers, strict=True):
            for each, slope in zip(part.commons, answer.slopes.tolist(), strict=True):
                slopes[each.name] += slope
        self.cuts.append(Cut(bound, np.array(list(slopes.values())), np.array(list(self.commons.values()))))

"""The price loop: what is the nation's money worth, and how close is the best plan known to the best there can be.

    lower bound = sum over units of least[u](prices) - sum over links of price * limit           for any prices
    upper bound = gap of a mix of plans of units that exceeds no link

At first every part is asked at prices a little apart in a pattern of its own, so that their plans can be mixed to meet the limits of
every year. The master problem then proposes prices in a box around the best ones; regions are asked part of the way there, further when
the bound rose the last time. What is worth nothing has to add up nevertheless. Where it concerns idle units alone (the
pool of funds whose benefits are given), it is made to before any price (`decompose.groups`); elsewhere its price is a hair above or below nought, whichever side of the balance is missed, so that regions to whom
it is all the same do what the others need. The coordinator knows money and prices only, and believes a mix only
after its money has been counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import hadamard

from commonweal.optimizer.decompose.balance import balanced
from commonweal.optimizer.decompose.groups import groups_of
from commonweal.optimizer.decompose.master import Master, Mix
from commonweal.optimizer.decompose.messages import DEARER, UNMET, Answer, Ask, Cut, Described, Floats, Link
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.executors import Executor
from commonweal.optimizer.language import _
from commonweal.optimizer.stages import Progress

SWEEPS = 100
AROUND = (0.0, 0.08, -0.03)  # from the first prices: how far, and in which of two opposite directions
BOX = 0.3  # of a price, to either side
LEAST = 1e-2  # of the highest first price: no price counts for less when its box is made
HAIR = (
    1e-5  # of the highest first price: whatever has a limit costs so much, so that nobody takes what he does not need
)
TIES = 30  # sweeps in which what is worth nothing has to add up; after them it is priced like all else
STAY, LONGER, SHORTER, MOST_STAY = 0.6, 0.1, 0.2, 0.9  # share of the best prices in the next ones, and its changes
STALE = 6  # sweeps that neither raise the bound nor bring a new plan: there is nothing left to find
MOST = 100.0  # times the largest worth of money in one year: no price can be higher
ACCURACY, ROUGH = 0.2, 2.0  # of the tolerance: what curves may add to the distance, at the end and at first


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
        self.group, self.idle = groups_of(parts)
        self.master = Master(self.group.parts, MOST * self.steepest)
        self.lower, self.best = -np.inf, np.empty(0)

    def search(self, start: dict[Link, float]) -> Priced:
        """From these prices on. Error: UsageError if no plan is found that meets all obligations."""
        idle = balanced(self.idle, self._balance, self._none)
        found, money = self._search(start)
        return self._priced(found, [{**own, **rest} for own, rest in zip(money, idle, strict=True)])

    def _search(self, start: dict[Link, float]) -> tuple[Mix, list[dict[Link, float]]]:
        """The mix of those whose gap can change, and the money of their parts."""
        master = self.master
        first = np.array([start.get(link, 0.0) for link in master.links])
        size = float(np.abs(first).max(initial=0.0)) or self.steepest
        hair = HAIR * size * np.linspace(2.0, 1.0, len(first))  # earlier years a little dearer: who can wait, waits
        least = np.where(master.equal, -np.inf, hair)
        worthless = master.equal & (np.abs(first) < hair) & bool(first.any())
        signs = _signs(master.links, len(self.parts))
        for far, ties in zip(AROUND, (hair, -hair, hair[::-1]), strict=True):
            asked = [np.maximum(least, np.where(worthless, ties, first * (1 + far * own))) for own in signs]
            if far:
                master.add(self._answers(asked, ROUGH * self.tolerance))
            else:
                master.add(self._sweep(asked[0], ROUGH * self.tolerance)[1])
        found, money, stay, stale = None, list[dict[Link, float]](), STAY, 0
        while True:
            mix = master.plan()
            if mix.possible:
                mix = replace(mix, cost=self._gap(mix))
                if found is None or mix.cost < found.cost:
                    found, money = mix, master.money(mix)
            if found is not None and self._distance(found) <= self.tolerance:
                return found, money
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
            words = (
                _("no plan yet")
                if found is None
                else _("proven distance {distance:.1e}", distance=self._distance(found))
            )
            self.progress(_("pricing money: sweep {sweeps}, {far}", sweeps=self.sweeps, far=words))
            rose = bound > before
            stay = max(0.0, stay - LONGER) if rose else min(MOST_STAY, stay + SHORTER)
            stale = 0 if rose or taken else stale + 1
        if found is None:
            raise UsageError(_(UNMET))
        return found, money

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
        links = [link for part in self.idle.parts for link in part.links]
        prices = {**dict.fromkeys(links, 0.0), **dict(zip(self.master.links, self.best.tolist(), strict=True))}
        proven = self._distance(found) <= self.tolerance
        last = self._ask(self.best, ACCURACY * self.tolerance)
        return Priced(money, prices, self.lower, found.cost, self.sweeps, proven, last)

    def _sweep(self, prices: Floats, accuracy: float) -> tuple[float, list[Answer]]:
        """Ask every part; the bound that follows, and the answers."""
        answers = self._answers([prices] * len(self.parts), accuracy)
        least = sum(float(answer.least.sum()) + answer.fixed for answer in answers)
        bound = least - float(prices @ self.master.limit)
        self._cut(bound, answers)
        if bound > self.lower:
            self.lower, self.best = bound, prices
        return bound, answers

    def _answers(self, prices: Sequence[Floats], accuracy: float) -> list[Answer]:
        """Of every part to prices of its own: plans, but no bound."""
        asked = [self._ask(own, accuracy) for own in prices]
        self.sweeps += 1
        return self.group.answers(self.executor.call("price", asked))

    def _gap(self, mix: Mix) -> float:
        """Of the plan that a mix of plans is."""
        return float(sum(self.executor.call("blend", self.group.blends(self.master.blends(mix)))))

    def _ask(self, prices: Floats, accuracy: float) -> Ask:
        return self.master.ask(prices, accuracy, self.commons)

    def _balance(self, master: Master, prices: Floats) -> list[Answer]:
        """Answers of idle units, to prices of their links."""
        ask = master.ask(prices, np.inf, self.commons)
        return self.idle.answers(self.executor.call("balance", [ask] * len(self.parts)))

    def _none(self, proof: float, answers: Sequence[Answer]) -> None:
        """No gap is negative: where money cannot add up, however dear it is, no gap is small enough for a plan."""
        dear = MOST * self.steepest
        self._cut(dear * proof, [replace(answer, slopes=dear * answer.slopes) for answer in answers])

    def _cut(self, bound: float, answers: Sequence[Answer]) -> None:
        """What the sweep says of other values of the common decisions."""
        slopes = dict.fromkeys(self.commons, 0.0)
        for part, answer in zip(self.parts, answers, strict=True):
            for each, slope in zip(part.commons, answer.slopes.tolist(), strict=True):
                slopes[each.name] += slope
        self.cuts.append(Cut(bound, np.array(list(slopes.values())), np.array(list(self.commons.values()))))


def _signs(links: Sequence[Link], parts: int) -> Floats:
    """Which way each part's prices differ at first, alike for all links of a year; shape (parts, links).

    Parts that differ in every year by itself know plans that together meet the limits of every year: rows of a Hadamard matrix.
    """
    years = [tuple(i for i in index if isinstance(i, int)) for _, _, index in links]
    number = {year: k for k, year in enumerate(sorted(set(years)), start=1)}
    signs = hadamard(1 << len(number).bit_length())
    return np.asarray(signs[np.arange(parts) % len(signs)][:, [number[year] for year in years]], dtype=float)

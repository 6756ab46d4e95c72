"""Yes-or-no decisions of regions: prices of the relaxed nation, decisions of every part at them, then money again.

    1. decisions may take any value between no and yes: the price loop gives prices
    2. at these prices every part finds its best whole decisions. Whatever the prices, no plan costs less than

        bound = sum over parts of bound[part](prices) - sum over links of price * limit

    3. with the decisions held, the price loop finds the plan and prices at which decisions are sought once more

Many regions make the distance small (Shapley and Folkman): what one of them loses by deciding wholly is little to all.
Decisions may use a national limit directly (how many may be covered anew in a year). Then they are chosen among all that are known,
unit by unit, so that they keep to it; if that cannot be, the limit's price rises.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array, vstack

from commonweal.optimizer.decompose.coordinator import Coordinator, Priced
from commonweal.optimizer.decompose.messages import (
    UNMET,
    Ask,
    Decision,
    Described,
    Floats,
    Ints,
    Link,
    limits_of,
    menu_price,
)
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.executors import Executor
from commonweal.optimizer.highs import Program
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.stages import Progress

ROUNDS = 8
INSIDE = 0.3  # of the tolerance: how close the price loop comes to the best money for given decisions
DEARER = 10.0  # times: the price of a limit that decisions exceed; what lies between, the choice among known ones finds
FIRST = 0.01  # of the gap, for all of a limit: the price of one that had none
OVER = 1e-9  # relative: more is too much


def decided(
    executor: Executor, parts: Sequence[Described], tolerance: float, progress: Progress, start: dict[Link, float]
) -> tuple[Priced, dict[str, Any]]:
    """The best plan found, with its decisions held in the parts; and what run.json tells of them.

    Error: UsageError if none is found that meets all obligations.
    """
    relaxed = Coordinator(executor, parts, INSIDE * tolerance, progress).search(start)
    limits = {link: limit.limit for link, limit in limits_of(parts).items()}
    ask, bound, sweeps = relaxed.last, relaxed.lower_bound, relaxed.sweeps
    best: Priced | None = None
    held: list[Ints] = []
    known: list[list[Decision]] = []
    tried: list[list[Ints]] = []
    while len(known) < ROUNDS:
        progress(_("deciding: round {rounds}", rounds=len(known) + 1))
        known.append(executor.call("decide", [ask] * len(parts)))
        paid = sum(price * limits[link] for link, price in ask.links.items())
        bound = max(bound, sum(each.bound for each in known[-1]) - paid)
        chosen, over = _choose(parts, known, ask, limits)
        if not over and any(_same(chosen, before) for before in tried):
            break
        if not over:
            tried.append(chosen)
            executor.call("hold", chosen)
            try:
                found = Coordinator(executor, parts, INSIDE * tolerance, progress).search(dict(relaxed.prices))
            except UsageError:
                over = [link for link, price in ask.links.items() if price > 0]
            else:
                sweeps += found.sweeps
                if best is None or found.cost < best.cost:
                    best, held = found, chosen
                if best.cost - bound <= tolerance * best.cost:
                    break
                ask = found.last
        if over:
            ask = _dearer(ask, over, limits, abs(relaxed.cost))
    if best is None:
        raise UsageError(_(UNMET))
    executor.call("hold", held)
    bound = min(bound, best.cost)
    distance = (best.cost - bound) / best.cost if best.cost > 0 else 0.0
    told = {
        "decisions": sum(each.count for each in known[0]),
        "bound": bound,
        "distance": distance,
        "rounds": len(known),
        "prices": mark("given these decisions"),
    }
    return replace(best, lower_bound=bound, sweeps=sweeps, proven=distance <= tolerance), told


def _same(one: Sequence[Ints], other: Sequence[Ints]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _choose(
    parts: Sequence[Described], known: Sequence[Sequence[Decision]], ask: Ask, limits: dict[Link, float]
) -> tuple[list[Ints], list[Link]]:
    """Which of the known decisions each unit of each part keeps, and links that they exceed nevertheless.

    The last ones, if they exceed nothing. Else those that cost least at these prices and do not, by a linear program: as few
    units as there are links may then want a mix, and take of that what uses less.
    """
    last = [np.full(part.units, len(known) - 1) for part in parts]
    if not (over := _exceeded(parts, known, last, limits)):
        return last, []
    direct = sorted(
        {link for part, own in zip(parts, zip(*known, strict=True), strict=True) for link in _used(part, own)}, key=repr
    )
    rows = {link: k for k, link in enumerate(direct)}
    rounds, units = len(known), sum(part.units for part in parts)
    costs, use = np.zeros((units, rounds)), np.zeros((len(direct), units, rounds))
    first = 0
    for part, own in zip(parts, zip(*known, strict=True), strict=True):
        at = slice(first, first + part.units)
        first += part.units
        names = [*part.links, *part.menus]
        prices = ask.prices(part.links, part.menus)
        for k, each in enumerate(own):
            costs[at, k] = each.cost + each.used @ prices
            for j, name in enumerate(names):
                if name in rows:
                    use[rows[name], at, k] = each.direct[:, j]
    shares = _shares(costs, use, np.array([limits[link] for link in direct]))
    if shares is None:
        return last, over
    size = (use / np.maximum(1e-12, np.abs(use).max(axis=(1, 2), keepdims=True))).sum(axis=0)
    mixed = shares.max(axis=1) < 1 - 1e-6
    pick = np.where(mixed, np.where(shares > 1e-6, size, np.inf).argmin(axis=1), shares.argmax(axis=1))
    chosen = list(np.split(pick, np.cumsum([part.units for part in parts])[:-1]))
    return chosen, _exceeded(parts, known, chosen, limits)


def _shares(costs: Floats, use: Floats, limits: Floats) -> Floats | None:
    """Of each known decision of every unit, shape (units, rounds); None if all together exceed some limit."""
    units, rounds = costs.shape
    one = csr_array((np.ones(units * rounds), (np.repeat(np.arange(units), rounds), np.arange(units * rounds))))
    size = np.maximum(1e-12, np.abs(use).max(axis=(1, 2)))
    program = Program(
        csr_array(vstack([csr_array(use.reshape(len(limits), -1) / size[:, None]), one])),
        (np.zeros(units * rounds), np.ones(units * rounds)),
        (
            np.concatenate([np.full(len(limits), -np.inf), np.ones(units)]),
            np.concatenate([limits / size, np.ones(units)]),
        ),
        (np.ones(len(limits) + units), np.ones(units * rounds)),
    )
    x = program.minimise(costs.ravel())
    return None if x is None else x.reshape(units, rounds)


def _used(part: Described, own: Sequence[Decision]) -> list[Link]:
    """Links that decisions use directly."""
    there = np.any([each.direct[:, : len(part.links)] != 0 for each in own], axis=(0, 1))
    return [link for link, used in zip(part.links, there.tolist(), strict=True) if used]


def _exceeded(
    parts: Sequence[Described], known: Sequence[Sequence[Decision]], chosen: Sequence[Ints], limits: dict[Link, float]
) -> list[Link]:
    """Links of which decisions alone use more than there is."""
    total: dict[Link, float] = {}
    for part, pick, own in zip(parts, chosen, zip(*known, strict=True), strict=True):
        direct = np.array([each.direct for each in own])[pick, np.arange(part.units)].sum(axis=0)
        for link, used in zip(part.links, direct.tolist(), strict=False):
            total[link] = total.get(link, 0.0) + used
    return [link for link, used in total.items() if used > limits[link] + OVER * max(1.0, abs(limits[link]))]


def _dearer(ask: Ask, over: Sequence[Link], limits: dict[Link, float], gap: float) -> Ask:
    """The same question with higher prices of these links."""
    links = dict(ask.links)
    for link in over:
        links[link] = max(DEARER * links.get(link, 0.0), FIRST * gap / max(abs(limits[link]), 1e-9))
    return replace(ask, links=links, menus={menu: menu_price(menu, links) for menu in ask.menus})

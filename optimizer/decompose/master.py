"""The master problem: which mix of known plans of regions the nation can pay for, and what money is then worth.

    min  sum over units u, known plans k of share[u, k] * cost[u, k]
    such that, for every link l:  sum of share * use[l] + sum over menus of what their sources use  <= limit[l]
              for every menu:     what units take of it  <=  sum over its sources
              for every unit:     sum over k of share[u, k] = 1

Two questions are asked of it. Prices are sought in a box around the best ones: there a link may be exceeded at the
box's highest price, and what is not spent is credited at its lowest. A plan is sought without a box. Neither excess
nor credit is part of a plan: a mix is a plan only if it exceeds no link, in money, and it costs what its shares cost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array, vstack

from commonweal.optimizer.decompose.messages import (
    Answer,
    Ask,
    Blend,
    Described,
    Floats,
    Link,
    Menu,
    limits_of,
    menu_price,
)
from commonweal.optimizer.errors import SolverFailed
from commonweal.optimizer.highs import Program
from commonweal.optimizer.language import _

FORBIDDEN = 100.0  # times the highest price that may occur: what exceeding a link costs a plan
EXCEEDED = 1e-9  # of the money that moves: less is rounding


@dataclass(frozen=True)
class Mix:
    """One solve. value: of the objective, excess and credit included; cost: of the shares alone; both with what nothing
    changes. prices: of links, in their order. possible: whether it exceeds no link, in money. missed: which side of
    each link is missed and stands in the way of a plan, from -1 (too little) to 1 (too much). duals: of all rows, as a
    price, and what a share of each unit is worth, negative. shares: of known plans; filled: money from each source."""

    value: float
    cost: float
    prices: Floats
    possible: bool
    missed: Floats
    duals: Floats
    shares: Floats
    filled: Floats


class Master:
    """Links and menus first, then a row for each unit; columns are boxes, sources of menus, then plans of units."""

    def __init__(self, parts: Sequence[Described], most: float) -> None:
        """`most` is a price that no link can have."""
        self.parts, self.most = parts, most
        self.limits = limits_of(parts)
        self.links = tuple(sorted(self.limits, key=repr))
        self.menus: tuple[Menu, ...] = tuple(sorted({menu for part in parts for menu in part.menus}, key=repr))
        self._row = {name: k for k, name in enumerate((*self.links, *self.menus))}
        self._first = np.cumsum([0, *(part.units for part in parts)])
        self._at = [np.array([self._row[n] for n in (*part.links, *part.menus)], dtype=np.int64) for part in parts]
        self.equal = np.array([self.limits[link].equal for link in self.links], dtype=bool)
        self.cost, self.fixed = np.empty(0), 0.0
        self._plans: list[tuple[int, int, int]] = []  # of every column: its part, unit of the part, and number
        self.plans: list[csc_array] = []
        self._program: Program | None = None
        self._money = 1.0

    @property
    def limit(self) -> Floats:
        """The limits of the links, money."""
        return np.array([self.limits[link].limit for link in self.links])

    @property
    def units(self) -> int:
        """How many there are."""
        return int(self._first[-1])

    def ask(self, prices: Floats, accuracy: float, commons: Mapping[Link, float]) -> Ask:
        """The question what regions do at these prices of the links."""
        links = dict(zip(self.links, prices.tolist(), strict=True))
        return Ask(links, {menu: menu_price(menu, links) for menu in self.menus}, accuracy, commons)

    def add(self, answers: Sequence[Answer], helped: Sequence[Mix] = ()) -> int:
        """Take up plans of units; of all, or only those that would help one of these mixes. Returns how many."""
        rows, columns, values, costs = [], [], [], []
        count = 0
        first = len(self._row)
        for k, answer in enumerate(answers):
            at = self._at[k]
            own = slice(first + self._first[k], first + self._first[k + 1])
            helps = np.full(len(answer.cost), not helped)
            for mix in helped:
                worth = -mix.duals[own]
                helps |= answer.cost + answer.used @ mix.duals[at] < worth - 1e-12 * np.abs(worth)
            for r in np.flatnonzero(helps).tolist():
                unit = int(self._first[k]) + r
                used = np.flatnonzero(answer.used[r])
                rows += [*at[used].tolist(), len(self._row) + unit]
                values += [*answer.used[r][used].tolist(), 1.0]
                columns += [count] * (len(used) + 1)
                costs.append(answer.cost[r])
                self._plans.append((k, r, answer.number))
                count += 1
        entries = csc_array((values, (rows, columns)), shape=(len(self._row) + self.units, count))
        self.plans.append(entries)
        self.cost = np.concatenate([self.cost, costs])
        self.fixed = sum(answer.fixed for answer in answers)
        if self._program is None:
            self._start()
        else:
            self._program.add_columns(entries, np.zeros(count), np.full(count, np.inf))
        return count

    def _start(self) -> None:
        """The program with its first plans: money is scaled by what they move, cost by what they cost."""
        plans = self.plans[0]
        links, menus = len(self.links), len(self.menus)
        fills = [(menu, source) for menu in self.menus for source in menu]
        self._fills = fills
        entries = [(self._row[menu], k, -1.0) for k, (menu, _) in enumerate(fills)]
        entries += [(self._row[link], k, use) for k, (_, source) in enumerate(fills) for link, use in source]
        filling = csc_array(
            (
                [value for *_, value in entries],
                ([row for row, *_ in entries], [column for _, column, _ in entries]),
            ),
            shape=(plans.shape[0], len(fills)),
        )
        box = csc_array(
            (np.repeat([-1.0, 1.0], links), (np.tile(np.arange(links), 2), np.arange(2 * links))),
            shape=(plans.shape[0], 2 * links),
        )
        matrix = csr_array(vstack([box.T, filling.T, plans.T]).T)
        limits = np.concatenate([self.limit, np.zeros(menus), np.ones(self.units)])
        equal = np.concatenate([self.equal, np.zeros(menus, dtype=bool), np.ones(self.units, dtype=bool)])
        moved = abs(csr_array(plans)[: links + menus]).sum(axis=1)
        self._money = max(float(np.max(moved, initial=0.0)), float(np.abs(self.limit).max(initial=0.0)), 1e-9)
        size = self._money / 2**10
        rows = np.concatenate([np.full(links + menus, 1 / size), np.ones(self.units)])
        columns = np.concatenate([np.full(2 * links + len(fills), size), np.ones(plans.shape[1])])
        self._program = Program(
            matrix,
            (np.zeros(matrix.shape[1]), np.full(matrix.shape[1], np.inf)),
            (np.where(equal, limits, -np.inf), limits),
            (rows, columns),
            grows=True,
        )

    def plan(self) -> Mix:
        """The mix of known plans that costs least; `possible` if there is one at all. Error: SolverFailed."""
        never = np.full(len(self.links), FORBIDDEN * self.most)
        return self._solve(np.where(self.equal, -never, 0.0), never)

    def step(self, low: Floats, high: Floats) -> Mix:
        """The prices in a box that promise the highest bound. Error: SolverFailed."""
        return self._solve(low, high)

    def _solve(self, low: Floats, high: Floats) -> Mix:
        assert self._program is not None
        links, fills = len(self.links), len(self._fills)
        costs = np.concatenate([high, -low, np.zeros(fills), self.cost])
        x = self._program.minimise(costs)
        if x is None:
            raise SolverFailed(_("The master problem has no solution, although every link may be exceeded."))
        over, under, filled, shares = np.split(x, np.cumsum([links, links, fills]))
        duals = -self._program.duals()
        none = EXCEEDED * self._money
        possible = bool((over <= none).all() and (under[self.equal] <= none).all())
        prices = np.clip(duals[:links], low, high)
        missed = np.clip(duals[:links] / (FORBIDDEN * self.most), -1.0, 1.0)
        value, cost = float(costs @ x) + self.fixed, float(self.cost @ shares) + self.fixed
        return Mix(value, cost, prices, possible, missed, duals, shares, filled)

    def money(self, mix: Mix) -> list[dict[Link, float]]:
        """What each part uses of each link in a mix; menus are filled alike everywhere."""
        plans = csr_array(vstack([each.T for each in self.plans]).T)
        first = len(self._row)
        share = {}
        for menu in self.menus:
            amounts = {s: mix.filled[k] for k, (m, s) in enumerate(self._fills) if m == menu}
            total = sum(amounts.values())
            share[menu] = {s: float(v / total) if total > 0 else 1 / len(amounts) for s, v in amounts.items()}
        owner = np.asarray(plans[first:].T @ np.arange(self.units))  # each plan is one unit's
        found = []
        for k, part in enumerate(self.parts):
            own = (owner >= self._first[k]) & (owner < self._first[k + 1])
            used = plans[self._at[k]] @ np.where(own, mix.shares, 0.0)
            money = dict(zip(part.links, used[: len(part.links)].tolist(), strict=True))
            for menu, taken in zip(part.menus, used[len(part.links) :].tolist(), strict=True):
                for source, portion in share[menu].items():
                    for link, use in source:
                        money[link] = money.get(link, 0.0) + use * portion * taken
            found.append(money)
        self._hand_out(found)
        return found

    def blends(self, mix: Mix) -> list[Blend]:
        """A mix as each part knows it."""
        used = np.flatnonzero(mix.shares)
        part, unit, number = np.array(self._plans, dtype=np.int64).reshape(-1, 3)[used].T
        return [Blend(unit[part == k], number[part == k], mix.shares[used][part == k]) for k in range(len(self.parts))]

    def _hand_out(self, money: Sequence[dict[Link, float]]) -> None:
        """What a mix leaves of a link goes to those who pay into it, who then need not, else to those who use it."""
        for link in (link for link in self.links if not self.limits[link].equal):
            used = np.array([own.get(link, 0.0) for own in money])
            size = np.maximum(0.0, -used) if (used < 0).any() else used
            left = self.limits[link].limit - used.sum()
            if left > 0 and size.any():
                for own, more in zip(money, (left * size / size.sum()).tolist(), strict=True):
                    if link in own:
                        own[link] += more

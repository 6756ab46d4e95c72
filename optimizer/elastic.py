"""A model whose rules can give way: each lever, or each of its rules, is held, lifted, or missed at a price.

Every row and every declared bound of a lever gets a slack, held at zero while the rule holds:

    row + slack >= limit,    row - slack <= limit,    x + slack >= lower bound,    x - slack <= upper bound

and every fund balance gets money from nowhere, `missing[r, f, t]`. What the core says stays: money is neither
made nor lost, today's obligations alone may stay unfunded. So do the levers' own accounts (rows called
`balance`) and whatever a lever fixes. A slack is priced in money where that is natural: benefits by the
people they are paid to, flows and reserves as they are; other slacks count in the unit of their row.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
from scipy.sparse import csr_array

from commonweal.models.build import Built
from commonweal.models.core import FLOWS
from commonweal.models.parts import Bounds, Index
from commonweal.optimizer.errors import Infeasible
from commonweal.optimizer.highs import ABSENT, Floats, Ints, Solver, SolverOptions

ACCOUNTS = ("balance",)
Key = tuple[str, str]  # lever and rule
NUDGE = 1e-4  # places get so much dearer to see whether others would do as well
GRAIN = 1e-7  # of the whole: a slack smaller than this is the solver's rounding


@dataclass(frozen=True)
class Rule:
    """One rule of one lever. places, columns, prices: one for each slack; `money`: all prices are money."""

    lever: str
    name: str
    places: tuple[Index, ...]
    columns: Ints
    prices: Floats
    money: bool
    definition: bool

    @property
    def key(self) -> Key:
        """Lever and rule."""
        return self.lever, self.name


@dataclass(frozen=True)
class Miss:
    """How far a rule gives way at one place: `amount` in money, or in the unit of its row."""

    place: Index
    amount: float


@dataclass(frozen=True)
class Missed:
    """The least by which rules give way: by rule, in all, and whether other places would do as well."""

    by_rule: Mapping[str, list[Miss]]
    total: float
    elsewhere: bool


class Elastic:
    """One compiled case; `possible` and `least` say what follows when only some of the rules hold."""

    def __init__(self, built: Built, options: SolverOptions) -> None:
        """Compile and add the slacks. Error: Infeasible when a row without variables contradicts the data."""
        self.solver = Solver(built.model, options)
        self._worth = _worth(built.model, self.solver)
        rules: dict[Key, list[Rule]] = {}
        for rule in (*self._rows(built), *self._bounds(built)):
            rules.setdefault(rule.key, []).append(rule)
        self.rules = {key: _joined(parts) for key, parts in rules.items()}
        self.places, self.missing = self._money(built.model)

    @property
    def levers(self) -> tuple[str, ...]:
        """Levers that have rules, by name."""
        return tuple(sorted({lever for lever, _ in self.rules}))

    def of(self, levers: Collection[str]) -> list[Key]:
        """The rules of some levers."""
        return [key for key in self.rules if key[0] in levers]

    def possible(self, held: Collection[Key]) -> bool:
        """Is there any plan when only these rules hold? Errors: Stopped, SolverFailed."""
        self._hold(held, money=False)
        return self._feasible()

    def least_money(self, held: Collection[Key]) -> Missed | None:
        """Least money from nowhere with which these rules can hold; None if no money helps."""
        self._hold(held, money=True)
        return self._least({"": (self.places, self.missing, np.ones(len(self.missing)))})

    def possible_with(self, held: Collection[Key], given: Mapping[Index, float]) -> bool:
        """Is there a plan when these rules hold and funds get these amounts of money from nowhere."""
        self._hold(held, money=False)
        most = np.array([given.get(place, 0.0) for place in self.places])
        self.solver.set_bounds(self.missing, np.zeros(len(most)), most)
        return self._feasible()

    def least(self, yielding: Collection[Key], held: Collection[Key]) -> Missed | None:
        """Least by which some rules together give way so that the others of `held` hold; None if that does
        not help.

        In money if all of them have a price in money, else in the units of their rows.
        """
        self._hold([key for key in held if key not in yielding], money=False)
        money = self.money(yielding)
        rules = [self.rules[key] for key in yielding]
        return self._least(
            {rule.name: (rule.places, rule.columns, rule.prices if money else rule.prices * 0 + 1) for rule in rules}
        )

    def _least(self, yielding: Mapping[str, tuple[tuple[Index, ...], Ints, Floats]]) -> Missed | None:
        costs = np.zeros(len(self.solver.lower))
        for _, columns, prices in yielding.values():
            costs[columns] = prices
        try:
            x = self.solver.minimise_costs(costs).x
            total = float(costs @ x)
            dearer = np.where(costs * x > GRAIN * total, costs * (1 + NUDGE), costs)
            other = self.solver.minimise_costs(dearer).x
        except Infeasible:
            return None
        here = {name: _amounts(places, (x * costs)[at], GRAIN * total) for name, (places, at, _) in yielding.items()}
        moved = float(np.abs((other - x) * costs).sum()) > NUDGE * total
        return Missed({name: misses for name, misses in here.items() if misses}, total, moved)

    def money(self, keys: Collection[Key]) -> bool:
        """Do all these rules have a price in money."""
        return all(self.rules[key].money for key in keys)

    def _feasible(self) -> bool:
        try:
            self.solver.minimise_costs(np.zeros(len(self.solver.lower)))
        except Infeasible:
            return False
        return True

    def _hold(self, held: Collection[Key], *, money: bool) -> None:
        chosen = set(held)
        for key, rule in self.rules.items():
            self._open(rule.columns, key not in chosen)
        self._open(self.missing, money)

    def _open(self, columns: Ints, open_: bool) -> None:
        zeros = np.zeros(len(columns))
        self.solver.set_bounds(columns, zeros, np.full(len(columns), np.inf) if open_ else zeros)

    # -- building --

    def _rows(self, built: Built) -> Iterator[Rule]:
        solver = self.solver
        matrix = csr_array(solver.matrix)
        for lever in built.effects:
            for constraint in built.model.lever[lever].component_objects(pyo.Constraint, active=True):
                if constraint.local_name in ACCOUNTS:
                    continue
                index = list(constraint)
                rows = solver.row_numbers(constraint, index)
                places, at, entries = [], [], []
                for place, row in zip(index, rows.tolist(), strict=True):
                    for sign in () if row == ABSENT else _signs(int(solver.kinds[row])):
                        places.append(place if isinstance(place, tuple) else (place,))
                        at.append(row)
                        entries.append(sign)
                if not at:
                    continue
                prices = [self._price(matrix.indices[a:b], matrix.data[a:b]) for a, b in _slices(matrix, at)]
                columns = solver.add_slacks(np.array(at, dtype=np.int32), np.array(entries))
                equal = bool((solver.kinds[at] == 0).all())
                yield _rule(lever, constraint.local_name, places, columns, prices, equal)

    def _bounds(self, built: Built) -> Iterator[Rule]:
        for lever, effects in built.effects.items():
            for bound in effects.bounds:
                columns = self.solver.columns(bound.var, bound.indices)
                here = [k for k, column in enumerate(columns.tolist()) if column != ABSENT]
                if here:
                    yield self._bound(lever, bound, columns[here], [bound.indices[k] for k in here])

    def _bound(self, lever: str, bound: Bounds, columns: Ints, places: list[Index]) -> Rule:
        """A bound becomes a row that can give way; nothing falls below zero, no yes or no above one."""
        solver, count = self.solver, len(columns)
        lower, upper = solver.lower[columns].copy(), solver.upper[columns].copy()
        if bound.side == "lower":
            rows = solver.add_limits(columns, lower, np.full(count, np.inf))
            solver.set_bounds(columns, np.minimum(lower, 0.0), upper)
        else:
            rows = solver.add_limits(columns, np.full(count, -np.inf), upper)
            most = np.where(solver.integer[columns], 1.0, np.inf)
            solver.set_bounds(columns, lower, np.maximum(upper, most))
        sign = 1.0 if bound.side == "lower" else -1.0
        prices = [self._price(np.array([column]), np.ones(1)) for column in columns.tolist()]
        slacks = solver.add_slacks(rows, np.full(count, sign))
        return _rule(lever, bound.rule, places, slacks, prices, False)

    def _price(self, columns: Ints, entries: Floats) -> float:
        """Money that a unit of a row is worth: by its flows and reserves, or else by its benefits."""
        kind, worth = self._worth
        for wanted in (1, 2):
            chosen = (kind[columns] == wanted) & (entries != 0) & (worth[columns] > 0)
            if chosen.any():
                return float((worth[columns][chosen] / np.abs(entries[chosen])).min())
        return float("nan")

    def _money(self, m: pyo.ConcreteModel) -> tuple[tuple[Index, ...], Ints]:
        """Money from nowhere in every fund balance, on the side on which unfunded obligations stand."""
        places, rows, signs = [], [], []
        for constraint in (m.component("balance_first"), m.component("balance")):
            for place in constraint or ():
                row, column = (
                    self.solver.row_numbers(constraint, [place])[0],
                    self.solver.column(m.unfunded[place]),
                )
                if row != ABSENT and column != ABSENT:
                    places.append(place)
                    rows.append(int(row))
                    signs.append(float(self.solver.matrix[row, column]))
        columns = self.solver.add_slacks(np.array(rows, dtype=np.int32), np.array(signs))
        return tuple(places), columns


def _amounts(places: tuple[Index, ...], amounts: Floats, least: float) -> list[Miss]:
    """What is missed at each place; places of the same name add up."""
    by_place: dict[Index, float] = {}
    for place, amount in zip(places, amounts.tolist(), strict=True):
        if amount > least:
            by_place[place] = by_place.get(place, 0.0) + amount
    return [Miss(place, amount) for place, amount in by_place.items()]


def _worth(m: pyo.ConcreteModel, solver: Solver) -> tuple[Ints, Floats]:
    """What columns are, 1 money and 2 benefits, and the money a unit of each is worth."""
    kind, worth = np.zeros(len(solver.lower), dtype=np.int32), np.zeros(len(solver.lower))
    for name in (*FLOWS, "closing", "unfunded"):
        columns = solver.columns(m.component(name))
        columns = columns[columns != ABSENT]
        kind[columns], worth[columns] = 1, 1.0
    for place, column in zip(m.CELLS, solver.columns(m.benefit).tolist(), strict=True):
        if column != ABSENT:
            kind[column], worth[column] = 2, m.eligible[place] * m.per_head.value
    return kind, worth


def _signs(kind: int) -> tuple[float, ...]:
    """Entries of the slacks of a row: kind 1 is at most, -1 at least, 0 equal."""
    return {1: (-1.0,), -1: (1.0,), 0: (1.0, -1.0)}[kind]


def _slices(matrix: csr_array, rows: list[int]) -> Iterator[tuple[int, int]]:
    for row in rows:
        yield int(matrix.indptr[row]), int(matrix.indptr[row + 1])


def _rule(lever: str, name: str, places: list[Index], columns: Ints, prices: list[float], definition: bool) -> Rule:
    priced = np.array(prices)
    money = not np.isnan(priced).any()
    values = priced if money else np.ones(len(priced))
    return Rule(lever, name.removesuffix("_first"), tuple(places), columns, values, money, definition)


def _joined(parts: list[Rule]) -> Rule:
    """The rows of a rule that is written in several components, for the first year and for later ones."""
    if len(parts) == 1:
        return parts[0]
    money = all(part.money for part in parts)
    prices = np.concatenate([part.prices if money else np.ones(len(part.prices)) for part in parts])
    places = tuple(place for part in parts for place in part.places)
    columns = np.concatenate([part.columns for part in parts])
    definition = all(part.definition for part in parts)
    return Rule(parts[0].lever, parts[0].name, places, columns, prices, money, definition)

"""What simple rules would reach with the same money: the yardsticks a plan is held against.

In every fund and year a rule hands out the plan's central and horizontal money by a weight that a layman knows;
each region's own effort stays in the region, spread equally over its own persons:

    benefit = benefit_before + own[r] / (per_head * persons[r])
                             + scale * (central + horizontal) * weight[cell] / sum of weights / (per_head * eligible)

    equal-per-head         weight = eligible persons whom the fund pays, wherever they live
    proportional-to-need   weight = eligible * max(0, standard - benefit_before): what the cell lacks
    like-today             weight = today's central transfers to the region, equally over its persons
    central-adjustment     equal per head; and in a fund with a contribution base every region pays 3 % of 90 % of
                           its base and receives the same amount per head as all others, benefits following

A cell in which nobody is covered cannot be paid and gets nothing. Where all weights are zero the money is spread
per head. The common pool and reserves are not new money and stay out. The money-equivalent of a plan is the
central and horizontal money with which a rule reaches the plan's gap.

Source of the last rule: State Council circular of 13 June 2018 (see the lever central_adjustment).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from commonweal.instances import Instance
from commonweal.optimizer.root import root

Floats = npt.NDArray[np.float64]
Gap = Callable[[pd.DataFrame], float]
"""A numeric gap measure: takes a benefits frame, looks at its column `benefit`."""

MOST, PRECISION = 2.0**20, 1e-10
ADJUSTED = 0.03 * 0.9  # of the contribution base
CELL = ["programme", "group", "year"]


@dataclass(frozen=True)
class MoneyEquivalent:
    """A plan against a simple rule; money is summed over the plan years, in the instance's money unit.

    needed: money with which the rule reaches the plan's gap; None if no amount of money does. share: part of the
    plan's gap reduction that the rule reaches with the plan's money; None if there is none.
    """

    money: float
    needed: float | None
    gap_before: float
    gap_rule: float
    gap_plan: float

    @property
    def share(self) -> float | None:
        """Gap reduction of the simple rule over that of the plan."""
        reduction = self.gap_before - self.gap_plan
        return (self.gap_before - self.gap_rule) / reduction if reduction > 0 else None


@dataclass(frozen=True)
class Spread:
    """A rule at work: benefits are `fixed + scale * shared`, currency units per eligible person."""

    benefits: pd.DataFrame
    fixed: "pd.Series[float]"
    shared: "pd.Series[float]"
    per_head: float

    def benefit(self, scale: float) -> "pd.Series[float]":
        """What each cell gets with `scale` times the shared money."""
        return (self.fixed + scale * self.shared).clip(lower=0.0)

    def at(self, scale: float) -> pd.DataFrame:
        """The benefits table with `scale` times the shared money, and all that follows from `benefit`."""
        cells, benefit = self.benefits, self.benefit(scale)
        spending = cells["eligible"] * benefit * self.per_head
        recipients = cells["recipients"] * self.per_head
        return cells.assign(
            benefit=benefit,
            benefit_per_recipient=(spending / recipients).where(recipients > 0, 0.0),
            share_of_standard=benefit / cells["standard"],
            spending=spending,
        )


Weight = Callable[[pd.DataFrame, Instance], "pd.Series[float]"]


def _persons(cells: pd.DataFrame, instance: Instance) -> "pd.Series[float]":
    return cells["paid"]


def _need(cells: pd.DataFrame, instance: Instance) -> "pd.Series[float]":
    return cells["paid"] * (cells["standard"] - cells["benefit_before"]).clip(lower=0.0)


def _transfers_today(cells: pd.DataFrame, instance: Instance) -> "pd.Series[float]":
    budgets = instance.budgets.sort_values("year").drop_duplicates("region").set_index("region")
    persons = cells.groupby(["region", "fund", "year"])["paid"].transform("sum")
    today = cells["region"].map(budgets["transfers"]).fillna(0.0).clip(lower=0.0)
    return (today * cells["paid"] / persons).where(persons > 0, 0.0)


RULES: Mapping[str, Weight] = MappingProxyType(
    {
        "equal-per-head": _persons,
        "proportional-to-need": _need,
        "like-today": _transfers_today,
        "central-adjustment": _persons,
    }
)
ADJUSTING = "central-adjustment"


def available(instance: Instance) -> tuple[str, ...]:
    """The rules for which the data suffice: like-today needs transfers of today, the adjustment a base."""
    lacking = {
        "like-today": not (instance.budgets["transfers"] > 0).any(),
        ADJUSTING: not (instance.accounts["base"] > 0).any(),
    }
    return tuple(name for name in RULES if not lacking.get(name, False))


class Money:
    """The money of a plan, ready to be handed out by any rule: what no rule changes is looked up once."""

    def __init__(self, benefits: pd.DataFrame, transfers: pd.DataFrame, instance: Instance) -> None:
        """`instance`: of the plan years; its schemes say which fund pays whom."""
        cells = benefits.merge(instance.schemes[[*CELL, "fund"]], on=CELL).set_axis(benefits.index)
        self.benefits, self._instance = benefits, instance
        self._cells = cells.assign(paid=cells["eligible"].where(cells["recipients"] > 0, 0.0))
        self._new = transfers.assign(money=transfers["central"] + transfers["horizontal_received"])
        own = _shared(self._cells, self._cells["paid"], transfers, "own", ["region", "fund", "year"])
        self._fixed = cells["benefit_before"] + own / instance.per_head

    @property
    def amount(self) -> float:
        """Central and horizontal money over all years."""
        return float(self._new["money"].sum())

    def spread(self, name: str) -> Spread:
        """The rule `name`, one of `RULES`."""
        cells, per_head = self._cells, self._instance.per_head
        shared = _shared(cells, RULES[name](cells, self._instance), self._new, "money", ["fund", "year"])
        fixed = self._fixed + _adjustment(cells, self._instance) / per_head if name == ADJUSTING else self._fixed
        return Spread(self.benefits, fixed, shared / per_head, per_head)


def spread(name: str, benefits: pd.DataFrame, transfers: pd.DataFrame, instance: Instance) -> Spread:
    """The rule `name` (one of `RULES`) with the money of a plan; `instance`: of the plan years."""
    return Money(benefits, transfers, instance).spread(name)


def equal_per_head(
    benefits: pd.DataFrame, transfers: pd.DataFrame, instance: Instance, scale: float = 1.0
) -> pd.DataFrame:
    """`benefits` of a run with `benefit` (and all that follows from it) as equal per head would have it.

    `scale` multiplies the central and horizontal money; own effort stays as it is. `instance`: of the plan
    years.
    """
    return spread("equal-per-head", benefits, transfers, instance).at(scale)


def money_equivalent(
    benefits: pd.DataFrame,
    transfers: pd.DataFrame,
    instance: Instance,
    gap: Gap,
    rule: str = "equal-per-head",
) -> MoneyEquivalent:
    """How much money the rule would need to reach the plan's gap (to 1e-10 of it)."""
    return money_equivalents(benefits, transfers, instance, gap, [rule])[rule]


def money_equivalents(
    benefits: pd.DataFrame, transfers: pd.DataFrame, instance: Instance, gap: Gap, rules: Iterable[str]
) -> dict[str, MoneyEquivalent]:
    """The same for several rules, by name."""
    money = Money(benefits, transfers, instance)
    looked_at = benefits.copy(deep=False)

    def measured(benefit: "pd.Series[float]") -> float:
        looked_at["benefit"] = benefit
        return gap(looked_at)

    target, before = gap(benefits), measured(benefits["benefit_before"])
    found = {}
    for name in rules:
        one = money.spread(name)

        def left(scale: float, one: Spread = one) -> float:
            return measured(one.benefit(scale))

        same = left(1.0)
        found[name] = MoneyEquivalent(money.amount, _needed(left, same, target, money.amount), before, same, target)
    return found


def _needed(rule: Callable[[float], float], same: float, target: float, money: float) -> float | None:
    """The least money at which `rule`, told a multiple of `money`, is no worse than `target`; `same`: at 1."""
    low, high, gap = 0.0, 1.0, same
    below = rule(low) - target
    if below <= 0:
        return 0.0
    while gap > target:
        low, high, below = high, 2 * high, gap - target
        if high > MOST or money == 0:
            return None
        gap = rule(high)
    ends = (low, below), (high, gap - target)
    return root(lambda scale: rule(scale) - target, *ends, near=PRECISION * high, relative=PRECISION) * money


def _shared(
    cells: pd.DataFrame, weight: "pd.Series[float]", money: pd.DataFrame, column: str, keys: list[str]
) -> "pd.Series[float]":
    """Money per eligible person and cell: that of its `keys`, by weight; by persons where no weight is."""
    group = cells.groupby(keys).ngroup().to_numpy()
    total = money.groupby(keys)[column].sum()
    amount = total.reindex(pd.MultiIndex.from_frame(cells[keys])).fillna(0.0).to_numpy(float)
    persons, weights = (np.asarray(part, dtype=np.float64) for part in (cells["paid"], weight))
    all_weights, all_persons = (np.bincount(group, part)[group].astype(np.float64) for part in (weights, persons))
    part = _ratio(weights, all_weights, otherwise=_ratio(persons, all_persons))
    return pd.Series(_ratio(amount * part, persons), cells.index)


def _ratio(over: Floats, under: Floats, otherwise: Floats | float = 0.0) -> Floats:
    """`over / under` where that is above zero."""
    return np.where(under > 0, over / np.where(under > 0, under, 1.0), otherwise)


def _adjustment(cells: pd.DataFrame, instance: Instance) -> "pd.Series[float]":
    """Money per eligible person and cell: what its region receives, less what it pays, of the statutory pot."""
    keys = ["region", "fund", "year"]
    based = instance.accounts.assign(pays=ADJUSTED * instance.accounts["base"])[[*keys, "pays"]]
    persons = cells.groupby(keys, as_index=False)["paid"].sum().merge(based, on=keys, how="left").fillna({"pays": 0.0})
    persons = persons[persons["paid"] > 0]
    national = persons.groupby(["fund", "year"])[["pays", "paid"]].transform("sum")
    net = persons.assign(net=persons["paid"] * national["pays"] / national["paid"] - persons["pays"])
    return _shared(cells, cells["paid"], net, "net", keys)

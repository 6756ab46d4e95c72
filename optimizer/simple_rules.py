"""What a simple rule would reach with the same money: the yardstick a plan is held against.

Equal per head: in every fund and year the plan's central and horizontal money is spread equally over all
eligible persons whom the fund pays, wherever they live; each region's own effort stays in the region, spread
equally over its own:

    benefit = benefit_before + own[r] / (per_head * eligible[r])
                             + scale * (central + horizontal) / (per_head * eligible)

A cell in which nobody is covered cannot be paid and gets nothing. The common pool and reserves are not new
money and stay out. The money-equivalent of a plan is the central and horizontal money with which that rule
reaches the plan's gap.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from commonweal.instances import Instance

Gap = Callable[[pd.DataFrame], float]
"""A numeric gap measure: takes a benefits frame, looks at its column `benefit`."""

MOST, PRECISION = 2.0**20, 1e-10


@dataclass(frozen=True)
class MoneyEquivalent:
    """A plan against equal per head; money is summed over the plan years, in the instance's money unit.

    needed: money with which equal per head reaches the plan's gap; None if no amount of money does. share:
    part of the plan's gap reduction that equal per head reaches with the plan's money; None if there is none.
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


def equal_per_head(
    benefits: pd.DataFrame, transfers: pd.DataFrame, instance: Instance, scale: float = 1.0
) -> pd.DataFrame:
    """`benefits` of a run with `benefit` (and all that follows from it) as the simple rule would have it.

    `scale` multiplies the central and horizontal money; own effort stays as it is. `instance`: of the plan
    years.
    """
    cells = benefits.merge(
        instance.schemes[["programme", "group", "year", "fund"]], on=["programme", "group", "year"]
    )
    paid = cells["eligible"].where(cells["recipients"] > 0, 0.0)
    shared = transfers.assign(money=transfers["central"] + transfers["horizontal_received"])
    common = _per_head(cells, paid, shared, "money", ["fund", "year"])
    own = _per_head(cells, paid, transfers, "own", ["region", "fund", "year"])
    more = (scale * common + own).where(paid > 0, 0.0) / instance.per_head
    benefit = cells["benefit_before"] + more
    spending = cells["eligible"] * benefit * instance.per_head
    recipients = cells["recipients"] * instance.per_head
    return cells.assign(
        benefit=benefit,
        benefit_per_recipient=(spending / recipients).where(recipients > 0, 0.0),
        share_of_standard=benefit / cells["standard"],
        spending=spending,
    )[benefits.columns]


def money_equivalent(
    benefits: pd.DataFrame, transfers: pd.DataFrame, instance: Instance, gap: Gap
) -> MoneyEquivalent:
    """How much money equal per head would need to reach the plan's gap (bisection to 1e-10 of it)."""
    money = float((transfers["central"] + transfers["horizontal_received"]).sum())
    target = gap(benefits)

    def rule(scale: float) -> float:
        return gap(equal_per_head(benefits, transfers, instance, scale))

    return MoneyEquivalent(
        money=money,
        needed=_needed(rule, target, money),
        gap_before=gap(benefits.assign(benefit=benefits["benefit_before"])),
        gap_rule=rule(1.0),
        gap_plan=target,
    )


def _needed(rule: Callable[[float], float], target: float, money: float) -> float | None:
    """The least money at which `rule`, told a multiple of `money`, is no worse than `target`."""
    low, high = 0.0, 1.0
    if rule(low) <= target:
        return 0.0
    while rule(high) > target:
        low, high = high, 2 * high
        if high > MOST or money == 0:
            return None
    while high - low > PRECISION * high:
        middle = (low + high) / 2
        low, high = (middle, high) if rule(middle) > target else (low, middle)
    return high * money


def _per_head(
    cells: pd.DataFrame, paid: "pd.Series[float]", money: pd.DataFrame, column: str, keys: list[str]
) -> "pd.Series[float]":
    """For every cell: money of its `keys` over the paid persons there; zero where there is nobody."""
    heads = paid.groupby([cells[key] for key in keys]).transform("sum")
    total = money.groupby(keys, as_index=False)[column].sum()
    amount = cells[keys].merge(total, on=keys, how="left")[column].fillna(0.0)
    return (amount.set_axis(cells.index) / heads).where(heads > 0, 0.0)

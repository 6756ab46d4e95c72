"""What coordinator and parts say to each other: money and prices, never models.

A national rule is a link: the sum over regions of what each uses may not exceed a limit (or has to be equal to it).
Money that reaches a fund from several sources is all the same to its region, so a region sees one menu with one price,
and the coordinator decides which sources fill it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from commonweal.instances import Instance
from commonweal.optimizer.language import mark
from commonweal.optimizer.scenario import Scenario

Floats = npt.NDArray[np.float64]
Link = tuple[str, str, tuple[Any, ...]]
"""Lever, rule and index of a national row."""

Source = tuple[tuple[Link, float], ...]
"""What one unit of money from somewhere uses of each link."""

Menu = tuple[Source, ...]
"""The sources that can fill one account, in a fixed order."""

UNMET = mark(
    "The search decompose found no plan that meets all of today's obligations, and cannot yet weigh those that no "
    "money meets. Use search.name = single."
)


@dataclass(frozen=True)
class Limit:
    """A national row: the sum over regions is at most `limit`, or exactly that."""

    limit: float
    equal: bool


@dataclass(frozen=True)
class Spec:
    """What a part is built from: the full case in its plan years, the scenario, and the regions of the part."""

    case: Instance
    scenario: Scenario
    regions: tuple[str, ...]


@dataclass(frozen=True)
class Described:
    """What a part uses. units: how many there are, which nothing but links joins. links, menus: in the order of the columns of `Answer.used`, links first.

    steepest: no unit of money can ever lower the gap by more in the year in which it is spent.
    """

    units: int
    links: tuple[Link, ...]
    menus: tuple[Menu, ...]
    limits: tuple[Limit, ...]
    steepest: float


@dataclass(frozen=True)
class Ask:
    """Prices of links and menus, gap per unit of money; and how exact the answer has to be, relative to its gap."""

    links: dict[Link, float]
    menus: dict[Menu, float]
    accuracy: float


@dataclass(frozen=True)
class Answer:
    """The best each unit can do at these prices.

    cost: its part of the gap, shape (units,). least: nothing it could do costs less than this, prices paid; shape
    (units,). used: what it uses of each link and takes from each menu, money; shape (units, links + menus).
    """

    cost: Floats
    least: Floats
    used: Floats


def price_of(source: Source, links: dict[Link, float]) -> float:
    """What a unit of money from a source costs."""
    return sum(use * links[link] for link, use in source)


def menu_price(menu: Menu, links: dict[Link, float]) -> float:
    """What a unit from the cheapest source of a menu costs."""
    return min(price_of(source, links) for source in menu)

"""What coordinator and parts say to each other: money and prices, never models.

A national rule is a link: the sum over regions of what each uses may not exceed a limit (or has to be equal to it).
Money that reaches a fund from several sources is all the same to its region, so a region sees one menu with one price,
and the coordinator decides which sources fill it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from commonweal.instances import Instance
from commonweal.optimizer.language import mark
from commonweal.optimizer.scenario import Scenario

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Link = tuple[str, str, tuple[Any, ...]]
"""Lever, rule and index of a national row."""

Source = tuple[tuple[Link, float], ...]
"""What one unit of money from somewhere uses of each link."""

Shares = Mapping[str, Mapping[tuple[str, int], float]]
"""What a programme and year of some regions counts in the nation, by gap."""

Menu = tuple[Source, ...]
"""The sources that can fill one account, in a fixed order."""

UNMET = mark(
    "The search decompose found no plan that meets all of today's obligations and soft floors, and cannot yet weigh "
    "those that no money meets. Use search.name = single."
)

DEARER = mark(
    "The search decompose found no plan: even where money costs {times:g} times what it can ever do for the gap, the "
    "regions together use more of {rules} than there is. Either the rules ask for more than the nation has, or obligations "
    "of today stay unmet. Use search.name = single, which tells which."
)


@dataclass(frozen=True)
class Limit:
    """A national row: the sum over regions is at most `limit`, or exactly that. unit: a template, as in `dictionary`."""

    limit: float
    equal: bool
    unit: str = ""


@dataclass(frozen=True)
class Spec:
    """What a part is built from: the full case in its plan years, the scenario, the part's regions and what they count."""

    case: Instance
    scenario: Scenario
    regions: tuple[str, ...]
    blocks: Shares


@dataclass(frozen=True)
class Common:
    """A decision that all regions share: lever, decision and index; and between what it lies."""

    name: Link
    lower: float
    upper: float


@dataclass(frozen=True)
class Cut:
    """With common decisions `values`, every plan has at least the gap `bound + slopes @ (values - at)`."""

    bound: float
    slopes: Floats
    at: Floats


@dataclass(frozen=True)
class Described:
    """What a part uses. units: how many there are, which nothing but links joins. links, menus: in the order of the columns of `Answer.used`, links first.

    commons: what it shares with the others, in the order of `Answer.slopes`.

    steepest: no unit of money can ever lower the gap by more in the year in which it is spent.

    touches: which units use which links and menus, shape (units, links + menus). idle: units whose gap no money changes,
    shape (units,); empty where there are none. decides: whether there are yes-or-no decisions.
    """

    units: int
    links: tuple[Link, ...]
    menus: tuple[Menu, ...]
    limits: tuple[Limit, ...]
    steepest: float
    commons: tuple[Common, ...] = ()
    touches: Bools = field(default_factory=lambda: np.empty((0, 0), dtype=bool))
    idle: Bools = field(default_factory=lambda: np.empty(0, dtype=bool))
    decides: bool = False


@dataclass(frozen=True)
class Ask:
    """Prices of links and menus, gap per unit of money (nought for those not named); how exact the answer has to be,
    relative to its gap; and the values of common decisions."""

    links: dict[Link, float]
    menus: dict[Menu, float]
    accuracy: float
    commons: Mapping[Link, float] = field(default_factory=dict)

    def prices(self, links: Sequence[Link], menus: Sequence[Menu]) -> Floats:
        """Of these links and menus, in this order."""
        return np.array([*(self.links.get(link, 0.0) for link in links), *(self.menus.get(m, 0.0) for m in menus)])


@dataclass(frozen=True)
class Answer:
    """The best each unit can do at these prices.

    cost: its part of the gap, shape (units,). fixed: the rest of the part's gap, which nothing changes. least: nothing
    it could do costs less than this, prices paid; shape (units,). used: what it uses of each link and takes from each
    menu, money; shape (units, links + menus). number: of the plan, among all that the part has named. slopes: of the
    line below which the sum of `least` lies at no values of common decisions, per unit; shape (commons,).
    """

    cost: Floats
    least: Floats
    used: Floats
    slopes: Floats = field(default_factory=lambda: np.empty(0))
    fixed: float = 0.0
    number: int = 0


@dataclass(frozen=True)
class Decision:
    """The best yes-or-no decisions of a part at some prices.

    bound: no plan with whole decisions costs less, prices paid. cost: about the gap of each unit, shape (units,). used: as
    in `Answer`; direct: what the decisions alone use of it, whatever else is done.
    """

    bound: float
    cost: Floats
    used: Floats
    direct: Floats
    count: int


@dataclass(frozen=True)
class Blend:
    """A mix of plans of a part: `shares` of the plan that `units` have in the answer with `numbers`; shapes (plans,)."""

    units: Ints
    numbers: Ints
    shares: Floats


def limits_of(parts: Sequence[Described]) -> dict[Link, Limit]:
    """Of all links that some part uses."""
    return {link: limit for part in parts for link, limit in zip(part.links, part.limits, strict=True)}


def price_of(source: Source, links: dict[Link, float]) -> float:
    """What a unit of money from a source costs."""
    return sum(use * links[link] for link, use in source)


def menu_price(menu: Menu, links: dict[Link, float]) -> float:
    """What a unit from the cheapest source of a menu costs."""
    return min(price_of(source, links) for source in menu)

"""Units of all parts in two groups that no link joins: those whose gap money can change, and those that are idle.

To idle units (the pool of funds whose benefits are given) money is worth nothing, so that no price tells them what the
others need. Their money only has to add up: a mix that does is found once, by itself, and the prices of its links are nought.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from commonweal.optimizer.decompose.messages import Answer, Blend, Bools, Described, Link, Menu

Name = Link | Menu


@dataclass(frozen=True)
class Group:
    """Some units of every part, with the links and menus that they use; `parts` say no more of themselves than that."""

    parts: list[Described]
    _units: list[Bools]
    _uses: list[Bools]

    @classmethod
    def of(cls, parts: Sequence[Described], units: Sequence[Bools], names: set[Name]) -> "Group":
        """These units of the parts (masks), and these links and menus."""
        found, uses = [], []
        for part, own in zip(parts, units, strict=True):
            links = [link in names for link in part.links]
            menus = [menu in names for menu in part.menus]
            uses.append(np.array([*links, *menus], dtype=bool))
            found.append(
                replace(
                    part,
                    units=int(own.sum()),
                    links=tuple(link for link, there in zip(part.links, links, strict=True) if there),
                    menus=tuple(menu for menu, there in zip(part.menus, menus, strict=True) if there),
                    limits=tuple(limit for limit, there in zip(part.limits, links, strict=True) if there),
                )
            )
        return cls(found, list(units), uses)

    def blends(self, blends: Sequence[Blend]) -> list[Blend]:
        """Mixes of these units, as units of the parts."""
        return [
            replace(blend, units=np.flatnonzero(own)[blend.units])
            for blend, own in zip(blends, self._units, strict=True)
        ]

    def answers(self, answers: Sequence[Answer]) -> list[Answer]:
        """What these units say; the gap of the others is fixed."""
        return [
            replace(
                answer,
                cost=answer.cost[own],
                least=answer.least[own],
                used=answer.used[own][:, uses],
                fixed=answer.fixed + float(answer.cost[~own].sum()),
            )
            for answer, own, uses in zip(answers, self._units, self._uses, strict=True)
        ]


def groups_of(parts: Sequence[Described]) -> tuple[Group, Group]:
    """Those whose gap can change, with whatever their links join to them; and idle ones."""
    idle = [part.idle if len(part.idle) else np.zeros(part.units, dtype=bool) for part in parts]
    names: set[Name] = set()
    for part in parts:
        names.update(part.links, part.menus)
    while True:
        busy = _closed(_used(parts, [~own for own in idle]), names)
        still = [own & ~_touching(part, busy) if own.any() else own for part, own in zip(parts, idle, strict=True)]
        if all(np.array_equal(own, before) for own, before in zip(still, idle, strict=True)):
            break
        idle = still
    quiet = _closed(_used(parts, idle), names)
    return Group.of(parts, [~own for own in idle], names - quiet), Group.of(parts, idle, quiet)


def _used(parts: Sequence[Described], units: Sequence[Bools]) -> set[Name]:
    """What these units use; units that do not say so use all there is."""
    found: set[Name] = set()
    for part, own in zip(parts, units, strict=True):
        names: list[Name] = [*part.links, *part.menus]
        used = part.touches[own].sum(axis=0) > 0 if len(part.idle) else np.full(len(names), own.any())
        found.update(names[k] for k in np.flatnonzero(used).tolist())
    return found


def _closed(used: set[Name], names: set[Name]) -> set[Name]:
    """With the links that fill a menu, and the menus that such links fill."""
    while True:
        menus = {name for name in names if _links(name) and (name in used or _links(name) & used)}
        more = used.union(menus, *map(_links, menus))
        if more == used:
            return used
        used = more


def _links(name: Name) -> set[Name]:
    """Of the sources of a menu; none for a link, which begins with the name of a lever."""
    return set() if isinstance(name[0], str) else {link for source in name for link, _ in source}


def _touching(part: Described, names: set[Name]) -> Bools:
    """Which units use one of these, shape (units,)."""
    among = np.array([name in names for name in (*part.links, *part.menus)], dtype=bool)
    return np.asarray(part.touches[:, among].any(axis=1))

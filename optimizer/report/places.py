"""What charts show as one place: a region; or, where there are too many to look at, what regions belong to."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from commonweal.instances import Instance
from commonweal.optimizer.language import ENGLISH, _, language, mark
from commonweal.optimizer.names import names

MOST = 80  # places a chart shows; more regions than this are shown together first
TENTHS = 10
TENTH = mark("{number}. tenth from the bottom")
BELTS = {
    "east": mark("eastern belt"),
    "centre": mark("central belt"),
    "central": mark("central belt"),
    "west": mark("western belt"),
    "north-east": mark("north-eastern belt"),
}
"""Ids of belts as cases write them, in words that have one meaning only."""
WIDER = 1.6  # of a layout without positions: columns for each row


@dataclass(frozen=True)
class Places:
    """The place of each region, the names and tiles of places, and what a place is called (one, several)."""

    of: Mapping[str, str]
    names: Mapping[str, str]
    tiles: Mapping[str, tuple[int, int]]
    noun: tuple[str, str]
    placed: bool  # whether the case gives the positions of tiles

    @property
    def together(self) -> bool:
        """Whether a place is more than one region."""
        return len(self.names) < len(self.of)


def places(instance: Instance) -> Places:
    """Regions up to `MOST`; else their parents, belts, or tenths from the lowest to the highest benefit today."""
    regions = instance.regions
    ids = regions["region"].tolist()
    if len(ids) <= MOST:
        given = regions.dropna(subset=["map_column", "map_row"])
        spots = list(zip(given["map_column"].tolist(), given["map_row"].tolist(), strict=True))
        placed = len(set(spots)) == len(ids)
        tiles = {i: (int(c), int(r)) for i, (c, r) in zip(given["region"], spots, strict=True)}
        called = names(instance, "region")
        return Places(
            dict(zip(ids, ids, strict=True)),
            called,
            tiles if placed else _grid(ids),
            (_("region"), _("regions")),
            placed,
        )
    for column, noun in (("parent", (_("area"), _("areas"))), ("belt", (_("belt"), _("belts")))):
        if (regions[column] != "").all() and 1 < regions[column].nunique() <= MOST:
            return _together(instance, dict(zip(ids, regions[column].tolist(), strict=True)), noun)
    return _together(instance, _tenths(instance), (_("tenth of regions"), _("tenths of regions")))


def _together(instance: Instance, of: Mapping[str, str], noun: tuple[str, str]) -> Places:
    """Places have the tile that all their regions name, if each has one of its own."""
    found = sorted(set(of.values()))
    regions = instance.regions
    given = regions.dropna(subset=["map_column", "map_row"])
    spots: dict[str, set[tuple[int, int]]] = {place: set() for place in found}
    for region, column, row in zip(*(given[c].tolist() for c in ("region", "map_column", "map_row")), strict=True):
        spots[of[region]].add((int(column), int(row)))
    tiles = {place: next(iter(own)) for place, own in spots.items() if len(own) == 1}
    placed = len(given) == len(regions) and len(set(tiles.values())) == len(found)
    return Places(of, {place: _said(place) for place in found}, tiles if placed else _grid(found), noun, placed)


def _said(place: str) -> str:
    """A place that has only its id for a name, in the language spoken."""
    number, _dot, rest = place.partition(".")
    if rest and TENTH.endswith(rest):
        return _(TENTH, number=number)
    return place if language() == ENGLISH else _(BELTS.get(place, place))


def _tenths(instance: Instance) -> dict[str, str]:
    """Regions in ten parts by today's mean benefit."""
    people = instance.people[instance.people["year"] == instance.people["year"].min()]
    people = people.assign(spent=people["eligible"] * people["benefit"])
    sums = people.groupby("region")[["spent", "eligible"]].sum()
    order = (sums["spent"] / sums["eligible"]).fillna(0.0).sort_values(kind="stable").index.tolist()
    return {
        region: TENTH.format(number=f"{position * TENTHS // len(order) + 1:02d}")
        for position, region in enumerate(order)
    }


def _grid(ids: list[str]) -> dict[str, tuple[int, int]]:
    """Tiles in the order of the ids, where the case gives no positions."""
    wide = max(1, math.ceil(math.sqrt(len(ids) * WIDER)))
    return {place: (number % wide + 1, number // wide + 1) for number, place in enumerate(ids)}


def cells(benefits: pd.DataFrame, shown: Places) -> pd.DataFrame:
    """place, programme, group, year: eligible, before, after, standard (means by eligible persons)."""
    people = benefits[benefits["eligible"] > 0]
    weighed = people.assign(
        place=people["region"].map(shown.of),
        before=people["eligible"] * people["benefit_before"],
        after=people["eligible"] * people["benefit"],
        standard=people["eligible"] * people["standard"],
    )
    keys = ["place", "programme", "group", "year"]
    sums = weighed.groupby(keys, as_index=False)[["eligible", "before", "after", "standard"]].sum()
    for column in ("before", "after", "standard"):
        sums[column] = sums[column] / sums["eligible"]
    return sums


def codes(called: Mapping[str, str]) -> dict[str, str]:
    """A short name for each place, for a narrow screen: as few letters as tell all of them apart, at least 3."""
    plain = {place: "".join(filter(str.isalnum, name)) or place for place, name in called.items()}
    short: dict[str, str] = {}
    for place, name in plain.items():
        others = [other for key, other in plain.items() if key != place]
        length = next((n for n in range(3, len(name)) if all(o[:n] != name[:n] for o in others)), len(name))
        short[place] = name[:length] if length <= 5 else name[:2] + name[length - 1]
    return short

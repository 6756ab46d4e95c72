"""Projection: from the data year to the plan years, by named growth rates.

    value[year] = value[data year] * product over series s of (1 + rate[s, region]) ** (year - data year)

for every column with a key in `growth`; columns without a key stay flat. Stocks (`opening`, `locked`) never
grow: the plan carries them forward. `covered` follows `eligible` unless it has a key of its own, so that the
share of the eligible who are covered stays as it is today.
"""

from dataclasses import replace
from math import prod

import numpy as np
import pandas as pd
from pydantic import BaseModel, Field

from commonweal.instances.assemble import national_sums
from commonweal.instances.faults import Fault, InstanceError, advice
from commonweal.instances.instance import Instance
from commonweal.instances.paths import Growth
from commonweal.instances.rows import TABLES, Years
from commonweal.language import _

# Table -> its columns that may grow; stocks do not.
GROWING = {
    table.TABLE: [c.name for c in table.columns() if c.kind == "number" and c.name not in ("opening", "locked")]
    for table in TABLES
    if table.yearly()
}

# Table -> the columns whose ids make a growth key specific; regions differ by the rows of a series instead.
SPECIFIC = {table.TABLE: [c for c in table.KEY if c not in ("region", "year")] for table in TABLES if table.yearly()}


class Projection(BaseModel, extra="forbid", frozen=True):
    """Which years to plan for, and how the data get there."""

    years: Years = Field(description="plan years, consecutive; the data are carried forward to each")
    growth: dict[str, list[Growth]] = Field(
        default={},
        description="'<table>.<column>' or, going first, '<table>.<column>.<group, programme or fund>' -> "
        "growth rates or series of growth.csv, multiplied",
    )


def project(instance: Instance, projection: Projection) -> Instance:
    """The instance in the plan years. Unknown keys or series, or years before the data: InstanceError.

    National sums need all regions: a restricted instance is refused (ValueError).
    """
    people, accounts, budgets = instance.people, instance.accounts, instance.budgets
    if instance.nation != national_sums(people, accounts, budgets, instance.per_head):
        raise ValueError(_("project the whole instance first, restrict it afterwards"))
    if faults := _faults(instance, projection):
        raise InstanceError(faults)
    frames = {name: _grow(instance, name, projection) for name in GROWING}
    nation = national_sums(frames["people"], frames["accounts"], frames["budgets"], instance.per_head)
    return replace(
        instance,
        schemes=frames["schemes"],
        people=frames["people"],
        accounts=frames["accounts"],
        budgets=frames["budgets"],
        years=tuple(projection.years),
        nation=nation,
    )


def _grow(instance: Instance, name: str, projection: Projection) -> pd.DataFrame:
    """One table: each row of the data year once for every plan year, times the growth of its columns."""
    frame: pd.DataFrame = getattr(instance, name)
    today = frame[frame["year"] == instance.data_year]
    years = np.array(projection.years)
    grown = today.loc[today.index.repeat(len(years))].reset_index(drop=True)
    grown["year"] = np.tile(years, len(today))
    age = grown["year"].to_numpy() - instance.data_year
    places = today["region"].tolist() if "region" in today else [""] * len(today)
    for column in GROWING[name]:
        keys = _keys(today, name, column, projection)
        if column == "covered":
            follow = _keys(today, name, "eligible", projection)
            keys = [own or eligible for own, eligible in zip(keys, follow, strict=True)]
        pairs = list(zip(keys, places, strict=True))
        yearly = {pair: _yearly_factor(instance, projection, *pair) for pair in set(pairs)}
        grown[column] *= np.repeat([yearly[pair] for pair in pairs], len(years)) ** age
    return grown


def _keys(rows: pd.DataFrame, table: str, column: str, projection: Projection) -> list[str | None]:
    """The growth key of every row: the specific one where there is one, else the column's, else None."""
    key = f"{table}.{column}"
    found = [key if key in projection.growth else None] * len(rows)
    for name in SPECIFIC[table]:
        for place, word in enumerate(rows[name]):
            if f"{key}.{word}" in projection.growth:
                found[place] = f"{key}.{word}"
    return found


def _yearly_factor(instance: Instance, projection: Projection, key: str | None, region: str) -> float:
    """Product over the key's series of (1 + rate); 1 without a key."""
    series = projection.growth[key] if key else []
    return prod((1 + instance.growth_rate(growth, region) for growth in series), start=1.0)


def _faults(instance: Instance, projection: Projection) -> list[Fault]:
    """What the instance cannot follow: years before the data, unknown columns, words or series."""
    faults = []
    if projection.years[0] < instance.data_year:
        expected = _("years from {data_year}, the year of the data, on", data_year=instance.data_year)
        faults.append(_fault("years", str(projection.years), expected, _("Plan for later years")))
    columns = [f"{name}.{column}" for name, growing in GROWING.items() for column in growing]
    for key, series in projection.growth.items():
        table, _dot, rest = key.partition(".")
        column, _dot, word = rest.partition(".")
        if f"{table}.{column}" not in columns:
            expected = _("a table and a column that may grow, such as people.eligible")
            faults.append(_fault("growth", key, expected, advice(f"{table}.{column}", columns)))
            continue
        frame: pd.DataFrame = getattr(instance, table)
        words = [w for name in SPECIFIC[table] for w in frame[name].unique()]
        if word and words.count(word) != 1:
            ending = (
                _(", or with the id of one {kinds}", kinds=_(" or ").join(map(_, SPECIFIC[table]))) if words else ""
            )
            expected = f"{table}.{column}{ending}"
            faults.append(_fault("growth", key, expected, advice(word, words)))
        faults += _series_faults(instance, key, series, regional="region" in frame)
    return faults


def _series_faults(instance: Instance, key: str, series: list[Growth], regional: bool) -> list[Fault]:
    places = instance.regions["region"].tolist() if regional else [""]
    faults = []
    for name in series:
        try:
            for place in places:
                instance.growth_rate(name, place)
        except InstanceError as error:
            found = error.faults[0]
            faults.append(_fault(f"growth.{key}", str(name), found.expected, found.remedy))
    return faults


def _fault(setting: str, value: str, expected: str, remedy: str) -> Fault:
    return Fault("scenario", None, f"projection.{setting}", value, expected, remedy)

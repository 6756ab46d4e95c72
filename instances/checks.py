"""Checks that need several rows or several tables. Frames come from `table.parse`: index = line in the file.

One cause, one fault: a misspelt id is told once however many rows carry it, and a row with an unknown id
never makes another row look missing.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.instances.faults import Fault, advice
from commonweal.instances.rows import REFERENCES, TABLES, Row
from commonweal.instances.totals import check_totals
from commonweal.language import _

Frames = Mapping[str, pd.DataFrame]
Ids = Mapping[str, set[str]]  # table -> the ids it lists; only tables whose ids could all be read
WHOLE = 1e-6  # shares that add up to one within this are whole


def check(frames: Frames, years: list[int] | None) -> Iterator[Fault]:
    """Every fault across the readable tables; `years` of instance.toml, None when they could not be read."""
    homes = {table.KEY[0]: table.TABLE for table in TABLES if len(table.KEY) == 1}
    listed = {home: set(frames[home][name]) for name, home in homes.items() if _has(frames, home, name)}
    ids = {home: words for home, words in listed.items() if "" not in words}
    for table in TABLES:
        if table.TABLE in frames:
            yield from _unknown_ids(table, frames, ids)
            if years is not None:
                yield from _years(table, frames[table.TABLE], years)
    if _has(frames, "people", "eligible", "covered", "benefit"):
        yield from _coverage(frames["people"])
    if _has(frames, "schemes", "programme", "group", "fund", "year"):
        yield from _one_fund(frames["schemes"])
    if _has(frames, "people", "region", "group", "programme"):
        yield from _missing_rows(frames, ids)
    if _has(frames, "growth", "series") and "regions" in ids:
        yield from _growth_gaps(frames["growth"], ids["regions"])
    if _has(frames, "bands", "region", "group", "share"):
        yield from _whole_bands(frames["bands"])
    yield from check_totals(frames)


def _has(frames: Frames, table: str, *columns: str) -> bool:
    return table in frames and set(columns) <= set(frames[table])


def _unknown_ids(table: type[Row], frames: Frames, ids: Ids) -> Iterator[Fault]:
    frame = frames[table.TABLE]
    for column in table.columns():
        home = column.references
        if home is not None and home in ids and column.name in frame:
            words = frame[column.name]
            for line, word, more in _firsts(words[~words.isin(ids[home] | {""})]):
                called = [name for name in ("name", "name_local") if _has(frames, home, name)]
                rows = frames[home][(frames[home][called] == word).any(axis=1)]
                remedy = advice(word, sorted(ids[home]))
                if len(rows) == 1:
                    remedy = _("That is a name; write the id '{iloc}'", iloc=rows[column.name].iloc[0])
                expected = _("an id of {home}.csv{more}", home=home, more=more)
                yield _fault(table.TABLE, line, column.name, word, expected, remedy)


def _firsts(values: pd.Series) -> Iterator[tuple[Any, Any, str]]:
    """Each different value once: its first line, itself, and a word on how many rows have it."""
    counts = values.value_counts()
    for line, value in values.drop_duplicates().items():
        many = counts[value] > 1
        yield line, value, _(" ({n} rows have this, the first is told)", n=counts[value]) if many else ""


def _years(table: type[Row], frame: pd.DataFrame, years: list[int]) -> Iterator[Fault]:
    """Every key has a row for every year of instance.toml, and for no other."""
    key = [name for name in table.KEY if name != "year"]
    if not {*key, "year"} <= set(frame):
        return
    span = f"{years[0]}-{years[-1]}" if len(years) > 1 else str(years[0])
    sound = frame["year"].isin(years)
    for line, year, more in _firsts(frame["year"][~sound].dropna()):
        remedy = _("Correct the year, delete the row, or declare the year in instance.toml")
        expected = _("a year of instance.toml, {span}{more}", span=span, more=more)
        yield _fault(table.TABLE, line, "year", f"{year:.0f}", expected, remedy)
    absent = set(years) - set(frame["year"])
    if absent and sound.all():
        expected = _("rows for {list}, which instance.toml declares", list=_list(sorted(absent)))
        remedy = _("Add the rows, or leave the column year out if one value serves all years")
        yield _fault(table.TABLE, None, "year", None, expected, remedy)
    lines: dict[tuple[str, ...], dict[float, int]] = {}  # key -> year -> line
    for line, year, *words in frame[["year", *key]].itertuples(name=None):
        lines.setdefault(tuple(words), {})[year] = line
    for cell, have in lines.items():
        gap = set(years) - absent - set(have)
        # a faulty year of this key, told already, may be the one that is missing
        if gap and all(cell) and set(have) <= set(years):
            expected = _("a row for each year, {span}, of {list}", span=span, list=_list(cell))
            found = _list(f"{year:.0f}" for year in sorted(have))
            remedy = _("Add the row for {list}", list=_list(sorted(gap)))
            yield _fault(table.TABLE, min(have.values()), "year", found, expected, remedy)


def _coverage(people: pd.DataFrame) -> Iterator[Fault]:
    columns = people[["eligible", "covered", "benefit"]]
    more = (people["covered"] > people["eligible"]) & (people["eligible"] >= 0)
    for line, eligible, covered, _benefit in columns[more].itertuples(name=None):
        expected = _("at most eligible, {eligible:.12g}", eligible=eligible)
        yield _fault("people", line, "covered", f"{covered:.12g}", expected, _("Correct one of the two"))
    paid = (people["covered"] == 0) & (people["eligible"] > 0) & (people["benefit"] > 0)
    for line, _eligible, _covered, benefit in columns[paid].itertuples(name=None):
        remedy = _("Write 0, or say how many are covered")
        yield _fault("people", line, "benefit", f"{benefit:.12g}", _("0 where nobody is covered"), remedy)


def _one_fund(schemes: pd.DataFrame) -> Iterator[Fault]:
    once = schemes.drop_duplicates(["programme", "group", "year"])[["programme", "group", "fund"]]
    funds = once.drop_duplicates()
    remedy = _("Name one fund, or split the group or programme")
    for line, programme, group, fund in funds[funds.duplicated(["programme", "group"])].itertuples(name=None):
        expected = _("the same fund in every year for {programme}, {group}", programme=programme, group=group)
        yield _fault("schemes", line, "fund", fund, expected, remedy)


def _missing_rows(frames: Frames, ids: Ids) -> Iterator[Fault]:
    """People need a scheme, its fund an account in their region, and their region a budget."""
    people = frames["people"]
    if _has(frames, "budgets", "region"):
        yield from _absent(people[["region"]], "budgets", frames, ids)
    if not _has(frames, "schemes", "programme", "group"):
        return
    yield from _absent(people[["programme", "group"]], "schemes", frames, ids)
    if _has(frames, "schemes", "fund") and _has(frames, "accounts", "region", "fund"):
        funds = frames["schemes"].drop_duplicates(["programme", "group"])[["programme", "group", "fund"]]
        paid = people.reset_index(names="line").merge(funds, on=["programme", "group"]).set_index("line")
        yield from _absent(paid.sort_index()[["region", "fund"]], "accounts", frames, ids)


def _absent(needed: pd.DataFrame, table: str, frames: Frames, ids: Ids) -> Iterator[Fault]:
    """A fault for each key that people.csv needs and `table` lacks; a misspelt row there may be meant."""
    columns: list[str] = needed.columns.tolist()
    known_ids = [ids.get(REFERENCES[name]) for name in columns]

    def sound(key: tuple[str, ...]) -> bool:
        return all(w and (known is None or w in known) for known, w in zip(known_ids, key, strict=True))

    have = set(frames[table][columns].itertuples(index=False, name=None))
    misspelt = [key for key in have if not sound(key)]
    for line, *words in needed.drop_duplicates().itertuples(name=None):
        key = tuple(words)
        meant = any(sum(a != b != "" for a, b in zip(key, other, strict=True)) <= 1 for other in misspelt)
        if key not in have and sound(key) and not meant:
            expected = _(
                "a row for {list}, since people.csv has people there (line {line})", list=_list(key), line=line
            )
            yield _fault(table, None, ", ".join(columns), None, expected, _("Add the row"))


def _growth_gaps(growth: pd.DataFrame, regions: set[str]) -> Iterator[Fault]:
    """A series without a national row must name every region."""
    for series in growth["series"].unique().tolist():
        rows = growth[growth["series"] == series]
        named = set(rows["region"])
        missing = sorted(regions - named)
        if series and missing and named <= regions:
            expected = _("a rate of series '{series}' for {list}", series=series, list=_list(missing))
            remedy = _("Add these rows, or one with a blank region that serves all others")
            yield _fault("growth", rows.index[0], "region", None, expected, remedy)


def _whole_bands(bands: pd.DataFrame) -> Iterator[Fault]:
    """The bands of a region and group hold all of its persons."""
    for (region, group), rows in bands.groupby(["region", "group"]):
        total = rows["share"].sum(skipna=False)
        if abs(total - 1) > WHOLE:
            expected = _("shares of {region}, {group} that add up to 1", region=region, group=group)
            yield _fault("bands", rows.index[0], "share", f"{total:.12g}", expected, _("Correct the shares"))


def _fault(table: str, line: Any, column: str, value: str | None, expected: str, remedy: str) -> Fault:
    """`line` comes from a frame's index, as whatever kind of integer pandas hands out."""
    return Fault(f"{table}.csv", None if line is None else int(line), column, value, expected, remedy)


def _list(words: Iterable[Any]) -> str:
    return ", ".join(str(word) for word in words)

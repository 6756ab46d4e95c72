"""Runs side by side: what differs in their inputs and settings first, then in their plans.

The first run is the one that the others are compared with. A cell or a row that a run does not have stays
empty.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from commonweal.instances import rows
from commonweal.optimizer import run_folder
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import _
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary_words import MOVED, tiny

CELL = ["region", "group", "programme", "year"]
MONEY = ("central", "horizontal_paid", "own", "pool_paid")


@dataclass(frozen=True)
class Comparison:
    """Tables of text keys and one column a run, called by the run's name.

    inputs: table, row, column. settings: setting. money: what, over all regions, funds and years. gaps: gap,
    programme, year (after). indicators: indicator, scope, year (after). regions: region, measure (spending on
    benefits, net money). benefits: region, group, programme, year. Only rows that differ, but for money and
    the total gap. gains: of each run against the first, region by group, programme and year: how many cells
    gain, how many lose.
    """

    names: tuple[str, ...]
    runs: tuple[Run, ...]
    tables: Mapping[str, pd.DataFrame]

    @property
    def common(self) -> dict[str, int]:
        """Cells that each run has in common with the first."""
        first = self.runs[0].tables["benefits"][CELL]
        found = (len(first.merge(run.tables["benefits"][CELL])) for run in self.runs)
        return dict(zip(self.names, found, strict=True))


def compare(folders: Sequence[str | Path]) -> Comparison:
    """Read and compare two or more run folders. Errors: UsageError, InputError."""
    if len(folders) < 2:
        raise UsageError(_("Name two runs or more."))
    runs = tuple(run_folder.read(folder) for folder in folders)
    names = _names([Path(folder) for folder in folders])
    tables = {
        "inputs": _inputs(runs, names),
        "settings": _settings(runs, names),
        "money": _money(runs, names),
        "gaps": _gaps(runs, names),
        "indicators": _side(runs, names, "indicators", ["indicator", "scope", "year"], "after"),
        "regions": _regions(runs, names),
        "benefits": _side(runs, names, "benefits", CELL, "benefit"),
        "gains": _gains(runs, names),
    }
    return Comparison(names, runs, tables)


def _names(folders: list[Path]) -> tuple[str, ...]:
    """The folders' names; with as much of their paths as it takes to tell them apart."""
    parts = [folder.resolve().parts for folder in folders]
    for length in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-length:]) for part in parts]
        if len(set(names)) == len(names):
            return tuple(names)
    raise UsageError(_("The same run was named twice."))


def _inputs(runs: Sequence[Run], names: Sequence[str]) -> pd.DataFrame:
    """Every number or word of the instances that is not the same in all."""
    found: list[dict[str, Any]] = []
    for field in sorted({key for run in runs for key in run.instance.meta.model_dump()}):
        values = [run.instance.meta.model_dump().get(field) for run in runs]
        if any(value != values[0] for value in values):
            texts = (None if value is None else str(value) for value in values)
            found.append({"table": "instance", "row": "", "column": field, **dict(zip(names, texts, strict=True))})
    for table in rows.TABLES:
        columns = [column.name for column in table.columns()]
        found += _cells(table.TABLE, list(table.KEY), columns, runs, names)
    return pd.DataFrame(found, columns=["table", "row", "column", *names])


def _cells(
    table: str, key: list[str], columns: list[str], runs: Sequence[Run], names: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Cells of one input table that are not the same in all runs."""
    found = [_values(getattr(run.instance, table), key, columns) for run in runs]
    for row, column in dict.fromkeys(place for values in found for place in values):
        cells = [values.get((row, column)) for values in found]
        if any(cell != cells[0] for cell in cells):
            yield {"table": table, "row": row, "column": column, **dict(zip(names, cells, strict=True))}


def _values(frame: pd.DataFrame, key: list[str], columns: list[str]) -> dict[tuple[str, str], Any]:
    """{(key, column): value}; blanks are left out."""
    keys = [name for name in key if name in frame]
    places: list[str] = frame[keys].astype(str).agg(", ".join, axis=1).tolist() if len(frame) else []
    return {
        (place, column): value
        for column in columns
        if column in frame and column not in keys
        for place, value in zip(places, frame[column].tolist(), strict=True)
        if not pd.isna(value)
    }


def _settings(runs: Sequence[Run], names: Sequence[str]) -> pd.DataFrame:
    """Settings that are not the same in all runs, by dotted path; assumptions apart."""
    flat = [dict(_flat(run.scenario)) for run in runs]
    paths = dict.fromkeys(path for settings in flat for path in settings)
    found = []
    for path in sorted(paths):
        values = [settings.get(path) for settings in flat]
        if any(value != values[0] for value in values) and not path.startswith("assumptions."):
            found.append({"setting": path, **dict(zip(names, values, strict=True))})
    return pd.DataFrame(found, columns=["setting", *names])


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value if isinstance(value, int | float | str) else str(value)


def _money(runs: Sequence[Run], names: Sequence[str]) -> pd.DataFrame:
    """Money over all regions, funds and years."""
    transfers = [run.tables["transfers"] for run in runs]
    rows_: dict[str, list[float]] = {name: [float(t[name].sum()) for t in transfers] for name in MONEY}
    for name in ("spending", "unfunded"):
        rows_[name] = [float(run.tables["funds"][name].sum()) for run in runs]
    return pd.DataFrame([{"what": name, **dict(zip(names, v, strict=True))} for name, v in rows_.items()])


def _gaps(runs: Sequence[Run], names: Sequence[str]) -> pd.DataFrame:
    side = _wide(runs, names, "gaps", ["gap", "programme", "year"], "after")
    return side[(side["gap"] == "total") | _differs(side, names)].reset_index(drop=True)


def _side(runs: Sequence[Run], names: Sequence[str], table: str, keys: list[str], column: str) -> pd.DataFrame:
    side = _wide(runs, names, table, keys, column)
    return side[_differs(side, names)].reset_index(drop=True)


def _wide(runs: Sequence[Run], names: Sequence[str], table: str, keys: list[str], column: str) -> pd.DataFrame:
    """One column of a table, a column for each run."""
    side: pd.DataFrame | None = None
    for run, name in zip(runs, names, strict=True):
        part = run.tables[table][[*keys, column]].rename(columns={column: name})
        side = part if side is None else side.merge(part, on=keys, how="outer", sort=False)
    assert side is not None
    return side


def _differs(side: pd.DataFrame, names: Sequence[str]) -> "pd.Series[bool]":
    """Rows in which some run has another number than the first, or none."""
    values = side[list(names)].astype(float)
    first = values.iloc[:, 0]
    size = values.abs().max(axis=1)
    off = values.sub(first, axis=0).abs().gt(MOVED * size, axis=0).any(axis=1)
    return off | (values.isna().any(axis=1) & values.notna().any(axis=1))


def _regions(runs: Sequence[Run], names: Sequence[str]) -> pd.DataFrame:
    """Spending on benefits and net money by region, over all funds and years."""
    parts = []
    for table, column, measure in (("benefits", "spending", "spending"), ("transfers", "net", "net")):
        sums = [run.tables[table].groupby("region")[column].sum() for run in runs]
        side = pd.concat(sums, axis=1, keys=names).rename_axis("region").reset_index()
        floor = max(tiny(side[name]) for name in names)
        spread = side[list(names)].max(axis=1) - side[list(names)].min(axis=1)
        side = side[_differs(side, names) & ~(spread <= floor)]
        parts.append(side.assign(measure=measure)[["region", "measure", *names]])
    return pd.concat(parts, ignore_index=True)


def _gains(runs: Sequence[Run], names: Sequence[str]) -> pd.DataFrame:
    """Of each run against the first: cells and persons that gain and lose benefits."""
    first = runs[0].tables["benefits"]
    found = []
    for run, name in zip(runs[1:], names[1:], strict=True):
        both = first[[*CELL, "benefit"]].merge(run.tables["benefits"][[*CELL, "benefit", "eligible"]], on=CELL)
        size = both[["benefit_x", "benefit_y"]].max(axis=1) * MOVED
        rise = both["benefit_y"] - both["benefit_x"]
        for word, mask in (("gain", rise > size), ("lose", rise < -size)):
            persons = float(both.loc[mask, "eligible"].sum())
            regions = int(both.loc[mask, "region"].nunique())
            found.append({"run": name, "who": word, "regions": regions, "cells": int(mask.sum()), "persons": persons})
    return pd.DataFrame(found, columns=["run", "who", "regions", "cells", "persons"])

"""One table from text cells to a typed frame: every fault of a header or a cell is found here.

Cells arrive as text, so that values and lines are reported exactly as they stand in the file and nothing is
converted silently. Faulty cells become empty (NaN, ""), so that later checks go on without telling the same
fault twice.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from commonweal.instances.faults import Fault, advice, nearest
from commonweal.instances.rows import Column, Row
from commonweal.language import _

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
BREAK = re.compile(r"[\r\n]")
INTEGER = re.compile(r"[+-]?[0-9]+")
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}([,' \u00a0\u202f\u2009][0-9]{3})+(\.[0-9]+)?")


@dataclass(frozen=True)
class Sheet:
    """A table as text: its header, its rows of cells, and the line in the file where each row starts.

    blank: columns of a sheet that have a title and nothing below; they are not in the header.
    """

    file: str
    header: list[str]
    header_line: int
    rows: list[list[str]]
    lines: list[int]
    blank: frozenset[str] = frozenset()


def parse(table: type[Row], sheet: Sheet) -> tuple[pd.DataFrame, list[Fault]]:
    """The frame (index = line in the file), without missing columns, and all faults of header and cells."""
    names, faults = _header(table, sheet)
    width = len(names)
    whole = np.array([len(row) == width for row in sheet.rows], dtype=bool)
    faults += [_ragged(sheet, i, width) for i in np.flatnonzero(~whole).tolist()]
    rows = [row if len(row) == width else [""] * width for row in sheet.rows]
    index = pd.Index(sheet.lines, dtype="int64")
    frame = pd.DataFrame(index=index)
    for column in table.columns():
        if column.name in names:
            place = names.index(column.name)
            values, found = _cells(column, [row[place] for row in rows], sheet, whole)
            faults += found
        elif column.required or column.name == "year":
            continue
        else:
            values = np.array([np.nan if column.default is None else column.default] * len(rows))
        frame[column.name] = pd.Series(values, index=index, dtype=_dtype(column))
    return frame, faults + _duplicates(table, frame, sheet.file)


def _dtype(column: Column) -> str:
    """Years stay floats until all are known to be sound."""
    if column.name == "year":
        return "float64"
    return {"text": "str", "number": "float64", "integer": "Int64"}[column.kind]


def _header(table: type[Row], sheet: Sheet) -> tuple[list[str | None], list[Fault]]:
    """The known column in each place (None = unknown); misspelt ones are taken for what they mean."""
    known = {column.name: column for column in table.columns()}
    names: list[str | None] = [name if name in known else None for name in sheet.header]
    faults = []

    def fault(name: str | None, value: str | None, expected: str, remedy: str) -> None:
        faults.append(Fault(sheet.file, sheet.header_line, name, value, expected, remedy))

    for place, name in enumerate(sheet.header):
        if names[place] is not None:
            if name in sheet.header[:place]:
                fault(name, name, _("each column once"), _("Delete or rename one of the two columns"))
                names[place] = None
            continue
        free = [other for other in known if other not in (*sheet.header, *names, *sheet.blank)]
        meant = nearest(name, free) if name else None
        names[place] = meant
        remedy = (
            _("Rename it to '{meant}'", meant=meant)
            if meant
            else _("Delete it; the table holds {names}", names=", ".join(known))
        )
        fault(name or None, name, _("a known column") if name else _("a name above every column"), remedy)
    for column in known.values():
        if column.required and column.name not in names:
            fault(
                column.name,
                None,
                _("a column {name} ({description})", name=column.name, description=_(column.description)),
                _("Add the column, in {unit}", unit=_(column.unit)) if column.kind == "number" else _("Add the column"),
            )
    return names, faults


def _ragged(sheet: Sheet, row: int, width: int) -> Fault:
    remedy = _("Complete the row")
    if len(sheet.rows[row]) > width:
        remedy = _("Put text with commas between double quotes, and write numbers without thousands separators")
    found = _("{n} cells", n=len(sheet.rows[row]))
    return Fault(sheet.file, sheet.lines[row], None, found, _("{width} cells, as in the header", width=width), remedy)


def _cells(
    column: Column, cells: list[str], sheet: Sheet, whole: NDArray[np.bool_]
) -> tuple[NDArray[Any], list[Fault]]:
    """Values of a column, and a fault for each cell that is blank, no number or out of range."""
    values: NDArray[Any]
    if column.kind == "text":
        values = np.array(cells, dtype=object)
        allowed = set(column.choices)
        bad = np.array([cell not in allowed if allowed else bool(BREAK.search(cell)) for cell in cells], dtype=bool)
    else:
        pattern = INTEGER if column.kind == "integer" else NUMBER
        values = np.array([float(cell) if pattern.fullmatch(cell) else np.nan for cell in cells], dtype=float)
        values[np.isinf(values)] = np.nan
        bad = np.isnan(values)
        for limit, outside in (
            (column.low, np.less),
            (column.above, np.less_equal),
            (column.high, np.greater),
        ):
            if limit is not None:
                bad |= outside(values, limit)
    blank = np.array([not cell for cell in cells], dtype=bool)
    bad = bad & ~blank if column.blank else bad | blank
    return values, [_cell_fault(column, cells[i], sheet, i) for i in np.flatnonzero(bad & whole).tolist()]


def _cell_fault(column: Column, cell: str, sheet: Sheet, row: int) -> Fault:
    """What is wrong with this cell, and what to write instead."""
    kind = {"integer": _("a whole number"), "number": _("a number"), "text": _("a word")}[column.kind]
    limits = _(" that is {range}", range=column.range) if column.range and not column.choices else ""
    expected = (
        column.range if column.choices else _("{kind}{limits} ({unit})", kind=kind, limits=limits, unit=_(column.unit))
    )
    remedy = _("Correct the cell")
    if not cell:
        remedy = _("Fill the cell; where nothing applies, delete the row; write 0 where it is nought")
        if column.kind == "text":
            remedy = _("Fill the cell")
        elif column.name == "year":
            remedy = _("Fill the cell, or leave the column blank in every row: one value then serves all years")
    elif column.choices:
        remedy = advice(cell, column.choices)
    elif column.kind == "text":
        expected, remedy = _("text in one line"), _("Take the line break out of the cell")
    elif THOUSANDS.fullmatch(cell):
        remedy = _("Remove the thousands separators: {sub}", sub=re.sub("[^0-9.+-]", "", cell))
    elif re.fullmatch(r"[+-]?[0-9]+,[0-9]+", cell):
        remedy = _("Use a decimal point: {replace}", replace=cell.replace(",", "."))
    elif cell.endswith(("%", "％")) and "share" not in column.unit:
        remedy = _("Write the number itself, not per cent of another")
    elif cell.endswith(("%", "％")):
        remedy = _("Write a share instead of per cent: 16 % is 0.16")
    elif not NUMBER.fullmatch(cell):
        remedy = _("Write the bare number; where nothing applies, delete the row")
    elif column.high == 1:
        remedy = _("Write a share instead of per cent (16 % is 0.16), or correct the number")
    elif column.kind == "number":
        remedy = _("Correct the number, and check that the whole column is in the same unit")
    return Fault(sheet.file, sheet.lines[row], column.name, cell, expected, remedy)


def _duplicates(table: type[Row], frame: pd.DataFrame, file: str) -> list[Fault]:
    """A fault for each row whose key stands on an earlier line already."""
    key = [name for name in table.KEY if name in frame]
    if not set(table.KEY) - {"year"} <= set(key):
        return []
    required = [column.name for column in table.columns() if column.name in key and not column.blank]
    known = frame[key][(frame[required].notna() & (frame[required] != "")).all(axis=1)]
    if not known.duplicated().any():
        return []
    faults = []
    first: dict[tuple[object, ...], int] = {}
    for line, *values in known.itertuples(name=None):
        earlier = first.setdefault(tuple(values), line)
        if earlier != line:
            value = ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values)
            expected = _("each ({key}) once; line {earlier} has it already", key=", ".join(key), earlier=earlier)
            remedy = _("Delete one of the two rows, or correct its key")
            faults.append(Fault(file, line, ", ".join(key), value, expected, remedy))
    return faults

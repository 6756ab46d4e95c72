"""Reading a case from one workbook: a sheet for each table, `case` for instance.toml, `scenario` for its settings.

The sheets give the same text cells as CSV files, so that every check is the same; faults are told as sheet!cell. A
title above the header and a note row right below it, beginning with "#", are passed over.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zipfile import BadZipFile

from python_calamine import CalamineError

from commonweal.instances.faults import Fault, InstanceError, nearest
from commonweal.instances.rows import TABLES, Column, Meta, Row
from commonweal.instances.table import Sheet
from commonweal.instances.workbook_cells import Cells, column_letters, sheets, text_of
from commonweal.instances.workbook_settings import nested, unclear, value_of
from commonweal.language import _

SUFFIXES = (".xlsx", ".xlsm")
SETTINGS = {"instance.toml": "case", "scenario.toml": "scenario"}  # file of a folder -> sheet of a workbook
TITLE, VALUE = "setting", "value"
NOTE = "#"
SEARCHED = 10  # rows in which the header is looked for
FILE = re.compile(r"\b(" + "|".join(table.TABLE for table in TABLES) + r")\.csv\b")


@dataclass(frozen=True)
class Book:
    """A workbook being read: what `Folder` is for a folder. Hashes and faults are collected on the way."""

    path: Path
    sheets: dict[str, Cells]
    hashes: dict[str, str]
    faults: list[Fault] = field(default_factory=list)
    headers: dict[str, tuple[int, list[tuple[str, int]]]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether there is a sheet for this file of a folder."""
        return _sheet_name(name) in self.sheets

    def line_of(self, name: str, key: str) -> int | None:
        """The row of a setting, from 1."""
        rows = self.sheets[_sheet_name(name)].rows
        return next((k for k, row in enumerate(rows, start=1) if row and str(row[0]).strip() == key), None)

    def setting_line(self, path: str) -> int | None:
        """The row of the sheet scenario that holds the setting with this path, or else what lies in it or around it."""
        if not self.has("scenario.toml"):
            return None
        below = [str(row[0]).strip() if row else "" for row in self.sheets["scenario"].rows]
        while path:
            found = next((k for k, own in enumerate(below, start=1) if f"{own}.".startswith(f"{path}.")), None)
            if found is not None:
                return found
            path = path.rpartition(".")[0]
        return None

    def toml(self, name: str) -> dict[str, object] | None:
        """The settings of a sheet; None after a fault."""
        if not self.has(name):
            self._missing(name)
            return None
        rows = []
        cells = self.sheets[_sheet_name(name)]
        for line, row in enumerate(cells.rows, start=1):
            path, value, *_rest = (*row, "", "")
            if str(path).strip() in ("", TITLE) or str(path).startswith(NOTE):
                continue
            known = Meta.model_fields.get(str(path).strip()) if name == "instance.toml" else None
            bad = cells.bad.get((line - 1, 1))
            if bad is not None or not isinstance(value, str | int | float):
                found = bad or str(value)
                self.faults.append(
                    Fault(
                        name, line, VALUE, found, _("a number or text"), _("Write the value itself, formatted as text")
                    )
                )
            elif known is None and unclear(value):
                remedy = _("Write it without separators, and a share instead of per cent: 1000.5 or 0.16")
                self.faults.append(Fault(name, line, VALUE, str(value).strip(), _("a plain number"), remedy))
            elif known is None and isinstance(value, str) and not value.strip():
                remedy = _("Write it beside the setting, or delete the row")
                self.faults.append(Fault(name, line, VALUE, "", _("a value"), remedy))
            else:
                rows.append((str(path).strip(), _meta_value(str(path).strip(), value) if known else value))
        try:
            return dict(rows) if name == "instance.toml" else nested(rows)
        except ValueError as error:
            self.faults.append(
                Fault(name, None, None, None, _("settings by path"), _("Correct it: {error}", error=error))
            )
            return None

    def sheet(self, table: type[Row]) -> Sheet | None:
        """The cells of a table as text, without empty rows and columns; None after a fault."""
        name = f"{table.TABLE}.csv"
        if not self.has(name):
            if table.OPTIONAL:
                return Sheet(name, list(table.model_fields), 1, [], [])
            self._missing(name)
            return None
        cells = self.sheets[table.TABLE]
        top = _header_row(table, cells.rows)
        if top is None:
            expected = _(
                "a row with the names of columns, such as {names}", names=", ".join(list(table.model_fields)[:4])
            )
            self.faults.append(Fault(name, 1, None, None, expected, _("Write the header above the rows")))
            return None
        used = _columns(table, cells.rows, top)
        titles = [str(_at(cells.rows[top], column)).strip() for column in used]
        self.headers[name] = (top + 1, list(zip(titles, used, strict=True)))
        known = {column.name: column for column in table.columns()}
        blank = frozenset(str(title).strip() for title in cells.rows[top]) & known.keys() - set(titles)
        self.faults.extend(self._merged(table, cells, top))
        rows, lines, note = [], [], _note_row(cells.rows, top)
        for line in range(top + 1, len(cells.rows)):
            texts = [
                self._text(table, cells, line, column, known.get(title))
                for column, title in zip(used, titles, strict=True)
            ]
            if any(texts) and line != note:
                rows.append(texts)
                lines.append(line + 1)
        if not rows and not table.OPTIONAL:
            self.faults.append(Fault(name, top + 1, None, None, _("rows below the header"), _("Add the rows")))
            return None
        return Sheet(name, titles, top + 1, rows, lines, blank)

    def located(self, faults: Sequence[Fault]) -> list[Fault]:
        """The faults with the sheet and cell in place of file and line."""
        return [self._located(fault) for fault in faults]

    def _text(self, table: type[Row], cells: Cells, line: int, column: int, known: Column | None) -> str:
        """A cell as text. What is neither a number nor text is left to the reader of tables, which finds it faulty
        in every column but one of free text: there it is told here.
        """
        value, bad = _at(cells.rows[line], column), cells.bad.get((line, column))
        text = None if bad is not None else text_of(value, known is not None and known.kind != "text")
        if text is not None:
            return text
        found = bad or str(value)
        if known is not None and known.kind == "text" and known.references is None and not known.choices:
            remedy = _("Write the value itself, in a cell formatted as text")
            self.faults.append(Fault(f"{table.TABLE}.csv", line + 1, known.name, found, _("text"), remedy))
        return found

    def _merged(self, table: type[Row], cells: Cells, top: int) -> Iterator[Fault]:
        """Merged cells hide blanks: refused from the header down."""
        for (first, left), (last, right) in cells.merged:
            if last >= top and (first > top or right > left):
                place = f"{column_letters(left)}{first + 1}:{column_letters(right)}{last + 1}"
                expected = _("a value in every cell, none of them merged")
                file, remedy = f"{table.TABLE}.csv", _("Unmerge the cells and fill each")
                titles = {column: title for title, column in self.headers[file][1]}
                yield Fault(file, first + 1, titles.get(left), place, expected, remedy)

    def _missing(self, name: str) -> None:
        wanted = _sheet_name(name)
        known = {*SETTINGS.values(), *(table.TABLE for table in TABLES)}
        meant = nearest(wanted, [sheet for sheet in self.sheets if sheet not in known])
        remedy = _("Rename the sheet '{name}'", name=self.sheets[meant].name) if meant else _("Add the sheet")
        self.faults.append(Fault(name, None, None, None, _("this sheet"), remedy))

    def _located(self, fault: Fault) -> Fault:
        place = _sheet_name(fault.file)
        if fault.line is not None:
            place += f"!{self._column(fault)}{fault.line}"
        words = (
            FILE.sub(lambda found: _("the sheet {name}", name=found[1]), text)
            .replace("instance.toml", _("the sheet case"))
            .replace("(line ", "(row ")
            .replace("; line ", "; row ")
            for text in (fault.expected, fault.remedy)
        )
        expected, remedy = words
        return replace(fault, file=place, line=None, expected=expected, remedy=remedy)

    def _column(self, fault: Fault) -> str:
        if fault.file in SETTINGS:
            return "B"
        _line, columns = self.headers.get(fault.file, (1, []))
        titles = dict(reversed(columns))
        wanted = (fault.column or "").split(", ")[0]
        return column_letters(titles.get(wanted, 0))


def is_workbook(path: Path) -> bool:
    """Whether the name is that of a workbook."""
    return path.suffix.lower() in SUFFIXES


def open_book(path: Path) -> Book:
    """The workbook at `path`. Raises InstanceError if there is none, or it cannot be read."""
    try:
        raw = path.read_bytes()
        return Book(path, sheets(path), {path.name: hashlib.sha256(raw).hexdigest()})
    except OSError as error:
        fault = Fault(
            str(path), None, None, None, _("a workbook"), _("Check the name: {strerror}", strerror=error.strerror)
        )
        raise InstanceError([fault]) from error
    except (CalamineError, BadZipFile, KeyError, SyntaxError) as error:
        remedy = _("Save it as an Excel workbook (.xlsx) without a password")
        raise InstanceError([Fault(str(path), None, None, None, _("an Excel workbook"), remedy)]) from error


def _sheet_name(file: str) -> str:
    return SETTINGS.get(file, file.removesuffix(".csv"))


def _at(row: Sequence[object], column: int) -> object:
    return row[column] if column < len(row) else ""


def _header_row(table: type[Row], rows: Sequence[Sequence[object]]) -> int | None:
    """The row that holds most names of columns, at least half of what it holds; titles may stand above it."""
    best, found = 0, None
    for line, row in enumerate(rows[:SEARCHED]):
        texts = [str(cell).strip() for cell in row if str(cell).strip()]
        known = sum(text in table.model_fields for text in texts)
        if known > best and 2 * known >= len(texts):
            best, found = known, line
    return found


def _note_row(rows: Sequence[Sequence[object]], top: int) -> int | None:
    """The first row below a header that holds anything, if it explains the header."""
    for line in range(top + 1, len(rows)):
        if any(str(cell).strip() for cell in rows[line]):
            return line if str(_at(rows[line], 0)).startswith(NOTE) else None
    return None


def _columns(table: type[Row], rows: Sequence[Sequence[object]], top: int) -> list[int]:
    """Columns with a title or with anything below; a known one that may be left out and is blank is left out."""
    optional = {column.name for column in table.columns() if not column.required}
    wide, note = max(len(row) for row in rows[top:]), _note_row(rows, top)
    data = [row for line, row in enumerate(rows) if line > top and line != note]
    used = []
    for column in range(wide):
        title = str(_at(rows[top], column)).strip()
        if any(str(_at(row, column)).strip() for row in data) or (title and title not in optional):
            used.append(column)
    return used


def _meta_value(key: str, value: object) -> object:
    """Years may be written 2024, 2024-2026 or 2024, 2025; texts stay texts, whatever they look like."""
    kind = Meta.model_fields[key].annotation
    if kind is str:
        return text_of(value, number=False)
    if key == "years" and isinstance(value, str):
        spans = [re.findall(r"[0-9]+", part) for part in re.split(r"[,;]", value.strip("[] "))]
        return [year for span in spans if span for year in range(int(span[0]), int(span[-1]) + 1)]
    found = value_of(value)
    if key == "years":
        return [found]
    return float(found) if kind is float and isinstance(found, int) else found

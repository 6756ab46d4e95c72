"""Writing a case as one workbook for people to fill in: what `workbook` reads.

A sheet for each table with its header and a note row, both protected; drop-downs for ids and choices; `case` for the
units, `scenario` for the settings; a dictionary with the meaning, unit, range and an example of every column.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from commonweal.instances.rows import TABLES, Column, Meta, Row
from commonweal.instances.workbook import NOTE, TITLE, VALUE
from commonweal.instances.workbook_cells import column_letters
from commonweal.instances.workbook_looks import DARK, GREY, LINE, NEEDED, PALE, font, lines, printed
from commonweal.instances.workbook_settings import flat
from commonweal.language import ENGLISH, _, language, mark

SPARE = 5000  # rows below the header that may be filled in and have drop-downs
FIRST = 3  # row of the first data, from 1
LAST_COLUMN = 16_383  # of a sheet, from 0
NARROWEST = 14  # digits, a column of a table
NOTE_HEIGHT = 13  # points, a line of the note row
FILTER = 1  # line of the note row that the buttons of the filter cover
MAY = {  # what a protected sheet still allows
    "select_locked_cells": True,
    "select_unlocked_cells": True,
    "format_cells": True,
    "format_columns": True,
    "format_rows": True,
    "insert_rows": True,
    "delete_rows": True,
    "sort": True,
    "autofilter": True,
}
START = (
    mark("Fill in the sheets from left to right. Yellow headers are required; the others may stay blank."),
    mark("Point at a header to see what its column means, in which unit, and what is allowed."),
    mark("Choose ids from the drop-downs; they come from the sheets regions, groups, programmes and funds."),
    mark("Where one value serves all years, leave the column year blank."),
    mark("A row that is not there means: does not apply. Covered 0 and benefit 0 mean: nobody is covered yet."),
    mark("Write plain numbers: 1234.5, not 1,234.5, and shares as 0.16 (or as 16 % in a cell shown as per cent)."),
    mark("The header rows are protected, without a password, so that nothing is renamed by mistake."),
    mark("Check the file with: commonweal validate FILE.xlsx. Solve it with: commonweal solve FILE.xlsx"),
)

HINTS = (
    mark("One setting in a row: its path and its value. Such as:"),
    mark(
        "levers.vertical_transfers.budget.FUND with 100: the centre may give this fund 100 a year, in the unit of money"
    ),
    mark("levers.horizontal_transfers.fund with FUND: richer regions pay into this fund of poorer ones"),
    mark('levers.benefit_rigidity.groups."*".min_growth with 0: nobody\'s benefit falls'),
    mark("gaps.squared_shortfall.weight with 1: the gap to the standard is to be small"),
    mark('assumptions."levers.vertical_transfers.budget" with words: why this much; printed with the plan'),
)

Examples = Mapping[tuple[str, str], str]


def write(
    path: Path,
    meta: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    scenario: Mapping[str, Any],
    examples: Examples,
) -> None:
    """Write the workbook; `tables` may lack any, which stay empty. `examples`: (table, column) -> an example."""
    book = xlsxwriter.Workbook(
        str(path), {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    )
    base = {"font_name": font(), "font_size": 11, "valign": "top"}
    looks = {
        "title": book.add_format({**base, "bold": True, "font_size": 16, "font_color": DARK}),
        "text": book.add_format({**base, "text_wrap": True}),
        "head": book.add_format({**base, "bold": True, "bg_color": PALE, "bottom": 1, "bottom_color": LINE}),
        "need": book.add_format({**base, "bold": True, "bg_color": NEEDED, "bottom": 1, "bottom_color": LINE}),
        "note": book.add_format(
            {**base, "italic": True, "font_size": 9, "font_color": GREY, "bg_color": PALE, "text_wrap": True}
        ),
        "aside": book.add_format({**base, "locked": False, "text_wrap": True}),
        "free": book.add_format({**base, "locked": False}),
        "number": book.add_format({**base, "locked": False, "align": "left"}),
        "words": book.add_format({**base, "locked": False, "num_format": "@"}),
        "values": book.add_format({**base, "locked": False, "num_format": "@", "text_wrap": True}),
    }
    _start(book, looks)
    _case(book, looks, meta)
    for table in TABLES:
        _table(book, looks, table, tables.get(table.TABLE))
    _scenario(book, looks, scenario)
    _dictionary(book, looks, examples)
    book.close()


def _start(book: Any, looks: Mapping[str, Any]) -> None:
    sheet = _sheet(book, "start")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 110)
    sheet.write_string(0, 0, _("A case for commonweal"), looks["title"])
    for row, text in enumerate(START, start=2):
        sheet.write_string(row, 0, f"{row - 1}. {_(text)}", looks["text"])


def _sheet(book: Any, name: str) -> Any:
    """A new sheet that prints well."""
    sheet = book.add_worksheet(name)
    printed(sheet)
    sheet.set_footer("&R&8&A, &P / &N")
    return sheet


def _open_beyond(sheet: Any, column: int, looks: Mapping[str, Any]) -> None:
    """Unlock the rest of every row: Excel deletes or sorts no row of a protected sheet that has a locked cell."""
    sheet.set_column(column, LAST_COLUMN, None, looks["free"])


def _case(book: Any, looks: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
    """The settings of instance.toml: name, value, meaning."""
    sheet = _settings_sheet(book, looks, "case", _("meaning"))
    for row, (name, field) in enumerate(Meta.model_fields.items(), start=1):
        blank = field.annotation is str and not field.metadata  # no least length: it may stay blank
        sheet.write_string(row, 0, name, looks["head" if blank else "need"])
        value = meta.get(name, field.default)
        if isinstance(value, list):
            value = str(value[0]) if len(value) == 1 else f"{value[0]}-{value[-1]}"
        if isinstance(value, str):
            sheet.write_string(row, 1, value, looks["values"])
        else:
            sheet.write_number(row, 1, value, looks["number"])
        sheet.write_string(row, 2, _(field.description or ""), looks["text"])


def _scenario(book: Any, looks: Mapping[str, Any], scenario: Mapping[str, Any]) -> None:
    sheet = _settings_sheet(book, looks, "scenario", _("see what there is: commonweal list levers, list gaps"))
    for row, hint in enumerate(HINTS, start=1):
        sheet.write_string(row, 2, _(hint), looks["aside"])
    for row, (path, value) in enumerate(flat(scenario), start=1):
        sheet.write_string(row, 0, path, looks["words"])
        sheet.write_string(row, 1, value, looks["values"])


def _settings_sheet(book: Any, looks: Mapping[str, Any], name: str, third: str) -> Any:
    sheet = _sheet(book, name)
    sheet.set_column(0, 0, 60 if name == "scenario" else 16, looks["words"])
    sheet.set_column(1, 1, 60, looks["values"])
    sheet.set_column(2, 2, 110 if name == "scenario" else 70, looks["aside"])
    _open_beyond(sheet, 3, looks)
    for column, text in enumerate((TITLE, VALUE, third)):
        sheet.write_string(0, column, text, looks["head"])
    sheet.freeze_panes(1, 1)
    sheet.protect("", MAY)
    return sheet


def _table(book: Any, looks: Mapping[str, Any], table: type[Row], frame: pd.DataFrame | None) -> None:
    sheet = _sheet(book, table.TABLE)
    rows = 0 if frame is None else len(frame)
    last, high = FIRST - 1 + rows + SPARE, 1
    for place, column in enumerate(table.columns()):
        look = looks["words" if column.kind == "text" else "free"]
        width = max(NARROWEST, len(column.name) + 4)
        sheet.set_column(place, place, width, look)
        sheet.write_string(0, place, column.name, looks["need" if column.required else "head"])
        sheet.write_comment(0, place, "\n".join(_explained(column)), {"x_scale": 2, "y_scale": 1.2})
        note = _note(column, place)
        high = max(high, lines(note, width))
        sheet.write_string(1, place, note, looks["note"])
        allowed = _validation(column)
        if allowed is not None:
            sheet.data_validation(FIRST - 1, place, last, place, allowed)
        if frame is not None:
            _fill(sheet, place, frame[column.name].tolist(), look)
    sheet.set_row(1, NOTE_HEIGHT * (high + FILTER))
    sheet.freeze_panes(FIRST - 1, 1)
    sheet.repeat_rows(0, FIRST - 2)
    sheet.autofilter(FIRST - 2, 0, last, len(table.columns()) - 1)  # on the note row, which is not to be sorted
    _open_beyond(sheet, len(table.columns()), looks)
    sheet.protect("", MAY)


def _fill(sheet: Any, place: int, values: Sequence[Any], look: Any) -> None:
    """Values of a column. A number that a workbook cannot hold to the last digit is written as text."""
    for row, value in enumerate(values, start=FIRST - 1):
        if isinstance(value, str):
            if value:
                sheet.write_string(row, place, value, look)
        elif not pd.isna(value):
            if float(f"{value:.16G}") == value:
                sheet.write_number(row, place, value, look)
            else:
                sheet.write_string(row, place, repr(float(value)), look)


def _explained(column: Column) -> Iterator[str]:
    """What the comment on a header says."""
    yield _(column.description)
    yield _("Unit: {unit}", unit=_(column.unit))
    if column.range:
        yield _("Allowed: {range}", range=column.range)
    yield _("Required: no cell may be blank") if column.required else _("May stay blank")


def _note(column: Column, place: int) -> str:
    """The row below the header: unit and range; the mark in its first cell tells it from data.

    The names of columns are ids, in English: in another language the row says their meaning as well.
    """
    text = _(", ").join(part for part in (_(column.unit), column.range) if part)
    if language() != ENGLISH:
        text = _("; ").join((_(column.description), text))
    return f"{NOTE} {text}" if place == 0 else text


def _validation(column: Column) -> dict[str, Any] | None:
    """The drop-down of an id or a choice, or the range of a number."""
    if column.references is not None:
        source = f"={column.references}!$A${FIRST}:$A${FIRST + SPARE}"
        message = _("Choose an id of the sheet {name}", name=column.references)
        return {"validate": "list", "source": source, "error_title": _("Unknown id"), "error_message": message}
    if column.choices:
        return {"validate": "list", "source": list(column.choices)}
    if column.kind == "text" or column.name == "year":
        return None
    low = column.low if column.low is not None else column.above
    if low is None and column.high is None:
        return {"validate": "decimal", "criteria": ">=", "value": -1e300, "error_message": _("Write a plain number")}
    kind = "integer" if column.kind == "integer" else "decimal"
    shown = {"error_title": _("Out of range"), "error_message": _("Write a plain number, {range}", range=column.range)}
    if low is not None and column.high is not None:
        return {"validate": kind, "criteria": "between", "minimum": low, "maximum": column.high, **shown}
    if low is not None:
        return {"validate": kind, "criteria": ">=" if column.above is None else ">", "value": low, **shown}
    return {"validate": kind, "criteria": "<=", "value": column.high, **shown}


def _dictionary(book: Any, looks: Mapping[str, Any], examples: Examples) -> None:
    sheet = _sheet(book, "dictionary")
    heads = (_("sheet"), _("column"), _("cell"), _("required"), _("unit"), _("allowed"), _("meaning"), _("example"))
    for at, (head, width) in enumerate(zip(heads, (14, 16, 8, 10, 34, 34, 80, 24), strict=True)):
        sheet.set_column(at, at, width, looks["text"])
        sheet.write_string(0, at, head, looks["head"])
    row = 1
    for table in TABLES:
        for place, column in enumerate(table.columns()):
            texts = (
                table.TABLE,
                column.name,
                column_letters(place),
                _("yes") if column.required else _("no"),
                _(column.unit),
                column.range,
                _(column.description),
                examples.get((table.TABLE, column.name), ""),
            )
            for k, text in enumerate(texts):
                sheet.write_string(row, k, text, looks["text"])
            row += 1
    sheet.freeze_panes(1, 2)
    sheet.repeat_rows(0)
    sheet.autofilter(0, 0, row - 1, len(heads) - 1)
    sheet.protect("", MAY)

"""Formatted Excel workbook: a summary to print, charts, balances, every table, the assumptions and a dictionary.

Cells hold the full numbers of the run folder; only their display is rounded. On table sheets the first row
names the columns and the second gives their units, so that filters and formulas work from row three on.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from rich.cells import cell_len

from commonweal.instances.workbook_looks import LINE_HEIGHT, lines
from commonweal.optimizer.amounts import said
from commonweal.optimizer.atomic import whole
from commonweal.optimizer.blocks import Block, Style, Value, places
from commonweal.optimizer.dictionary import SHARE, describe, dictionary
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.names import in_words, with_names
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.sheet_balance import balance
from commonweal.optimizer.sheet_book import (
    ASIDE,
    EPOCH,
    HEADER,
    HEADLINE,
    SECTION,
    SUBTITLE,
    TEXT,
    TITLE,
    UNIT,
    Book,
    heading,
    title,
)
from commonweal.optimizer.sheet_charts import charts
from commonweal.optimizer.sheet_words import with_meanings
from commonweal.optimizer.summary import summarise

MOST_ROWS = 1_048_576  # what a sheet holds
NARROWEST, WIDEST = 9, 60  # characters
ACROSS = 7  # columns that a sentence on the summary runs over
NARROW = 1.15  # Latin letters of a text for each digit that a column is wide
TITLE_HEIGHT = 18  # points, of a block's title
FIRST_COLUMN, SECOND_COLUMN, OTHER_COLUMN = 38, 20, 14  # characters, on the summary
SHORT = 12  # rows of a block that stands on the summary
MIXED = ("indicators", "rules")  # tables whose rows have different units


def write(run: Run, path: Path) -> None:
    """Write the workbook. Raises UsageError if a table has more rows than a sheet holds."""
    tables = with_meanings(in_words(with_names(run.tables, run.instance), run.instance), run.instance)
    for name, frame in tables.items():
        if len(frame) + 2 > MOST_ROWS:
            text = _(
                "The table {name} has {n} rows, more than Excel can hold: export csv instead.", name=name, n=len(frame)
            )
            raise UsageError(text)
    with whole(path) as fresh:
        book = Book(fresh)
        _summary(book, run)
        balance(book, run, tables)
        for name, frame in tables.items():
            _table(book, run, name, frame)
        _texts(book, _("Assumptions"), summarise(run).assumptions)
        words = dictionary(tables, run.instance)
        spoken, units = (
            map(_, words["meaning"]),
            [_unit(run, *row) for row in zip(words["table"], words["column"], strict=True)],
        )
        _table(book, run, "dictionary", words.assign(meaning=list(spoken), unit=units))
        book.file.set_properties({"title": _(run.instance.meta.title), "created": _started(run)})
        book.file.close()


def write_blocks(path: Path, title: str, sentences: Sequence[str], blocks: Sequence[Block]) -> None:
    """Write one page of sentences and blocks that belong to no single run."""
    with whole(path) as fresh:
        book = Book(fresh)
        sheet = _page(book, _("Summary"), title, title)
        row = 2
        for sentence in sentences:
            row = _sentence(book, sheet, row, sentence, HEADLINE)
        for block in blocks:
            row = _block(book, sheet, row + 1, block)
        book.file.set_properties({"title": title, "created": EPOCH})
        book.file.close()


def _summary(book: Book, run: Run) -> None:
    """One page to print for a director: title, headline, the short blocks, a chart. The long blocks stand apart."""
    summary = summarise(run, most=None)
    sheet = _page(book, _("Summary"), summary.title, summary.title)
    scenario, status = _(run.info["scenario"] or mark("default scenario")), _(run.info["status"])
    sheet.write_string(1, 0, _("; ").join([scenario, status, _period(run)]), book.format(SUBTITLE))
    row = 3
    for sentence in summary.headline:
        row = _sentence(book, sheet, row, sentence, HEADLINE)
    for block in summary.blocks:
        if len(block.rows) <= SHORT:
            row = _block(book, sheet, row + 1, block)
    row = _sentence(book, sheet, row + 1, _("Policy settings and their reasons: see the sheet Assumptions."), SUBTITLE)
    long = [block for block in summary.blocks if len(block.rows) > SHORT]
    if long:
        _details(book, summary.title, summary.title, long)
    sheet.insert_chart(row + 1, 0, charts(book, run))
    sheet.set_portrait()
    sheet.fit_to_pages(1, 1)


def _details(book: Book, title: str, footer: str, blocks: Sequence[Block]) -> None:
    """Pages with the blocks that are too long for the summary: regions one by one."""
    sheet, row = _page(book, _("Regions"), title, footer), 1
    for block in blocks:
        row = _block(book, sheet, row + 1, block)


def _page(book: Book, name: str, title: str, footer: str) -> Any:
    """A sheet that prints well, with its title."""
    sheet = book.sheet(name)
    sheet.hide_gridlines(2)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.set_footer("&L&8" + footer.replace("&", "&&") + "&R&8&P / &N")
    sheet.set_column(0, 0, FIRST_COLUMN)
    sheet.set_column(1, 1, SECOND_COLUMN)
    sheet.set_column(2, ACROSS, OTHER_COLUMN)
    sheet.set_row(0, 24)
    sheet.write_string(0, 0, title, book.format(TITLE))
    return sheet


def _sentence(book: Book, sheet: Any, row: int, text: str, look: Mapping[str, Any]) -> int:
    """A sentence across the page, as high as it needs; returns the next row."""
    sheet.merge_range(row, 0, row, ACROSS, text, book.format({**look, "text_wrap": True}))
    sheet.set_row(row, LINE_HEIGHT * lines(text, FIRST_COLUMN + ACROSS * OTHER_COLUMN))
    return row + 1


def _block(book: Book, sheet: Any, row: int, block: Block) -> int:
    """Title, header, rows and notes; returns the next row."""
    for column in range(ACROSS + 1):
        sheet.write_blank(row, column, None, book.format(SECTION))
    sheet.write_string(row, 0, block.title, book.format(SECTION))
    sheet.set_row(row, TITLE_HEIGHT)
    row += 1
    if block.rows:
        sheet.set_row(row, LINE_HEIGHT * _lines([head.title for head in block.heads], 1.0))
        for column, head in enumerate(block.heads):
            align = {"align": "right"} if head.style != "text" else ASIDE if column else {"align": "left"}
            sheet.write_string(row, column, head.title, book.format({**HEADER, **align}))
        row += 1
    for values, decimals in zip(block.rows, block.decimals(), strict=True):
        for column, (value, head, digits) in enumerate(zip(values, block.heads, decimals, strict=True)):
            aside = {**ASIDE, "text_wrap": column < len(values) - 1} if column and isinstance(value, str) else {}
            _cell(sheet, row, column, value, book.format({**_look(head.style, digits), **aside}))
        sheet.set_row(row, LINE_HEIGHT * _lines(values[:-1] if len(values) > 2 else values))
        row += 1
    for note in block.notes:
        row = _sentence(book, sheet, row, note, SUBTITLE)
    return row


def _lines(values: Sequence[Value], narrow: float = NARROW) -> int:
    """Lines that the longest text of a row of a block needs."""
    widths = (FIRST_COLUMN, SECOND_COLUMN, *[OTHER_COLUMN] * (len(values) - 2))
    texts = [(value, width) for value, width in zip(values, widths, strict=False) if isinstance(value, str)]
    return max((lines(text, width * (narrow if text.isascii() else 1.0)) for text, width in texts), default=1)


def _look(style: Style, decimals: int) -> dict[str, Any]:
    """Thousands separators, percentages, red for what is given away."""
    digits = "#,##0" + ("." + "0" * decimals if decimals else "")
    if style == "share":
        return {"num_format": f"0.{'0' * decimals}%" if decimals else "0%"}
    if style == "change":
        return {"num_format": f"+{digits};[Red]-{digits};{digits}"}
    return {"num_format": digits} if style == "number" else TEXT


def _table(book: Book, run: Run, name: str, frame: pd.DataFrame) -> None:
    """Column names, units, then the rows; frozen, with filters, widths and heights that fit."""
    sheet, numeric = book.sheet(title(name)), False
    high = dict.fromkeys(range(1, len(frame) + 2 if name == "dictionary" else 2), 1)  # rows that may need more lines
    for index, column in enumerate(frame.columns):
        known = describe(name, column)
        unit, values = _unit(run, name, column), frame[column].tolist()
        look: dict[str, Any] = TEXT if name == "dictionary" else {}
        if known.kind == "number":
            look = _look("share" if known.unit == SHARE else "number", 1 if known.unit == SHARE else places(values))
        beside, numeric = numeric, known.kind != "text"
        align: dict[str, Any] = {"align": "right"} if numeric else ASIDE if beside else {"align": "left"}
        width = _width(heading(column), unit, values)
        sheet.set_column(index, index, width, book.format(look if numeric else {**look, **align}))
        for row in high:
            high[row] = max(high[row], lines(unit if row == 1 else str(values[row - 2]), width))
        sheet.write_string(0, index, heading(column), book.format({**HEADER, **align}))
        sheet.write_string(1, index, unit, book.format({**UNIT, **align}))
        sheet.write_comment(0, index, _(known.meaning))
        for row, value in enumerate(values, start=2):
            own = name in MIXED and known.kind == "number"
            _cell(sheet, row, index, value, book.format(_look("number", places([value]))) if own else None)
    for row, count in high.items():
        sheet.set_row(row, LINE_HEIGHT * count)
    sheet.freeze_panes(2, 1)
    if len(frame):
        sheet.autofilter(1, 0, len(frame) + 1, len(frame.columns) - 1)
    sheet.repeat_rows(0, 1)


def _unit(run: Run, table: str, column: str) -> str:
    return said(run.instance).text(_(describe(table, column).unit))


def _texts(book: Book, name: str, block: Block) -> None:
    """A sheet of words: one wide column after the other."""
    sheet = book.sheet(name)
    sheet.set_column(0, 0, FIRST_COLUMN)
    sheet.set_column(1, 1, FIRST_COLUMN)
    sheet.set_column(2, 2, 2 * WIDEST)
    sheet.write_string(0, 0, block.title, book.format({**SECTION, "bottom": 0}))
    sheet.set_row(0, TITLE_HEIGHT)
    for column, head in enumerate(block.heads):
        sheet.write_string(2, column, head.title, book.format(HEADER))
    for row, values in enumerate(block.rows, start=3):
        for column, value in enumerate(values):
            _cell(sheet, row, column, value, book.format(TEXT))
        high = zip(map(str, values), (FIRST_COLUMN, FIRST_COLUMN, 2 * WIDEST), strict=False)
        sheet.set_row(row, LINE_HEIGHT * max(lines(text, width) for text, width in high))
    sheet.freeze_panes(3, 0)


def _cell(sheet: Any, row: int, column: int, value: Value | bool, look: Any) -> None:
    """A value of its own kind; a missing one leaves the cell empty."""
    if isinstance(value, str):
        sheet.write_string(row, column, value, look)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, look)
    elif not pd.isna(value):
        sheet.write_number(row, column, value, look)


def _width(column: str, unit: str, values: Sequence[Value]) -> int:
    """Characters: what the longest of the first texts, the name and half the unit need."""
    texts = [cell_len(value) for value in values[:1000] if isinstance(value, str)]
    return min(WIDEST, max(NARROWEST, cell_len(column) + 3, math.ceil(cell_len(unit) / 2) + 2, *texts))


def _period(run: Run) -> str:
    years = run.tables["benefits"]["year"]
    first, last = years.min(), years.max()
    return str(first) if first == last else f"{first}-{last}"


def _started(run: Run) -> datetime:
    """When the run started: the workbook's date, so that exporting twice gives the same file."""
    return datetime.fromisoformat(str(run.info["started"])).replace(tzinfo=None)

"""The sheet Balance: money in and money out of each fund and year, as formulas over the sheet Funds.

    opening + contributions + ... + unfunded = spending + other spending + ... + closing

Each formula carries the value that it computes to, for programs that do not compute.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.cells import cell_len

from commonweal.instances.workbook_cells import column_letters
from commonweal.instances.workbook_looks import LINE_HEIGHT, lines
from commonweal.optimizer.amounts import said
from commonweal.optimizer.blocks import places as digits
from commonweal.optimizer.dictionary import TABLES
from commonweal.optimizer.language import _
from commonweal.optimizer.names import labels
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.sheet_book import HEADER, SECTION, SUBTITLE, TEXT, Book, heading, title

IN = (
    "opening", "contributions", "other_revenue", "interest", "own", "central", "horizontal_received",
    "pool_received", "lever_inflow", "unfunded",
)  # fmt: skip
OUT = ("spending", "other_spending", "pool_paid", "lever_outflow", "closing")
HEAD = 4  # row of the header, from 0
NARROWEST, WIDEST = 16, 28  # digits, a fund's column
TOTAL = {"bold": True, "top": 1}


def balance(book: Book, run: Run, tables: Mapping[str, pd.DataFrame]) -> None:
    """One column for each fund and year, one row for each item, the difference last; then the gap, term by term."""
    sheet = book.sheet(_("Balance"))
    words, funds = said(run.instance), tables["funds"]
    sheet.set_column(0, 0, 80)
    sheet.write_string(
        0, 0, _("Money in and money out, {unit}, all regions", unit=words.money), book.format({**SECTION, "bottom": 0})
    )
    text = _("Formulas add up the sheet Funds: change a number there and the difference tells.")
    sheet.write_string(1, 0, text, book.format({**SUBTITLE, "text_wrap": False}))
    called = labels(run.instance, "fund")
    blocks = list(funds.groupby(["fund", "year"]))
    items = [item for item in (*IN, *OUT) if item in funds]
    look = _number(digits(float(part[item].sum()) for _, part in blocks for item in items))
    widths = {fund: min(WIDEST, max(NARROWEST, cell_len(name) + 3)) for fund, name in called.items()}
    sheet.set_row(HEAD - 1, LINE_HEIGHT * max(lines(called[fund], width) for fund, width in widths.items()))
    sheet.write_string(HEAD, 0, "", book.format(HEADER))
    for k, ((fund, year), part) in enumerate(blocks, start=1):
        sheet.set_column(k, k, widths[str(fund)])
        sheet.write_string(HEAD - 1, k, called[str(fund)], book.format({**HEADER, "align": "right", "bottom": 0}))
        sheet.write_number(HEAD, k, int(str(year)), book.format({**HEADER, "align": "right"}))
        _column(book, sheet, funds, k, str(fund), part, items, look)
    _gap(book, sheet, tables["gaps"], HEAD + len(items) + 7)
    sheet.freeze_panes(HEAD + 1, 1)


def _column(
    book: Book,
    sheet: Any,
    funds: pd.DataFrame,
    k: int,
    fund: str,
    part: pd.DataFrame,
    items: list[str],
    look: dict[str, Any],
) -> None:
    """Items, sums of both sides, and their difference, for one fund and year."""
    row, letter, last = HEAD + 1, column_letters(k), len(funds) + 2
    spans = {name: _span("funds", funds, name, last) for name in ("fund", "year", *items)}
    sums: dict[str, tuple[int, float]] = {}
    for name, side in ((_("Money in"), IN), (_("Money out"), OUT)):
        first = row
        for item in (item for item in side if item in items):
            value = float(part[item].sum())
            sheet.write_string(row, 0, _item(item), book.format(TEXT))
            formula = f'=SUMIFS({spans[item]},{spans["fund"]},"{_quoted(fund)}",{spans["year"]},{letter}${HEAD + 1})'
            sheet.write_formula(row, k, formula, book.format(look), value)
            row += 1
        total = float(part[[item for item in side if item in items]].sum().sum())
        sheet.write_string(row, 0, name, book.format({**TEXT, **TOTAL}))
        sheet.write_formula(row, k, f"=SUM({letter}{first + 1}:{letter}{row})", book.format({**look, **TOTAL}), total)
        sums[name] = row + 1, total
        row += 1
    (above, received), (below, spent) = sums.values()
    sheet.write_string(row, 0, _("Difference: must be 0"), book.format({**TEXT, **TOTAL}))
    rounded = f"=ROUND({letter}{above}-{letter}{below},6)"
    sheet.write_formula(row, k, rounded, book.format({**look, **TOTAL}), round(received - spent, 6) + 0.0)


def _gap(book: Book, sheet: Any, gaps: pd.DataFrame, row: int) -> None:
    """The total gap as the weighted sum of its terms, where it is one."""
    terms, last = gaps[gaps["gap"] != "total"], len(gaps) + 2
    total = gaps[gaps["gap"] == "total"]
    for side in ("before", "after"):
        value = float((terms["weight"] * terms[side]).sum())
        if total.empty or abs(value - float(total[side].iloc[0])) > 1e-9 * max(1.0, abs(value)):
            return
    sheet.write_string(row, 0, _("The gap: weight times gap, added up"), book.format({**SECTION, "bottom": 0}))
    spans = {name: _span("gaps", gaps, name, last) for name in ("gap", "weight", "before", "after")}
    for k, side in enumerate(("before", "after"), start=1):
        value = float((terms["weight"] * terms[side]).sum())
        formula = f'=SUMPRODUCT(({spans["gap"]}<>"total")*{spans["weight"]}*{spans[side]})'
        sheet.write_string(row + 1, k, _(side), book.format({**HEADER, "align": "right"}))
        sheet.write_formula(row + 2, k, formula, book.format(_number(digits([value]))), value)
    sheet.write_string(row + 2, 0, _("total gap, the last row of the sheet Gaps"), book.format(TEXT))


def _item(column: str) -> str:
    words, summary = heading(column).replace("_", " "), _(TABLES["funds"][column].meaning)
    whole = _("{name}: {summary}", name=words, summary=summary)
    told = summary == words or summary.startswith(whole.removesuffix(summary))  # the name says it, or begins it
    return summary if told else whole


def _span(table: str, frame: pd.DataFrame, column: str, last: int) -> str:
    """The numbers of a column of a table sheet: below its two header rows."""
    letter = column_letters(list(frame.columns).index(column))
    sheet = title(table)
    return f"{sheet if sheet.isascii() else repr(sheet)}!${letter}$3:${letter}${last}"


def _quoted(text: str) -> str:
    return text.replace('"', '""')


def _number(decimals: int) -> dict[str, Any]:
    return {"num_format": "#,##0" + ("." + "0" * decimals if decimals else "")}

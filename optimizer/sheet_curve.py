"""A budget curve as a workbook: its points, where its slope breaks, and the chart that Excel draws of them."""

from pathlib import Path
from typing import Any

import pandas as pd

from commonweal.optimizer.amounts import Amounts, amounts
from commonweal.optimizer.atomic import whole
from commonweal.optimizer.blocks import places as digits
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.report.budget import Curve
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.sheet_book import EPOCH, HEADER, SUBTITLE, TITLE, UNIT, Book, heading

COLUMNS = {
    "budget": "{money}",
    "factor": mark("times"),
    "gap": "",
    "marginal_left": mark("gap per {money}"),
    "marginal_right": mark("gap per {money}"),
    "unfunded": "{money}",
    "status": "",
}
OF_MONEY, PER_MONEY = ("budget", "unfunded"), ("marginal_left", "marginal_right")
TOP = 3  # row of the header, from 0
SIZE = {"width": 900, "height": 460}


def write(curve: Curve, run: Run, path: Path) -> None:
    """Write the workbook; `run`, any plan of the curve, gives the units."""
    words, title = amounts(run.instance), _(run.instance.meta.title)
    points = _in_steps(curve.points.dropna(subset=["gap"]).sort_values("budget", ignore_index=True), words)
    bends = _in_steps(curve.bends, words)
    with whole(path) as fresh:
        book = Book(fresh)
        sheet = book.sheet(_("Budget curve"))
        sheet.fit_to_pages(1, 1)
        sheet.write_string(0, 0, _("{title}: what more money buys", title=title), book.format(TITLE))
        sheet.set_row(0, 24)
        sheet.write_string(1, 0, _(curve.title), book.format(SUBTITLE))
        _rows(book, sheet, points, words.money, 0)
        left = len(COLUMNS) + 1
        if len(bends):
            sheet.write_string(TOP - 1, left, _("kinks"), book.format({}))
            _rows(book, sheet, bends.reindex(columns=["budget", "gap"]), words.money, left)
        chart = book.file.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
        chart.add_series({"name": _("smallest gap"), **_series(sheet, 0, 2, len(points)), "line": {"color": "#0072B2"}})
        if len(bends):
            marker = {"type": "diamond", "size": 9, "fill": {"color": "#D55E00"}}
            kink = {"name": _("kink"), **_series(sheet, left, left + 1, len(bends)), "line": {"none": True}}
            chart.add_series({**kink, "marker": marker})
        chart.set_title({"name": _("The smallest gap at each budget"), "name_font": {"size": 12}})
        chart.set_x_axis({"name": _("budget, {unit}", unit=words.money), "num_format": "#,##0"})
        chart.set_y_axis(
            {"name": _("gap"), "min": 0, "major_gridlines": {"visible": True, "line": {"color": "#D9DEE7"}}}
        )
        chart.set_legend({"position": "top"})
        chart.set_size(SIZE)
        sheet.insert_chart(TOP + 4 + max(len(points), len(bends)), 0, chart)
        sheet.freeze_panes(TOP + 2, 0)
        book.file.set_properties({"title": title, "created": EPOCH})
        book.file.close()


def _in_steps(points: pd.DataFrame, words: Amounts) -> pd.DataFrame:
    """Money, and gaps per unit of it, in the steps in which people count it."""
    money = {column: points[column] * words.money_times for column in OF_MONEY if column in points}
    return points.assign(
        **money, **{column: points[column] / words.money_times for column in PER_MONEY if column in points}
    )


def _rows(book: Book, sheet: Any, frame: pd.DataFrame, money: str, left: int) -> None:
    for k, column in enumerate((c for c in COLUMNS if c in frame), start=left):
        values = frame[column].tolist()
        sheet.set_column(k, k, 16)
        sheet.write_string(TOP, k, heading(column), book.format({**HEADER, "align": "right"}))
        sheet.write_string(TOP + 1, k, _(COLUMNS[column]).format(money=money), book.format({**UNIT, "align": "right"}))
        places = digits(values)
        rounded = "#,##0" + ("." + "0" * places if places else "")
        look = book.format({"num_format": "General" if column == "factor" else rounded})  # 0.625 is no 0.63
        for row, value in enumerate(values, start=TOP + 2):
            if isinstance(value, str):
                sheet.write_string(row, k, _(value), book.format({"align": "right"}))
            elif not pd.isna(value):
                sheet.write_number(row, k, value, look)


def _series(sheet: Any, across: int, up: int, rows: int) -> dict[str, Any]:
    first, last = TOP + 2, TOP + 1 + rows
    return {
        "categories": [sheet.get_name(), first, across, last, across],
        "values": [sheet.get_name(), first, up, last, up],
    }

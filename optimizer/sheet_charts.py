"""The sheet Charts: drawn by Excel itself from the numbers beside them."""

from collections.abc import Sequence
from typing import Any

from commonweal.optimizer.amounts import amounts
from commonweal.optimizer.blocks import places as digits
from commonweal.optimizer.language import _
from commonweal.optimizer.report.places import Places, cells, places
from commonweal.optimizer.report.words import most_changed
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.sheet_book import HEADER, SECTION, Book
from commonweal.optimizer.summary_words import last, period, tiny, who

TODAY, PLAN, GIVES = "#8D97A6", "#0072B2", "#D55E00"
HEAD, FIRST = 2, 3  # rows of the header and of the first number, from 0
BESIDE = 5  # column at which charts begin
WIDE, HIGH = 940, 420  # pixels
COLUMN, ROW = 64, 20  # pixels of a cell
CHART = HIGH // ROW + 1  # rows that a chart covers
FLOWS = ("central", "horizontal_received", "pool_received", "horizontal_paid", "pool_paid")


def charts(book: Book, run: Run) -> Any:
    """Benefits before and after, and who gives and who gets, by region (or by what regions belong to).

    Returns the chart of benefits once more, for another sheet.
    """
    shown = places(run.instance)
    sheet = book.sheet(_("Charts"))
    sheet.hide_gridlines(2)
    sheet.set_portrait()
    sheet.fit_to_pages(1, 1)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 2, 14)
    sheet.print_area(0, BESIDE, 2 * CHART + HEAD, BESIDE + WIDE // COLUMN)
    title, rows = _benefits(book, sheet, run, shown)
    _place(sheet, _before_after(book, sheet, title, rows), HEAD)
    _net(book, sheet, run, shown, FIRST + rows + 2)
    return _before_after(book, sheet, title, rows)


def _benefits(book: Book, sheet: Any, run: Run, shown: Places) -> tuple[str, int]:
    """Those who gain most, in the last year, from the lowest benefit up; returns the title and the rows used."""
    programme, group = most_changed(run.tables["benefits"])
    found = last(cells(run.tables["benefits"], shown))
    part = found[(found["programme"] == programme) & (found["group"] == group)].sort_values(["before", "place"])
    year, words = int(part["year"].iloc[0]), amounts(run.instance)
    title = _(", ").join([who(run, programme, group), str(year), words.benefit])
    columns = [part["before"].tolist(), part["after"].tolist()]
    names = [shown.names[place] for place in part["place"]]
    _numbers(book, sheet, 0, title, ("", _("before"), _("after")), names, columns)
    return title, len(names)


def _before_after(book: Book, sheet: Any, title: str, rows: int) -> Any:
    chart = book.file.add_chart({"type": "column"})
    for k, (name, colour) in enumerate(((_("before"), TODAY), (_("after"), PLAN)), start=1):
        chart.add_series({**_range(sheet, 0, rows, k), "name": name, "fill": {"color": colour}, "gap": 60})
    chart.set_title({"name": _("Benefits before and after: {title}", title=title), "name_font": {"size": 12}})
    return _shaped(chart)


def _net(book: Book, sheet: Any, run: Run, shown: Places, top: int) -> None:
    """What each place gets (+) or gives (-), over all funds and years."""
    transfers = run.tables["transfers"]
    words = amounts(run.instance)
    net = transfers.groupby(transfers["region"].map(shown.of))["net"].sum() * words.money_times
    net = net[net.abs() > tiny(net)].sort_values(kind="stable")
    title = _("Who gives (-) and who gets (+), all funds, {unit}, {years}", unit=words.money, years=period(transfers))
    if net.empty:
        sheet.write_string(top, 0, _("No money moves."), book.format(SECTION))
        return
    names = [shown.names[place] for place in net.index]
    sides = [net.clip(upper=0.0).tolist(), net.clip(lower=0.0).tolist()]
    _numbers(book, sheet, top, title, ("", _("gives"), _("gets")), names, sides)
    chart = book.file.add_chart({"type": "column", "subtype": "stacked"})
    for k, (name, colour) in enumerate(((_("gives"), GIVES), (_("gets"), PLAN)), start=1):
        chart.add_series({**_range(sheet, top, len(names), k), "name": name, "fill": {"color": colour}, "gap": 60})
    chart.set_title({"name": title, "name_font": {"size": 12}})
    _place(sheet, _shaped(chart, low=True), HEAD + CHART)


def _numbers(
    book: Book,
    sheet: Any,
    top: int,
    title: str,
    heads: Sequence[str],
    names: Sequence[str],
    columns: Sequence[Sequence[float]],
) -> None:
    sheet.write_string(top, 0, title, book.format({**SECTION, "text_wrap": False, "bottom": 0}))
    for k, head in enumerate(heads):
        sheet.write_string(top + HEAD, k, head, book.format({**HEADER, "align": "right" if k else "left"}))
    decimals = digits(value for column in columns for value in column)
    look = book.format({"num_format": "#,##0" + ("." + "0" * decimals if decimals else "")})
    for row, (name, *values) in enumerate(zip(names, *columns, strict=True), start=top + FIRST):
        sheet.write_string(row, 0, name, book.format({}))
        for k, value in enumerate(values, start=1):
            sheet.write_number(row, k, value, look)


def _range(sheet: Any, top: int, rows: int, column: int) -> dict[str, Any]:
    first, final = top + FIRST, top + FIRST + rows - 1
    return {
        "categories": [sheet.get_name(), first, 0, final, 0],
        "values": [sheet.get_name(), first, column, final, column],
    }


def _place(sheet: Any, chart: Any, row: int) -> None:
    sheet.insert_chart(row, BESIDE, chart)


def _shaped(chart: Any, low: bool = False) -> Any:
    """`low`: names stand below the chart where bars point down."""
    chart.set_x_axis(
        {"num_font": {"rotation": -60, "size": 9}, "interval_unit": 1, **({"label_position": "low"} if low else {})}
    )
    chart.set_y_axis({"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#D9DEE7"}}})
    chart.set_legend({"position": "top"})
    chart.set_size({"width": WIDE, "height": HIGH})
    return chart

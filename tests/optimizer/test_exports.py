"""The same numbers in every format, and a workbook that can be handed on."""

import json
import math
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pandas as pd
import pytest
from openpyxl.workbook import Workbook
from rich.cells import cell_len

from commonweal import instances
from commonweal.optimizer import exports, load_scenario, run_folder, solve
from commonweal.optimizer.blocks import places, show
from commonweal.optimizer.language import speaking
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary import headline, summarise

A4 = 9  # Excel's number of the paper


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    case = instances.read("china-2024")
    plan = solve(case, load_scenario(case))
    return run_folder.read(run_folder.write(plan, tmp_path_factory.mktemp("run") / "china"))


@pytest.fixture(scope="module")
def book(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    path = tmp_path_factory.mktemp("xlsx") / "run.xlsx"
    exports.load("xlsx").write(run, path)
    return openpyxl.load_workbook(path)


def plain(frame: pd.DataFrame) -> list[list[Any]]:
    """The rows as plain values; whatever is missing or empty is None."""
    return [
        [None if value is None or value == "" or value != value else value for value in row]
        for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    ]


def nearly(value: Any) -> Any:
    """A workbook keeps 16 of the 17 digits that a number may need."""
    return pytest.approx(value, rel=1e-15, abs=0) if isinstance(value, int | float) else value or None


def test_formats_are_found_by_folder() -> None:
    assert set(exports.names()) == {"csv", "json", "xlsx"}


def test_csv_json_and_xlsx_hold_the_same_numbers_as_the_run_folder(run: Run, book: Workbook, tmp_path: Path) -> None:
    exports.load("csv").write(run, tmp_path / "tables")
    exports.load("json").write(run, tmp_path / "run.json")
    document = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    for name, table in run.tables.items():
        expected = plain(table)
        columns = list(table)
        text = pd.read_csv(tmp_path / "tables" / f"{name}.csv")[columns]
        records = document["tables"][name]["records"]
        sheet = book[name.replace("_", " ").capitalize()]
        header = [cell.value for cell in sheet[1]]
        rows = [dict(zip(header, row, strict=True)) for row in sheet.iter_rows(min_row=3, values_only=True)]
        assert plain(text) == expected
        assert plain(pd.DataFrame(records, columns=columns, dtype=object)) == expected
        shown = [[row[column] for column in columns] for row in rows]
        assert [[nearly(value) for value in row] for row in shown] == expected


def test_a_zip_holds_the_same_csv_files_as_a_folder(run: Run, tmp_path: Path) -> None:
    exports.load("csv").write(run, tmp_path / "tables")
    exports.load("csv").write(run, tmp_path / "tables.zip")
    with ZipFile(tmp_path / "tables.zip") as archive:
        zipped = {name: archive.read(name) for name in archive.namelist()}
    assert zipped == {path.name: path.read_bytes() for path in (tmp_path / "tables").iterdir()}


@pytest.mark.parametrize("name", ["run.csv.zip", "run.json", "run.xlsx"])
def test_exporting_twice_gives_the_same_file(run: Run, tmp_path: Path, name: str) -> None:
    write = exports.load(name.split(".")[1]).write
    write(run, tmp_path / name)
    first = (tmp_path / name).read_bytes()
    write(run, tmp_path / name)
    assert (tmp_path / name).read_bytes() == first
    assert list(tmp_path.iterdir()) == [tmp_path / name]


@pytest.mark.parametrize("name", ["csv", "json", "xlsx"])
def test_an_export_that_fails_leaves_the_older_file(run: Run, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"run.{name}"
    path.write_text("older")
    unknown = Run({**run.tables, "mood": pd.DataFrame({"good": [1.0]})}, run.info, run.scenario, run.instance)
    with pytest.raises(KeyError):
        exports.load(name).write(unknown, path)
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["csv", "json", "xlsx"])
def test_an_export_never_replaces_a_folder_that_holds_something(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "thesis.doc").write_text("years of work")
    with pytest.raises(FileExistsError):
        exports.load(name).write(run, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_json_gives_the_unit_of_every_column(run: Run, tmp_path: Path) -> None:
    exports.load("json").write(run, tmp_path / "run.json")
    document = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert document["run"]["status"] == "optimal"
    assert document["headline"] == list(headline(run))
    assert document["money_equivalent"]["share"] == pytest.approx(0.914, abs=1e-3)  # 0.03256 of 0.03563
    assert document["tables"]["transfers"]["columns"]["central"]["unit"] == "bn yuan"
    for table in document["tables"].values():
        assert all(set(record) == set(table["columns"]) for record in table["records"])


def test_the_workbook_opens_on_a_summary_and_ends_with_assumptions_and_dictionary(book: Workbook) -> None:
    assert book.sheetnames[0] == "Summary"
    assert book.sheetnames[-2:] == ["Assumptions", "Dictionary"]


def test_the_summary_says_what_the_screen_says(run: Run, book: Workbook) -> None:
    rows = [*book["Summary"].iter_rows(values_only=True), *book["Regions"].iter_rows(values_only=True)]
    said = {value for row in rows for value in row if isinstance(value, str)}
    summary = summarise(run, most=None)
    assert set(summary.headline) <= said
    assert {block.title for block in summary.blocks} <= said
    assert "Guangdong 广东" in said


def test_the_summary_prints_on_one_page_with_a_chart_and_the_regions_across_as_many_as_they_need(
    book: Workbook,
) -> None:
    for name, pages in (("Summary", None), ("Regions", 0)):  # none said is one, 0 is any number
        sheet = book[name]
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, pages)
        assert sheet.page_setup.paperSize == A4
    assert len(book["Summary"]._charts) == 1


def test_table_sheets_have_units_filters_frozen_headers_and_names(book: Workbook) -> None:
    sheet = book["Benefits"]
    header, unit = ({c.column_letter: c.value for c in sheet[row]} for row in (1, 2))
    column = {name: letter for letter, name in header.items()}
    assert unit[column["benefit"]] == "yuan per person and year"
    assert unit[column["eligible"]] == "million persons"
    assert sheet.freeze_panes == "B3"
    assert sheet.auto_filter.ref.startswith("A2:")
    assert header["B"] == "region_name"
    assert sheet["B3"].value == "Anhui"
    assert sheet[f"{column['benefit']}3"].number_format.startswith("#,##0")
    assert sheet[f"{column['share_of_standard']}3"].number_format == "0.0%"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_rows_are_as_high_as_the_units_and_words_in_them_need(run: Run, tmp_path: Path, language: str) -> None:
    with speaking(language):
        exports.load("xlsx").write(run, tmp_path / "run.xlsx")
    sheets = openpyxl.load_workbook(tmp_path / "run.xlsx").worksheets
    wrapped = 0
    for sheet in sheets[4:]:
        rows = [2] if sheet is not sheets[-1] else range(2, sheet.max_row + 1)
        for cell in (cell for row in rows for cell in sheet[row] if cell.value):
            width = next(d.width for d in sheet.column_dimensions.values() if d.min <= cell.column <= d.max)
            needed = cell_len(str(cell.value)) / width
            height = sheet.row_dimensions[cell.row].height or 15
            assert height >= 15 * needed, (sheet.title, cell.coordinate, cell.value)
            wrapped += needed > 1
    assert wrapped


def test_a_text_to_the_right_of_a_number_keeps_its_distance(book: Workbook) -> None:
    money = next(row for row in book["Summary"].iter_rows() if row[0].value == "Central grants")
    assert (money[2].alignment.horizontal, money[2].alignment.indent) == ("left", 1)
    heads = {cell.value: cell for cell in book["Rules"][1]}
    assert heads["unit"].alignment.indent == 1 and heads["binding"].alignment.horizontal == "right"


def test_every_assumption_is_on_its_sheet_with_value_and_reason(run: Run, book: Workbook) -> None:
    rows = list(book["Assumptions"].iter_rows(min_row=4, max_col=3, values_only=True))
    assert {row[0] for row in rows} == set(run.scenario["assumptions"])
    assert all(value and reason for _, value, reason in rows)


def test_text_that_looks_like_a_formula_stays_text(run: Run, tmp_path: Path) -> None:
    table = run.tables["rules"].assign(rule="=1+1")
    exports.load("xlsx").write(
        Run({**run.tables, "rules": table}, run.info, run.scenario, run.instance), tmp_path / "run.xlsx"
    )
    sheet = openpyxl.load_workbook(tmp_path / "run.xlsx")["Rules"]
    assert (sheet["B3"].value, sheet["B3"].data_type) == ("=1+1", "s")


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (3396.888, "number", "3,397"),
        (99.20595, "number", "99.21"),
        (0.052554760, "number", "0.05255"),
        (-4.19, "change", "-4.19"),
        (0.194430, "share", "19.4 %"),
        (math.nan, "number", ""),
        (None, "share", ""),
        (31, "number", "31"),
    ],
)
def test_numbers_are_shown_with_separators_and_four_figures(value: float | None, style: Any, text: str) -> None:
    assert show(value, style) == text


def test_numbers_shown_together_share_their_places_and_zero_has_no_sign() -> None:
    # four figures of the largest, at most two places from one up: 131,500 needs none, 16.39 two, 340.2 one
    assert [places([131500.0, 2013.4]), places([16.39, 0.001]), places([340.2])] == [0, 2, 1]
    assert show(-0.001, "change", 2) == "0.00"

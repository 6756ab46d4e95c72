"""A case as one workbook: the same as the folder, pasted numbers never misread, faults told as sheet!cell."""

import filecmp
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.workbook import Workbook

from commonweal.cli import main
from commonweal.instances import Fault, Instance, InstanceError, bundled, read, workbook_write
from commonweal.instances.rows import TABLES
from commonweal.instances.workbook_settings import flat, nested, parts
from commonweal.language import _, speaking
from commonweal.optimizer.new_case import create_workbook

Edit = Callable[[Workbook], None]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """The case two-regions as a workbook."""
    return create_workbook(tmp_path / "case", "two-regions")


def edited(path: Path, edit: Edit) -> Path:
    book = openpyxl.load_workbook(path)
    edit(book)
    book.save(path)
    return path


def put(path: Path, sheet: str, cell: str, value: Any, number_format: str | None = None) -> Path:
    def edit(book: Workbook) -> None:
        book[sheet][cell] = value
        if number_format:
            book[sheet][cell].number_format = number_format

    return edited(path, edit)


def faults(path: Path) -> list[Fault]:
    with pytest.raises(InstanceError) as caught:
        read(path)
    return caught.value.faults


def cell(path: Path, sheet: str, column: str, row: int) -> str:
    """The address of a column, by its name, in a row."""
    header = [c.value for c in openpyxl.load_workbook(path)[sheet][1]]
    return f"{openpyxl.utils.get_column_letter(header.index(column) + 1)}{row}"


def row_of(path: Path, setting: str) -> int:
    """The row of a setting on the sheet case."""
    names = [c.value for c in openpyxl.load_workbook(path)["case"]["A"]]
    return names.index(setting) + 1


@pytest.mark.parametrize("name", sorted(bundled()))
def test_csv_to_excel_to_csv_is_identical(name, tmp_path):
    folder, again = tmp_path / "csv", tmp_path / "again"
    case = read(name)
    case.write(folder)
    back = read(create_workbook(tmp_path / "case.xlsx", name))
    assert back == case
    back.write(again)
    found = filecmp.dircmp(folder, again)
    assert (found.left_only, found.right_only) == ([], [])
    for file in found.common_files:
        assert (folder / file).read_bytes() == (again / file).read_bytes(), file


def test_the_empty_workbook_has_a_sheet_for_every_table_and_asks_for_rows(tmp_path):
    path = create_workbook(tmp_path / "my-case")
    assert path.name == "my-case.xlsx"
    assert openpyxl.load_workbook(path).sheetnames == [
        "start",
        "case",
        *(table.TABLE for table in TABLES),
        "scenario",
        "dictionary",
    ]
    required = [table.TABLE for table in TABLES if not table.OPTIONAL]
    assert [(f.file, f.expected) for f in faults(path)] == [(f"{t}!A1", "rows below the header") for t in required]


def test_a_file_that_is_there_is_never_replaced_by_a_new_workbook(made):
    before = made.read_bytes()
    done = CliRunner().invoke(main, ["new", str(made.with_suffix("")), "--excel"])
    assert done.exit_code == 2
    assert made.read_bytes() == before


def test_headers_are_protected_cells_below_are_not_and_ids_have_drop_downs(made):
    sheet = openpyxl.load_workbook(made)["people"]
    assert sheet.protection.sheet
    assert sheet["A1"].protection.locked
    assert not sheet["A3"].protection.locked
    assert sheet["E1"].comment.text.startswith("persons who should be reached")
    lists = {str(v.sqref)[0]: v.formula1 for v in sheet.data_validations.dataValidation if v.type == "list"}
    assert lists["A"].startswith("regions!$A$3") and lists["B"].startswith("groups!$A$3")
    areas = openpyxl.load_workbook(made)["groups"].data_validations.dataValidation
    assert [v.formula1 for v in areas] == ['"urban,rural,other"']


def test_rows_can_be_deleted_and_sorted_although_the_sheets_are_protected(made):
    """Excel refuses both where any cell of the row is locked."""
    book = openpyxl.load_workbook(made)
    for table in TABLES:
        sheet = book[table.TABLE]
        assert free_below(sheet, 3)
        assert sheet.auto_filter.ref.startswith("A2:")  # the note row: sorting leaves it and the header where they are
    assert free_below(book["scenario"], 2)


def free_below(sheet, first: int) -> bool:
    """Whether no cell from this row on is locked, to the last column of the sheet."""
    columns = list(sheet.column_dimensions.values())
    held = [cell for row in sheet.iter_rows(min_row=first) for cell in row if cell.value is not None]
    whole = max(column.max for column in columns) == 16_384
    return whole and not any(part.protection.locked for part in (*columns, *held))


def test_every_sheet_prints_across_one_page(made):
    for sheet in openpyxl.load_workbook(made):
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.page_setup.fitToHeight == 0


def test_another_language_says_below_each_id_what_its_column_means(tmp_path):
    with speaking("zh"):
        path = create_workbook(tmp_path / "case")
        notes = {cell.value for cell in openpyxl.load_workbook(path)["people"][2]}
        assert {_("persons who should be reached") in str(note) for note in notes} == {True, False}
    assert {fault.expected for fault in faults(path)} == {"rows below the header"}


def test_what_may_stay_blank_on_the_sheet_case_is_not_yellow(made):
    colours = {
        row[0].value: row[0].fill.fgColor.rgb for row in openpyxl.load_workbook(made)["case"].iter_rows(min_row=2)
    }
    yellow = colours["name"]
    free = {name for name, colour in colours.items() if colour != yellow}
    assert free == {"currency_plural", "language", "licence", "source"}


def test_the_dictionary_gives_meaning_unit_range_and_an_example_of_every_column(made):
    rows = list(openpyxl.load_workbook(made)["dictionary"].iter_rows(min_row=2, values_only=True))
    known = [(table.TABLE, column.name) for table in TABLES for column in table.columns()]
    assert [row[:2] for row in rows] == known
    assert all(unit and meaning for *_, unit, _, meaning, _ in rows)
    without = {row[:2] for row in rows if not row[-1]}
    assert without <= {("regions", "parent"), ("accounts", "employer_share")}


HANDLED = [
    ("  5 ", 5.0),  # trailing blanks, as pasted from a page
    ("5\u00a0", 5.0),
    ("５", 5.0),  # full-width digits
    ("１２．５", 12.5),
    ("5", 5.0),  # a number stored as text
    (5, 5.0),
    (1234567.5, 1234567.5),  # whatever format shows it
]


@pytest.mark.parametrize(("pasted", "meant"), HANDLED)
def test_a_number_that_can_mean_only_one_thing_is_read(made, pasted, meant):
    at = cell(made, "accounts", "opening", 3)
    before = read(made).accounts.iloc[0]["opening"]
    found = read(put(made, "accounts", at, pasted, "#,##0.00")).accounts
    assert meant in found["opening"].tolist()
    assert before != meant


REPORTED = [
    ("1,234.5", "Remove the thousands separators"),
    ("1 234", "Remove the thousands separators"),
    ("１，２３４", "Remove the thousands separators"),
    ("1,5", "Use a decimal point"),
    ("16 %", "Write the number itself"),
    ("１６％", "Write the number itself"),
    ("5 bn", "Write the bare number"),
    ("n/a", "Write the bare number"),
    (True, "Write the bare number"),
]


@pytest.mark.parametrize(("pasted", "remedy"), REPORTED)
def test_what_could_mean_several_things_is_reported_once_in_its_cell(made, pasted, remedy):
    at = cell(made, "accounts", "opening", 3)
    found = faults(put(made, "accounts", at, pasted))
    assert [(f.file, f.line, f.column) for f in found] == [(f"accounts!{at}", None, "opening")]
    assert found[0].remedy.startswith(remedy)


def test_a_per_cent_that_excel_knows_as_one_is_read_as_a_share(made):
    at = cell(made, "accounts", "rate", 3)
    found = read(put(made, "accounts", at, 0.16, "0%")).accounts
    assert 0.16 in found["rate"].tolist()


def test_a_date_that_excel_made_of_an_id_is_reported(made):
    found = faults(put(made, "regions", "B3", datetime(2024, 5, 1), "d-mmm"))
    assert [(f.file, f.column) for f in found] == [("regions!B3", "name")]
    assert "formatted as text" in found[0].remedy


def test_an_error_and_a_formula_without_result_are_reported_not_read_as_blank(made):
    at = cell(made, "accounts", "opening", 3)
    found = faults(put(made, "accounts", at, "=1+1"))  # saved by a program that computes nothing
    assert [(f.file, f.value) for f in found] == [(f"accounts!{at}", "a formula without its result")]
    path = made.with_name("error.xlsx")
    path.write_bytes(made.read_bytes())
    found = faults(put(path, "accounts", at, "#DIV/0!"))
    assert [(f.file, f.value) for f in found] == [(f"accounts!{at}", "#DIV/0!")]


def test_merged_cells_are_reported_and_a_title_above_the_header_is_passed_over(made):
    def merge(book: Workbook) -> None:
        book["people"].merge_cells("A3:A4")

    found = faults(edited(made, merge))
    assert any(f.file == "people!A3" and f.value == "A3:A4" and "Unmerge" in f.remedy for f in found)


def test_a_merged_header_is_reported_and_one_merged_with_the_note_below_it_is_read(made):
    case = read(made)
    assert read(edited(made, lambda book: book["people"].merge_cells("F1:F2"))) == case
    found = faults(edited(made, lambda book: book["people"].merge_cells("E1:F1")))
    assert any(f.file == "people!E1" and f.value == "E1:F1" and "Unmerge" in f.remedy for f in found)


def test_a_title_over_the_header_and_rows_between_are_passed_over(made):
    def title(book: Workbook) -> None:
        sheet = book["accounts"]
        rows = [[c.value for c in row] for row in sheet.iter_rows()]
        sheet.delete_rows(1, sheet.max_row)
        sheet.append(["Accounts of the regions, 2024"])
        for row in rows:
            sheet.append(row)
            sheet.append([])
        sheet.merge_cells("A1:D1")

    case = read(made)
    assert read(edited(made, title)) == case


def test_a_note_row_without_its_mark_is_reported_not_read(made):
    found = faults(put(made, "people", "A2", "million persons"))
    assert {f.file for f in found if f.value} >= {"people!A2", "people!E2"}


def test_columns_in_another_order_and_sheets_in_another_order_are_the_same_case(made):
    def shuffle(book: Workbook) -> None:
        sheet = book["people"]
        rows = [[c.value for c in row][::-1] for row in sheet.iter_rows() if row[0].row != 2]
        sheet.delete_rows(1, sheet.max_row)
        for row in rows:
            sheet.append(row)
        book.move_sheet("people", -5)

    case = read(made)
    assert read(edited(made, shuffle)) == case


def test_faults_on_several_sheets_are_told_in_one_reading(made):
    money = f"B{row_of(made, 'money')}"

    def spoil(book: Workbook) -> None:
        book["case"][money] = 0
        book["people"]["A3"] = "rihc"
        book["people"]["E4"] = -60
        book["accounts"]["E3"] = None
        del book["budgets"]
        book["funds"].title = "fund"

    columns = {name: cell(made, *place) for name, place in {"base": ("accounts", "base", 3)}.items()}
    found = faults(edited(made, spoil))
    assert columns["base"] == "E3"
    assert [f.file for f in found] == [
        f"case!{money}",
        "funds",
        "people!A3",
        "people!E4",
        "accounts!E3",
        "budgets",
        "totals!D5",
    ]
    assert "Rename the sheet 'fund'" in found[1].remedy


def test_a_misspelt_setting_and_a_bad_path_are_told(made):
    row = row_of(made, "money")
    path = put(made, "case", f"A{row}", "monye")
    assert [(f.file, f.remedy) for f in faults(path)] == [(f"case!B{row}", "Rename it to 'money'")]
    other = create_workbook(made.with_name("other"), "two-regions")
    found = faults(put(other, "scenario", "A2", "levers..floors"))
    assert found[0].file == "scenario" and "levers..floors" in found[0].remedy


@pytest.mark.parametrize("pasted", ["1,000", "1 000", "1,5", "16 %", "１，０００"])
def test_a_setting_that_could_mean_several_numbers_is_reported_in_its_cell(made, pasted):
    found = faults(put(made, "scenario", "B4", pasted))
    assert [(f.file, f.value) for f in found] == [("scenario!B4", pasted)]
    assert "separators" in found[0].remedy


def test_a_setting_in_full_width_digits_is_the_number(made):
    assert openpyxl.load_workbook(made)["scenario"]["A4"].value == "levers.vertical_transfers.budget.farmers"
    levers = read(put(made, "scenario", "B4", "２４０")).scenario["levers"]
    assert levers["vertical_transfers"]["budget"] == {"farmers": 240}


def test_validate_names_the_cell_of_a_setting_that_does_not_exist_or_has_no_such_value(made):
    for cell, value, said in (
        ("B4", "much", "must be a number"),
        ("A4", "levers.vertical_tranfers.budget.f", "tranfers"),
        ("A4", "vertical_transfers.budget.farmers", "Write 'levers.vertical_transfers'"),
    ):
        path = put(made, "scenario", cell, value)
        done = CliRunner().invoke(main, ["validate", str(path)])
        assert done.exit_code == 3
        assert "scenario!B4" in done.output + str(done.exception) and said in done.output + str(done.exception)


@pytest.mark.parametrize(
    ("setting", "kind"),
    [("levers.vertical_transfers.budget.FUND", "fund"), ("levers.benefit_rigidity.groups.FUND.min_growth", "group")],
)
def test_validate_finds_settings_that_name_what_the_case_does_not_have(made, setting, kind):
    done = CliRunner().invoke(main, ["validate", str(put(put(made, "scenario", "A4", setting), "scenario", "B4", 0))])
    assert done.exit_code == 3
    assert f"found 'FUND', expected a {kind} of the instance. Write one of 'farmers', 'workers'" in done.output


def test_a_setting_without_a_value_is_reported_in_its_cell(made):
    found = faults(put(made, "scenario", "B4", None))
    assert [(f.file, f.expected) for f in found] == [("scenario!B4", "a value")]


def test_quotes_that_a_spreadsheet_made_round_are_quotes():
    assert parts("levers.benefit_rigidity.groups.“*”.min_growth") == parts(
        'levers.benefit_rigidity.groups."*".min_growth'
    )


def test_a_column_of_remarks_is_to_be_deleted_and_not_taken_for_a_blank_one_that_sounds_alike(made):
    def remark(book: Workbook) -> None:
        sheet = book["people"]
        last = sheet.max_column + 1
        sheet.cell(1, last).value, sheet.cell(3, last).value = "remark", "a guess"

    found = faults(edited(made, remark))
    assert [f.value for f in found] == ["remark"]
    assert found[0].remedy.startswith("Delete it")


def test_years_are_read_as_one_a_list_or_a_span(made):
    def blank(book: Workbook) -> None:
        for sheet in book:
            for column in range(1, sheet.max_column + 1):
                for row in range(3, sheet.max_row + 1):
                    if sheet.cell(1, column).value == "year":
                        sheet.cell(row, column).value = None

    def years(value: Any) -> list[int]:
        return read(put(made, "case", f"B{row_of(made, 'years')}", value)).meta.years

    edited(made, blank)
    assert years("2024") == years(2024) == [2024]
    assert years("2024-2026") == [2024, 2025, 2026]
    assert years("2024, 2025") == [2024, 2025]


def test_what_is_no_workbook_is_said_plainly(tmp_path):
    (tmp_path / "text.xlsx").write_text("not a workbook")
    assert "Excel workbook" in str(faults(tmp_path / "text.xlsx")[0])
    assert "Check the name" in str(faults(tmp_path / "missing.xlsx")[0])


def test_a_new_user_solves_three_regions_of_their_own_from_a_workbook(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    assert run.invoke(main, ["new", "my-case", "--excel"]).exit_code == 0
    rows: dict[str, list[list[Any]]] = {
        "regions": [["a", "Aland"], ["b", "Bland"], ["c", "Cland"]],
        "groups": [["town", "Town", None, "urban"], ["land", "Country", None, "rural"]],
        "programmes": [["pension", "Pension"]],
        "funds": [["f", "Fund"]],
        "schemes": [["pension", g, "f", None, 6000] for g in ("town", "land")],
        "people": [[r, g, "pension", None, 100, 100, b] for r, g, b in PEOPLE],
        "accounts": [[r, "f", None, 0, 0, 0, m, 0, 0, 0] for r, m in (("a", 800), ("b", 600), ("c", 400))],
        "budgets": [[r, None, 1000, 1000, 0, 400, 9000, 0, 0] for r in "abc"],
    }

    def fill(book: Workbook) -> None:
        for sheet, values in rows.items():
            for line, row in enumerate(values, start=3):
                for column, value in enumerate(row, start=1):
                    book[sheet].cell(line, column, value)
        book["scenario"]["A3"], book["scenario"]["B3"] = "levers.vertical_transfers.budget.f", 100
        book["scenario"]["A4"], book["scenario"]["B4"] = "gaps.squared_shortfall.weight", 1

    edited(tmp_path / "my-case.xlsx", fill)
    for words in (
        ["validate", "my-case.xlsx"],
        ["solve", "my-case.xlsx", "-o", "run"],
        ["verify", "run"],
        ["report", "run"],
        ["export", "run"],
    ):
        done = run.invoke(main, words)
        assert done.exit_code == 0, (words, done.output)
    info = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert info["status"] == "optimal"
    assert (tmp_path / "run.html").is_file() and (tmp_path / "run.xlsx").is_file()


PEOPLE = [(r, g, b) for r, town, land in (("a", 5000, 3000), ("b", 4000, 2000), ("c", 3000, 1000)) for g, b in (
    ("town", town), ("land", land))]  # fmt: skip


plain = st.recursive(
    st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)
keys = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=8)


@given(st.dictionaries(keys, plain | st.dictionaries(keys, plain, max_size=2), max_size=3))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_settings_come_back_from_rows_as_they_were(document):
    assert nested(flat(document)) == document


@pytest.mark.parametrize("path", ["", ".", "a..b", ".a", "a.", 'a"b', '"a"b'])
def test_a_path_that_cannot_be_taken_apart_is_refused(path):
    with pytest.raises(ValueError, match="no path of settings"):
        parts(path)


def test_settings_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="twice"):
        nested([("a.b", 1), ("a.b", 2)])
    with pytest.raises(ValueError, match="value of its own"):
        nested([("a", 1), ("a.b", 2)])


def test_numbers_of_seventeen_digits_survive(tmp_path, made):
    case: Instance = read(made)
    odd = 0.1 + 0.2 + 1e-17  # 0.30000000000000004
    people = case.people.copy()
    people["benefit"] = people["benefit"].to_numpy() * odd
    tables = {table.TABLE: getattr(case, table.TABLE) for table in TABLES} | {"people": people}
    workbook_write.write(tmp_path / "odd.xlsx", case.meta.model_dump(), tables, case.scenario, {})
    found = read(tmp_path / "odd.xlsx").people["benefit"].tolist()
    assert found == people["benefit"].tolist()

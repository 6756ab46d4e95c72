"""The workbook handed on: Excel's own charts, and formulas that another program computes to the same numbers."""

import shutil
import subprocess
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from commonweal.optimizer import exports
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import speaking


@pytest.fixture(scope="module")
def book(china, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("out") / "china.xlsx"
    exports.write(china.folder, {"xlsx": path})
    return path


@pytest.fixture(scope="module")
def recomputed(book, tmp_path_factory) -> Workbook:
    """The same workbook after LibreOffice has opened it, computed every formula anew and saved it."""
    assert shutil.which("soffice"), "soffice (LibreOffice Calc) is needed: run .ci/browser"
    plain = openpyxl.load_workbook(book)  # drops the values that formulas carry
    folder = tmp_path_factory.mktemp("recomputed")
    plain.save(folder / "bare.xlsx")
    home = f"-env:UserInstallation={(folder / 'home').as_uri()}"
    command = ["soffice", home, "--headless", "--convert-to", "ods:calc8", "--outdir", str(folder), "bare.xlsx"]
    back = [*command[:3], "--convert-to", "xlsx", "--outdir", str(folder / "back"), str(folder / "bare.ods")]
    for words in (command, back):
        subprocess.run(words, check=True, capture_output=True, timeout=180, cwd=folder)
    return openpyxl.load_workbook(folder / "back" / "bare.xlsx", data_only=True)


def formulas(sheet: Worksheet) -> dict[str, str]:
    return {
        cell.coordinate: cell.value
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith("=")
    }


def test_another_program_computes_every_formula_to_the_number_it_carries(book, recomputed):
    asked = formulas(openpyxl.load_workbook(book)["Balance"])
    carried = openpyxl.load_workbook(book, data_only=True)["Balance"]
    assert len(asked) > 15 * (10 + 5 + 3)  # every item, two sums and a difference for 3 funds x 5 years
    for cell in asked:
        assert recomputed["Balance"][cell].value == pytest.approx(carried[cell].value, rel=1e-9, abs=1e-6), cell


def test_money_in_equals_money_out_in_every_fund_and_year(recomputed):
    rows = [[cell.value for cell in row] for row in recomputed["Balance"].iter_rows()]
    differences = next(row for row in rows if row[0] and str(row[0]).startswith("Difference"))
    assert differences[1:16] == [0] * 15


def test_the_formulas_speak_of_the_numbers_of_the_run(china, recomputed):
    funds = china.table("funds")
    sheet = recomputed["Balance"]
    rows = {str(row[0].value).partition(":")[0]: row for row in sheet.iter_rows() if row[0].value}
    heads = [(str(a.value), b.value) for a, b in zip(sheet[4][1:16], sheet[5][1:16], strict=True)]
    names = china.table("inputs/funds").set_index("fund")["name"]
    for k, (fund, year) in enumerate(heads, start=1):
        chosen = funds[(funds["year"] == year) & funds["fund"].map(lambda f, fund=fund: fund.startswith(names[f]))]
        for item in ("opening", "contributions", "central", "spending", "closing"):
            assert rows[item][k].value == pytest.approx(chosen[item].sum(), abs=1e-6)
    gaps = china.table("gaps").iloc[-1]
    total = rows["total gap, the last row of the sheet Gaps"]
    assert [cell.value for cell in total[1:3]] == pytest.approx([gaps["before"], gaps["after"]])


def test_charts_are_excels_own_and_point_to_the_numbers_beside_them(china, book):
    sheet = openpyxl.load_workbook(book)["Charts"]
    first, second = sheet._charts
    assert [series.val.numRef.f for series in first.series] == ["Charts!$B$4:$B$34", "Charts!$C$4:$C$34"]
    benefits = china.table("benefits")
    final = benefits[(benefits["group"] == "residents") & (benefits["year"] == 2029)]
    shown = [[cell.value for cell in row] for row in sheet["B4:C34"]]
    ordered = final.sort_values(["benefit_before", "region"])[["benefit_before", "benefit"]]
    assert pd.DataFrame(shown).to_numpy() == pytest.approx(ordered.to_numpy())
    gives, gets = (series.val.numRef.f for series in second.series)
    transfers = china.table("transfers").groupby("region")["net"].sum()
    assert sheet[gives.split("!")[1].replace("$", "").split(":")[0]].value == pytest.approx(transfers.min())
    assert sheet[gets.split("!")[1].replace("$", "").split(":")[1]].value == pytest.approx(transfers.max())
    again = openpyxl.load_workbook(book)["Summary"]._charts[0]
    assert [series.val.numRef.f for series in again.series] == [series.val.numRef.f for series in first.series]


def test_a_budget_curve_becomes_a_workbook_with_its_chart(curve, tmp_path):
    exports.write(curve.folder, {"xlsx": tmp_path / "curve.xlsx"})
    sheet = openpyxl.load_workbook(tmp_path / "curve.xlsx").active
    assert len(sheet._charts) == 1
    points = pd.read_csv(curve.folder / "frontier.csv")
    shown = [[cell.value for cell in row] for row in sheet["A6:C8"]]
    assert pd.DataFrame(shown).to_numpy() == pytest.approx(points[["budget", "factor", "gap"]].to_numpy())
    assert {cell.number_format for cell in sheet["B"][5:8]} == {"General"}  # a factor is not rounded
    assert sheet.page_setup.fitToHeight is None  # one page, the chart in one piece
    with speaking("zh"):
        exports.write(curve.folder, {"xlsx": tmp_path / "zh.xlsx"})
    steps = openpyxl.load_workbook(tmp_path / "zh.xlsx").active
    assert steps["A5"].value == "亿克朗" and steps["D5"].value == "差距/亿克朗"  # the case counts in millions
    for row, point in zip(steps["A6:D8"], points.to_dict("records"), strict=True):
        assert row[0].value == pytest.approx(point["budget"] / 100)
        assert row[3].value == pytest.approx(point["marginal_left"] * 100)
    with pytest.raises(UsageError, match="budget curve"):
        exports.write(curve.folder, {"json": tmp_path / "curve.json"})


def test_the_workbook_converts_to_pages(book, tmp_path):
    home = f"-env:UserInstallation={(tmp_path / 'home').as_uri()}"
    command = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(book)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    assert (tmp_path / "china.pdf").read_bytes().startswith(b"%PDF")

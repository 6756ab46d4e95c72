"""Runs side by side: what differs in inputs, settings and plans, on screen, as JSON and in a workbook."""

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from cases import FARMERS_GET, TINY, Case, plan
from click.testing import CliRunner

from commonweal.cli import main
from commonweal.optimizer import run_folder
from commonweal.optimizer.compare import compare
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.screens.compare import sentences


def made(folder: Path, levers: dict[str, Any], case: Case = TINY) -> Path:
    return run_folder.write(plan(case, levers), folder)


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """20 and 60 million for farmers: South 400, then both 700 crowns; North 600 before."""
    more = {"vertical_transfers": {"budget": {"f": 60.0}}}
    return made(tmp_path / "less", FARMERS_GET), made(tmp_path / "more", more)


def test_a_run_and_itself_differ_in_nothing(two: tuple[Path, Path], tmp_path: Path) -> None:
    found = compare([two[0], made(tmp_path / "again", FARMERS_GET)])
    for name in ("inputs", "settings", "indicators", "regions", "benefits"):
        assert found.tables[name].empty, name
    assert "same inputs and settings" in next(iter(sentences(found)))


def test_settings_and_plans_that_differ_are_told_with_who_gains(two: tuple[Path, Path]) -> None:
    found = compare(two)
    setting = found.tables["settings"].to_dict("records")
    assert setting == [{"setting": "levers.vertical_transfers.budget.f", "less": 20.0, "more": 60.0}]
    assert found.tables["inputs"].empty
    benefits = found.tables["benefits"].set_index(["region", "group"])
    assert set(benefits.index) == {("n", "farmers"), ("s", "farmers")}
    assert benefits.loc[("s", "farmers"), "less"] == pytest.approx(400.0, abs=1e-3)
    assert benefits.loc[("s", "farmers"), "more"] == pytest.approx(700.0, abs=1e-3)
    money = found.tables["money"].set_index("what")
    assert money.loc["central", ["less", "more"]].tolist() == pytest.approx([20.0, 60.0])
    gains = found.tables["gains"].set_index("who")
    assert gains.loc["gain", ["regions", "cells", "persons"]].tolist() == [2, 2, 200.0]
    assert gains.loc["lose", "cells"] == 0
    regions = found.tables["regions"].set_index(["region", "measure"])
    assert regions.loc[("n", "net"), "more"] == pytest.approx(10.0, abs=1e-4)


def test_losers_are_counted_when_the_order_is_turned(two: tuple[Path, Path]) -> None:
    gains = compare(two[::-1]).tables["gains"].set_index("who")
    assert gains.loc["lose", ["regions", "persons"]].tolist() == [2, 200.0]
    assert gains.loc["gain", "cells"] == 0


def test_inputs_that_differ_come_first_with_table_row_and_column(two: tuple[Path, Path], tmp_path: Path) -> None:
    richer = made(tmp_path / "richer", FARMERS_GET, TINY.put("accounts", region="n", fund="f", other_revenue=61))
    found = compare([two[0], richer])
    assert found.tables["inputs"].to_dict("records") == [
        {"table": "accounts", "row": "n, f, 2030", "column": "other_revenue", "less": 60.0, "richer": 61.0}
    ]
    text = CliRunner().invoke(main, ["compare", str(two[0]), str(richer)]).stdout
    assert text.index("Inputs that differ") < text.index("Settings that differ") < text.index("Money")


def test_runs_over_other_years_leave_blanks_and_say_that_no_benefit_can_be_compared(
    two: tuple[Path, Path], tmp_path: Path
) -> None:
    later = run_folder.write(plan(TINY, FARMERS_GET, projection={"years": [2031], "growth": {}}), tmp_path / "later")
    found = compare([two[0], later])
    assert found.tables["benefits"]["later"].isna().sum() == 4
    assert "no benefit in common" in " ".join(sentences(found))


def test_runs_of_the_same_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    one, other = made(tmp_path / "a" / "run", FARMERS_GET), made(tmp_path / "b" / "run", FARMERS_GET)
    assert compare([one, other]).names == ("a/run", "b/run")
    with pytest.raises(UsageError, match="twice"):
        compare([one, one])
    with pytest.raises(UsageError, match="two runs"):
        compare([one])


def test_table_json_and_workbook_hold_the_same_numbers(two: tuple[Path, Path], tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    words = ["compare", str(two[0]), str(two[1]), "--json", "--xlsx", str(book)]
    document = json.loads(CliRunner().invoke(main, words).stdout)
    sheet = openpyxl.load_workbook(book)["Summary"]
    cells = [cell.value for row in sheet for cell in row if isinstance(cell.value, int | float)]
    for row in (*document["benefits"], *document["money"]):
        for run in ("less", "more"):  # a workbook holds 16 figures
            assert min(abs(row[run] - cell) for cell in cells) <= 1e-15 * abs(row[run])
    text = CliRunner().invoke(main, ["compare", str(two[0]), str(two[1])]).stdout
    assert "South" in text
    assert "+300.0" in text


def test_three_runs_stand_side_by_side(two: tuple[Path, Path], tmp_path: Path) -> None:
    third = made(tmp_path / "most", {"vertical_transfers": {"budget": {"f": 100.0}}})
    found = compare([*two, third])
    assert found.names == ("less", "more", "most")
    assert set(found.tables["gains"]["run"]) == {"more", "most"}
    assert "most: the gap is" in " ".join(sentences(found))

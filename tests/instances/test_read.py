"""Reading and writing: what a folder holds is what the Instance holds, however the files are laid out."""

import csv
import random
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from commonweal.instances import InstanceError, bundled, read
from commonweal.instances.rows import TABLES


def test_bundled_cases_are_read_by_name_and_by_path():
    assert "two-regions" in bundled()
    assert read("two-regions") == read(bundled()["two-regions"])


@pytest.mark.parametrize("name", sorted(bundled()))
def test_every_bundled_case_is_without_fault_and_survives_writing(name: str, tmp_path: Path):
    case = read(name)
    case.write(tmp_path / "copy")
    copy = read(tmp_path / "copy")
    assert copy == case
    copy.write(tmp_path / "again")
    for file in (tmp_path / "copy").iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()


def test_the_order_of_rows_and_columns_does_not_matter(folder: Path):
    case = read(folder)
    shuffle = random.Random(1).sample
    for path in folder.glob("*.csv"):
        head, *rows = [line.split(",") for line in path.read_text().splitlines()]
        order = shuffle(range(len(head)), len(head))
        lines = [head, *shuffle(rows, len(rows))]
        path.write_text("".join(",".join(cells[i] for i in order) + "\n" for cells in lines))
    assert read(folder) == case


def test_byte_order_mark_windows_lines_blank_rows_quotes_and_spaces_change_nothing(folder: Path):
    case = read(folder)
    for path in folder.glob("*.csv"):
        lines = path.read_text().splitlines()
        lines.insert(2, "," * lines[0].count(","))
        quoted = ['"' + line.replace(",", '" , "').replace('" , ', '",') + '"' for line in lines]
        path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(quoted).encode() + b"\r\n\r\n")
    assert read(folder) == case


def test_one_value_without_a_year_serves_all_years(folder: Path):
    toml = folder / "instance.toml"
    toml.write_text(toml.read_text().replace("[2024]", "[2024, 2025]"))
    people = folder / "people.csv"
    rows = people.read_text().splitlines()
    lines = [rows[0] + ",year", *(f"{row},{year}" for row in rows[1:] for year in (2025, 2024))]
    people.write_text("\n".join(lines).replace("50,50,2400,2025", "40,40,2500,2025"))
    (folder / "totals.csv").write_text(
        "table,column,where,total,tolerance\n"
        "accounts,base,,11000,0\n"  # holds in every year
        "people,eligible,year=2025;region=rich,140,0\n"
    )
    case = read(folder)
    assert case.years == (2024, 2025)
    assert case.data_year == 2024
    assert case.accounts["year"].tolist() == [2024, 2025] * 4
    assert str(case.people["year"].dtype) == "int64"
    rich = case.people[(case.people["region"] == "rich") & (case.people["group"] == "farmers")]
    assert rich[["benefit", "today"]].to_numpy().tolist() == [[2400, 2400], [2500, 2400]]
    case.write(folder / "copy")
    assert read(folder / "copy") == case


def test_an_absent_cell_is_no_fault_and_differs_from_an_uncovered_one(folder: Path):
    people = folder / "people.csv"
    text = people.read_text().replace("rich,workers,pension,100,100,12000\n", "")
    people.write_text(text.replace("150,120,1200", "150,0,0"))
    (folder / "totals.csv").unlink()
    case = read(folder)
    assert len(case.people) == 3
    assert case.people["covered"].tolist() == [0, 60, 50]


def test_the_files_are_known_by_their_hashes(folder: Path):
    files = read(folder).files
    tables = {f"{table.TABLE}.csv" for table in TABLES} - {"bands.csv"}  # the case has no bands
    assert set(files) == {"instance.toml", "scenario.toml", *tables}
    (folder / "groups.csv").write_text((folder / "groups.csv").read_text() + "\n")
    assert read(folder).files["groups.csv"] != files["groups.csv"]
    assert read(folder) == read("two-regions")


def test_an_unknown_source_is_answered_with_the_nearest_bundled_case(tmp_path: Path):
    with pytest.raises(InstanceError, match="Did you mean 'two-regions'"):
        read("two-region")
    with pytest.raises(InstanceError, match="folder that holds the tables"):
        read(tmp_path)


def test_a_run_folder_in_place_of_a_case_names_the_case_it_holds(tmp_path: Path):
    (tmp_path / "run.json").touch()
    with pytest.raises(InstanceError, match=f"its case is {tmp_path}/inputs") as error:
        read(tmp_path)
    assert len(error.value.faults) == 1


def big(folder: Path, regions: int) -> None:
    """The case with its poor region copied many times: about 16 rows of people each."""
    names = [f"r{i:05}" for i in range(regions)]
    heads = {table.TABLE: ",".join(c.name for c in table.columns() if c.required) for table in TABLES}
    rows = {
        "regions": [f"{r},{r}" for r in names],
        "groups": [f"g{i},g,other" for i in range(4)],
        "programmes": [f"p{i},p" for i in range(4)],
        "funds": ["f,f"],
        "schemes": [f"p{p},g{g},f,5" for p in range(4) for g in range(4)],
        "people": [f"{r},g{g},p{p},1.5,1,2.25" for r in names for p in range(4) for g in range(4)],
        "accounts": [f"{r},f,1,2,0.5,0,0,0,0" for r in names],
        "budgets": [f"{r},1,1,1,1,1,1,0" for r in names],
    }
    for table in TABLES:
        path = folder / f"{table.TABLE}.csv"
        path.unlink(missing_ok=True)
        if table.TABLE in rows:
            path.write_text("\n".join([heads[table.TABLE], *rows[table.TABLE]]))


def test_forty_thousand_rows_of_people_are_read_in_a_few_seconds(folder: Path):
    big(folder, regions=2500)
    start = time.perf_counter()
    case = read(folder)
    assert len(case.people) == 40_000
    assert time.perf_counter() - start < 10  # about one second on an idle machine
    people = folder / "people.csv"
    people.write_text(people.read_text().replace("1.5", "1.5 mio"))
    start = time.perf_counter()
    with pytest.raises(InstanceError, match="40000 faults") as caught:
        read(folder)
    assert len(caught.value.faults) == 40_000
    assert time.perf_counter() - start < 10


amounts = st.floats(min_value=0, max_value=1e12)
words = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1).map(str.strip).filter(bool)
)
ids = st.lists(words, min_size=1, max_size=3, unique=True)


@settings(max_examples=25, deadline=None, phases=set(Phase) - {Phase.explain})
@given(regions=ids, groups=ids, money=st.tuples(amounts, amounts, amounts))
def test_any_small_case_survives_reading_and_writing(regions, groups, money, tmp_path_factory):
    """Names of any characters and amounts to the last bit; rows in any order."""
    eligible, opening, revenue = money
    tables = {
        "regions": [("region", "name"), *((r, r) for r in regions)],
        "groups": [("group", "name", "area"), *((g, g, "other") for g in groups)],
        "programmes": [("programme", "name"), ("p", "p")],
        "funds": [("fund", "name"), ("f", "f")],
        "schemes": [("programme", "group", "fund", "standard"), *(("p", g, "f", 1) for g in groups)],
        "people": [
            ("region", "group", "programme", "eligible", "covered", "benefit"),
            *((r, g, "p", eligible, 0, 0) for r in regions for g in groups),
        ],
        "accounts": [
            (
                "region",
                "fund",
                "opening",
                "base",
                "rate",
                "other_revenue",
                "other_spending",
                "locked",
                "accrual",
            ),
            *((r, "f", opening, 1, 1, -revenue, 0, 0, 0) for r in regions),
        ],
        "budgets": [
            [c.name for t in TABLES if t.TABLE == "budgets" for c in t.columns() if c.name != "year"],
            *((r, revenue, 0, 0, 1, 0, 0, 0) for r in regions),
        ],
    }
    folder = tmp_path_factory.mktemp("any")
    shutil.copy(bundled()["two-regions"] / "instance.toml", folder)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([rows[0], *reversed(rows[1:])])
    case = read(folder)
    assert case.regions["region"].tolist() == sorted(regions)
    assert set(case.people["eligible"]) == {eligible}
    assert set(case.accounts["other_revenue"]) == {-revenue}
    case.write(folder / "copy")
    assert read(folder / "copy") == case

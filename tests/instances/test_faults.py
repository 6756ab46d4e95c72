"""Faulty input: everything is told at once, exactly where it is, once per cause, with a remedy."""

from pathlib import Path

import pytest

from commonweal.instances import Fault, InstanceError, read


def faults(folder: Path) -> list[Fault]:
    with pytest.raises(InstanceError) as caught:
        read(folder)
    return caught.value.faults


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_twelve_faults_in_nine_files_are_told_in_one_reading_and_nothing_else(folder: Path):
    edit(folder, "instance.toml", "[2024]", "[2024, 2025]")
    edit(folder, "instance.toml", "money = 1e6", "money = 0")  # 1 impossible unit
    edit(folder, "schemes.csv", "standard", "name")
    lines = (folder / "schemes.csv").read_text().splitlines()
    (folder / "schemes.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines))  # 2 missing column
    edit(folder, "people.csv", "rich,farmers", "rihc,farmers")  # 3 misspelt region
    edit(folder, "people.csv", "workers,pension,60", "workers,pension,-60")  # 4 negative persons
    edit(folder, "accounts.csv", "900,6000", '900,"6,000"')  # 5 text in a number
    edit(folder, "accounts.csv", "poor,farmers", "poor,workers,5,0,0,0,0,0,0\npoor,farmers")  # 6 duplicate key
    rows = ["region,year,own_revenue,spending,transfers,population,gdp,own_effort,donor_cap"]
    rows += [f"{key},1,1,1,400,1,0,0" for key in ("rich,2024", "rich,2025", "poor,2024")]  # 7 year gap
    (folder / "budgets.csv").write_text("\n".join(rows))
    edit(folder, "people.csv", "farmers,pension,150", "farmers,pensoin,150")  # 8 unknown programme
    edit(folder, "accounts.csv", "1500,0.02", "1500,")  # 9 blank cell
    totals = "table,column,where,total,tolerance\nbudgets,population,year=2024,801,0.001\n"
    (folder / "totals.csv").write_text(totals)  # 10 total that does not match: 800
    (folder / "groups.csv").write_bytes("group,name,area\nfarmers,Bäuerinnen,rural\n".encode("latin-1"))  # 11
    (folder / "funds.csv").write_bytes(b"")  # 12 empty file

    found = faults(folder)
    assert [(f.file, f.line, f.column, f.value) for f in found] == [
        ("instance.toml", 4 + 1, "money", "0"),
        ("groups.csv", 2, None, "byte 0xE4"),
        ("funds.csv", None, None, None),
        ("schemes.csv", 1, "standard", None),
        ("people.csv", 3, "region", "rihc"),
        ("people.csv", 4, "eligible", "-60"),
        ("people.csv", 5, "programme", "pensoin"),
        ("accounts.csv", 2, "base", "6,000"),
        ("accounts.csv", 5, "region, fund", "poor, workers"),
        ("accounts.csv", 6, "rate", ""),
        ("budgets.csv", 4, "year", "2024"),
        ("totals.csv", 2, "total", "801"),
    ]
    assert all(fault.expected and fault.remedy for fault in found)


# One fault each: file, what is replaced by what; then line, column, value and words of the sentence.
SINGLE = [
    ("people.csv", "eligible", "eligble", 1, "eligble", "eligble", "Rename it to 'eligible'"),
    ("people.csv", "rich,workers", "Rich Coast,workers", 2, "region", "Rich Coast", "write the id 'rich'"),
    ("people.csv", "150,120", "150,151", 5, "covered", "151", "at most eligible, 150"),
    ("people.csv", "60,60,9000", "60,0,9000", 4, "benefit", "9000", "0 where nobody is covered"),
    ("people.csv", "12000", "1.2e999", 2, "benefit", "1.2e999", "number"),
    ("people.csv", "12000", "nan", 2, "benefit", "nan", "bare number"),
    ("people.csv", "12000", "1_2000", 2, "benefit", "1_2000", "bare number"),
    ("people.csv", "12000", "１２", 2, "benefit", "１２", "bare number"),
    ("people.csv", "12000", '"12,000.5"', 2, "benefit", "12,000.5", "separators: 12000.5"),
    ("people.csv", "12000", '"12,5"', 2, "benefit", "12,5", "decimal point: 12.5"),
    ("people.csv", "100,12000", "100,12,000", 2, None, "7 cells", "thousands separators"),
    ("people.csv", ",12000", "", 2, None, "5 cells", "6 cells, as in the header"),
    ("people.csv", ",", ";", 1, None, "region;group;programme;eligible;covered;benefit", "commas"),
    ("people.csv", "rich,workers", '"rich,workers', 2, None, None, "Correct the quotes"),
    ("accounts.csv", "rich,workers", "rich,coast,workers", 2, None, "10 cells", "9 cells, as in the header"),
    ("regions.csv", "Rich Coast", "Rich, Coast", 2, None, "6 cells", "between double quotes"),
    ("regions.csv", "Rich Coast", '"Rich\nCoast"', 2, "name", "Rich\nCoast", "line break"),
    ("accounts.csv", "6000,0.2", "6000,20", 2, "rate", "20", "16 % is 0.16"),
    ("accounts.csv", "6000,0.2", "6000,20%", 2, "rate", "20%", "16 % is 0.16"),
    ("accounts.csv", "poor,farmers", "por,farmers", 5, "region", "por", "Did you mean 'poor'"),
    ("accounts.csv", "poor,farmers,18,1500,0.02,150,0,0,0", "", None, "region, fund", None, "poor, farmers"),
    ("budgets.csv", ",40000,", ",-40000,", 2, "gdp", "-40000", "at least 0"),
    ("schemes.csv", "pension,farmers,farmers,6000\n", "", None, "programme, group", None, "pension, farmers"),
    ("schemes.csv", "pension,farmers,farmers", "pension,farmers,farmer", 3, "fund", "farmer", "'farmers'"),
    ("schemes.csv", "farmers,6000", "farmers,0", 3, "standard", "0", "above 0"),
    ("groups.csv", "rural", "Rural", 3, "area", "Rural", "Did you mean 'rural'"),
    ("regions.csv", "hills,1", "hills,1.5", 3, "map_column", "1.5", "whole number"),
    ("growth.csv", ",prices", "rich,prices", 2, "region", None, "for poor"),
    ("growth.csv", "0.02", "2", 2, "rate", "2", "share"),
    ("growth.csv", "poor,ageing", ",ageing", 4, "series, region", "ageing, ", "line 3"),
    ("totals.csv", "people,eligible,group=farmers", "peple,eligible,", 2, "table", "peple", "'people'"),
    ("totals.csv", "accounts,base", "accounts,bases", 4, "column", "bases", "'base'"),
    ("totals.csv", "fund=workers", "fund=worker", 4, "where", "fund=worker", "'workers'"),
    ("totals.csv", "fund=workers", "fnd=workers", 4, "where", "fnd=workers", "'fund'"),
    ("totals.csv", "8500", "8400", 4, "total", "8400", "8500, the sum of accounts.base"),
    ("instance.toml", "persons =", "person =", 6, "person", "1000.0", "Rename it to 'persons'"),
    ("instance.toml", "persons =", "# ", None, "persons", None, "Add the setting"),
    ("instance.toml", "1e6", '"1e6"', 5, "money", "1e6", "valid number"),
    ("instance.toml", "[2024]", "[2024, 2026]", 8, "years", "[2024, 2026]", "consecutive"),
    ("instance.toml", "[2024]", "[2024", 9, None, None, "TOML"),
    ("scenario.toml", "[gaps.squared", "[gaps squared", 3, None, None, "TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "line", "column", "value", "words"), SINGLE)
def test_one_fault_is_told_once_where_it_is_with_its_remedy(folder, file, old, new, line, column, value, words):
    edit(folder, file, old, new)
    found = faults(folder)
    assert [(f.file, f.line, f.column, f.value) for f in found] == [(file, line, column, value)]
    assert words in str(found[0])


def test_a_missing_table_is_told_and_a_misnamed_one_recognised(folder: Path):
    (folder / "budgets.csv").unlink()
    (folder / "people.csv").rename(folder / "peoples.csv")
    (folder / "growth.csv").rename(folder / "grwth.csv")
    assert [(f.file, f.remedy) for f in faults(folder)] == [
        ("people.csv", "Rename 'peoples.csv'"),
        ("budgets.csv", "Add the file"),
        ("grwth.csv", "Rename it to 'growth.csv', or move it away"),
    ]


def test_a_column_that_stands_twice_and_one_without_a_name_are_told(folder: Path):
    (folder / "groups.csv").write_text("group,name,name,area,\nworkers,W,W,urban,x\nfarmers,F,F,rural,x\n")
    assert [(f.line, f.column, f.value) for f in faults(folder)] == [(1, "name", "name"), (1, None, "")]


def test_a_table_with_a_header_only_has_no_rows(folder: Path):
    (folder / "accounts.csv").write_text((folder / "accounts.csv").read_text().splitlines()[0])
    assert [(f.file, f.line, f.expected) for f in faults(folder)] == [("accounts.csv", 1, "rows below the header")]


def test_an_id_that_many_rows_misspell_is_told_once_with_their_number(folder: Path):
    edit(folder, "people.csv", "pension", "pensions")
    (found,) = faults(folder)
    assert (found.line, found.value) == (2, "pensions")
    assert "4 rows have this" in found.expected


def test_a_year_no_table_row_has_is_told_once(folder: Path):
    edit(folder, "instance.toml", "[2024]", "[2024, 2025]")
    rows = (folder / "people.csv").read_text().splitlines()
    (folder / "people.csv").write_text("\n".join([rows[0] + ",year", *(row + ",2024" for row in rows[1:])]))
    (found,) = faults(folder)
    assert (found.file, found.line, found.column) == ("people.csv", None, "year")
    assert "rows for 2025" in found.expected


def test_a_year_outside_the_data_is_told_once_and_leaves_no_gap(folder: Path):
    rows = (folder / "people.csv").read_text().splitlines()
    (folder / "people.csv").write_text("\n".join([rows[0] + ",year", *(row + ",2042" for row in rows[1:])]))
    (folder / "totals.csv").unlink()
    (found,) = faults(folder)
    assert (found.line, found.column, found.value) == (2, "year", "2042")


def test_a_group_paid_by_two_funds_is_told(folder: Path):
    edit(folder, "instance.toml", "[2024]", "[2024, 2025]")
    rows = ["pension,workers,workers,2024,1", "pension,workers,farmers,2025,1"]
    rows += [f"pension,farmers,farmers,{year},1" for year in (2024, 2025)]
    (folder / "schemes.csv").write_text("\n".join(["programme,group,fund,year,standard", *rows]))
    (found,) = faults(folder)
    assert (found.file, found.line, found.column, found.value) == ("schemes.csv", 3, "fund", "farmers")


def test_a_fault_reads_like_a_letter_and_the_error_ends_the_command_with_code_three(folder: Path):
    edit(folder, "people.csv", "100,100", "abc,100")
    with pytest.raises(InstanceError) as caught:
        read(folder)
    assert caught.value.exit_code == 3
    assert str(caught.value) == (
        "1 fault in the input:\n"
        "  people.csv, line 2, column eligible: found 'abc', expected a number that is at least 0 (persons). "
        "Write the bare number; where nothing applies, delete the row."
    )

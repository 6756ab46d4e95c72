"""A run on disk appears whole or not at all, and reads back as what was written."""

import json
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest

from commonweal import instances
from commonweal.optimizer import Plan, load_scenario, run_folder, solve
from commonweal.optimizer.atomic import whole
from commonweal.optimizer.dictionary import TABLES, units
from commonweal.optimizer.errors import InputError, UsageError

KEYS = [
    "status",
    "objective",
    "lower_bound",
    "relative_gap",
    "instance",
    "scenario",
    "units",
    "stages",
    "solver",
    "versions",
    "inputs",
    "started",
    "seconds",
    "machine",
]
OF_THE_MOMENT = ("started", "seconds", "machine", "processes")
PRODUCT_TABLES = (
    "benefits",
    "transfers",
    "pairs",
    "funds",
    "rates",
    "coverage",
    "gaps",
    "indicators",
    "rules",
)


def solved(source: str | Path = "two-regions") -> Plan:
    case = instances.read(source)
    return solve(case, load_scenario(case))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return solved()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file by its path; run.json without what belongs to the moment."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    info = json.loads(found["run.json"])
    found["run.json"] = json.dumps({k: v for k, v in info.items() if k not in OF_THE_MOMENT}).encode()
    return found


def test_a_run_folder_holds_inputs_scenario_run_json_tables_and_dictionary(plan: Plan, tmp_path: Path) -> None:
    folder = run_folder.write(plan, tmp_path / "run")
    files = {"inputs", "scenario.toml", "run.json", "dictionary.csv", *(f"{t}.csv" for t in PRODUCT_TABLES)}
    assert files <= {path.name for path in folder.iterdir()}
    info = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert set(KEYS) <= set(info)
    assert info["status"] == "optimal"
    assert info["units"]["money"] == "million crowns"
    assert info["inputs"] == {
        path.name: sha256(path.read_bytes()).hexdigest() for path in (folder / "inputs").iterdir()
    }


def test_the_inputs_of_a_run_are_the_instance_as_it_was_read(plan: Plan, tmp_path: Path) -> None:
    folder = run_folder.write(plan, tmp_path / "run")
    assert instances.read(folder / "inputs") == instances.read("two-regions")


def test_what_is_written_reads_back_exactly(plan: Plan, tmp_path: Path) -> None:
    run = run_folder.read(run_folder.write(plan, tmp_path / "run"))
    assert set(run.tables) == set(plan.tables)
    for name, table in run.tables.items():
        written = plan.tables[name]
        assert list(table) == list(written)
        for column in table:
            kind = TABLES[name][column].kind
            expected, found = written[column], table[column]
            if kind == "number":
                assert found.tolist() == pytest.approx(expected.astype(float).tolist(), rel=0, abs=0, nan_ok=True)
            else:
                assert found.isna().tolist() == expected.isna().tolist()
                assert found.dropna().tolist() == expected.dropna().tolist()
    assert load_scenario(replace(plan.instance, scenario=dict(run.scenario))) == plan.scenario


def test_the_same_plan_gives_the_same_bytes(plan: Plan, tmp_path: Path) -> None:
    first = run_folder.write(plan, tmp_path / "first")
    again = run_folder.write(solved(), tmp_path / "again")
    assert contents(first) == contents(again)


def test_files_are_utf_8_with_plain_line_ends_and_no_negative_zero(plan: Plan, tmp_path: Path) -> None:
    folder = run_folder.write(plan, tmp_path / "run")
    for path in folder.rglob("*.csv"):
        text = path.read_bytes().decode("utf-8")
        assert "\r" not in text
        assert text.endswith("\n")
        assert "-0.0" not in [cell for line in text.splitlines() for cell in line.split(",")]


def test_every_column_of_every_file_has_a_meaning_and_the_units_of_the_instance(plan: Plan, tmp_path: Path) -> None:
    folder = run_folder.write(plan, tmp_path / "run")
    words = pd.read_csv(folder / "dictionary.csv", dtype="str", keep_default_na=False)
    described = set(zip(words["table"], words["column"], strict=True))
    for path in [*folder.glob("*.csv"), *folder.glob("inputs/*.csv")]:
        table = str(path.relative_to(folder).with_suffix(""))
        if table != "dictionary":
            columns = path.read_text(encoding="utf-8").splitlines()[0].split(",")
            assert {(table, column) for column in columns} <= described
    assert (words["meaning"] != "").all()
    unit = words.set_index(["table", "column"])["unit"]
    assert unit["benefits", "benefit"] == "crowns per person and year"
    assert unit["funds", "opening"] == "million crowns"
    assert unit["benefits", "eligible"] == "thousand persons"
    assert unit["inputs/accounts", "base"] == "million crowns"


def test_a_column_without_words_is_refused_and_nothing_is_written(plan: Plan, tmp_path: Path) -> None:
    benefits = plan.tables["benefits"].assign(mood=1.0)
    strange = replace(plan, tables={**plan.tables, "benefits": benefits})
    with pytest.raises(KeyError, match="mood"):
        run_folder.write(strange, tmp_path / "deep" / "run")
    assert list(tmp_path.iterdir()) == []


def test_an_error_while_replacing_a_run_leaves_the_older_run_as_it_was(plan: Plan, tmp_path: Path) -> None:
    folder = run_folder.write(plan, tmp_path / "run")
    before = contents(folder)
    strange = replace(plan, tables={**plan.tables, "benefits": plan.tables["benefits"].assign(mood=1.0)})
    with pytest.raises(KeyError):
        run_folder.write(strange, folder)
    assert contents(folder) == before
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("older", [True, False])
def test_ctrl_c_while_writing_leaves_everything_as_it_was(tmp_path: Path, older: bool) -> None:
    target = tmp_path / "a" / "run"
    if older:
        target.mkdir(parents=True)
        (target / "kept.txt").write_text("kept")
    with pytest.raises(KeyboardInterrupt), whole(target, replace_folder=older) as fresh:
        fresh.mkdir()
        (fresh / "half.csv").write_text("half")
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.rglob("*")] == (["a", "run", "kept.txt"] if older else [])


def test_a_run_replaces_an_older_run_as_a_whole(plan: Plan, tmp_path: Path) -> None:
    folder = run_folder.write(plan, tmp_path / "run")
    (folder / "pairs.csv").unlink()
    run_folder.write(plan, folder)
    assert (folder / "pairs.csv").is_file()
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_that_is_not_a_run_is_never_replaced(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("years of work")
    with pytest.raises(UsageError, match="not a run folder"):
        run_folder.write(plan, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_a_run_folder_with_somebodys_notes_in_it_is_not_replaced(plan: Plan, tmp_path: Path) -> None:
    folder = run_folder.write(plan, tmp_path / "run")
    for name in ("notes.md", "inputs/notes.md"):
        (folder / name).write_text("mine")
        with pytest.raises(UsageError, match=r"notes\.md"):
            run_folder.write(plan, folder)
        assert (folder / name).read_text() == "mine"
        (folder / name).unlink()


def test_a_folder_with_only_hidden_files_is_not_taken_for_an_empty_one(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "run" / ".git").mkdir(parents=True)
    with pytest.raises(UsageError, match="not a run folder"):
        run_folder.write(plan, tmp_path / "run")
    assert (tmp_path / "run" / ".git").is_dir()


def test_a_file_in_the_place_of_the_folder_is_refused(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        run_folder.write(plan, tmp_path / "run")


def test_ids_that_look_like_numbers_or_missing_values_stay_text(tmp_path: Path) -> None:
    case = tmp_path / "case"
    shutil.copytree(instances.bundled()["two-regions"], case)
    ids = pd.read_csv(case / "regions.csv")["region"].tolist()
    for path in case.glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        for old, new in zip(ids, ("007", "NA"), strict=True):
            text = text.replace(f"{old},", f"{new},").replace(f"={old}", f"={new}")
        path.write_text(text, encoding="utf-8")
    run = run_folder.read(run_folder.write(solved(case), tmp_path / "run"))
    assert set(run.tables["benefits"]["region"]) == {"007", "NA"}


def test_a_folder_without_run_json_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no run\.json"):
        run_folder.read(tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        run_folder.read(tmp_path / "nowhere")


def test_a_damaged_table_is_told_with_its_file(plan: Plan, tmp_path: Path) -> None:
    folder = run_folder.write(plan, tmp_path / "run")
    path = folder / "transfers.csv"
    path.write_text(path.read_text().replace("central", "zentral"))
    with pytest.raises(InputError, match=r"transfers\.csv.*zentral"):
        run_folder.read(folder)


@pytest.mark.parametrize(
    ("money", "persons", "words"),
    [
        (1e9, 1e6, ("bn yuan", "million persons")),
        (1e8, 1e4, ("100 million yuan", "10 thousand persons")),
        (1.0, 1.0, ("yuan", "persons")),
    ],
)
def test_unit_words_follow_the_scale_that_the_instance_declares(
    money: float, persons: float, words: tuple[str, str]
) -> None:
    case = instances.read("two-regions")
    meta = case.meta.model_copy(update={"currency": "yuan", "currency_plural": "", "money": money, "persons": persons})
    found = units(replace(case, meta=meta))
    assert (found.money, found.persons) == words

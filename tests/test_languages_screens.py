"""In Chinese nothing on a screen or in a workbook is left in English, but for ids, names of files, and commands."""

import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from chinese import WORD, english, ids
from click.testing import CliRunner
from rich.cells import cell_len

from commonweal import instances
from commonweal.cli import main

WIDTH = 80
CASE = '[[case]]\nname = "{name}"\ninstance = "two-regions"\nset = {{ "levers.floors.share" = {share} }}\n'
CASES = ("two-regions", "china-2024")


@pytest.fixture(scope="module")
def known() -> set[str]:
    return ids()


MISSPELT = ("regoin", "mony", "min_grwoth")  # quoted as they stand in the files of a case


def said(*arguments: str) -> str:
    """What a command prints in Chinese, on standard output and error."""
    done = CliRunner().invoke(main, ["--lang", "zh", *arguments], env={"COLUMNS": str(WIDTH)})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output


@pytest.fixture(scope="module", params=CASES)
def solved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run of the case, solved in Chinese, and the screen."""
    folder = tmp_path_factory.mktemp("zh") / "run"
    return folder, said("solve", request.param, "-v", "-o", str(folder))


def screens(run: Path, case: str, tmp: Path) -> Iterator[tuple[str, str]]:
    """Each command and its screen, after a plan of the case."""
    yield "verify", said("verify", str(run))
    yield "explain", said("explain", str(run))
    yield "validate", said("validate", case)
    yield "compare", said("compare", str(run), "--with", "all")
    yield "export", said("export", str(run), "--format", "xlsx,csv,json", "-o", str(tmp / "out"))
    region = instances.read(case).regions["region"].iloc[0]
    yield "explain region", said("explain", str(run), "--region", region)
    if case == "two-regions":
        yield "report", said("report", str(run), "-o", str(tmp / "run.html"))
        yield "report curve", said("report", str(tmp / "none"))


def searches(tmp: Path) -> Iterator[tuple[str, str]]:
    """Each search of the small case, with what it tells of its progress; and what users get wrong."""
    case, changes = "two-regions", "levers.floors.share=0.9"
    yield "frontier", said("frontier", case, "-v", "--points", "3", "--no-plans", "-o", str(tmp / "frontier"))
    yield "exact", said("frontier", case, "-v", "--exact", "0.5x..2x", "--no-plans", "-o", str(tmp / "exact"))
    yield "near-optimal", said("near-optimal", case, "-v", "--plans", "0", "-o", str(tmp / "near"))
    yield "diagnose", said("diagnose", case, "-v", "--set", changes)
    yield "no plan", said("solve", case, "--set", changes, "-o", str(tmp / "none"))
    yield "leximin", said("solve", case, "-v", "--gap", "leximin", "-o", str(tmp / "leximin"))
    yield "decompose", said("solve", case, "-v", "--set", "search.name=decompose", "-o", str(tmp / "parts"))
    yield (
        "outlooks",
        said("outlooks", "five-provinces", "-v", "--scenario", "ups-and-downs", "-o", str(tmp / "outlooks")),
    )
    settings = tmp / "batch.toml"
    settings.write_text("".join(CASE.format(name=name, share=share) for name, share in (("low", 0.1), ("high", 0.95))))
    yield "batch", said("batch", str(settings), "-v", "-o", str(tmp / "batch"))
    yield "batch again", said("batch", str(settings), "-o", str(tmp / "batch"))
    settings.write_text("[grid]\nbudgets = 3\n")
    yield "faulty batch", said("batch", str(settings), "-o", str(tmp / "faulty-batch"))
    yield "new", said("new", str(tmp / "mine"))
    yield "new workbook", said("new", str(tmp / "book"), "--excel")
    yield "empty workbook", said("validate", str(tmp / "book.xlsx"))
    yield "empty case", said("validate", str(tmp / "mine"))
    yield "copy", said("new", str(tmp / "copy"), "--from", case)
    for name, old, new in (
        ("people.csv", "12000", "9%"),
        ("regions.csv", "region", MISSPELT[0]),
        ("instance.toml", "money = ", f"{MISSPELT[1]} = "),
        ("scenario.toml", "min_growth", MISSPELT[2]),
    ):
        text = (tmp / "copy" / name).read_text(encoding="utf-8")
        assert old in text, name
        (tmp / "copy" / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    yield "faults", said("validate", str(tmp / "copy"))


FAULT = re.compile("，第 [0-9]+ 行，")  # a fault of the input is one line, however long


def told(text: str, known: set[str], *places: Path) -> list[str]:
    """Lines with words that are English, and lines that are too long for the terminal, which breaks errors itself."""
    for place in places:
        text = text.replace(str(place), "")
    lines = text.splitlines()
    errors = any(line.startswith("错误") for line in lines)
    wide = [one for one in lines if cell_len(one) > WIDTH and not (errors or FAULT.search(one))]
    return [*(line for line in lines if english(line, known)), *wide]


def test_screens_are_chinese_and_fit_the_terminal(solved: tuple[Path, str], known: set[str], tmp_path: Path) -> None:
    run, screen = solved
    case = next(case for case in CASES if f'"{case}"' in (run / "run.json").read_text(encoding="utf-8"))
    found = {
        name: told(text, known, run, tmp_path) for name, text in [("solve", screen), *screens(run, case, tmp_path)]
    }
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_searches_their_progress_and_faults_are_told_in_chinese(known: set[str], tmp_path: Path) -> None:
    words = known | set(MISSPELT)
    found = {name: (text, told(text, words, tmp_path)) for name, text in searches(tmp_path)}
    assert {name: lines for name, (_, lines) in found.items() if lines} == {}
    assert all(re.search("[\u4e00-\u9fff]", text) for text, _ in found.values())


@pytest.mark.parametrize("kind", ["instances", "levers", "gaps", "scenarios", "exports"])
def test_lists_are_chinese(kind: str, known: set[str]) -> None:
    text = said("list", kind)
    assert english(text, known) == set()


@pytest.mark.parametrize("command", ["", *main.commands])
def test_help_is_chinese(command: str, known: set[str]) -> None:
    text = said(*([command] if command else []), "--help")
    assert "用法：" in text
    sentences = [line for line in text.splitlines() if re.search(r"[a-z]+ [a-z]+ [a-z]+ [a-z]+ ", line)]
    assert [line for line in sentences if "commonweal" not in line] == []


def test_a_run_folder_is_the_same_in_every_language(solved: tuple[Path, str], tmp_path: Path) -> None:
    run, _ = solved
    case = "china-2024" if "china-2024" in (run / "run.json").read_text(encoding="utf-8") else "two-regions"
    CliRunner().invoke(main, ["solve", case, "-q", "-o", str(tmp_path / "run")])
    for path in sorted(run.glob("*.csv")):
        assert path.read_bytes() == (tmp_path / "run" / path.name).read_bytes(), path.name


def test_ids_of_levers_rules_gaps_and_sides_have_names_beside_them(solved: tuple[Path, str], tmp_path: Path) -> None:
    run, _ = solved
    said("export", str(run), "-o", str(tmp_path / "plan.xlsx"))
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    for table, ids_ in (("规则", ("政策工具", "规则")), ("差距指标", ("差距",)), ("各差距指标", ("指标",))):
        heads = [cell.value for cell in book[table][1]]
        for column in ids_:
            assert heads[heads.index(column) + 1].startswith(column), heads
            names = {row[heads.index(column) + 1] for row in book[table].iter_rows(min_row=3, values_only=True)}
            assert all(re.search("[一-鿿]", str(name)) for name in names), names
    sides = {row[1].value for row in book["再分配"].iter_rows(min_row=3)}
    assert not [side for side in sides if side and not re.search("[一-鿿]", side)]
    assert book["规则"]["A1"].font.name == "Microsoft YaHei"  # has both scripts: Excel mixes no second font in


def test_every_cell_of_the_workbook_is_chinese(solved: tuple[Path, str], known: set[str], tmp_path: Path) -> None:
    run, _ = solved
    known |= {
        word for table in ("rules", "decisions") for word in WORD.findall((run / f"{table}.csv").read_text("utf-8"))
    }
    said("export", str(run), "-o", str(tmp_path / "plan.xlsx"))
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    for sheet in book:
        assert english(sheet.title, set()) == set()
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            texts = [cell.value, cell.comment.text if cell.comment else None]
            for text in (text for text in texts if isinstance(text, str) and not text.startswith("=")):
                assert english(text, known) == set(), f"{sheet.title} {cell.coordinate}: {text}"

"""In Chinese nothing on a screen or in a workbook is left in English, but for ids, names of files, and commands."""

import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from commonweal import instances
from commonweal.cli import main
from commonweal.instances.rows import TABLES
from commonweal.models import parts
from commonweal.optimizer import dictionary, exports, scenario
from commonweal.optimizer.indicators import INDICATORS
from commonweal.optimizer.screens import list as listing

WIDTH = 80
CASES = ("two-regions", "china-2024")
COMMANDS = re.compile(r"commonweal( [a-z-]+)?( [\w./<>-]+)?|--[\w-]+( [A-Z]\w*| xlsx)?|`[^`]*`|\[[^\]]*\]|\([a-z_]+\)")
FILES = re.compile(r"[\w./<>=-]*\.(csv|toml|json|xlsx|md)\b|/[\w./-]+")
SETTINGS = re.compile(r"[a-z_*<>]+(\.[\w*<>]+)+( = [^\n]*)?|\w+=[\w.*-]+")
WORD = re.compile(r"[A-Za-z][A-Za-z_-]*[A-Za-z]")
UNITS = {"GE", "HiGHS", "CSV", "JSON", "Excel", "TOML", "zip"}
"""Words of the trade and of files, alike in both languages."""
VALUES = {
    "choose",
    "free",
    "neutral",
    "hard",
    "soft",
    "today",
    "year",
    "standard",
    "mean",
    "persons",
    "regions",
    "equal",
}
"""What settings may be."""


def ids() -> set[str]:
    """Whatever names a thing to the program: ids of cases, tables, columns, levers, gaps, settings, formats."""
    found = {
        "total",
        *(entry["name"] for entry in listing.entries("instances")["instances"]),
        *parts.levers(),
        *parts.gaps(),
        *INDICATORS,
        *scenario.bundled(),
        *exports.names(),
        *UNITS,
        *VALUES,
        *dictionary.NAMES,
    }
    for table in TABLES:
        found |= {table.TABLE, *table.model_fields}
    for table_name, columns in dictionary.TABLES.items():
        found |= {table_name, *columns}
    for part in (*parts.levers().values(), *parts.gaps().values()):
        found |= set(part.module.Settings.model_fields)
    for name in instances.bundled():
        case = instances.read(name)
        found |= {
            name,
            *(key for kind in ("region", "group", "programme", "fund") for key in getattr(case, f"{kind}s")[kind]),
        }
        found |= set(case.regions["belt"])
    for entry in (entry for kind in ("levers", "gaps") for entry in listing.entries(kind)[kind]):
        found |= {
            word
            for setting in entry["settings"]
            for word in WORD.findall(setting["setting"] + " " + setting["default"])
        }
    return found | {word for name in found for word in WORD.findall(name)}


@pytest.fixture(scope="module")
def known() -> set[str]:
    return ids()


def english(text: str, known: set[str]) -> set[str]:
    """The Latin words of `text` that are nobody's id."""
    for pattern in (COMMANDS, FILES, SETTINGS):
        text = pattern.sub(" ", text)
    return {word for word in WORD.findall(text) if word not in known}


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
    """Each command and its screen."""
    yield "verify", said("verify", str(run))
    yield "explain", said("explain", str(run))
    yield "validate", said("validate", case)
    yield "compare", said("compare", str(run), "--with", "all")
    region = instances.read(case).regions["region"].iloc[0]
    yield "explain region", said("explain", str(run), "--region", region)
    if case == "two-regions":
        yield "frontier", said("frontier", case, "--points", "3", "--no-plans", "-o", str(tmp / "frontier"))
        yield "near-optimal", said("near-optimal", case, "--plans", "0", "-o", str(tmp / "near"))
        yield "diagnose", said("diagnose", case, "--set", "levers.floors.share=0.9")


def test_screens_are_chinese_and_fit_the_terminal(solved: tuple[Path, str], known: set[str], tmp_path: Path) -> None:
    run, screen = solved
    case = next(case for case in CASES if f'"{case}"' in (run / "run.json").read_text(encoding="utf-8"))
    for command, text in [("solve", screen), *screens(run, case, tmp_path)]:
        text = text.replace(str(run), "").replace(str(tmp_path), "")
        assert (command, english(text, known)) == (command, set())
        assert [line for line in text.splitlines() if cell_len(line) > WIDTH] == [], command


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

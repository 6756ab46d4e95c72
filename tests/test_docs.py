"""What the documents say is true: their commands and Python run and print what is shown, and nothing is left undocumented.

In a page, `sh` blocks are command lines (`# ends with exit code 4` where that is meant), `python` blocks share their
names, and a `text` block after either shows lines that must be printed in this order; a line `[...]` stands for any. A block
with a title is a file to write; with "add to" its lines are appended; "sheet NAME of FILE" puts its rows into a workbook, in
place of those there, or each setting beside its name. Each page has an empty folder of its own.
"""

import csv
import io
import itertools
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import openpyxl
import pytest
from click.testing import CliRunner

from catalogues import catalogue
from commonweal.cli import main
from commonweal.instances import bundled as bundled_cases
from commonweal.instances import rows
from commonweal.language import speaking
from commonweal.models import parts
from commonweal.optimizer import dictionary, scenario
from commonweal.optimizer.screens.list import entries
from docs import commands
from docs.reference import pages

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHEET = re.compile(r"sheet (\w+) of (\S+)")
WRITTEN = sorted(path for path in (ROOT / "docs").rglob("*.md"))
SHOWN = ("sh", "python")
PARTS = {"levers": parts.levers(), "gaps": parts.gaps()}


@dataclass(frozen=True)
class Block:
    kind: str
    title: str
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(*found) for found in BLOCK.findall(page.read_text(encoding="utf-8"))]


RUN = [page for page in WRITTEN if any(block.kind in SHOWN for block in blocks(page))]


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_what_a_page_shows_is_what_happens(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {"COLUMNS": "88", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    names: dict[str, Any] = {}
    printed = ""
    for block in blocks(page):
        if filled := SHEET.fullmatch(block.title):
            fill(Path(filled[2]), filled[1], list(csv.reader(io.StringIO(block.text))))
        elif block.title:
            file = Path(block.title.removeprefix("add to "))
            old = file.read_text(encoding="utf-8") if block.title.startswith("add to ") else ""
            file.write_text(old + block.text, encoding="utf-8")
        elif block.kind == "sh":
            printed = "".join(ran(line) for line in block.text.splitlines())
        elif block.kind == "python":
            out = io.StringIO()
            with speaking(), redirect_stdout(out):
                exec(compile(block.text, page.name, "exec"), names)
            printed = out.getvalue()
        elif block.kind == "text":
            missing = not_printed(block.text, printed)
            assert missing is None, f"{page.name} shows {missing!r}, which is not printed here:\n{printed}"


def fill(path: Path, name: str, rows: list[list[str]]) -> None:
    """Put rows below their titles as somebody would who types them into a spreadsheet."""
    book = openpyxl.load_workbook(path)
    sheet, (head, *lines) = book[name], rows
    titles = [cell.value for cell in sheet[1]]
    assert head == titles[: len(head)], f"{name}: rows that are pasted would go into other columns"
    if titles[0] == "setting":
        known = [cell.value for cell in sheet["A"]]
        places = [known.index(line[0]) + 1 if line[0] in known else None for line in lines]
        free = itertools.count(max(k for k, value in enumerate(known, start=1) if value) + 1)
        places = [next(free) if place is None else place for place in places]
    else:
        sheet.delete_rows(3, sheet.max_row)
        places = list(range(3, 3 + len(lines)))
    for place, line in zip(places, lines, strict=True):
        for title, text in zip(head, line, strict=True):
            sheet.cell(place, titles.index(title) + 1).value = typed(text)
    book.save(path)


def typed(text: str) -> str | float | None:
    """What a spreadsheet makes of what is typed."""
    try:
        return float(text)
    except ValueError:
        return text or None


def ran(line: str) -> str:
    """What a command line prints; only commonweal is run, `make` and the shell's own words are not."""
    words = shlex.split(line, comments=True)
    if not words or words[0] != "commonweal":
        assert not words or words[0] in {"make", "."}, f"nobody runs: {line}"
        return ""
    code = re.search(r"# ends with exit code (\d)", line)
    done = CliRunner().invoke(main, words[1:])
    assert done.exit_code == int(code[1] if code else 0), f"{line}\n{done.output}"
    return done.output


def not_printed(shown: str, printed: str) -> str | None:
    """The first shown line that does not come after those before it; spaces count once, a beginning is enough."""
    lines = (" ".join(line.split()) for line in printed.splitlines())
    for line in shown.splitlines():
        wanted = " ".join(line.split())
        if wanted != "[...]" and not any(found.startswith(wanted) for found in lines):
            return line
    return None


# -- nothing is left out ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", dict(commands.commands()))
def test_a_command_tells_what_it_does_with_what_and_shows_an_example(name: str) -> None:
    command = dict(commands.commands())[name]
    assert command.help
    silent = [option.name for option in commands.options(command) if not option.help]
    assert silent == [], f"options of {name} without help"
    context = click.Context(command)
    given = [p.make_metavar(context).strip("[].").split()[0] for p in command.params if isinstance(p, click.Argument)]
    told = command.help + commands.HEAD
    assert [word for word in given if "|" not in word and word not in told] == [], "arguments nobody speaks of"
    assert commands.examples(command) != []


@pytest.mark.parametrize("name", dict(commands.commands()))
def test_the_examples_of_a_command_are_lines_it_accepts(name: str) -> None:
    for line in commands.examples(dict(commands.commands())[name]):
        first, *words = shlex.split(line)[1:]
        with speaking():
            dict(commands.commands())[first].make_context(first, words)


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, found in PARTS.items() for name in found])
def test_a_lever_or_gap_tells_its_rule_its_source_and_every_setting(kind: str, name: str) -> None:
    doc = PARTS[kind][name].module.__doc__
    assert "Source: " in doc
    assert "\n    " in doc, "no formula"
    told = next(entry for entry in entries(kind)[kind] if entry["name"] == name)
    assert [row["setting"] for row in told["settings"] if not row["meaning"]] == []


@pytest.mark.parametrize("name", scenario.bundled())
def test_a_bundled_scenario_has_a_title_and_begins_with_what_it_is_for(name: str) -> None:
    told = next(entry for entry in entries("scenarios")["scenarios"] if entry["name"] == name)
    assert told["summary"]
    assert scenario.bundled()[name].read_text(encoding="utf-8").startswith("# ")


def test_every_column_that_is_read_or_written_has_a_meaning() -> None:
    read = {f"{table.TABLE}.{c.name}": c.description for table in rows.TABLES for c in table.columns()}
    meta = {f"instance.{name}": field.description for name, field in rows.Meta.model_fields.items()}
    written = {
        f"{table}.{name}": c.meaning for table, columns in dictionary.TABLES.items() for name, c in columns.items()
    }
    assert [name for name, meaning in (read | meta | written).items() if not meaning] == []


def test_every_bundled_case_says_what_it_is() -> None:
    assert [name for name, folder in bundled_cases().items() if not (folder / "README.md").is_file()] == []


def test_the_reference_has_a_heading_for_everything_there_is() -> None:
    made = pages()
    wanted = {
        "commands": [name for name, _ in commands.commands()],
        "levers": list(PARTS["levers"]),
        "gaps": list(PARTS["gaps"]),
        "scenarios": list(scenario.bundled()),
        "input": [f"{table.TABLE}.csv" for table in rows.TABLES],
        "run-folder": [f"{table}.csv" for table in dictionary.TABLES],
    }
    for page, names in wanted.items():
        assert set(names) <= set(re.findall(r"^## (.+)$", made[f"reference/{page}.md"], re.MULTILINE))


# -- the glossary -----------------------------------------------------------------------------------------------------


def test_every_name_the_glossary_says_is_in_the_program_is_there() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    last = [line.split("|")[4] for line in text.splitlines() if line.startswith("| ")]
    named = {word for cell in last for word in re.findall(r"`([^`]+)`", cell)}
    assert sorted(named - known()) == []


def test_the_glossary_and_the_catalogue_say_the_same_words() -> None:
    """A row of the glossary that stands for something in the program has a word that the program speaks."""
    said = "\n".join(str(part) for message in catalogue.read("zh") for part in (message.id, message.string))
    cases = "\n".join(
        path.read_text(encoding="utf-8") for folder in bundled_cases().values() for path in folder.glob("*.csv")
    )
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows_ = [[cell.strip() for cell in line.split("|")[1:5]] for line in text.splitlines() if line.startswith("| ")]
    words = {row[0]: re.split("[；、（）()—]", row[1]) for row in rows_ if row[3].startswith("`")}
    assert len(words) > 50
    unspoken = {one: chinese for one, chinese in words.items() if not any(w and w in said + cases for w in chinese)}
    assert unspoken == {}


def known() -> set[str]:
    """Names of tables, columns, levers, gaps, scenarios, settings and commands, and the ids of the bundled cases."""
    return set(_names()) | {"compare --with", "scenario.toml", "levers", "soft", "centre", "list levers", "runs/..."}


def _names() -> Iterator[str]:
    yield from (name for name, _ in commands.commands())
    yield from scenario.bundled()
    for kind, found in PARTS.items():
        yield from found
        yield from (row["setting"].split(".")[-1] for entry in entries(kind)[kind] for row in entry["settings"])
    for table in rows.TABLES:
        yield f"{table.TABLE}.csv"
        yield from (column.name for column in table.columns())
    for name, columns in dictionary.TABLES.items():
        yield from (f"{name}.csv", *columns)
    yield from ("status",)  # of run.json
    for folder in bundled_cases().values():
        for table_ in ("funds", "programmes", "groups"):
            lines = (folder / f"{table_}.csv").read_text(encoding="utf-8").splitlines()[1:]
            yield from (line.split(",")[0] for line in lines)

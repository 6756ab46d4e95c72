"""What README.md says is true: its commands run, its screen is the current one, its Python works, its links lead somewhere."""

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from commonweal.cli import main
from docs import picture
from docs.reference import pages
from docs.screen import current, shown

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(language: str) -> list[str]:
    """Code blocks of the README in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def commands() -> list[list[str]]:
    """Every line of the shell blocks as words, in order, without comments."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [words for words in (shlex.split(line, comments=True) for line in lines) if words]


def test_every_commonweal_command_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ours = [words[1:] for words in commands() if words[0] == "commonweal"]
    assert {words[0] for words in ours} >= {"solve", "verify", "new", "validate", "export", "list"}
    for words in ours:
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, f"commonweal {shlex.join(words)}\n{done.output}"


def test_every_make_target_of_the_readme_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = [words[1] for words in commands() if words[0] == "make"]
    assert targets[:2] == ["demo", "test"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_nothing_but_make_and_commonweal_is_asked_of_the_reader() -> None:
    assert {words[0] for words in commands()} == {"make", "commonweal"}


def test_the_screen_in_the_readme_is_what_the_command_prints_now() -> None:
    assert current() == shown(), "run `python docs/screen.py`"


def test_the_picture_in_the_readme_is_that_of_the_plan_as_it_is_found_now(tmp_path: Path) -> None:
    assert picture.headline(picture.planned(tmp_path)) == picture.shown(), "run `python docs/picture.py`"
    assert picture.PICTURE.read_bytes()[8:12] == b"WEBP"
    assert picture.PICTURE.stat().st_size < 150_000, "it is read on slow lines too"


def test_the_python_of_the_readme_works(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = blocks("python")
    exec(compile(block, "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("optimal 0.0525")


def test_the_table_of_commands_names_every_command() -> None:
    assert isinstance(main, click.Group)
    rows = [line.split("|")[1] for line in TEXT.splitlines() if line.startswith("| `commonweal ")]
    named = {word.removeprefix("commonweal ") for row in rows for word in re.findall(r"`([^`]+)`", row)}
    assert named == set(main.commands)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(document: Path) -> None:
    words = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", words)
    made = {ROOT / "docs" / page for page in pages()}  # on the site alone
    found = [(document.parent / link).resolve() for link in links]
    assert [path for path in found if not (path.exists() or path in made)] == []

"""What README shows is what commonweal does: its commands and its Python run, its screen is the real one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
COMMONWEAL = str(Path(sys.executable).with_name("commonweal"))
COMMANDS = re.findall(r"^    (commonweal [^#\n]+)", README, flags=re.MULTILINE)
SCREEN = re.search(r"```text\n(.*?)```", README, flags=re.DOTALL)
PYTHON = re.search(r"```python\n(.*?)```", README, flags=re.DOTALL)


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """A command in `folder`, its output as text for 80 columns."""
    environment = {**os.environ, "COLUMNS": "80", "PYTHONUTF8": "1"}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_every_command_in_the_readme_runs_in_its_order(tmp_path: Path) -> None:
    assert len(COMMANDS) >= 7
    for command in COMMANDS:
        done = run([COMMONWEAL, *command.split()[1:]], tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert done.stdout, f"{command} printed nothing"


def test_the_screen_in_the_readme_is_the_one_that_is_printed(tmp_path: Path) -> None:
    assert SCREEN is not None
    done = run([COMMONWEAL, "solve", "china-2024", "-o", "runs/china-2024"], tmp_path)
    shown = [line.rstrip() for line in SCREEN.group(1).splitlines()]
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    assert printed[: len(shown)] == shown


def test_the_python_in_the_readme_prints_an_optimal_plan(tmp_path: Path) -> None:
    assert PYTHON is not None
    done = run([sys.executable, "-c", PYTHON.group(1)], tmp_path)
    assert done.stdout.startswith("optimal 0.0525547"), done.stderr


@pytest.mark.parametrize("link", re.findall(r"\]\((docs/[^)]+)\)", README))
def test_what_the_readme_links_to_is_there(link: str) -> None:
    assert (Path(__file__).parents[1] / link).exists()

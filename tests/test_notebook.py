"""The Python tutorial as a notebook is its page, and runs from top to bottom in a kernel of its own."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from docs.notebook import NOTEBOOK, current


def test_the_notebook_is_what_its_page_says() -> None:
    assert NOTEBOOK.read_text(encoding="utf-8") == current(), "run `python docs/notebook.py`"


def test_the_notebook_runs_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = Path(__file__).resolve().parents[1] / ".venv" / "bin"
    monkeypatch.setenv("PATH", os.pathsep.join([str(scripts), os.environ["PATH"]]))
    book = nbformat.reads(current(), as_version=4)
    nbformat.validate(book)
    NotebookClient(book, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    printed = "".join(out.get("text", "") for cell in book.cells for out in cell.get("outputs", []))
    assert "optimal 0.0694 True" in printed
    assert "4 faults, the first in covered" in printed
    assert (tmp_path / "curve.svg").stat().st_size > 1000
    assert (tmp_path / "runs" / "from-a-notebook.xlsx").is_file(), "its command lines run too"

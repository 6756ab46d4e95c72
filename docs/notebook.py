"""The Python tutorial as a notebook, made from its page so that the two cannot differ, and kept without outputs.

python docs/notebook.py    writes docs/tutorial-python.ipynb; a test compares the two, and runs it from top to bottom
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("tutorial-python.md")
NOTEBOOK = PAGE.with_suffix(".ipynb")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n?", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:)[^)]+\)")
PAGE_ALONE = re.compile(r"<!-- page -->.*?<!-- end -->\n*", re.DOTALL)


def current() -> str:
    """The notebook of the page as it is now: words and code in turn; what a cell prints is left for it to print."""
    cells = [
        {"cell_type": kind, "id": f"cell-{k:02d}", "metadata": {}, "source": text.splitlines(keepends=True)}
        | ({"execution_count": None, "outputs": []} if kind == "code" else {})
        for k, (kind, text) in enumerate(_cells(PAGE_ALONE.sub("", PAGE.read_text(encoding="utf-8"))))
    ]
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book: dict[str, Any] = {"cells": cells, "metadata": {"kernelspec": python}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def _cells(page: str) -> Iterator[tuple[str, str]]:
    """(markdown or code, text). Command lines are run by the shell of the notebook; links stay behind as words."""
    end = 0
    for found in BLOCK.finditer(page):
        if words := LINK.sub(r"\1", page[end : found.start()]).strip():
            yield "markdown", words
        kind, text = found.groups()
        if kind == "python":
            yield "code", text.rstrip()
        elif kind == "sh":
            yield "code", "\n".join(f"!{line}" for line in text.splitlines())
        end = found.end()
    if words := LINK.sub(r"\1", page[end:]).strip():
        yield "markdown", words


if __name__ == "__main__":
    NOTEBOOK.write_text(current(), encoding="utf-8")

"""Texts of the code that look like words for people and that no catalogue knows: what somebody forgot to mark.

Two words in a row make a text; a sentence that stands for a reader of the code alone is let through: docstrings, what
Pyomo is told of its components (`doc`), and settings' descriptions (those that are shown are in the registers of `texts`).
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

WORDS = re.compile(r"[A-Za-z]{2,}[,:;.]? ([a-z]{2,}|\{\})")
LOOKED_UP = {"_", "mark", "plural"}
FOR_THE_CODE = {"doc", "description"}


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of every text of two words or more in a Python file that is neither looked up nor marked."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from _texts(tree, _docstrings(tree))


def _texts(node: ast.AST, skipped: set[int]) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Call) and _name(node.func) in LOOKED_UP:
        return
    if isinstance(node, ast.keyword) and node.arg in FOR_THE_CODE:
        return
    if isinstance(node, ast.Constant | ast.JoinedStr):
        text = _text(node)
        if id(node) not in skipped and WORDS.search(text):
            yield node.lineno, text
        return
    for child in ast.iter_child_nodes(node):
        yield from _texts(child, skipped)


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    """A text as it stands, {} in the places of an f-string."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _docstrings(tree: ast.AST) -> set[int]:
    """Texts that are a statement of their own."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}

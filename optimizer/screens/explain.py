"""The screen of `commonweal explain`: sentences."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from commonweal.optimizer.explain_words import Sentence


def show_sentences(screen: Console, found: Sequence[Sentence]) -> None:
    """One paragraph each."""
    for sentence in found:
        screen.print(Text(f"- {sentence.text}"))


def document(found: Sequence[Sentence]) -> dict[str, Any]:
    """What --json prints: each sentence with the table, row and column of every number in it."""
    return {"sentences": [asdict(sentence) for sentence in found]}

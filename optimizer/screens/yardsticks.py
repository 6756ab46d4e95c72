"""The screen of `commonweal compare --with`: each run against simple rules with the same money."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from commonweal.optimizer import yardsticks
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.screens.console import draw
from commonweal.optimizer.simple_rules import MoneyEquivalent

Found = Mapping[str, tuple[Run, Mapping[str, MoneyEquivalent]]]
"""Name of a run -> the run, and its plan held against each rule."""


def show(screen: Console, found: Found) -> None:
    """Print one table for each run."""
    for name, (run, against) in found.items():
        if len(found) > 1:
            screen.print()
            screen.print(Text(name, style="bold underline"))
        draw(screen, yardsticks.block(run, against))


def document(found: Found) -> dict[str, Any]:
    """What --json prints: {run: {rule: numbers}}, money in the unit of the instance."""
    return {
        name: {rule: {**asdict(one), "share": one.share} for rule, one in against.items()}
        for name, (_, against) in found.items()
    }

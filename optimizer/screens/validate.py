"""The screen of `commonweal validate` for a sound instance; faults are told by InstanceError itself."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from commonweal.instances import Instance, InstanceError
from commonweal.optimizer.blocks import Block, Head
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.screens.console import draw

COUNTED = (
    "regions",
    "groups",
    "programmes",
    "funds",
    "schemes",
    "people",
    "accounts",
    "budgets",
    "growth",
    "totals",
)


def show(screen: Console, instance: Instance) -> None:
    """Say that the input is sound, and how much of it there is."""
    years = f"{instance.years[0]}-{instance.years[-1]}" if len(instance.years) > 1 else f"{instance.years[0]}"
    words = units(instance)
    screen.print(Text(f"{instance.meta.title}: no fault found.", style="bold green"))
    screen.print(Text(f"Years {years}; money in {words.money}, {words.persons}, benefits in {words.benefit}."))
    rows = tuple((f"{table}.csv", len(getattr(instance, table))) for table in COUNTED)
    draw(screen, Block("Rows read", (Head("table"), Head("rows", "number")), rows))


def document(instance: Instance) -> dict[str, Any]:
    """What --json prints for a sound instance."""
    rows = {table: len(getattr(instance, table)) for table in COUNTED}
    return {"instance": instance.meta.name, "faults": [], "rows": rows}


def faults(error: InstanceError) -> dict[str, Any]:
    """What --json prints otherwise: every fault, part by part and as a sentence."""
    return {"faults": [{**asdict(fault), "message": str(fault)} for fault in error.faults]}

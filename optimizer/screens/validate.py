"""The screen of `commonweal validate` for a sound instance; faults are told by InstanceError itself."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from commonweal.instances import Instance, InstanceError
from commonweal.optimizer.amounts import said
from commonweal.optimizer.blocks import Block, Head
from commonweal.optimizer.language import _
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
    "bands",
    "totals",
)


def show(screen: Console, instance: Instance) -> None:
    """Say that the input is sound, and how much of it there is."""
    years = f"{instance.years[0]}-{instance.years[-1]}" if len(instance.years) > 1 else f"{instance.years[0]}"
    words = said(instance)
    screen.print(Text(_("{title}: no fault found.", title=_(instance.meta.title)), style="bold green"))
    text = _(
        "Years {years}; money in {money}, {persons}, benefits in {benefit}.",
        years=years,
        money=words.money,
        persons=words.persons,
        benefit=words.benefit,
    )
    screen.print(Text(text))
    rows = tuple((f"{table}.csv", len(getattr(instance, table))) for table in COUNTED)
    draw(screen, Block(_("Rows read"), (Head(_("table")), Head(_("rows"), "number")), rows))


def document(instance: Instance) -> dict[str, Any]:
    """What --json prints for a sound instance."""
    rows = {table: len(getattr(instance, table)) for table in COUNTED}
    return {"instance": instance.meta.name, "faults": [], "rows": rows}


def faults(error: InstanceError) -> dict[str, Any]:
    """What --json prints otherwise: every fault, part by part and as a sentence."""
    return {"faults": [{**asdict(fault), "message": str(fault)} for fault in error.faults]}

"""The gap that simple rules would leave with the same money, beside that of the plan."""

from collections.abc import Mapping

from commonweal.optimizer import yardsticks
from commonweal.optimizer.blocks import places as digits
from commonweal.optimizer.blocks import show
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.report.figure import Figure, Frame, Number, figures_of
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.simple_rules import MoneyEquivalent


def bars(run: Run, found: Mapping[str, MoneyEquivalent]) -> Figure | None:
    """One bar for no plan, one for each rule, one for the plan; None if the plan has no money to share out."""
    if not found or next(iter(found.values())).money <= 0:
        return None
    one = next(iter(found.values()))
    money = units(run.instance).money
    rows = [("without the plan", one.gap_before, "@today", "")]
    rows += [(yardsticks.WORDS[name], value.gap_rule, "@pool", _lacks(value)) for name, value in found.items()]
    rows += [("this plan", one.gap_plan, "@plan", "")]
    data = [
        {"value": figures_of(value), "itemStyle": {"color": colour}, "note": note} for _, value, colour, note in rows
    ]
    option = {"yAxis": {"data": [row[0] for row in rows]}, "series": [{"data": data}]}
    frame = Frame(yardsticks.block(run, found), option, len(rows), "xAxis", max(row[1] for row in rows), "gap")
    return Figure(
        "yardstick",
        "The same money by a simple rule",
        "The gap that is left: the shorter the bar, the better. Below it the money-equivalent: how much more money, "
        f"{money}, the rule would need to do as well as this plan.",
        (),
        {(): frame},
        {
            "grid": {"left": 4, "right": 84, "top": 6, "bottom": 8, "containLabel": True},
            "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, "valueFormatter": "#number"},
            "xAxis": {"type": "value", "axisLabel": {"formatter": "#short", "hideOverlap": True}},
            "yAxis": {
                "type": "category",
                "inverse": True,
                "axisTick": {"show": False},
                "axisLabel": {"width": 150, "overflow": "break"},
            },
            "series": [
                {
                    "type": "bar",
                    "name": "gap",
                    "label": {"show": True, "position": "right", "formatter": "#value"},
                }
            ],
        },
        Number("number", 5),
        height=60 + 42 * len(rows),
    )


def _lacks(one: MoneyEquivalent) -> str:
    """How much more than the plan a rule would need, as the table says it."""
    if one.needed is None:
        return "no amount is enough"
    return f"needs {show(one.needed - one.money, 'change', digits([one.money, one.needed]))}"

"""The gap that simple rules would leave with the same money, beside that of the plan."""

from collections.abc import Mapping

from commonweal.optimizer import yardsticks
from commonweal.optimizer.amounts import amounts
from commonweal.optimizer.blocks import places as digits
from commonweal.optimizer.blocks import show
from commonweal.optimizer.language import _
from commonweal.optimizer.report.figure import Figure, Frame, Number, figures_of
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.simple_rules import MoneyEquivalent


def bars(run: Run, found: Mapping[str, MoneyEquivalent]) -> Figure | None:
    """One bar for no plan, one for each rule, one for the plan; None if the plan has no money to share out."""
    if not found or next(iter(found.values())).money <= 0:
        return None
    one = next(iter(found.values()))
    words = amounts(run.instance)
    rows = [(_("without the plan"), one.gap_before, "@today", "")]
    rows += [
        (_(yardsticks.WORDS[name]), value.gap_rule, "@pool", _lacks(value, words.money_times))
        for name, value in found.items()
    ]
    rows += [(_("this plan"), one.gap_plan, "@plan", "")]
    data = [
        {"value": figures_of(value), "itemStyle": {"color": colour}, "note": note}
        for _name, value, colour, note in rows
    ]
    option = {"yAxis": {"data": [row[0] for row in rows]}, "series": [{"data": data}]}
    frame = Frame(yardsticks.block(run, found), option, len(rows), "xAxis", max(row[1] for row in rows), "gap")
    return Figure(
        "yardstick",
        _("The same money by a simple rule"),
        _(
            "The gap that is left: the shorter the bar, the better. Below it the money-equivalent: how much more "
            "money, {unit}, the rule would need to do as well as this plan.",
            unit=words.money,
        ),
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
                    "name": _("gap"),
                    "label": {"show": True, "position": "right", "formatter": "#value"},
                }
            ],
        },
        Number("number", 5),
        height=60 + 42 * len(rows),
    )


def _lacks(one: MoneyEquivalent, times: float) -> str:
    """How much more than the plan a rule would need, as the table says it; money is shown as `times` itself."""
    if one.needed is None:
        return _("no amount is enough")
    needed, money = one.needed * times, one.money * times
    return _("needs {more}", more=show(needed - money, "change", digits([money, needed])))

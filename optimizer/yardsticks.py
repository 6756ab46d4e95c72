"""A run against simple rules with the same money: how far each would get, and how much more it would need."""

from collections.abc import Iterable, Mapping

import pandas as pd

from commonweal.instances.faults import advice
from commonweal.optimizer.amounts import amounts
from commonweal.optimizer.blocks import Block, Head, places
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.ruler import Ruler
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.simple_rules import RULES, MoneyEquivalent, available, money_equivalents

WORDS: Mapping[str, str] = {
    "equal-per-head": mark("equal amounts per head"),
    "proportional-to-need": mark("in proportion to what lacks to the standard"),
    "like-today": mark("as central transfers are shared out today"),
    "central-adjustment": mark("equal per head, and the statutory central adjustment"),
}

NEEDS: Mapping[str, str] = {
    "like-today": mark("the central transfers of today, the column transfers of budgets"),
    "central-adjustment": mark("contribution bases, the column base of accounts"),
}


def against(run: Run, rules: Iterable[str] | None = None) -> dict[str, MoneyEquivalent]:
    """The plan of `run` held against each rule, by the total gap of its scenario; None: every rule there is.

    Raises UsageError for an unknown rule, and for one that the data of the run do not allow.
    """
    possible = available(run.instance)
    wanted = possible if rules is None else tuple(rules)
    for name in wanted:
        if name not in RULES:
            raise UsageError(_("No simple rule '{name}'. {advice}.", name=name, advice=advice(name, RULES)))
        if name not in possible:
            needs = _(NEEDS[name])
            raise UsageError(
                _("The data of this run do not allow the rule '{name}': it needs {what}.", name=name, what=needs)
            )

    ruler = Ruler(run.tables["benefits"], run.case, run.settings)

    def gap(benefits: pd.DataFrame) -> float:
        return ruler.total(benefits["benefit"].to_numpy(dtype=float))

    return money_equivalents(run.tables["benefits"], run.tables["transfers"], run.case, gap, wanted)


def block(run: Run, found: Mapping[str, MoneyEquivalent]) -> Block:
    """One row for each rule: the gap it leaves, its part of the plan's fall, the money it would need."""
    words = amounts(run.instance)
    by = words.money_times
    money = [None if value is None else value * by for one in found.values() for value in (one.money, one.needed)]
    digits = places(money)
    heads = (
        Head(_("the same money, shared out")),
        Head(_("gap"), "number"),
        Head(_("part of the plan's fall"), "share"),
        Head(_("it would need, {unit}", unit=words.money), "number", digits),
        Head(_("more than the plan, {unit}", unit=words.money), "change", digits),
    )
    rows = tuple(
        (
            _(WORDS[name]),
            one.gap_rule,
            one.share,
            _("no amount is enough") if one.needed is None else one.needed * by,
            None if one.needed is None else (one.needed - one.money) * by,
        )
        for name, one in found.items()
    )
    notes: tuple[str, ...] = ()
    if found:
        one = next(iter(found.values()))
        gaps = _(
            "Without the plan the gap is {before}, with it {after}.",
            before=_gap(one.gap_before),
            after=_gap(one.gap_plan),
        )
        notes = (gaps, _("Money-equivalent: what each rule would need for the gap of the plan."))
    return Block(_("The plan against simple rules with the same money"), heads, rows, notes)


def _gap(value: float) -> str:
    return f"{value:.{places([value])}f}"

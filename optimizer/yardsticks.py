"""A run against simple rules with the same money: how far each would get, and how much more it would need."""

from collections.abc import Iterable, Mapping

import pandas as pd

from commonweal.instances.faults import advice
from commonweal.optimizer.blocks import Block, Head, places
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.simple_rules import RULES, MoneyEquivalent, available, money_equivalent
from commonweal.optimizer.tables import total_gap

WORDS: Mapping[str, str] = {
    "equal-per-head": "equal amounts per head",
    "proportional-to-need": "in proportion to what lacks to the standard",
    "like-today": "as central transfers are shared out today",
    "central-adjustment": "equal per head, and the statutory central adjustment",
}

NEEDS: Mapping[str, str] = {
    "like-today": "the central transfers of today, the column transfers of budgets",
    "central-adjustment": "contribution bases, the column base of accounts",
}


def against(run: Run, rules: Iterable[str] | None = None) -> dict[str, MoneyEquivalent]:
    """The plan of `run` held against each rule, by the total gap of its scenario; None: every rule there is.

    Raises UsageError for an unknown rule, and for one that the data of the run do not allow.
    """
    possible = available(run.instance)
    wanted = possible if rules is None else tuple(rules)
    for name in wanted:
        if name not in RULES:
            raise UsageError(f"No simple rule '{name}'. {advice(name, RULES)}.")
        if name not in possible:
            raise UsageError(f"The data of this run do not allow the rule '{name}': it needs {NEEDS[name]}.")

    def gap(benefits: pd.DataFrame) -> float:
        return total_gap(benefits, run.case, run.settings)

    tables = run.tables["benefits"], run.tables["transfers"]
    return {name: money_equivalent(*tables, run.case, gap, name) for name in wanted}


def block(run: Run, found: Mapping[str, MoneyEquivalent]) -> Block:
    """One row for each rule: the gap it leaves, its part of the plan's fall, the money it would need."""
    words = units(run.instance)
    money = [value for one in found.values() for value in (one.money, one.needed)]
    digits = places(money)
    heads = (
        Head("the same money, shared out"),
        Head("gap", "number"),
        Head("part of the plan's fall", "share"),
        Head(f"it would need, {words.money}", "number", digits),
        Head(f"more than the plan, {words.money}", "change", digits),
    )
    rows = tuple(
        (
            WORDS[name],
            one.gap_rule,
            one.share,
            "no amount is enough" if one.needed is None else one.needed,
            None if one.needed is None else one.needed - one.money,
        )
        for name, one in found.items()
    )
    notes: tuple[str, ...] = ()
    if found:
        one = next(iter(found.values()))
        gaps = f"Without the plan the gap is {_gap(one.gap_before)}, with it {_gap(one.gap_plan)}."
        notes = (gaps, "Money-equivalent: what each rule would need for the gap of the plan.")
    return Block("The plan against simple rules with the same money", heads, rows, notes)


def _gap(value: float) -> str:
    return f"{value:.{places([value])}f}"

"""A run in the words and numbers a decision needs; the screen and the workbook both show it.

Every number comes from the tables of the run. Money is summed over the years of the plan unless a year is
named; benefits, rates and indicators are those of the plan's last year.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from commonweal.optimizer.blocks import Block, Head, places, show
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.simple_rules import MoneyEquivalent, money_equivalent
from commonweal.optimizer.summary_benefits import changes, measures, rates, rises, timeline
from commonweal.optimizer.summary_money import giving, money
from commonweal.optimizer.summary_words import MOVED, count, down, last, tiny, up
from commonweal.optimizer.tables import total_gap


@dataclass(frozen=True)
class Summary:
    """Headline sentences first, then the blocks in the order in which they are read, then what is assumed."""

    title: str
    scenario: str
    headline: tuple[str, ...]
    blocks: tuple[Block, ...]
    assumptions: Block


def summarise(run: Run, most: int | None = 10) -> Summary:
    """The summary of `run`; `most` regions are listed by name in a list, the rest summed; None lists all."""
    blocks = [
        money(run),
        *giving(run, most),
        rises(run),
        timeline(run),
        *changes(run, most),
        measures(run),
        *rates(run, everything=most is None),
        yardstick(run),
    ]
    return Summary(
        title=run.instance.meta.title,
        scenario=str(run.scenario.get("title", "")) or "default scenario",
        headline=tuple(headline(run)),
        blocks=tuple(block for block in blocks if block.rows or block.notes),
        assumptions=assumptions(run),
    )


def headline(run: Run) -> Iterator[str]:
    """Gap before and after, what is proven, whose benefits rise, and the line."""
    gaps = run.tables["gaps"]
    total = gaps[gaps["gap"] == "total"].iloc[0]
    before, after = float(total["before"]), float(total["after"])
    only_line = list(run.scenario.get("gaps", {})) == ["squared_shortfall"]
    name = "The gap to the national line" if only_line else "The gap"
    own_order = not run.scenario.get("gaps")
    if own_order:
        lowest = f"from {show(1 - before, 'share')} to {show(1 - after, 'share')}"
        yield f"The lowest share of the standard rises {lowest}, and each next one as far as it can after that."
    elif before - after > MOVED * before:
        fall = show(1 - after / before, "share")
        yield f"{name} falls by {fall}, from {show(before)} to {show(after)}."
    else:
        yield f"{name} stays at {show(after)}."
    if own_order and run.info["status"] == "optimal":
        yield "Proven, level by level: nobody can be lifted further without lowering somebody who has no more."
    elif own_order:
        yield "Not proven: the search stopped at a limit, with the lowest levels proven and the others not yet lifted."
    elif run.info["status"] == "optimal":
        yield f"Proven: under these rules and this budget no plan can make it smaller{_by_more_than(run)}."
    elif run.info["status"] == "near_optimal":
        within = show(float(run.info["within"]), "share", 3)
        yield f"Not the best plan, on purpose: its gap is within {within} of the smallest, to show the room there is."
    else:
        distance = float(run.info["relative_gap"])
        within = show(distance, "share", 3) if distance >= 5e-6 else "0.001 %"
        yield f"Not proven: the search stopped at a limit. This gap is within {within} of the smallest."
    funds = run.tables["funds"]
    unfunded = float(funds["unfunded"].sum())
    if unfunded > tiny(funds["spending"]):
        amount = f"{show(unfunded)} {units(run.instance).money}"
        yield f"Attention: {amount} of obligations have no money behind them; the plan cannot be paid."
    yield _who_rises(run)
    yield from _line(run, only_line)


def _by_more_than(run: Run) -> str:
    """Yes-or-no decisions are proven up to a distance; without them it is next to nothing."""
    if "integer" not in run.info:
        return ""
    return f" by more than {show(max(float(run.info['relative_gap']), 1e-6), 'share', 4)}"


def _who_rises(run: Run) -> str:
    cells = last(run.tables["benefits"])
    regions = cells["region"].nunique()
    rising, falling = (cells[mask]["region"].nunique() for mask in (up(cells), down(cells)))
    where = "in every region" if rising == regions else f"in {rising:,d} of {count(regions, 'region')}"
    rise = f"Benefits rise {where}" if rising else "Benefits rise nowhere"
    return f"{rise} and fall nowhere." if not falling else f"{rise} and fall in {count(falling, 'region')}."


def _line(run: Run, only_line: bool) -> Iterator[str]:
    if not only_line:
        return
    times = float(run.scenario["gaps"]["squared_shortfall"].get("line", 1.0))
    lines = last(run.tables["benefits"])["standard"] * times
    low, high = show(float(lines.min()), decimals=1), show(float(lines.max()), decimals=1)
    amount = low if low == high else f"{low} to {high}, by programme and group"
    name = "The national line is the standard" if times == 1 else f"The national line is {times:g} times the standard"
    yield f"{name}: {amount} {units(run.instance).benefit}."


def equivalent(run: Run) -> MoneyEquivalent:
    """The plan against equal per head with the same money, by the total gap of the scenario."""

    def gap(benefits: pd.DataFrame) -> float:
        return total_gap(benefits, run.case, run.settings)

    return money_equivalent(run.tables["benefits"], run.tables["transfers"], run.case, gap)


def yardstick(run: Run) -> Block:
    """The plan against equal per head, in words."""
    words, found = units(run.instance), equivalent(run)
    if found.share is None or found.money <= 0:
        return Block("")
    digits = places([found.money, found.needed])
    spent, reach = show(found.money, decimals=digits), show(found.share, "share")
    same = f"the same {spent} {words.money}"
    notes = [f"Spread equally per head, {same} would reach {reach} of this fall in the gap."]
    if found.needed is None:
        notes.append("Equal per head would not reach the gap of this plan with any amount of money.")
    else:
        needed, more = (show(value, decimals=digits) for value in (found.needed, found.needed - found.money))
        notes.append(f"Money-equivalent: equal per head would need {needed} {words.money} for this gap, {more} more.")
    return Block("Against equal per head", notes=tuple(notes))


def assumptions(run: Run) -> Block:
    """Settings that are policy choices, not data, with their reasons."""
    reasons = run.scenario.get("assumptions", {})
    rows = tuple((path, _setting(run.scenario, path), str(reason)) for path, reason in sorted(reasons.items()))
    return Block("Assumptions: policy settings, not data", (Head("setting"), Head("value"), Head("why")), rows)


def _setting(scenario: Mapping[str, Any], path: str) -> str:
    """The value of a dotted setting as text."""
    value: Any = scenario
    for key in path.split("."):
        value = value[key] if isinstance(value, Mapping) and key in value else ""
    return _text(value)


def _text(value: Any) -> str:
    """Tables as in a scenario file: {months = 3.0, keep = 0.0}."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_text(item)}" for key, item in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)

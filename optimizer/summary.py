"""A run in the words and numbers a decision needs; the screen and the workbook both show it.

Every number comes from the tables of the run. Money is summed over the years of the plan unless a year is
named; benefits, rates and indicators are those of the plan's last year.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from commonweal.optimizer.amounts import amounts
from commonweal.optimizer.blocks import Block, Head, percent, places, show
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.ruler import Ruler
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.simple_rules import MoneyEquivalent, money_equivalent
from commonweal.optimizer.summary_benefits import changes, measures, rates, rises, timeline
from commonweal.optimizer.summary_money import giving, money
from commonweal.optimizer.summary_words import MOVED, count_regions, down, last, tiny, up


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
        title=_(run.instance.meta.title),
        scenario=_(str(run.scenario.get("title", "")) or mark("default scenario")),
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
    name = _("The gap to the national line") if only_line else _("The gap")
    own_order = not run.scenario.get("gaps")
    if own_order:
        yield _(
            "The lowest share of the standard rises from {before} to {after}, and each next one as far as it can after "
            "that.",
            before=show(1 - before, "share"),
            after=show(1 - after, "share"),
        )
    elif before - after > MOVED * before:
        fall = show(1 - after / before, "share")
        yield _(
            "{name} falls by {fall}, from {before} to {after}.",
            name=name,
            fall=fall,
            before=show(before),
            after=show(after),
        )
    else:
        yield _("{name} stays at {value}.", name=name, value=show(after))
    yield _proof(run, own_order)
    funds = run.tables["funds"]
    unfunded = float(funds["unfunded"].sum())
    if unfunded > tiny(funds["spending"]):
        yield _(
            "Attention: {amount} of obligations have no money behind them; the plan cannot be paid.",
            amount=amounts(run.instance).of_money(unfunded),
        )
    yield _who_rises(run)
    yield from _line(run, only_line)


def _proof(run: Run, own_order: bool) -> str:
    """What is proven. Yes-or-no decisions and plans in parts are so up to a distance; others next to exactly."""
    status = run.info["status"]
    if own_order and status == "optimal":
        return _("Proven, level by level: nobody can be lifted further without lowering somebody who has no more.")
    if own_order:
        return _(
            "Not proven: the search stopped at a limit, with the lowest levels proven and the others not yet lifted."
        )
    if status == "optimal" and not {"integer", "decomposition"}.isdisjoint(run.info):
        share = show(max(float(run.info["relative_gap"]), 1e-6), "share", 4)
        return _(
            "Proven: under these rules and this budget no plan can make it smaller by more than {share}.", share=share
        )
    if status == "optimal":
        return _("Proven: under these rules and this budget no plan can make it smaller.")
    if status == "near_optimal":
        return _(
            "Not the best plan, on purpose: its gap is within {within} of the smallest, to show the room there is.",
            within=show(float(run.info["within"]), "share", 3),
        )
    distance = float(run.info["relative_gap"])
    within = show(distance, "share", 3) if distance >= 5e-6 else percent("0.001")
    return _("Not proven: the search stopped at a limit. This gap is within {within} of the smallest.", within=within)


def _who_rises(run: Run) -> str:
    cells = last(run.tables["benefits"])
    everywhere = cells["region"].nunique()
    rising, falling = (cells[mask]["region"].nunique() for mask in (up(cells), down(cells)))
    if rising == everywhere:
        rise = _("Benefits rise in every region")
    elif rising:
        rise = _("Benefits rise in {some} of {regions}", some=f"{rising:,d}", regions=count_regions(everywhere))
    else:
        rise = _("Benefits rise nowhere")
    if falling:
        return _("{rise} and fall in {regions}.", rise=rise, regions=count_regions(falling))
    return _("{rise} and fall nowhere.", rise=rise)


def _line(run: Run, only_line: bool) -> Iterator[str]:
    if not only_line:
        return
    times = float(run.scenario["gaps"]["squared_shortfall"].get("line", 1.0))
    lines = last(run.tables["benefits"])["standard"] * times
    low, high = show(float(lines.min()), decimals=1), show(float(lines.max()), decimals=1)
    amount = low if low == high else _("{low} to {high}, by programme and group", low=low, high=high)
    name = (
        _("The national line is the standard")
        if times == 1
        else _("The national line is {times} times the standard", times=f"{times:g}")
    )
    yield _("{line}: {amount} {unit}.", line=name, amount=amount, unit=amounts(run.instance).benefit)


def equivalent(run: Run) -> MoneyEquivalent:
    """The plan against equal per head with the same money, by the total gap of the scenario."""

    benefits = run.tables["benefits"]
    ruler = Ruler(benefits, run.case, run.settings)

    def gap(cells: pd.DataFrame) -> float:
        return ruler.total(cells["benefit"].to_numpy(dtype=float))

    return money_equivalent(benefits, run.tables["transfers"], run.case, gap)


def yardstick(run: Run) -> Block:
    """The plan against equal per head, in words."""
    words, found = amounts(run.instance), equivalent(run)
    if found.share is None or found.money <= 0:
        return Block("")
    times = words.money_times
    digits = places([found.money * times, None if found.needed is None else found.needed * times])
    notes = [
        _(
            "Spread equally per head, the same {money} would reach {share} of this fall in the gap.",
            money=words.of_money(found.money, decimals=digits),
            share=show(found.share, "share"),
        )
    ]
    if found.needed is None:
        notes.append(_("Equal per head would not reach the gap of this plan with any amount of money."))
    else:
        notes.append(
            _(
                "Money-equivalent: equal per head would need {money} for this gap, {more} more.",
                money=words.of_money(found.needed, decimals=digits),
                more=show((found.needed - found.money) * times, decimals=digits),
            )
        )
    return Block(_("Against equal per head"), notes=tuple(notes))


def assumptions(run: Run) -> Block:
    """Settings that are policy choices, not data, with their reasons."""
    reasons = run.scenario.get("assumptions", {})
    rows = tuple((path, _setting(run.scenario, path), _(str(reason))) for path, reason in sorted(reasons.items()))
    heads = (Head(_("setting")), Head(_("value")), Head(_("why")))
    return Block(_("Assumptions: policy settings, not data"), heads, rows)


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

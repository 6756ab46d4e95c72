"""The screen of `commonweal frontier`: what more money buys, what is proven, and the points."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from commonweal.optimizer.amounts import Amounts, amounts
from commonweal.optimizer.blocks import Block, Head, show
from commonweal.optimizer.budgets import WORDS
from commonweal.optimizer.curves import Curve, Point
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.exports.json import records
from commonweal.optimizer.frontier import TABLE, Frontier, claims
from commonweal.optimizer.language import _, mark, plural
from commonweal.optimizer.screens.console import draw

MOST = 12  # points shown of one curve; all are in frontier.csv


def show_frontier(screen: Console, found: Frontier, folder: Path, plans: bool) -> None:
    """Print each curve: the sentences, then its points."""
    words = amounts(found.instance)
    for curve in found.curves:
        title = f"{_(found.instance.meta.title)} - {_(curve.scenario.title or mark('default scenario'))}"
        screen.print(Text(title, style="bold"))
        first, *rest = sentences(curve, words)
        screen.print(Text(first, style="bold green"))
        for sentence in rest:
            screen.print(Text(sentence))
        draw(screen, _points(curve, words))
        if curve.pieces:
            draw(screen, _kinks(curve, words))
        screen.print()
    screen.print(Text(_("Curve: {file}", file=folder / TABLE)), soft_wrap=True)
    if plans:
        text = _(
            "Plans: {folder}/<times>, run folders; check one with: commonweal verify {folder}/<times>", folder=folder
        )
        screen.print(Text(text), soft_wrap=True)


def sentences(curve: Curve, words: Amounts) -> Iterator[str]:
    """What the curve says, and what is proven."""
    points = curve.certified
    what = _(WORDS[curve.ask.scale])
    if len(points) < 2:
        yield _(
            "Money is missing at every budget below {times} times the {money}.", times=show(curve.ask.high), money=what
        )
    else:
        first, last = points[0], points[-1]
        yield _(
            "From {low} to {high} times the {money} ({least} to {most}) the gap falls from {before} to {after}.",
            low=_times(first),
            high=_times(last),
            money=what,
            least=show(first.factor * curve.budget * words.money_times),
            most=words.of_money(last.factor * curve.budget),
            before=show(first.gap),
            after=show(last.gap),
        )
        yield from _worth(first, last, words)
        yield from _proof(curve)
    yield from _missing(curve, words)
    failed = [point for point in curve.points if point.gap is None or point.status == "failed"]
    for point in failed:
        yield _("At {times} times the {money}: {note}", times=_times(point), money=what, note=_(point.note))


def _worth(first: Point, last: Point, words: Amounts) -> Iterator[str]:
    """What one more unit of money does at either end."""
    start, end = first.right, last.left
    if start is None or end is None or start == 0:
        return
    yield _(
        "One more {unit} narrows the gap by {first} at {low} times and by {last} at {high} times: {share} of that.",
        unit=words.money.removesuffix("s"),
        first=show(-start / words.money_times),
        low=_times(first),
        last=show(-end / words.money_times),
        high=_times(last),
        share=show(end / start, "share", 0),
    )


def _proof(curve: Curve) -> Iterator[str]:
    share = show(curve.reached, "share", 3)
    if curve.held:
        yield plural(
            "{n} set of yes-or-no decisions found. At each point the gap shown is that of the best of them, and proven to be "
            "within {share} of the range above the smallest possible; between the points the curve may jump.",
            "{n} sets of yes-or-no decisions found. At each point the gap shown is that of the best of them, and proven to "
            "be within {share} of the range above the smallest possible; between the points the curve may jump.",
            len(curve.held),
            share=share,
        )
        return
    yield _(
        "Proven: at every budget between, the smallest gap lies within {share} of the curve's range below the straight "
        "lines between its {n} points.",
        share=share,
        n=len(curve.certified),
    )
    if curve.ask.points is None and curve.reached > curve.ask.tolerance:
        asked = show(curve.ask.tolerance, "share", 3)
        yield _("That is coarser than the {share} asked for: a point failed, or time ran out.", share=asked)


def _missing(curve: Curve, words: Amounts) -> Iterator[str]:
    if curve.least > curve.ask.low:
        yield _(
            "Least budget with a plan: {times} times, {money}.",
            times=show(curve.least, decimals=4),
            money=words.of_money(curve.least * curve.budget),
        )
    if curve.funded > max(curve.least, curve.ask.low):
        yield _(
            "Below {times} times, {money}, more money first goes to obligations and floors that lack it.",
            times=show(curve.funded, decimals=4),
            money=words.of_money(curve.funded * curve.budget),
        )
    last = curve.points[-1]
    if last.missing > 0:
        yield _(
            "Attention: {money} of obligations and floors lack money even at the highest budget.",
            money=words.of_money(last.missing),
        )


def _points(curve: Curve, words: Amounts) -> Block:
    shown = curve.points
    if len(shown) > MOST:
        steps = [round(k * (len(shown) - 1) / (MOST - 1)) for k in range(MOST)]
        shown = tuple(curve.points[k] for k in dict.fromkeys(steps))
    unit, by = words.money, words.money_times
    heads = [Head(_("times"), "number", 4), Head(unit, "number"), Head(_("gap"), "number", bar=True),
             Head(_("gap per more {unit}", unit=unit), "number")]  # fmt: skip
    missing = any(point.missing > 0 for point in shown)
    heads += [Head(_("missing, {unit}", unit=unit), "number")] if missing else []
    heads += [Head(_("decisions"))] if curve.held else []
    rows = tuple(
        (
            point.factor, point.factor * curve.budget * by, point.gap, None if point.right is None else point.right / by,
            *([point.missing * by] if missing else []),
            *([_("set {n}", n=point.decisions)] if curve.held else []),
            _(point.status),
        )
        for point in shown
    )  # fmt: skip
    some = _("{n} of {all} points.", n=len(shown), all=len(curve.points))
    notes = (some,) if len(shown) < len(curve.points) else ()
    return Block(_("Points of the curve"), (*heads, Head("")), rows, notes)


def _kinks(curve: Curve, words: Amounts) -> Block:
    """Where other rules begin to bind."""
    low, high = curve.pieces[0].low, curve.pieces[-1].high
    rows = tuple(
        (piece.low, piece.low * curve.budget * words.money_times, piece.gap, _("; ").join(piece.told))
        for piece in curve.pieces[1:]
    )
    gap, money = Head(_("gap"), "number"), Head(words.money, "number")
    heads = (Head(_("times"), "number", 6), money, gap, Head(_("from here on")))
    note = _(
        "Between them, and from {low} to {high} times, the gap is exactly one quadratic function of the budget.",
        low=f"{low:g}",
        high=f"{high:g}",
    )
    return Block(_("Budgets at which other rules begin to bind"), heads, rows, (note,))


def _times(point: Point) -> str:
    return f"{point.factor:.6g}"


def document(found: Frontier, folder: Path) -> dict[str, Any]:
    """What --json prints: the claims, every point, every kink."""
    return {
        "folder": str(folder),
        "unit": units(found.instance).money,
        "curves": [claims(curve) for curve in found.curves],
        "points": records(found.table),
        "kinks": records(found.kinks),
    }

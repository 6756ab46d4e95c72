"""The screen of `commonweal frontier`: what more money buys, what is proven, and the points."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from commonweal.optimizer.blocks import Block, Head, show
from commonweal.optimizer.budgets import WORDS
from commonweal.optimizer.curves import Curve, Point
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.exports.json import records
from commonweal.optimizer.frontier import TABLE, Frontier, claims
from commonweal.optimizer.screens.console import draw
from commonweal.optimizer.summary_words import count

MOST = 12  # points shown of one curve; all are in frontier.csv


def show_frontier(screen: Console, found: Frontier, folder: Path, plans: bool) -> None:
    """Print each curve: the sentences, then its points."""
    unit = units(found.instance).money
    for curve in found.curves:
        title = curve.scenario.title or "default scenario"
        screen.print(Text(f"{found.instance.meta.title} - {title}", style="bold"))
        first, *rest = sentences(curve, unit)
        screen.print(Text(first, style="bold green"))
        for sentence in rest:
            screen.print(Text(sentence))
        draw(screen, _points(curve, unit))
        if curve.pieces:
            draw(screen, _kinks(curve, unit))
        screen.print()
    screen.print(Text(f"Curve: {folder / TABLE}"), soft_wrap=True)
    if plans:
        screen.print(
            Text(f"Plans: {folder}/<times>, run folders; check one with: commonweal verify {folder}/<times>"),
            soft_wrap=True,
        )


def sentences(curve: Curve, unit: str) -> Iterator[str]:
    """What the curve says, and what is proven."""
    points = curve.certified
    what = WORDS[curve.ask.scale]
    if len(points) < 2:
        yield f"Money is missing at every budget below {show(curve.ask.high)} times the {what}."
    else:
        first, last = points[0], points[-1]
        yield (
            f"From {_times(first)} to {_times(last)} the {what} ({show(first.factor * curve.budget)} to "
            f"{show(last.factor * curve.budget)} {unit}) the gap falls from {_gap(first)} to {_gap(last)}."
        )
        yield from _worth(first, last, unit)
        yield from _proof(curve)
    yield from _missing(curve, unit)
    failed = [point for point in curve.points if point.gap is None or point.status == "failed"]
    for point in failed:
        yield f"At {_times(point)} the {what}: {point.note}"


def _worth(first: Point, last: Point, unit: str) -> Iterator[str]:
    """What one more unit of money does at either end."""
    start, end = first.right, last.left
    if start is None or end is None or start == 0:
        return
    yield (
        f"One more {unit.removesuffix('s')} narrows the gap by {show(-start)} at {_times(first)} and by {show(-end)} at "
        f"{_times(last)}: {show(end / start, 'share', 0)} of that."
    )


def _proof(curve: Curve) -> Iterator[str]:
    share = show(curve.reached, "share", 3)
    if curve.held:
        yield (
            f"{count(len(curve.held), 'set')} of yes-or-no decisions found. At each point the gap shown is that of the best "
            f"of them, and proven to be within {share} of the range above the smallest possible; between the points the "
            "curve may jump."
        )
        return
    yield (
        f"Proven: at every budget between, the smallest gap lies within {share} of the curve's range below the straight "
        f"lines between its {len(curve.certified)} points."
    )
    if curve.ask.points is None and curve.reached > curve.ask.tolerance:
        yield f"That is coarser than the {show(curve.ask.tolerance, 'share', 3)} asked for: a point failed, or time ran out."


def _missing(curve: Curve, unit: str) -> Iterator[str]:
    if curve.least > curve.ask.low:
        yield f"Least budget with a plan: {show(curve.least, decimals=4)} times, {show(curve.least * curve.budget)} {unit}."
    if curve.funded > max(curve.least, curve.ask.low):
        yield (
            f"Below {show(curve.funded, decimals=4)} times, {show(curve.funded * curve.budget)} {unit}, more money first "
            "goes to obligations and floors that lack it."
        )
    last = curve.points[-1]
    if last.missing > 0:
        yield f"Attention: {show(last.missing)} {unit} of obligations and floors lack money even at the highest budget."


def _points(curve: Curve, unit: str) -> Block:
    shown = curve.points
    if len(shown) > MOST:
        steps = [round(k * (len(shown) - 1) / (MOST - 1)) for k in range(MOST)]
        shown = tuple(curve.points[k] for k in dict.fromkeys(steps))
    heads = [Head("times", "number", 4), Head(unit, "number"), Head("gap", "number"),
             Head(f"gap per more {unit}", "number")]  # fmt: skip
    missing = any(point.missing > 0 for point in shown)
    heads += [Head(f"missing, {unit}", "number")] if missing else []
    heads += [Head("decisions")] if curve.held else []
    rows = tuple(
        (
            point.factor, point.factor * curve.budget, point.gap, point.right,
            *([point.missing] if missing else []),
            *([f"set {point.decisions}"] if curve.held else []),
            point.status,
        )
        for point in shown
    )  # fmt: skip
    notes = (f"{len(shown)} of {len(curve.points)} points.",) if len(shown) < len(curve.points) else ()
    return Block("Points of the curve", (*heads, Head("")), rows, notes)


def _kinks(curve: Curve, unit: str) -> Block:
    """Where other rules begin to bind."""
    low, high = curve.pieces[0].low, curve.pieces[-1].high
    rows = tuple(
        (piece.low, piece.low * curve.budget, piece.gap, "; ".join(piece.changes)) for piece in curve.pieces[1:]
    )
    heads = (Head("times", "number", 6), Head(unit, "number"), Head("gap", "number"), Head("from here on"))
    note = f"Between them, and from {low:g} to {high:g} times, the gap is exactly one quadratic function of the budget."
    return Block("Budgets at which other rules begin to bind", heads, rows, (note,))


def _times(point: Point) -> str:
    return f"{point.factor:.6g} times"


def _gap(point: Point) -> str:
    return show(point.gap)


def document(found: Frontier, folder: Path) -> dict[str, Any]:
    """What --json prints: the claims, every point, every kink."""
    return {
        "folder": str(folder),
        "unit": units(found.instance).money,
        "curves": [claims(curve) for curve in found.curves],
        "points": records(found.table),
        "kinks": records(found.kinks),
    }

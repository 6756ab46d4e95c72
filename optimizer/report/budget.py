"""The budget curve: the smallest gap at each budget, where its slope breaks, and the budget that is shown."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from commonweal.instances.faults import advice
from commonweal.optimizer.amounts import Amounts, amounts
from commonweal.optimizer.blocks import Block, Head
from commonweal.optimizer.blocks import places as digits
from commonweal.optimizer.errors import InputError, UsageError
from commonweal.optimizer.language import _
from commonweal.optimizer.report.figure import Figure, Frame, Key, Number, Option, figures_of, nice
from commonweal.optimizer.run_folder import Run

FRONTIER, KINKS, CLAIMS = "frontier.csv", "kinks.csv", "frontier.json"
MOST_NOTES = 30
KINK = 1e-3  # relative difference of the two marginal values from which a point counts as a kink


@dataclass(frozen=True)
class Curve:
    """A budget curve: its title, the rows of frontier.csv, and those of kinks.csv with the factors `exact` between
    which they are all there are.
    """

    title: str
    points: pd.DataFrame
    kinks: pd.DataFrame | None = None
    exact: tuple[float, float] | None = None

    @property
    def bends(self) -> pd.DataFrame:
        """The points at which the curve breaks: those known exactly, and outside of their interval those found."""
        found = self.points[kinks(self.points)]
        if self.kinks is None or self.exact is None:
            return found if self.kinks is None else self.kinks
        outside = found[~found["factor"].between(*self.exact)]
        return self.kinks if outside.empty else pd.concat([self.kinks, outside]).sort_values("budget")


def read_curve(folder: Path) -> Curve | None:
    """The one curve of `folder`, None without any: frontier.csv stands there, or one level up beside other curves.

    Raises UsageError for a folder with several curves, InputError for a damaged file.
    """
    home = folder if (folder / FRONTIER).is_file() else folder.parent
    if not (home / FRONTIER).is_file():
        return None
    points = _frame(home, FRONTIER)
    names_ = points["scenario"].drop_duplicates().tolist()
    if folder == home and len(names_) > 1:
        ways = _(" or ").join(f"`commonweal report {folder / str(name)}`" for name in names_)
        raise UsageError(
            _("{folder} holds {count} curves. Report one of them: {ways}.", folder=folder, count=len(names_), ways=ways)
        )
    name = names_[0] if folder == home else folder.name
    if name not in names_:
        raise UsageError(
            _(
                "{file} knows no curve '{name}'. {advice}.",
                file=home / FRONTIER,
                name=name,
                advice=advice(name, map(str, names_)),
            )
        )
    exact = _frame(home, KINKS) if (home / KINKS).is_file() else None
    title, window = str(name), None
    if (home / CLAIMS).is_file():
        claimed = json.loads((home / CLAIMS).read_text(encoding="utf-8"))["curves"]
        own: dict[str, Any] = next((one for one in claimed if one["scenario"] == name), {})
        title, window = own.get("title", title), own.get("exact")
    return Curve(
        title,
        points[points["scenario"] == name].reset_index(drop=True),
        None if exact is None else exact[exact["scenario"] == name].reset_index(drop=True),
        None if window is None else (float(window[0]), float(window[1])),
    )


def _frame(folder: Path, name: str) -> pd.DataFrame:
    try:
        return pd.read_csv(folder / name, encoding="utf-8")
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(
            _("{file} is damaged: {error}. Run the frontier again.", file=folder / name, error=error)
        ) from error


def figure(found: Curve, runs: Sequence[Run], budgets: Sequence[float]) -> Figure:
    """One frame for each run: the curve stands still, the point moves. Keys are numbers of runs."""
    words = amounts(runs[0].instance)
    points = found.points.dropna(subset=["gap"]).sort_values("budget")
    bends, times = found.bends, words.money_times
    line, marks = (
        [[figures_of(x * times), figures_of(y)] for x, y in zip(part["budget"], part["gap"], strict=True)]
        for part in (points, bends)
    )
    table = _table(points, bends, words)
    frames: dict[Key, Frame] = {}
    for number, (run, budget) in enumerate(zip(runs, budgets, strict=True)):
        here = [[figures_of(budget * times), figures_of(float(run.info["objective"]))]]
        series = [{"data": line}, {"data": marks}, {"data": here}]
        frames[str(number),] = Frame(table, {"series": series}, marks=len(line) + len(marks) + 1)
    return Figure(
        "budget",
        _("What more money buys: the smallest gap at each budget"),
        _(
            "The gap that is left, over the budget. Every point is a plan of its own; at a kink other rules begin to "
            "bind, and from there more money does less, or more."
        )
        + _window(found, len(bends)),
        ("run",),
        frames,
        _option(words.money, float(points["budget"].max()) * times),
        Number("number", 4),
        height=320,
    )


def _window(found: Curve, bends: int) -> str:
    """How far the kinks are known."""
    if found.exact is None:
        return "" if bends else " " + _("Kinks were not searched for; ask for them with --exact.")
    low, high = found.exact
    return " " + _(
        "From {low} to {high} times the budget every kink is known; the numbers say what changes there.",
        low=f"{low:g}",
        high=f"{high:g}",
    )


def kinks(points: pd.DataFrame) -> "pd.Series[bool]":
    """Where one more and one less unit of money are not worth the same."""
    left, right = points["marginal_left"].abs(), points["marginal_right"].abs()
    return (left - right).abs() > KINK * pd.concat([left, right], axis=1).max(axis=1)


def _option(money: str, most: float) -> Option:
    return {
        "grid": {"left": 8, "right": 26, "top": 34, "bottom": 30, "containLabel": True},
        "legend": {"top": 0, "left": 0},
        "tooltip": {"trigger": "item", "formatter": "#point"},
        "xAxis": {
            "type": "value",
            "name": _("budget, {unit}", unit=money),
            "nameLocation": "middle",
            "nameGap": 28,
            "max": nice(most),
        },
        "yAxis": {"type": "value", "min": 0},
        "series": [
            {
                "name": _("smallest gap"),
                "type": "line",
                "symbolSize": 6,
                "itemStyle": {"color": "@plan"},
                "lineStyle": {"width": 3},
            },
            {
                "name": _("kink"),
                "type": "scatter",
                "symbol": "diamond",
                "symbolSize": 13,
                "itemStyle": {"color": "@give"},
            },
            {
                "name": _("shown here"),
                "type": "scatter",
                "symbol": "circle",
                "symbolSize": 20,
                "itemStyle": {"color": "@none", "borderColor": "@ink", "borderWidth": 3},
            },
        ],
    }


def _table(points: pd.DataFrame, bends: pd.DataFrame, words: Amounts) -> Block:
    money, times = words.money, words.money_times
    places = digits((points["budget"] * times).tolist())
    heads = (
        Head(_("budget, {unit}", unit=money), "number", places),
        Head(_("times"), "number", 2),
        Head(_("gap"), "number", digits(points["gap"].tolist())),
        Head(_("gap for one more {unit}", unit=money), "change", 8),
        Head(_("status")),
    )
    rows = tuple(
        (budget * times, factor, gap, marginal / times, _(status.replace("_", " ")))
        for budget, factor, gap, marginal, status in points[
            ["budget", "factor", "gap", "marginal_right", "status"]
        ].itertuples(index=False, name=None)
    )
    notes = tuple(
        _("At {amount}: {change}.", amount=words.of_money(budget, decimals=places), change=change)
        for budget, change in (bends[["budget", "changes"]] if "changes" in bends else bends.iloc[:0, :2])
        .dropna()
        .itertuples(index=False, name=None)
    )
    return Block(_("The budget curve, from frontier.csv"), heads, rows, notes[:MOST_NOTES])

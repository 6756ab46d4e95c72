"""Timelines of a plan over several years: benefits, the money that moves, and reserves."""

import functools
import operator
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from commonweal.optimizer.amounts import amounts
from commonweal.optimizer.blocks import Block, Head
from commonweal.optimizer.blocks import places as digits
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.names import names
from commonweal.optimizer.report.figure import Figure, Frame, Key, Number, Option, figures_of
from commonweal.optimizer.report.places import Places
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary_words import tiny, who

Lines = Mapping[str, Sequence[float]]
KINDS = {
    "central": mark("central grants"),
    "horizontal_paid": mark("from region to region"),
    "own": mark("regions' own effort"),
    "pool_paid": mark("common pool"),
}


def timelines(run: Run, shown: Places) -> Iterator[Figure]:
    """Three figures, if the plan has several years."""
    if run.tables["benefits"]["year"].nunique() > 1:
        yield _benefits(run)
        yield _money(run)
        yield _reserves(run)


def _benefits(run: Run) -> Figure:
    frames: dict[Key, Frame] = {}
    words, benefits = amounts(run.instance), run.tables["benefits"]
    for (programme, group), cells in benefits[benefits["eligible"] > 0].groupby(["programme", "group"]):
        years = cells.groupby("year")
        total = years["eligible"].sum()
        lines = {
            _("lowest, without the plan"): years["benefit_before"].min().tolist(),
            _("lowest, with the plan"): years["benefit"].min().tolist(),
            _("average, without the plan"): _mean(cells, "benefit_before", total),
            _("average, with the plan"): _mean(cells, "benefit", total),
        }
        key = f"{programme}|{group}"
        title = _(", ").join([who(run, str(programme), str(group)), words.benefit])
        frames[(key,)] = _frame(title, list(years.groups), lines, key)
    looks = (("@today", "dotted"), ("@plan", "dotted"), ("@today", "solid"), ("@plan", "solid"))
    return Figure(
        "benefit-years",
        _("Benefits year by year"),
        _("Lowest region and average, {unit}.", unit=words.benefit),
        ("who",),
        frames,
        _option("line", [(next(iter(frames.values())).table.rows[k][0], *look) for k, look in enumerate(looks)]),
        Number("number", 0, words.benefit),
        height=300,
    )


def _mean(cells: pd.DataFrame, column: str, total: "pd.Series[float]") -> list[float]:
    spent = (cells[column] * cells["eligible"]).groupby(cells["year"]).sum()
    return [float(value) for value in spent / total]


def _money(run: Run) -> Figure:
    transfers, words = run.tables["transfers"], amounts(run.instance)
    sums = transfers.groupby("year")[list(KINDS)].sum() * words.money_times
    used = {c: sums[c].tolist() for c in KINDS if sums[c].sum() > tiny(transfers[c]) * words.money_times}
    colours = dict(zip(KINDS, ("@centre", "@give", "@own", "@pool"), strict=True))
    lines = {_(KINDS[column]): values for column, values in used.items()}
    title = _("Money that moves, {unit}", unit=words.money)
    frame = _frame(title, sums.index.tolist(), lines, "money", stacked=True)
    return Figure(
        "money-years",
        _("The money year by year"),
        _("What changes place or is added, {unit}.", unit=words.money),
        (),
        {(): frame},
        _option("bar", [(_(KINDS[column]), colours[column], "solid") for column in used]),
        Number("number", 1, words.money),
        height=300,
    )


def _reserves(run: Run) -> Figure:
    funds, words = run.tables["funds"], amounts(run.instance)
    called = names(run.instance, "fund")
    sums = funds.pivot_table(index="year", columns="fund", values="closing", aggfunc="sum") * words.money_times
    lines = {called[str(fund)]: sums[fund].tolist() for fund in sums}
    colours = ("@plan", "@give", "@own", "@pool", "@centre", "@today")
    looks = [(name, colours[k % len(colours)], "solid") for k, name in enumerate(lines)]
    title = _("Reserves at the end of the year, {unit}", unit=words.money)
    frame = _frame(title, sums.index.tolist(), lines, "reserves")
    return Figure(
        "reserve-years",
        _("Reserves at the end of each year"),
        _("All regions together, {unit}.", unit=words.money),
        (),
        {(): frame},
        _option("line", looks),
        Number("number", 1, words.money),
        height=300,
    )


def _frame(title: str, years: Sequence[object], lines: Lines, scale: str, stacked: bool = False) -> Frame:
    columns = [list(values) for values in lines.values()]
    tops = (
        [sum(column) for column in zip(*columns, strict=True)]
        if stacked
        else functools.reduce(operator.iadd, columns, [])
    )
    places = digits(value for column in columns for value in column)
    heads = (Head(""), *(Head(str(year), "number", places) for year in years))
    return Frame(
        Block(title, heads, tuple((name, *map(float, values)) for name, values in lines.items())),
        {
            "xAxis": {"data": [str(year) for year in years]},
            "series": [{"data": [figures_of(value) for value in column]} for column in columns],
        },
        marks=sum(map(len, columns)),
        axis="yAxis",
        top=max(tops, default=0.0),
        scale=scale,
    )


def _option(kind: str, looks: Sequence[tuple[object, str, str]]) -> Option:
    series = [
        {
            "name": name,
            "type": kind,
            **({"stack": "money"} if kind == "bar" else {"symbolSize": 7, "lineStyle": {"type": dash, "width": 3}}),
            "itemStyle": {"color": colour},
        }
        for name, colour, dash in looks
    ]
    return {
        "grid": {"left": 4, "right": 16, "top": 56, "bottom": 8, "containLabel": True},
        "legend": {"top": 0, "left": 0},
        "tooltip": {"trigger": "axis", "valueFormatter": "#number"},
        "xAxis": {"type": "category"},
        "yAxis": {"type": "value", "axisLabel": {"formatter": "#short"}},
        "series": series,
    }

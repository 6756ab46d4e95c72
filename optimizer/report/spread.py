"""How unequal benefits are: Lorenz curves, and the inequality split into what lies between and inside parts."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from commonweal.optimizer.blocks import Block, Head
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.names import names
from commonweal.optimizer.report.figure import Figure, Frame, Key, Number, Option, figures_of
from commonweal.optimizer.report.places import Places
from commonweal.optimizer.run_folder import Run

POINTS = 120  # of a curve; more are thinned out evenly, the ends kept
SIDES = ("benefit_before", "benefit")
Values = Mapping[tuple[str, str, int], tuple[float, float]]
CUTS = {"regions": mark("regions"), "groups": mark("groups")}


def lorenz(run: Run, shown: Places) -> Figure:
    """Persons from the lowest benefit up against their part of all benefits, for each year and programme."""
    benefits, known = run.tables["benefits"], _values(run)
    frames: dict[Key, Frame] = {}
    for (programme, year), part in benefits[benefits["eligible"] > 0].groupby(["programme", "year"]):
        curves = [lorenz_curve(part, column) for column in SIDES]
        frames[str(year), str(programme)] = Frame(
            _gini(run, known, str(programme), int(str(year))),
            {"series": [{"data": [[0, 0], [1, 1]]}, *({"data": curve} for curve in curves)]},
            marks=2 + sum(map(len, curves)),
        )
    return Figure(
        "lorenz",
        _("Who gets which part: Lorenz curves"),
        _("The nearer a curve is to the straight line, the more alike benefits are over all groups and regions."),
        ("year", "programme"),
        frames,
        _curves_option(),
        Number("share", 0),
    )


def lorenz_curve(part: pd.DataFrame, column: str) -> list[list[float]]:
    """[share of persons, share of benefits] from (0, 0) to (1, 1), from the lowest benefit up."""
    ordered = part.sort_values(column, kind="stable")
    persons = ordered["eligible"].to_numpy(float)
    spent = persons * ordered[column].to_numpy(float)
    across, up = (_running(values) for values in (persons, spent))
    kept = np.unique(np.linspace(0, len(across) - 1, min(POINTS, len(across))).round().astype(int))
    return [[figures_of(x), figures_of(y)] for x, y in zip(across[kept].tolist(), up[kept].tolist(), strict=True)]


def _running(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    total = values.sum() or 1.0
    return np.concatenate([[0.0], np.cumsum(values) / total])


def _curves_option() -> Option:
    axis = {
        "type": "value",
        "min": 0,
        "max": 1,
        "axisLabel": {"formatter": "#number"},
        "nameLocation": "middle",
    }
    looks = (
        (_("all alike"), {"color": "@faint", "type": "dashed", "width": 1}),
        (_("without the plan"), {"color": "@today", "type": "dotted", "width": 3}),
        (_("with the plan"), {"color": "@plan", "type": "solid", "width": 3}),
    )
    return {
        "grid": {"left": 24, "right": 22, "top": 34, "bottom": 26, "containLabel": True},
        "legend": {"top": 0, "left": 0},
        "tooltip": {"trigger": "item", "formatter": "#point"},
        "xAxis": {**axis, "name": _("share of persons, lowest benefits first"), "nameGap": 26},
        "yAxis": {**axis, "name": _("share of all benefits"), "nameGap": 46},
        "series": [
            {
                "name": name,
                "type": "line",
                "symbol": "circle",
                "symbolSize": 3,
                "lineStyle": look,
                "itemStyle": {"color": look["color"]},
            }
            for name, look in looks
        ],
    }


def _values(run: Run) -> Values:
    """{(indicator, scope, year): (before, after)}, from indicators.csv."""
    columns = [run.tables["indicators"][name].tolist() for name in ("indicator", "scope", "year", "before", "after")]
    return {
        (indicator, scope, year): (before, after)
        for indicator, scope, year, before, after in zip(*columns, strict=True)
    }


def _gini(run: Run, known: Values, programme: str, year: int) -> Block:
    heads = (Head(_("measure")), Head(_("before"), "number"), Head(_("after"), "number"))
    rows = ((_("Gini over everybody (0: all alike)"), *known["gini", f"programme={programme}", year]),)
    title = _(
        "{programme}, {year}, from indicators.csv", programme=names(run.instance, "programme")[programme], year=year
    )
    return Block(title, heads, rows, mixed=True)


def parts(run: Run, shown: Places) -> Figure:
    """Theil's index cut between and inside regions, and between and inside groups."""
    frames: dict[Key, Frame] = {}
    known = _values(run)
    for scope, year in [(scope, year) for indicator, scope, year in known if indicator == "theil"]:
        programme = scope.removeprefix("programme=")
        values = {
            (cut, side): known[f"theil_{side}_{cut}", scope, year] for cut in CUTS for side in ("between", "within")
        }
        data = [[figures_of(value) for cut in CUTS for value in values[cut, side]] for side in ("between", "within")]
        frames[str(year), programme] = Frame(
            _parts_table(run, values, programme, int(year)),
            {"series": [{"data": row} for row in data]},
            marks=8,
            axis="xAxis",
            top=max(sum(column) for column in zip(*data, strict=True)),
            scale=programme,
        )
    return Figure(
        "parts",
        _("Where the gap lies"),
        _("Theil's index of inequality, cut in two ways; each pair of bars adds up to the same whole."),
        ("year", "programme"),
        frames,
        _parts_option(),
        Number("number", 4),
        height=250,
    )


def _parts_option() -> Option:
    bars = ((_("between them"), "@between"), (_("inside them"), "@inside"))
    rows = [_("{cut}: {side}", cut=_(cut), side=side) for cut in CUTS.values() for side in (_("before"), _("after"))]
    return {
        "grid": {"left": 4, "right": 22, "top": 34, "bottom": 8, "containLabel": True},
        "legend": {"top": 0, "left": 0},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, "valueFormatter": "#number"},
        "xAxis": {"type": "value", "axisLabel": {"formatter": "#short", "hideOverlap": True}},
        "yAxis": {"type": "category", "inverse": True, "data": rows, "axisTick": {"show": False}},
        "series": [
            {"name": name, "type": "bar", "stack": "theil", "itemStyle": {"color": colour}} for name, colour in bars
        ],
    }


def _parts_table(run: Run, values: dict[tuple[str, str], tuple[float, float]], programme: str, year: int) -> Block:
    heads = (Head(_("part")), Head(_("before"), "number"), Head(_("after"), "number"))
    titles = {"between": mark("between {cut}"), "within": mark("inside {cut}")}
    rows = tuple((_(titles[side], cut=_(CUTS[cut])), *both) for (cut, side), both in values.items())
    called = names(run.instance, "programme")[programme]
    title = _("{programme}, {year}, Theil's index, from indicators.csv", programme=called, year=year)
    return Block(title, heads, rows)

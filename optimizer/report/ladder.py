"""The ladder of benefits: every place from the lowest to the highest, today and what the plan adds or takes."""

import numpy as np
import pandas as pd

from commonweal.optimizer.amounts import amounts
from commonweal.optimizer.blocks import Block, Head
from commonweal.optimizer.blocks import places as digits
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.report.figure import Figure, Frame, Key, Number, Option, figures_of
from commonweal.optimizer.report.places import Places
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary_words import who

BAR, EDGE = 18, 90  # pixels for each place, and for legend and axis together
NAMES = (mark("without the plan"), mark("the plan adds"), mark("the plan takes away"))


def ladder(run: Run, shown: Places, found: pd.DataFrame) -> Figure:
    """Stacked bars, one frame for each year and who; `found`: benefits by place, of `cells`."""
    frames: dict[Key, Frame] = {}
    words, most = amounts(run.instance), 0
    for (programme, group, year), ordered in found.sort_values(["before", "place"]).groupby(
        ["programme", "group", "year"]
    ):
        scale = f"{programme}|{group}"
        title = _(", ").join([who(run, str(programme), str(group)), str(year), words.benefit])
        frames[str(year), scale] = Frame(
            _table(ordered, shown, title),
            _bars(ordered, shown),
            marks=3 * len(ordered),
            axis="xAxis",
            top=float(ordered[["before", "after"]].to_numpy().max()),
            scale=scale,
        )
        most = max(most, len(ordered))
    return Figure(
        "ladder",
        _("Benefits by {place}, from the lowest up", place=shown.noun[0]),
        _("Average benefit, {unit}; the uncovered count as 0.", unit=words.benefit),
        ("year", "who"),
        frames,
        _option(),
        Number("number", 0, words.benefit),
        height=BAR * most + EDGE,
    )


def _option() -> Option:
    colours = ("@today", "@rise", "@fall")
    return {
        "grid": {"left": 4, "right": 22, "top": 34, "bottom": 8, "containLabel": True},
        "legend": {"top": 0, "left": 0},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, "valueFormatter": "#number"},
        "xAxis": {"type": "value", "axisLabel": {"formatter": "#short", "hideOverlap": True}},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "axisLabel": {"interval": 0},
            "axisTick": {"show": False},
        },
        "series": [
            {
                "name": _(name),
                "type": "bar",
                "stack": "benefit",
                "barCategoryGap": "25%",
                "itemStyle": {"color": colour},
            }
            for name, colour in zip(NAMES, colours, strict=True)
        ],
    }


def _bars(part: pd.DataFrame, shown: Places) -> Option:
    before, after = part["before"].to_numpy(float), part["after"].to_numpy(float)
    bars = (np.minimum(before, after), np.maximum(after - before, 0.0), np.maximum(before - after, 0.0))
    return {
        "yAxis": {"data": [shown.names[place] for place in part["place"].tolist()]},
        "series": [{"data": [figures_of(value) for value in bar.tolist()]} for bar in bars],
    }


def _table(part: pd.DataFrame, shown: Places, title: str) -> Block:
    before, after = part["before"].tolist(), part["after"].tolist()
    places = digits([*before, *after])
    heads = (
        Head(shown.noun[0]),
        Head(_("before"), "number", places),
        Head(_("after"), "number", places),
        Head(_("change"), "change", places),
        Head(_("change"), "share"),
    )
    rows = tuple(
        (shown.names[place], b, a, a - b, a / b - 1 if b > 0 else None)
        for place, b, a in zip(part["place"], before, after, strict=True)
    )
    return Block(title, heads, rows)

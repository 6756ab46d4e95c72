"""The tile map of benefits as a share of the standard, before and after."""

import math
from typing import Any

import pandas as pd

from commonweal.optimizer.blocks import Block, Head, show
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.report.figure import Figure, Frame, Key, Number, Option, figures_of
from commonweal.optimizer.report.places import Places, codes
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary_words import who

SIDES = {"before": mark("Without the plan"), "after": mark("With the plan")}
SHADES = ("#fff3d6", "#f9cf8e", "#f09a6a", "#cf5f74", "#8f3f80", "#4a2a6f")  # lightness falls all the way
DARK_FROM = 0.55  # of the scale: on darker tiles letters are white
HIGHEST, TILE, EDGE = 460, 76, 60  # pixels: of the chart, for a row of tiles, for the scale below them
STEP = 0.05  # the scale begins at a round share


def tile_map(run: Run, shown: Places, found: pd.DataFrame) -> Figure:
    """Tiles coloured by the share of the standard, one frame for each year, who and side.

    `found`: benefits by place, of `cells`.
    """
    found = found.assign(**{side: found[side] / found["standard"] for side in SIDES})
    frames: dict[Key, Frame] = {}
    short = codes(shown.names)
    for (programme, group), people in found.groupby(["programme", "group"]):
        low, high = _scale(people)
        for year, part in people.groupby("year"):
            table = _table(part, shown, who(run, str(programme), str(group)), int(str(year)))
            for side in SIDES:
                key = (str(year), f"{programme}|{group}", side)
                option = {
                    "visualMap": {"min": low, "max": high, "text": _ends(part, low, high)},
                    "series": [{"data": _tiles(part, shown, short, side, (low, high))}],
                }
                frames[key] = Frame(table, option, marks=len(part))
    across, down = (max(spot[k] for spot in shown.tiles.values()) for k in (0, 1))
    first, top = (min(spot[k] for spot in shown.tiles.values()) for k in (0, 1))
    where = (
        ""
        if shown.placed
        else " "
        + _("Tiles stand in the order of their names: the case gives {places} no place on a map.", places=shown.noun[1])
    )
    return Figure(
        "map",
        _("Benefits as a share of the standard"),
        _("The lighter the tile, the further its people are from the standard.") + where,
        ("year", "who", "side"),
        frames,
        _option(range(first, across + 1), range(top, down + 1)),
        Number("share", 1),
        height=min(HIGHEST, EDGE + TILE * (down - top + 1)),
    )


def _option(columns: range, rows: range) -> Option:
    axis = {"type": "category", "show": False, "splitArea": {"show": False}}
    return {
        "grid": {"left": 2, "right": 2, "top": 2, "bottom": 54},
        "xAxis": {**axis, "data": [str(column) for column in columns]},
        "yAxis": {**axis, "data": [str(row) for row in rows], "inverse": True},
        "visualMap": {
            "type": "continuous",
            "orient": "horizontal",
            "left": "center",
            "bottom": 2,
            "itemWidth": 12,
            "itemHeight": 190,
            "calculable": False,
            "dimension": 2,
            "inRange": {"color": list(SHADES)},
            "formatter": "#number",
        },
        "tooltip": {"trigger": "item", "formatter": "#item"},
        "series": [
            {
                "type": "heatmap",
                "label": {"show": True},
                "itemStyle": {"borderWidth": 3, "borderColor": "@paper", "borderRadius": 6},
            }
        ],
    }


def _ends(part: pd.DataFrame, low: float, high: float) -> list[str]:
    """What stands at the dark and at the light end of the scale."""
    beyond = part[list(SIDES)].to_numpy(float).max() > high
    top = show(high, "share", 0)
    return [_("{share} or more", share=top) if beyond else top, show(low, "share", 0)]


def _scale(people: pd.DataFrame) -> tuple[float, float]:
    """From the lowest share to the standard; to the highest share where all are above the standard."""
    lowest, highest = float(people["before"].min()), float(people[list(SIDES)].to_numpy(float).max())
    low = math.floor(lowest / STEP) * STEP
    high = max(1.0, math.ceil(highest / STEP) * STEP) if lowest >= 1 else 1.0
    return round(low, 4), round(high, 4)


def _tiles(
    part: pd.DataFrame, shown: Places, short: dict[str, str], side: str, scale: tuple[float, float]
) -> list[dict[str, Any]]:
    low, high = scale
    across, down = (min(spot[k] for spot in shown.tiles.values()) for k in (0, 1))
    tiles = []
    for place, share in zip(part["place"].tolist(), part[side].tolist(), strict=True):
        column, row = shown.tiles[place]
        dark = (share - low) / (high - low or 1) > DARK_FROM
        tiles.append(
            {
                "value": [column - across, row - down, figures_of(share)],
                "name": shown.names[place],
                "code": short[place],
                "label": {"color": "#ffffff" if dark else "#1c1c28"},
            }
        )
    return tiles


def _table(part: pd.DataFrame, shown: Places, people: str, year: int) -> Block:
    rows = zip(
        [shown.names[place] for place in part["place"].tolist()], *(part[s].tolist() for s in SIDES), strict=True
    )
    heads = (Head(shown.noun[0]), Head(_("before"), "share"), Head(_("after"), "share"))
    title = _("{who}, {year}: benefit as a share of the standard", who=people, year=year)
    return Block(title, heads, tuple(rows))

"""Who gives and who gets: a flow chart of the centre, regions that pay and regions that receive."""

import re

import pandas as pd

from commonweal.optimizer.blocks import Block, Head
from commonweal.optimizer.blocks import places as digits
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.names import names
from commonweal.optimizer.report.figure import Figure, Frame, Key, Number, Option, figures_of
from commonweal.optimizer.report.places import Places
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary_words import period, tiny

HIGHEST = 460  # pixels
NAMED = 9  # places named on each side; the rest are shown together
CENTRE, EVERY_FUND = "Central budget", "*"
OTHERS = re.compile(r"[\d,]+ other ")


def flows(run: Run, shown: Places) -> Figure | None:
    """One frame for all funds and one for each fund in which money moves; None where none does."""
    links = _links(run, shown)
    if links.empty:
        return None
    words, frames = units(run.instance), dict[Key, Frame]()
    funds = [EVERY_FUND, *links.groupby("fund")["amount"].sum().sort_values(ascending=False).index]
    called = {EVERY_FUND: "all funds", **names(run.instance, "fund")}
    when = period(run.tables["transfers"])
    places = digits([float(links["amount"].sum())])
    for fund in funds:
        part = links if fund == EVERY_FUND else links[links["fund"] == fund]
        joined = _few(part.groupby(["giver", "taker"])["amount"].sum().reset_index(), shown)
        title = f"{called[fund]}, {when}, {words.money}"
        frames[(fund,)] = Frame(_table(joined, title), _sankey(joined), marks=len(joined))
    return Figure(
        "flows",
        "Who gives and who gets",
        f"Money that changes place, {words.money}, {when}. The wider the band, the more money.",
        ("fund",),
        frames,
        _option(),
        Number("number", max(1, places), words.money),
        height=min(HIGHEST, 100 + 60 * max(frame.marks for frame in frames.values())),
    )


def _links(run: Run, shown: Places) -> pd.DataFrame:
    """giver, taker, fund, amount: central grants and what regions pay each other, over all years."""
    transfers, pairs = run.tables["transfers"], run.tables["pairs"]
    grants = transfers.assign(giver="", taker=transfers["region"].map(shown.of), amount=transfers["central"])
    paid = pairs.assign(giver=pairs["donor"].map(shown.of), taker=pairs["recipient"].map(shown.of))
    columns = ["giver", "taker", "fund", "amount"]
    both = pd.concat([grants[columns], paid[columns]])
    sums = both.groupby(columns[:3], as_index=False)["amount"].sum()
    return sums[(sums["amount"] > tiny(sums["amount"])) & (sums["giver"] != sums["taker"])]


def _few(links: pd.DataFrame, shown: Places) -> pd.DataFrame:
    """The largest givers and takers by name, the others of each side together."""
    links = links.assign(giver=_largest(links, "giver", shown, {"": CENTRE}), taker=_largest(links, "taker", shown, {}))
    joined = links.groupby(["giver", "taker"])["amount"].sum().reset_index()
    places = _order(joined, "giver"), _order(joined, "taker")
    return joined.assign(from_=joined["giver"].map(places[0]), to=joined["taker"].map(places[1])).sort_values(
        ["from_", "to"], ignore_index=True
    )[["giver", "taker", "amount"]]


def _order(links: pd.DataFrame, side: str) -> dict[str, int]:
    """Names of one side from top to bottom: the centre, the largest first, the others together last."""
    sums = links.groupby(side)["amount"].sum().sort_values(ascending=False, kind="stable").index.tolist()
    ordered = sorted(sums, key=lambda name: (name != CENTRE, bool(OTHERS.match(name))))
    return {name: k for k, name in enumerate(ordered)}


def _largest(links: pd.DataFrame, side: str, shown: Places, also: dict[str, str]) -> "pd.Series[str]":
    sums = links.groupby(side)["amount"].sum().drop(labels=list(also), errors="ignore")
    ordered = sums.sort_values(ascending=False, kind="stable").index.tolist()
    named = ordered if len(ordered) <= NAMED + 1 else ordered[:NAMED]
    rest = f"{len(ordered) - len(named)} other {shown.noun[1]}"
    called = {**{place: shown.names[place] for place in named}, **also}
    return links[side].map(lambda place: called.get(place, rest))


def _nodes(links: pd.DataFrame) -> tuple[list[str], list[str]]:
    return list(_order(links, "giver")), list(_order(links, "taker"))


def _sankey(links: pd.DataFrame) -> Option:
    """A place can give and get: it then stands on both sides, told apart by an invisible mark."""
    givers, takers = _nodes(links)
    nodes = [
        {"name": name, "depth": 0, "itemStyle": {"color": "@centre" if name == CENTRE else "@give"}} for name in givers
    ]
    nodes += [{"name": f"{name}\u200b", "depth": 1, "itemStyle": {"color": "@get"}} for name in takers]
    bands = [
        {"source": giver, "target": f"{taker}\u200b", "value": figures_of(amount)}
        for giver, taker, amount in links.itertuples(index=False, name=None)
    ]
    return {"series": [{"data": nodes, "links": bands}]}


def _option() -> Option:
    return {
        "tooltip": {"trigger": "item", "formatter": "#flow"},
        "series": [
            {
                "type": "sankey",
                "left": 4,
                "right": "26%",
                "top": 8,
                "bottom": 8,
                "nodeGap": 11,
                "nodeWidth": 16,
                "layoutIterations": 0,
                "draggable": False,
                "emphasis": {"focus": "adjacency"},
                "lineStyle": {"color": "source", "opacity": 0.28, "curveness": 0.5},
                "label": {"formatter": "#node"},
            }
        ],
    }


def _table(links: pd.DataFrame, title: str) -> Block:
    places = digits(links["amount"].tolist())
    heads = (Head("from"), Head("to"), Head("amount", "number", places))
    return Block(title, heads, tuple(links.itertuples(index=False, name=None)))

"""Who gives and who gets: a flow chart of the centre, regions that pay and regions that receive."""

from collections import defaultdict
from dataclasses import dataclass

import pandas as pd

from commonweal.optimizer.amounts import amounts
from commonweal.optimizer.blocks import Block, Head
from commonweal.optimizer.blocks import places as digits
from commonweal.optimizer.language import _
from commonweal.optimizer.names import names
from commonweal.optimizer.report.figure import Figure, Frame, Key, Number, Option, figures_of
from commonweal.optimizer.report.places import Places
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary_words import period, tiny

HIGHEST = 460  # pixels
NAMED = 9  # places named on each side; the rest are shown together
CENTRE, OTHERS, EVERY_FUND = "", "*", "*"


def flows(run: Run, shown: Places) -> Figure | None:
    """One frame for all funds and one for each fund in which money moves; None where none does."""
    words, links = amounts(run.instance), _links(run, shown)
    if links.empty:
        return None
    links["amount"] *= words.money_times
    frames = dict[Key, Frame]()
    funds = [EVERY_FUND, *links.groupby("fund")["amount"].sum().sort_values(ascending=False).index]
    called = {EVERY_FUND: _("all funds"), **names(run.instance, "fund")}
    when = period(run.tables["transfers"])
    places = digits([float(links["amount"].sum())])
    for fund in funds:
        joined = _few(_bands(links if fund == EVERY_FUND else links[links["fund"] == fund]), shown)
        title = _(", ").join([called[fund], when, words.money])
        frames[(fund,)] = Frame(_table(joined.links, title), _sankey(joined), marks=len(joined.links))
    return Figure(
        "flows",
        _("Who gives and who gets"),
        _("Money that changes place, {unit}, {when}. The wider the band, the more money.", unit=words.money, when=when),
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


Bands = dict[tuple[str, str], float]  # (giver, taker) -> amount


def _bands(links: pd.DataFrame) -> Bands:
    found: Bands = defaultdict(float)
    for giver, taker, amount in zip(*(links[c].tolist() for c in ("giver", "taker", "amount")), strict=True):
        found[giver, taker] += amount
    return found


@dataclass(frozen=True)
class _Flow:
    """Bands by name (giver, taker, amount), and the names of each side from top to bottom."""

    links: list[tuple[str, str, float]]
    givers: list[str]
    takers: list[str]
    centre: str


def _few(bands: Bands, shown: Places) -> _Flow:
    """The largest givers and takers by name, the others of each side together."""
    called, kept = [], []
    for side in (0, 1):
        ordered = [place for place in _largest_first(bands, side) if place != CENTRE]
        named = ordered if len(ordered) <= NAMED + 1 else ordered[:NAMED]
        rest = _("{n} other {places}", n=f"{len(ordered) - len(named):,d}", places=shown.noun[1])
        kept.append({CENTRE, *named})
        called.append({CENTRE: _("Central budget"), OTHERS: rest, **{place: shown.names[place] for place in named}})
    joined: Bands = defaultdict(float)
    for (giver, taker), amount in sorted(bands.items()):
        joined[giver if giver in kept[0] else OTHERS, taker if taker in kept[1] else OTHERS] += amount
    givers, takers = (
        sorted(_largest_first(joined, side), key=lambda place: (place != CENTRE, place == OTHERS))  # sorting is stable
        for side in (0, 1)
    )
    links = [
        (called[0][giver], called[1][taker], joined[giver, taker])
        for giver in givers
        for taker in takers
        if (giver, taker) in joined
    ]
    return _Flow(links, [called[0][i] for i in givers], [called[1][i] for i in takers], called[0][CENTRE])


def _largest_first(bands: Bands, side: int) -> list[str]:
    """The ids of one side, the largest sums first."""
    sums: dict[str, float] = defaultdict(float)
    for key, amount in sorted(bands.items()):
        sums[key[side]] += amount
    return sorted(sums, key=lambda place: (-sums[place], place))


def _sankey(flow: _Flow) -> Option:
    """A place can give and get: it then stands on both sides, told apart by an invisible mark."""
    nodes = [
        {"name": name, "depth": 0, "itemStyle": {"color": "@centre" if name == flow.centre else "@give"}}
        for name in flow.givers
    ]
    nodes += [{"name": f"{name}\u200b", "depth": 1, "itemStyle": {"color": "@get"}} for name in flow.takers]
    bands = [
        {"source": giver, "target": f"{taker}\u200b", "value": figures_of(amount)}
        for giver, taker, amount in flow.links
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


def _table(links: list[tuple[str, str, float]], title: str) -> Block:
    places = digits(amount for _giver, _taker, amount in links)
    heads = (Head(_("from")), Head(_("to")), Head(_("amount"), "number", places))
    return Block(title, heads, tuple(links))

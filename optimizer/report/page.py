"""The page: one HTML file that needs no network, from a run folder or from a folder of several budgets.

Everything is read from the folders. Texts and tables are written for every budget, charts for every choice; the
page's script only swaps them. Two A4 pages are printed first, then the annex.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from commonweal.optimizer import run_folder
from commonweal.optimizer.amounts import amounts, steps
from commonweal.optimizer.atomic import whole
from commonweal.optimizer.blocks import Block
from commonweal.optimizer.blocks import places as digits
from commonweal.optimizer.errors import InputError
from commonweal.optimizer.language import _, language, mark, plural
from commonweal.optimizer.names import names
from commonweal.optimizer.report import budget, ladder, maps, money, regions, spread, words, yardstick, years
from commonweal.optimizer.report.budget import FRONTIER, Curve, read_curve
from commonweal.optimizer.report.figure import Figure, merged
from commonweal.optimizer.report.places import Places, cells, places
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.simple_rules import MoneyEquivalent
from commonweal.optimizer.summary import assumptions
from commonweal.optimizer.summary_benefits import changes, measures, rates, rises, timeline
from commonweal.optimizer.summary_money import giving
from commonweal.optimizer.summary_money import money as money_block
from commonweal.optimizer.summary_words import who
from commonweal.optimizer.yardsticks import against

MOST_STOPS = 11  # a slider that moves every chart; the curve beside it has every point
SAME = 1e-9  # gaps closer than this are told once
LARGEST = 10  # regions named in a list that names only the largest
ROWS = 40  # regions named in a list of the annex; with more, the rest is summed


@dataclass(frozen=True)
class Stop:
    """A run of the slider: its place in the budget curve, or nothing where there is only one run."""

    run: Run
    folder: Path
    budget: float | None = None
    factor: float | None = None


def write(folder: Path, path: Path) -> Path:
    """Write the page of `folder` to `path` and return it. Raises UsageError if `folder` is no run."""
    text = render(*gather(folder))
    with whole(path) as fresh:
        fresh.write_text(text, encoding="utf-8", newline="\n")
    return path


def gather(folder: Path) -> tuple[list[Stop], Curve | None]:
    """The run in `folder`; or the runs of a budget curve by rising budget, and the curve."""
    if (folder / run_folder.RUN).is_file():
        return [Stop(run_folder.read(folder), folder)], None
    curve = read_curve(folder)
    if curve is None:
        return [Stop(run_folder.read(folder), folder)], None
    points = curve.points.dropna(subset=["gap"]).sort_values("budget")
    places = [(folder / f"{factor:.10g}", factor, amount) for factor, amount in _pairs(points)]
    stops: list[Stop] = []
    for place, factor, amount in _thinned(places):
        if (place / run_folder.RUN).is_file():
            run = run_folder.read(place, stops[0].run if stops else None)
            stops.append(Stop(run, place, float(amount), float(factor)))
    if not stops:
        raise InputError(
            _(
                "{folder} holds no run of any budget of {file}. Run the frontier again, with its plans.",
                folder=folder,
                file=FRONTIER,
            )
        )
    return stops, curve


def _pairs(points: pd.DataFrame) -> list[tuple[float, float]]:
    return list(zip(points["factor"].tolist(), points["budget"].tolist(), strict=True))


def _thinned(stops: list[tuple[Path, float, float]]) -> list[tuple[Path, float, float]]:
    """As many as a slider and a file can carry: evenly, with both ends and the budget as asked."""
    if len(stops) <= MOST_STOPS:
        return stops
    kept = {round(k * (len(stops) - 1) / (MOST_STOPS - 2)) for k in range(MOST_STOPS - 1)}
    return [stop for k, stop in enumerate(stops) if k in kept or stop[1] == 1]


def _telling(found: dict[str, MoneyEquivalent]) -> dict[str, MoneyEquivalent]:
    """Without the rules that come to the same as an earlier one."""
    told: dict[str, MoneyEquivalent] = {}
    for name, one in found.items():
        if all(abs(one.gap_rule - other.gap_rule) > SAME for other in told.values()):
            told[name] = one
    return told


def render(stops: Sequence[Stop], curve: Curve | None) -> str:
    """The HTML text."""
    runs = [stop.run for stop in stops]
    folders = [stop.folder.name if curve is None else f"{stop.folder.parent.name}/{stop.folder.name}" for stop in stops]
    shown = places(runs[0].instance)
    equal = [_telling(against(run)) for run in runs]
    drawn = [list(_figures(run, shown, found)) for run, found in zip(runs, equal, strict=True)]
    named = [{figure.name: figure for figure in figures} for figures in drawn]
    everywhere = [name for name in named[0] if all(name in figures for figures in named)]
    figures = {name: merged([own[name] for own in named]) for name in everywhere}
    if curve is not None:
        figures["budget"] = budget.figure(curve, runs, [stop.budget or 0.0 for stop in stops])
    env = Environment(
        loader=PackageLoader("commonweal.optimizer.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(_=_, plural=plural)
    parts = env.get_template("parts.html")
    texts = [
        {slot: str(getattr(parts.module, slot)(content)) for slot, content in _texts(run, name, found)}
        for run, name, found in zip(runs, folders, equal, strict=True)
    ]
    start = _start(stops, figures)
    document = {
        "figures": {name: _plain(figure) for name, figure in figures.items()},
        "texts": texts,
        "choices": _choices(stops, shown, figures),
        "start": start,
        "words": _script_words(),
        "steps": steps(),
    }
    return env.get_template("page.html").render(
        lang=language(),
        title=_(runs[0].instance.meta.title),
        scenario=_(curve.title if curve else str(runs[0].scenario.get("title", "")) or mark("default scenario")),
        figures=figures,
        texts=[{slot: Markup(text) for slot, text in own.items()} for own in texts][int(start["run"])],
        choices=document["choices"],
        start=start,
        several=len(stops) > 1,
        data=Markup(json.dumps(document, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")),
        style=Markup(_file("page.css")),
        script=Markup(_file("page.js")),
        library=Markup(_file("echarts.min.js")),
    )


def _script_words() -> dict[str, str]:
    """What the script says; it fills in the named places."""
    return {
        "flow": _("{giver} to {taker}"),
        "below": _("The same numbers stand in the table below."),
        "nothing": _("There is nothing to show for this choice."),
        "budget": _("Budget: {amount}"),
        "found": _("Regions found: {count}. Shown are the first {shown}."),
        "full": _(". "),
        "comma": _(", "),
        "percent": _("{number} %"),
    }


def _file(name: str) -> str:
    return (files("commonweal.optimizer.report") / name).read_text(encoding="utf-8")


def _figures(run: Run, shown: Places, equal: Mapping[str, MoneyEquivalent]) -> Iterator[Figure]:
    found = cells(run.tables["benefits"], shown)
    yield maps.tile_map(run, shown, found)
    for figure in (money.flows(run, shown), yardstick.bars(run, equal)):
        if figure is not None:
            yield figure
    yield ladder.ladder(run, shown, found)
    yield spread.parts(run, shown)
    yield spread.lorenz(run, shown)
    yield from years.timelines(run, shown)
    if shown.together:
        yield regions.details(run, shown)


def _texts(run: Run, folder: str, equal: Mapping[str, MoneyEquivalent]) -> Iterator[tuple[str, Any]]:
    """What each slot of the page holds: the macro of parts.html with the slot's name makes the HTML."""
    yield "headline", (words.sentences(run), run.info["status"] == "optimal")
    yield "glances", list(words.glances(run, equal))
    yield "money", [money_block(run)]
    yield "binding", [words.binding(run)]
    yield "assumptions", assumptions(run)
    yield "tables", [*_lists(run), words.gaps(run)]
    yield "audit", (escape(folder), Markup("<code>commonweal verify</code>"), [words.sources(run), *words.audit(run)])


def _lists(run: Run) -> Iterator[Block]:
    """Who gives and receives, and whose benefits change; regions by name where they are few."""
    most = None if len(run.instance.regions) <= ROWS else LARGEST
    found = (
        *giving(run, most),
        rises(run),
        timeline(run),
        *changes(run, most),
        measures(run),
        *rates(run, everything=most is None),
    )
    return (block for block in found if block.rows or block.notes)


def _start(stops: Sequence[Stop], figures: Mapping[str, Figure]) -> dict[str, str]:
    """What the page shows first: the budget as asked, the last year, those who gain most, the plan."""
    factors = [abs((stop.factor or 1.0) - 1.0) for stop in stops]
    first = factors.index(min(factors))
    benefits = stops[first].run.tables["benefits"]
    programme, group = words.most_changed(benefits)
    start = {
        "run": str(first),
        "year": str(benefits["year"].max()),
        "who": f"{programme}|{group}",
        "programme": programme,
        "side": "after",
    }
    if "flows" in figures:
        keys = [key for key in figures["flows"].frames if key[0] == str(first)]
        start["fund"] = next((key[1] for key in keys if key[1] == _new_money(stops[first].run)), keys[0][1])
    if "regions" in figures:
        start["place"] = next(iter(figures["regions"].frames))[1]
    return start


def _new_money(run: Run) -> str:
    """The fund that most new money goes to."""
    transfers = run.tables["transfers"]
    new = (transfers["central"] + transfers["horizontal_paid"]).groupby(transfers["fund"]).sum()
    return str(new.idxmax())


def _choices(stops: Sequence[Stop], shown: Places, figures: Mapping[str, Figure]) -> dict[str, list[tuple[str, str]]]:
    """{dim: [(value, label)]}, in the order in which they are offered."""
    run = stops[0].run
    words_ = amounts(run.instance)
    budgets = [stop.budget * words_.money_times for stop in stops if stop.budget is not None]
    places_ = digits(budgets)
    labels = [
        _("{amount}, as asked", amount=words_.of_money(stop.budget, decimals=places_))
        if stop.factor == 1
        else _(
            "{amount}, {factor} times", amount=words_.of_money(stop.budget, decimals=places_), factor=f"{stop.factor:g}"
        )
        for stop in stops
        if stop.budget is not None
    ]
    called: dict[str, Callable[[str], str]] = {
        "run": lambda value: labels[int(value)] if labels else "",
        "year": str,
        "who": lambda value: who(run, *value.split("|")),
        "programme": lambda value: names(run.instance, "programme")[value],
        "fund": lambda value: _("all funds") if value == money.EVERY_FUND else names(run.instance, "fund")[value],
        "side": lambda value: _(maps.SIDES[value]),
        "place": shown.names.__getitem__,
    }
    found: dict[str, dict[str, str]] = {}
    for figure in figures.values():
        for key in figure.frames:
            for dim, value in zip(figure.dims, key, strict=True):
                found.setdefault(dim, {})[value] = called[dim](value)
    return {dim: list(values.items()) for dim, values in found.items()}


def _plain(figure: Figure) -> dict[str, Any]:
    """A figure as the script reads it; tables as texts, equal ones once."""
    tables: dict[str, int] = {}
    listed: list[Any] = []
    frames = {}
    for key, frame in figure.frames.items():
        table = block(frame.table)
        mark = hashlib.sha256(json.dumps(table).encode()).hexdigest()
        if mark not in tables:
            tables[mark] = len(listed)
            listed.append(table)
        frames["/".join(key)] = {"option": frame.option, "table": tables[mark], "marks": frame.marks}
    return {
        "title": figure.title,
        "dims": figure.dims,
        "option": figure.option,
        "number": asdict(figure.number),
        "height": figure.height,
        "frames": frames,
        "tables": listed,
    }


def block(table: Block) -> dict[str, Any]:
    """A block as texts: title, heads with their alignment, rows, notes."""
    return {
        "title": table.title,
        "heads": [[head.title, "text" if head.style == "text" else "number"] for head in table.heads],
        "rows": table.texts(),
        "notes": list(table.notes),
    }

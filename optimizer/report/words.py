"""The words of the page: headline sentences with their sources, figures at a glance, rules that bind, audit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import pandas as pd

from commonweal.models.parts import levers
from commonweal.optimizer.blocks import Block, Head, places, show
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.explain_words import Place
from commonweal.optimizer.names import names
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.simple_rules import MoneyEquivalent
from commonweal.optimizer.summary import headline
from commonweal.optimizer.summary_words import count, last, period, tiny, who

SOURCES: Mapping[str, str] = {  # how a headline sentence begins -> where its numbers stand
    "The gap": "gaps.csv, row total: before, after",
    "Proven": "run.json: status, objective, lower_bound",
    "Not proven": "run.json: status, relative_gap",
    "Attention": "funds.csv: sum of unfunded",
    "Benefits rise": "benefits.csv, last year: benefit against benefit_before",
    "The national line": "benefits.csv, last year: standard",
}
BUDGET = "vertical_transfers"
MOST_RULES = 20
PRICED = 1e-12  # a smaller price is rounding


@dataclass(frozen=True)
class Sentence:
    """A generated sentence and the table rows its numbers come from."""

    text: str
    source: str


@dataclass(frozen=True)
class Glance:
    """One figure at a glance: what it is, the number now and before, and where it stands."""

    label: str
    now: str
    before: str
    source: str


def sentences(run: Run) -> list[Sentence]:
    """The headline, each sentence with its source."""
    return [
        Sentence(text, next(source for begin, source in SOURCES.items() if text.startswith(begin)))
        for text in headline(run)
    ]


def glances(run: Run, against: Mapping[str, MoneyEquivalent]) -> Iterator[Glance]:
    """What a reader asks first."""
    gaps = run.tables["gaps"]
    total = gaps[gaps["gap"] == "total"].iloc[0]
    before, after = float(total["before"]), float(total["after"])
    yield Glance("the gap", show(after), f"was {show(before)}", "gaps.csv, row total: before, after")
    yield from _lowest(run)
    yield from _ratio(run)
    words, transfers = units(run.instance), run.tables["transfers"]
    central = float(transfers["central"].sum())
    if central > tiny(transfers["central"]):
        paid_to = int((transfers.groupby("region")["central"].sum() > tiny(transfers["central"])).sum())
        yield Glance(
            f"central grants, {words.money}",
            show(central, decimals=places([central])),
            f"{period(transfers)}, to {count(paid_to, 'region')}",
            "transfers.csv: sum of central",
        )
    equal = against.get("equal-per-head")
    if equal is not None and equal.needed is not None and equal.money > 0:
        digits = places([equal.money, equal.needed])
        yield Glance(
            f"worth this much more money, {words.money}",
            show(equal.needed - equal.money, "change", digits),
            "against equal amounts per head",
            "benefits.csv, transfers.csv: money-equivalent",
        )


def _lowest(run: Run) -> Iterator[Glance]:
    """The lowest regional benefit of whoever gains most."""
    programme, group = most_changed(run.tables["benefits"])
    table = last(run.tables["indicators"])
    scope = f"programme={programme};group={group}"
    found = table[(table["indicator"] == "lowest_benefit") & (table["scope"] == scope)]
    for before, after in found[["before", "after"]].itertuples(index=False, name=None):
        yield Glance(
            f"lowest benefit, {units(run.instance).benefit}",
            show(float(after)),
            f"was {show(float(before))}; {who(run, programme, group)}",
            "indicators.csv, last year: lowest_benefit",
        )


def _ratio(run: Run) -> Iterator[Glance]:
    table = last(run.tables["indicators"])
    programme, _ = most_changed(run.tables["benefits"])
    found = table[(table["indicator"] == "urban_rural_ratio") & (table["scope"] == f"programme={programme}")]
    for before, after in found[["before", "after"]].itertuples(index=False, name=None):
        yield Glance(
            "urban over rural benefits",
            f"{show(float(after))} times",
            f"was {show(float(before))} times",
            "indicators.csv, last year: urban_rural_ratio",
        )


def most_changed(benefits: pd.DataFrame) -> tuple[str, str]:
    """(programme, group) on which the plan spends most more; the first where nothing changes."""
    change = (benefits["benefit"] - benefits["benefit_before"]).abs() * benefits["eligible"]
    sums = change.groupby([benefits["programme"], benefits["group"]]).sum()
    return cast(tuple[str, str], sums.idxmax())


def binding(run: Run) -> Block:
    """Rules that hold the plan back, the dearest first; worth is told in central money where there is a budget."""
    rules = run.tables["rules"]
    held = rules[rules["binding"] & (rules["price"].abs() > PRICED) & ~rules["rule"].str.contains("balance")]
    words, modules = units(run.instance), levers()
    place = Place(run, 0, words)
    budget = held[(held["lever"] == BUDGET) & held["rule"].str.startswith("budget")]
    price = budget.groupby("year")["price"].min().abs()
    worth = (held["price"].abs() / held["year"].map(price.to_dict())).astype(float)
    found = held.assign(size=held["price"].abs(), worth=worth).groupby(["lever", "rule"], as_index=False)
    sums = found.agg(
        size=("size", "max"), worth=("worth", "max"), times=("size", "size"), regions=("region", "nunique")
    )
    national = held[held["region"] == ""].groupby(["lever", "rule"]).size()
    rows = []
    for lever, rule, size, value, times, regions in (
        sums.sort_values(["size", "lever", "rule"], ascending=[False, True, True])
        .head(MOST_RULES)
        .itertuples(index=False, name=None)
    ):
        where = "the whole nation" if (lever, rule) in national.index else count(int(regions), "region")
        meaning = (modules[lever].module.__doc__ or "").split(":")[0].strip() if lever in modules else lever
        rows.append(
            (f"{meaning}: {place.rule(rule)}", where, int(times), float(size), None if price.empty else float(value))
        )
    heads = (
        Head("rule"),
        Head("binds for"),
        Head("times", "number"),
        Head("gap per unit", "number"),
        Head(f"worth, {words.money} of budget per unit", "number"),
    )
    note = (
        "The cost of a rule: by how much the gap would fall if its limit gave way by one unit "
        f"({words.money} for money, {words.benefit} for benefits), at most over regions and years."
    )
    notes = (note,) if rows else ("No rule has a price: nothing holds the plan back.",)
    return Block("What binds, and what it costs", heads, tuple(rows), notes)


def gaps(run: Run) -> Block:
    """Every gap of the objective, by programme and year."""
    table, called = run.tables["gaps"], names(run.instance, "programme")
    rows = tuple(
        (
            gap.replace("_", " "),
            called.get(programme, ""),
            "" if pd.isna(year) else str(year),
            *map(float, (weight, before, after)),
        )
        for gap, programme, year, weight, before, after in table[
            ["gap", "programme", "year", "weight", "before", "after"]
        ].itertuples(index=False, name=None)
    )
    heads = (
        Head("gap"),
        Head("programme"),
        Head("year"),
        Head("weight", "number"),
        Head("before", "number"),
        Head("after", "number"),
    )
    return Block("The objective, gap by gap, from gaps.csv", heads, rows)


def audit(run: Run) -> list[Block]:
    """Proof of optimality, versions, and the hashes of the inputs, from run.json."""
    info = run.info
    proof = [
        ("status", str(info["status"])),
        ("gap of the plan", f"{info['objective']:.10g}"),
        ("proven: no plan is below", f"{info['lower_bound']:.10g}"),
        ("distance", show(float(info["relative_gap"]), "share", 6)),
        ("started", str(info.get("started", ""))),
        ("seconds", str(info.get("seconds", ""))),
        ("machine", str(info.get("machine", ""))),
        ("solver", ", ".join(f"{key} {value}" for key, value in info.get("solver", {}).items())),
    ]
    versions = [(name, str(version)) for name, version in info.get("versions", {}).items()]
    inputs = [(name, str(value)) for name, value in info.get("inputs", {}).items()]
    return [
        Block("Proof and run", (Head("what"), Head("value")), tuple(proof)),
        Block("Versions", (Head("program"), Head("version")), tuple(versions)),
        Block("Inputs", (Head("file"), Head("SHA-256")), tuple(inputs)),
    ]


def sources(run: Run) -> Block:
    """Where the data come from, and in which units numbers are."""
    meta, words = run.instance.meta, units(run.instance)
    rows = (
        ("case", f"{meta.title} ({meta.name})"),
        ("source", meta.source),
        ("licence", meta.licence),
        ("prices of", str(meta.price_year)),
        ("years of the data", ", ".join(map(str, meta.years))),
        ("money", words.money),
        ("persons", words.persons),
        ("benefits", words.benefit),
    )
    return Block("Sources and units", (Head("what"), Head("value")), tuple((k, v) for k, v in rows if v))

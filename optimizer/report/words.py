"""The words of the page: headline sentences with their sources, figures at a glance, rules that bind, audit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import pandas as pd

from commonweal.optimizer.amounts import amounts, said
from commonweal.optimizer.blocks import Block, Head, places, show
from commonweal.optimizer.explain_words import Place, lever_title
from commonweal.optimizer.language import ENGLISH, _, mark, speaking
from commonweal.optimizer.names import names
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.simple_rules import MoneyEquivalent
from commonweal.optimizer.summary import headline
from commonweal.optimizer.summary_words import count_regions, last, period, tiny, who

SOURCES: Mapping[str, str] = {  # how a headline sentence begins in English -> where its numbers stand
    "The gap": mark("gaps.csv, row total: before, after"),
    "The lowest share": mark("benefits.csv, last year: benefit, standard"),
    "Proven": mark("run.json: status, objective, lower_bound"),
    "Not proven": mark("run.json: status, relative_gap"),
    "Not the best": mark("run.json: status, within"),
    "Attention": mark("funds.csv: sum of unfunded"),
    "Benefits rise": mark("benefits.csv, last year: benefit against benefit_before"),
    "The national line": mark("benefits.csv, last year: standard"),
}
BUDGET = "vertical_transfers"
MOST_RULES = 20
PRICED = 1e-12  # a smaller price is rounding


@dataclass(frozen=True)
class Sentence:
    """A generated sentence and the table rows its numbers come from."""

    text: str
    source: str
    urgent: bool = False


@dataclass(frozen=True)
class Glance:
    """One figure at a glance: what it is, the number now and before, and where it stands."""

    label: str
    now: str
    before: str
    source: str


def sentences(run: Run) -> list[Sentence]:
    """The headline, each sentence with its source."""
    with speaking(ENGLISH):
        begins = [next(begin for begin in SOURCES if text.startswith(begin)) for text in headline(run)]
    told = zip(headline(run), begins, strict=True)
    return [Sentence(text, _(SOURCES[begin]), begin == "Attention") for text, begin in told]


def glances(run: Run, against: Mapping[str, MoneyEquivalent]) -> Iterator[Glance]:
    """What a reader asks first."""
    gaps = run.tables["gaps"]
    total = gaps[gaps["gap"] == "total"].iloc[0]
    before, after = float(total["before"]), float(total["after"])
    was = _("was {value}", value=show(before))
    yield Glance(_("the gap"), show(after), was, _("gaps.csv, row total: before, after"))
    yield from _lowest(run)
    yield from _ratio(run)
    words, transfers = amounts(run.instance), run.tables["transfers"]
    central = float(transfers["central"].sum())
    if central > tiny(transfers["central"]):
        paid_to = int((transfers.groupby("region")["central"].sum() > tiny(transfers["central"])).sum())
        yield Glance(
            _("central grants, {unit}", unit=words.money),
            show(central * words.money_times, decimals=places([central * words.money_times])),
            _("{when}, to {regions}", when=period(transfers), regions=count_regions(paid_to)),
            _("transfers.csv: sum of central"),
        )
    equal = against.get("equal-per-head")
    if equal is not None and equal.needed is not None and equal.money > 0:
        needed, money = equal.needed * words.money_times, equal.money * words.money_times
        yield Glance(
            _("worth this much more money, {unit}", unit=words.money),
            show(needed - money, "change", places([money, needed])),
            _("against equal amounts per head"),
            _("benefits.csv, transfers.csv: money-equivalent"),
        )


def _lowest(run: Run) -> Iterator[Glance]:
    """The lowest regional benefit of whoever gains most."""
    programme, group = most_changed(run.tables["benefits"])
    table = last(run.tables["indicators"])
    scope = f"programme={programme};group={group}"
    found = table[(table["indicator"] == "lowest_benefit") & (table["scope"] == scope)]
    for before, after in found[["before", "after"]].itertuples(index=False, name=None):
        yield Glance(
            _("lowest benefit, {unit}", unit=amounts(run.instance).benefit),
            show(float(after)),
            _("was {value}; {who}", value=show(float(before)), who=who(run, programme, group)),
            _("indicators.csv, last year: lowest_benefit"),
        )


def _ratio(run: Run) -> Iterator[Glance]:
    table = last(run.tables["indicators"])
    programme = most_changed(run.tables["benefits"])[0]
    found = table[(table["indicator"] == "urban_rural_ratio") & (table["scope"] == f"programme={programme}")]
    for before, after in found[["before", "after"]].itertuples(index=False, name=None):
        yield Glance(
            _("urban over rural benefits"),
            _("{value} times", value=show(float(after))),
            _("was {value} times", value=show(float(before))),
            _("indicators.csv, last year: urban_rural_ratio"),
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
    words = said(run.instance)
    place = Place(run, 0, amounts(run.instance))
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
        where = _("the whole nation") if (lever, rule) in national.index else count_regions(int(regions))
        rows.append(
            (
                _("{lever}: {rule}", lever=lever_title(lever), rule=place.rule(rule)),
                where,
                int(times),
                show(float(size)),  # of very different size: each with figures of its own
                "" if price.empty else show(float(value)),
            )
        )
    heads = (
        Head(_("rule")),
        Head(_("binds for")),
        Head(_("how often"), "number"),
        Head(_("gap per unit"), "number"),
        Head(_("worth, {unit} of budget per unit", unit=words.money), "number"),
    )
    note = _(
        "The cost of a rule: by how much the gap would fall if its limit gave way by one unit ({money} for money, "
        "{benefit} for benefits), at most over regions and years.",
        money=words.money,
        benefit=words.benefit,
    )
    notes = (note,) if rows else (_("No rule has a price: nothing holds the plan back."),)
    return Block(_("What binds, and what it costs"), heads, tuple(rows), notes)


def gaps(run: Run) -> Block:
    """Every gap of the objective, by programme and year."""
    table, called = run.tables["gaps"], names(run.instance, "programme")
    rows: tuple[tuple[str | float, ...], ...] = tuple(
        (
            _(mark("total")) if gap == "total" else _(gap.replace("_", " ")),
            called.get(programme, ""),
            "" if pd.isna(year) else str(year),
            *map(float, (weight, before, after)),
        )
        for gap, programme, year, weight, before, after in table[
            ["gap", "programme", "year", "weight", "before", "after"]
        ].itertuples(index=False, name=None)
    )
    heads = (
        Head(_("gap")),
        Head(_("programme")),
        Head(_("year")),
        Head(_("weight"), "number"),
        Head(_("before"), "number"),
        Head(_("after"), "number"),
    )
    return Block(_("The objective, gap by gap, from gaps.csv"), heads, rows)


def audit(run: Run) -> list[Block]:
    """Proof of optimality, versions, and the hashes of the inputs, from run.json."""
    info = run.info
    proof = [
        (_("status"), _(str(info["status"]).replace("_", " "))),
        (_("gap of the plan"), f"{info['objective']:.10g}"),
        (_("proven: no plan is below"), f"{info['lower_bound']:.10g}"),
        (_("distance"), show(float(info["relative_gap"]), "share", 6)),
        (_("started"), str(info.get("started", ""))),
        (_("seconds"), str(info.get("seconds", ""))),
        (_("machine"), str(info.get("machine", ""))),
        (
            _("solver"),
            ", ".join(f"{key} {value}" for key, value in info.get("solver", {}).items() if value is not None),
        ),
    ]
    versions = [(name, str(version)) for name, version in info.get("versions", {}).items()]
    inputs = [(name, str(value)) for name, value in info.get("inputs", {}).items()]
    return [
        Block(_("Proof and run"), (Head(_("what")), Head(_("value"))), tuple(proof)),
        Block(_("Versions"), (Head(_("program")), Head(_("version"))), tuple(versions)),
        Block(_("Inputs"), (Head(_("file")), Head("SHA-256")), tuple(inputs)),
    ]


def sources(run: Run) -> Block:
    """Where the data come from, and in which units numbers are."""
    meta, words = run.instance.meta, said(run.instance)
    rows = (
        (_("case"), _("{title} ({name})", title=_(meta.title), name=meta.name)),
        (_("source"), _(meta.source)),
        (_("licence"), _(meta.licence)),
        (_("prices of"), str(meta.price_year)),
        (_("years of the data"), ", ".join(map(str, meta.years))),
        (_("money"), words.money),
        (_("persons"), words.persons),
        (_("benefits"), words.benefit),
    )
    return Block(_("Sources and units"), (Head(_("what")), Head(_("value"))), tuple((k, v) for k, v in rows if v))

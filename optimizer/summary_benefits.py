"""The benefits, indicators and contribution rates of a summary, before and after, in the plan's last year."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from commonweal.optimizer.amounts import amounts
from commonweal.optimizer.blocks import Block, Head, Value, places, show
from commonweal.optimizer.language import _, mark, plural
from commonweal.optimizer.names import labels, names
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary_words import down, last, up, who, year

SAME = 5e-4  # benefits closer than this, relatively, are one common level: well above the solver's tolerance
YEARS_SHOWN = 6  # more years than this are shown as first, middle and last
LEVEL_OF = 3  # regions that make a level a common one
LEVELS_SHOWN = 5  # those with most regions; a case by county has dozens
MEASURES = {
    "urban_rural_ratio": mark("Urban over rural benefits, average"),
    "regional_ratio": mark("Highest over lowest region"),
    "regional_gini": mark("Gini between regions"),
    "gini": mark("Gini over everybody"),
}
UNCHANGED = 5e-7  # a contribution rate that moves by less has not moved


def rises(run: Run) -> Block:
    """Which benefits rise: one row for each programme and group."""
    cells = last(run.tables["benefits"])
    words = amounts(run.instance)
    rows: list[tuple[Value, ...]] = []
    notes = []
    for (programme, group), paid in cells[cells["eligible"] > 0].groupby(["programme", "group"]):
        name = who(run, str(programme), str(group))
        moves = (len(paid), int(up(paid).sum()), int(down(paid).sum()))
        rows.append((name, *moves, *_range(paid)))
        notes += [
            plural(
                "{who}: {n} region rise to one level, {level} {unit}.",
                "{who}: {n} regions rise to one level, {level} {unit}.",
                size,
                who=name,
                level=show(level, decimals=1),
                unit=words.benefit,
            )
            for size, level in common_levels(paid)[:LEVELS_SHOWN]
        ]
    digits = places(value for row in rows for value in row)
    sides = (_("lowest before"), _("lowest after"), _("average before"), _("average after"))
    heads = (
        Head(_("who")),
        *(Head(title, "number") for title in (_("regions"), _("rise"), _("fall"))),
        *(Head(side, "number", digits) for side in sides),
    )
    title = _("Benefits, {unit}, {year}", unit=words.benefit, year=year(cells))
    return Block(title, heads, tuple(rows), tuple(notes))


def _range(cells: pd.DataFrame) -> Iterator[float]:
    """Lowest before and after, average before and after."""
    sides = [cells["benefit_before"], cells["benefit"]]
    yield from (float(side.min()) for side in sides)
    yield from (float((side * cells["eligible"]).sum() / cells["eligible"].sum()) for side in sides)


def common_levels(cells: pd.DataFrame) -> list[tuple[int, float]]:
    """(number of regions, level) of every level that several rising regions share, the most regions first."""
    rising = np.sort(cells[up(cells)]["benefit"].to_numpy(dtype=float))
    begins = np.flatnonzero(np.diff(rising) > SAME * rising[1:]) + 1
    levels = [level for level in np.split(rising, begins) if len(level) >= LEVEL_OF]
    return sorted(((len(level), float(level.mean())) for level in levels), reverse=True)


def changes(run: Run, most: int | None) -> Iterator[Block]:
    """The regions whose benefits change, before and after, for each programme and group with a change."""
    words, cells = amounts(run.instance), last(run.tables["benefits"])
    region = labels(run.instance, "region")
    digits = places(cells["benefit"].tolist())
    heads = (
        Head(_("region")),
        Head(_("before"), "number", digits),
        Head(_("after"), "number", digits),
        Head(_("change"), "share"),
        Head(_("share before"), "share"),
        Head(_("share after"), "share"),
    )
    for (programme, group), part in cells[up(cells) | down(cells)].groupby(["programme", "group"]):
        ordered = part.sort_values(["benefit_before", "region"])
        named = ordered if most is None or len(ordered) <= most + 1 else ordered.head(most)
        before, after, standard = (named[c].tolist() for c in ("benefit_before", "benefit", "standard"))
        rows = tuple(
            (region[r], b, a, a / b - 1 if b > 0 else None, b / s, a / s)
            for r, b, a, s in zip(named["region"], before, after, standard, strict=True)
        )
        hidden = _(
            "The {some} lowest of {all}; --all shows every region.", some=f"{len(named):,}", all=f"{len(ordered):,}"
        )
        title = _(
            "{who}, {year}: benefits that change, {unit}, and their share of the standard",
            who=who(run, str(programme), str(group)),
            year=year(cells),
            unit=words.benefit,
        )
        yield Block(title, heads, rows, (hidden,) if len(named) < len(ordered) else ())


def timeline(run: Run) -> Block:
    """Several years: the lowest benefit of each programme and group, and the common level, year by year."""
    benefits = run.tables["benefits"]
    years = sorted(benefits["year"].unique().tolist())
    years = years if len(years) <= YEARS_SHOWN else [years[0], years[len(years) // 2], years[-1]]
    moved = benefits[up(benefits) | down(benefits)][["programme", "group"]].drop_duplicates()
    if len(years) == 1 or moved.empty:
        return Block("")
    rows: list[tuple[Value, ...]] = []
    for (programme, group), cells in benefits.merge(moved).groupby(["programme", "group"]):
        name = who(run, str(programme), str(group))
        yearly = [cells[(cells["year"] == year) & (cells["eligible"] > 0)] for year in years]
        rows.append((name, _("lowest, no plan"), *(float(part["benefit_before"].min()) for part in yearly)))
        rows.append(("", _("lowest, plan"), *(float(part["benefit"].min()) for part in yearly)))
        levels = [common_levels(part) for part in yearly]
        if all(levels):
            rows.append(("", _("common level"), *(level[0][1] for level in levels)))
    digits = places(value for row in rows for value in row)
    heads = (Head(_("who")), Head(_("benefit")), *(Head(str(year), "number", digits) for year in years))
    return Block(_("Year by year, {unit}", unit=amounts(run.instance).benefit), heads, tuple(rows))


def measures(run: Run) -> Block:
    """Before and after: the urban-rural ratio and the regional gap inside each group."""
    table = last(run.tables["indicators"])
    rows = tuple(
        (_(words), _scope(run, scope), before, after)
        for indicator, words in MEASURES.items()
        for scope, before, after in table[table["indicator"] == indicator][["scope", "before", "after"]].itertuples(
            index=False, name=None
        )
    )
    heads = (Head(_("measure")), Head(_("for")), Head(_("before"), "number"), Head(_("after"), "number"))
    return Block(_("Before and after, {year}", year=year(table)), heads, rows, mixed=True)


def _scope(run: Run, scope: str) -> str:
    """A scope, "programme=pension;group=farmers", in names; a sole programme goes without saying."""
    parts = dict(part.split("=", 1) for part in scope.split(";"))
    if "group" in parts and len(run.instance.programmes) == 1:
        del parts["programme"]
    return _(", ").join(names(run.instance, kind)[value] for kind, value in parts.items())


def rates(run: Run, everything: bool) -> Iterator[Block]:
    """Actual contribution rates: the range by fund; every region where rates change, or where asked."""
    table, accounts = last(run.tables["rates"]), run.instance.accounts
    based = accounts[accounts["base"] > 0][["region", "fund"]].drop_duplicates()
    paid = table.merge(based, on=["region", "fund"])
    if paid.empty:
        return
    indicators = last(run.tables["indicators"])
    national = indicators[indicators["indicator"] == "rate_national"]
    nation = {row["scope"]: (row["before"], row["after"]) for row in national.to_dict("records")}
    fund, region = names(run.instance, "fund"), labels(run.instance, "region")
    whens = {"before": "rate_before", "after": "rate"}
    rows = tuple(
        (
            fund[str(f)],
            *(float(part[column].min()) for column in whens.values()),
            *nation[f"fund={f}"],
            *(float(part[column].max()) for column in whens.values()),
        )
        for f, part in paid.groupby("fund")
    )
    titles = (
        *(_("lowest before"), _("lowest after"), _("national before"), _("national after")),
        *(_("highest before"), _("highest after")),
    )
    heads = (Head(_("fund")), *(Head(title, "share") for title in titles))
    yield Block(_("Actual contribution rates of regions, share of the base, {year}", year=year(table)), heads, rows)
    for f, part in paid.groupby("fund"):
        if everything or ((part["rate"] - part["rate_before"]).abs() > UNCHANGED).any():
            ordered = part.sort_values(["rate_before", "region"])
            values = zip(ordered["region"], ordered["rate_before"], ordered["rate"], strict=True)
            yield Block(
                _("Actual contribution rate by region, {fund}, {year}", fund=fund[str(f)], year=year(table)),
                (Head(_("region")), Head(_("before"), "share"), Head(_("after"), "share")),
                tuple((region[r], float(before), float(after)) for r, before, after in values),
            )

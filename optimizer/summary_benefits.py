"""The benefits, indicators and contribution rates of a summary, before and after, in the plan's last year."""

from collections.abc import Iterator

import pandas as pd

from commonweal.optimizer.blocks import Block, Head, Value, places, show
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.names import labels, names
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary_words import count, down, last, up, who, year

SAME = 5e-4  # benefits closer than this, relatively, are one common level: well above the solver's tolerance
YEARS_SHOWN = 6  # more years than this are shown as first, middle and last
LEVEL_OF = 3  # regions that make a level a common one
MEASURES = {
    "urban_rural_ratio": "Urban over rural benefits, average",
    "regional_ratio": "Highest over lowest region",
    "regional_gini": "Gini between regions",
    "gini": "Gini over everybody",
}
UNCHANGED = 5e-7  # a contribution rate that moves by less has not moved


def rises(run: Run) -> Block:
    """Which benefits rise: one row for each programme and group."""
    cells = last(run.tables["benefits"])
    words = units(run.instance)
    rows: list[tuple[Value, ...]] = []
    notes = []
    for (programme, group), paid in cells[cells["eligible"] > 0].groupby(["programme", "group"]):
        name = who(run, str(programme), str(group))
        moves = (len(paid), int(up(paid).sum()), int(down(paid).sum()))
        rows.append((name, *moves, *_range(paid)))
        notes += [
            f"{name}: {count(size, 'region')} rise to one level, {show(level, decimals=1)} {words.benefit}."
            for size, level in common_levels(paid)
        ]
    digits = places(value for row in rows for value in row)
    sides = [f"{which} {when}" for which in ("lowest", "average") for when in ("before", "after")]
    heads = (
        Head("who"),
        *(Head(title, "number") for title in ("regions", "rise", "fall")),
        *(Head(side, "number", digits) for side in sides),
    )
    return Block(f"Benefits, {words.benefit}, {year(cells)}", heads, tuple(rows), tuple(notes))


def _range(cells: pd.DataFrame) -> Iterator[float]:
    """Lowest before and after, average before and after."""
    sides = [cells["benefit_before"], cells["benefit"]]
    yield from (float(side.min()) for side in sides)
    yield from (float((side * cells["eligible"]).sum() / cells["eligible"].sum()) for side in sides)


def common_levels(cells: pd.DataFrame) -> list[tuple[int, float]]:
    """(number of regions, level) of every level that several rising regions share, the most regions first."""
    rising = cells[up(cells)]["benefit"].sort_values()
    begins = rising.diff() > SAME * rising
    levels = [level for _, level in rising.groupby(begins.cumsum()) if len(level) >= LEVEL_OF]
    return sorted(((len(level), float(level.mean())) for level in levels), reverse=True)


def changes(run: Run, most: int | None) -> Iterator[Block]:
    """The regions whose benefits change, before and after, for each programme and group with a change."""
    words, cells = units(run.instance), last(run.tables["benefits"])
    region = labels(run.instance, "region")
    digits = places(cells["benefit"].tolist())
    heads = (
        Head("region"),
        Head("before", "number", digits),
        Head("after", "number", digits),
        Head("change", "share"),
        Head("share before", "share"),
        Head("share after", "share"),
    )
    for (programme, group), part in cells[up(cells) | down(cells)].groupby(["programme", "group"]):
        ordered = part.sort_values(["benefit_before", "region"])
        named = ordered if most is None or len(ordered) <= most + 1 else ordered.head(most)
        before, after, standard = (named[c].tolist() for c in ("benefit_before", "benefit", "standard"))
        rows = tuple(
            (region[r], b, a, a / b - 1 if b > 0 else None, b / s, a / s)
            for r, b, a, s in zip(named["region"], before, after, standard, strict=True)
        )
        hidden = f"The {len(named)} lowest of {len(ordered)}; --all shows every region."
        name = who(run, str(programme), str(group))
        title = f"{name}, {year(cells)}: benefits that change, {words.benefit}, and their share of the standard"
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
        rows.append((name, "lowest, no plan", *(float(part["benefit_before"].min()) for part in yearly)))
        rows.append(("", "lowest, plan", *(float(part["benefit"].min()) for part in yearly)))
        levels = [common_levels(part) for part in yearly]
        if all(levels):
            rows.append(("", "common level", *(level[0][1] for level in levels)))
    digits = places(value for row in rows for value in row)
    heads = (Head("who"), Head("benefit"), *(Head(str(year), "number", digits) for year in years))
    return Block(f"Year by year, {units(run.instance).benefit}", heads, tuple(rows))


def measures(run: Run) -> Block:
    """Before and after: the urban-rural ratio and the regional gap inside each group."""
    table = last(run.tables["indicators"])
    rows = tuple(
        (words, _scope(run, scope), before, after)
        for indicator, words in MEASURES.items()
        for scope, before, after in table[table["indicator"] == indicator][["scope", "before", "after"]].itertuples(
            index=False, name=None
        )
    )
    heads = (Head("measure"), Head("for"), Head("before", "number"), Head("after", "number"))
    return Block(f"Before and after, {year(table)}", heads, rows, mixed=True)


def _scope(run: Run, scope: str) -> str:
    """A scope, "programme=pension;group=farmers", in names; a sole programme goes without saying."""
    parts = dict(part.split("=", 1) for part in scope.split(";"))
    if "group" in parts and len(run.instance.programmes) == 1:
        del parts["programme"]
    return ", ".join(names(run.instance, kind)[value] for kind, value in parts.items())


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
    titles = [f"{which} {when}" for which in ("lowest", "national", "highest") for when in whens]
    heads = (Head("fund"), *(Head(title, "share") for title in titles))
    yield Block(f"Actual contribution rates of regions, share of the base, {year(table)}", heads, rows)
    for f, part in paid.groupby("fund"):
        if everything or ((part["rate"] - part["rate_before"]).abs() > UNCHANGED).any():
            ordered = part.sort_values(["rate_before", "region"])
            values = zip(ordered["region"], ordered["rate_before"], ordered["rate"], strict=True)
            yield Block(
                f"Actual contribution rate by region, {fund[str(f)]}, {year(table)}",
                (Head("region"), Head("before", "share"), Head("after", "share")),
                tuple((region[r], float(before), float(after)) for r, before, after in values),
            )

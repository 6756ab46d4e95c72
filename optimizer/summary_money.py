"""The money of a summary: where it comes from, who gives and who receives."""

from collections.abc import Iterator

import pandas as pd

from commonweal.models.levers import vertical_transfers
from commonweal.optimizer.blocks import Block, Head, Value, places, show
from commonweal.optimizer.dictionary import Units, units
from commonweal.optimizer.names import labels, names
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary_words import count, period, tiny

YEARS_SHOWN = 4  # more years than this are shown as first, last and total
FUNDS_SHOWN = 3  # with more funds that move money, who gives and receives is shown over all of them
FLOWS = ["central", "horizontal_received", "horizontal_paid", "pool_received", "pool_paid", "own", "net"]


def money(run: Run) -> Block:
    """Where the money comes from, by year."""
    transfers, levers = run.tables["transfers"], run.scenario.get("levers", {})
    years = sorted(transfers["year"].unique().tolist())
    shown = years if len(years) <= YEARS_SHOWN else [years[0], years[-1]]
    several = len(years) > 1

    def line(name: str, rows: pd.DataFrame, column: str, who: str) -> tuple[Value, ...]:
        yearly = rows.groupby("year")[column].sum().reindex(years, fill_value=0.0)
        total = (float(yearly.sum()),) if several else ()
        return (name, *(float(yearly[year]) for year in shown), *total, who)

    def moving(rows: pd.DataFrame, column: str) -> int:
        return int((rows.groupby("region")[column].sum() > tiny(rows[column])).sum())

    parties = {column: count(moving(transfers, column), "region") for column in FLOWS}
    lines = []
    if "vertical_transfers" in levers:
        lines.append(line("Central grants", transfers, "central", f"to {parties['central']}"))
    if "horizontal_transfers" in levers:
        who = f"{parties['horizontal_paid']} to {moving(transfers, 'horizontal_received'):,}"
        lines.append(line("From region to region", transfers, "horizontal_paid", who))
    if "own_effort" in levers:
        lines.append(line("Regions' own effort", transfers, "own", f"by {parties['own']}"))
    for fund, rows in transfers.groupby("fund"):
        if payers := moving(rows, "pool_paid"):
            name = f"Common pool, {names(run.instance, 'fund')[str(fund)]}"
            who = f"{count(payers, 'region')} to {moving(rows, 'pool_received'):,}"
            lines.append(line(name, rows, "pool_paid", who))
    benefits = run.tables["benefits"]
    rise = (benefits["benefit"] - benefits["benefit_before"]) * benefits["eligible"] * run.instance.per_head
    lines.append(line("More spent on benefits", benefits.assign(rise=rise), "rise", "compared with no plan"))
    columns = [str(year) for year in shown] + ([period(transfers)] if several else [])
    digits = places(value for line in lines for value in line)
    heads = (Head(""), *(Head(column, "number", digits) for column in columns), Head(""))
    words = units(run.instance)
    return Block(f"The money, {words.money}", heads, tuple(lines), tuple(_notes(run, words)))


def _notes(run: Run, words: Units) -> Iterator[str]:
    """Whether the central budget is used, and whether every obligation has its money."""
    if (grants := run.settings.levers.get("vertical_transfers")) is not None:
        assert isinstance(grants, vertical_transfers.Settings)
        budget = sum(sum(run.case.amounts(path).values()) for path in grants.budget.values())
        idle = budget - float(run.tables["transfers"]["central"].sum())
        if idle > 1e-6 * budget:
            amount = f"{show(idle)} of {show(budget)} {words.money}"
            yield f"Of the central budget {amount} stay unused: the rules leave no better use for it."
        else:
            yield "The central budget is used in full."
    if float(run.tables["funds"]["unfunded"].sum()) <= tiny(run.tables["funds"]["spending"]):
        yield "Every obligation has its money: nothing stays unfunded."


def giving(run: Run, most: int | None) -> Iterator[Block]:
    """Who gives and who receives, for each fund in which money moves; with many such funds, all together."""
    transfers = run.tables["transfers"]
    smallest = tiny(transfers[FLOWS].abs().max(axis=1))
    moving = transfers[(transfers[FLOWS].abs() > smallest).any(axis=1)]
    new = moving.groupby("fund")[["central", "horizontal_paid"]].sum().sum(axis=1)
    funds = sorted(new.index, key=lambda fund: (-new[fund], fund))  # new money first
    title = f"Who gives (-) and who receives (+), {units(run.instance).money}, {period(transfers)}"
    if moving.empty:
        yield Block("Who gives and who receives", notes=("No money moves.",))
    elif len(funds) > FUNDS_SHOWN:
        yield Block(f"{title}, all funds", *_net_by_region(run, moving, most))
    else:
        for fund in funds:
            name = names(run.instance, "fund")[fund]
            yield Block(f"{title}, {name}", *_net_by_region(run, moving[moving["fund"] == fund], most))


def _net_by_region(
    run: Run, transfers: pd.DataFrame, most: int | None
) -> tuple[tuple[Head, ...], tuple[tuple[Value, ...], ...]]:
    """Heads and rows: givers first, the largest amounts first on each side, the rest of a side summed."""
    flows = transfers.groupby("region", as_index=False)[FLOWS].sum()
    flows["between"] = flows["horizontal_received"] - flows["horizontal_paid"]
    flows["pool"] = flows["pool_received"] - flows["pool_paid"]
    population = run.instance.budgets.drop_duplicates("region").set_index("region")["population"]
    flows["heads"] = flows["region"].map(population) * run.instance.per_head
    rounding = tiny(flows[FLOWS].abs().max(axis=1))
    titles = {"central": "central grants", "between": "other regions", "pool": "common pool"}
    used = [column for column in titles if (flows[column].abs() > rounding).any()]
    own = ["own"] if (flows["own"] > rounding).any() else []
    digits = places(flows[[*used, *own, "net"]].abs().max().tolist())
    heads = (
        Head("region"),
        *(Head(titles[column], "change", digits) for column in used),
        Head("net", "change", digits),
        Head(f"net, {run.instance.meta.currency} per inhabitant", "change"),
        *(Head("own effort", "number", digits) for _ in own),
    )

    def row(name: str, part: pd.DataFrame) -> tuple[Value, ...]:
        sums = {column: float(part[column].sum()) for column in [*used, "net", "heads", *own]}
        per_head = sums["net"] / sums["heads"]
        return (
            name,
            *(sums[column] for column in [*used, "net"]),
            per_head,
            *(sums[column] for column in own),
        )

    region = labels(run.instance, "region")
    givers = flows[flows["net"] < -rounding].sort_values(["net", "region"])
    takers = flows[flows["net"] >= -rounding].sort_values(["net", "region"], ascending=[False, True])
    rows = []
    for side in (givers, takers):
        named = side if most is None or len(side) <= most + 1 else side.head(most)
        rows += [row(region[str(name)], part) for name, part in named.groupby("region", sort=False)]
        if len(rest := side.iloc[len(named) :]):
            rows.append(row(f"{len(rest)} others together", rest))
    return heads, tuple(rows)

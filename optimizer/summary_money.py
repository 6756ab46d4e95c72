"""The money of a summary: where it comes from, who gives and who receives."""

from collections.abc import Iterator, Mapping

import pandas as pd

from commonweal.models.levers import vertical_transfers
from commonweal.optimizer.amounts import Amounts, amounts
from commonweal.optimizer.blocks import Block, Head, Value, places, show
from commonweal.optimizer.language import _, plural
from commonweal.optimizer.names import labels, names
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary_words import count_regions, period, tiny

YEARS_SHOWN = 4  # more years than this are shown as first, last and total
FUNDS_SHOWN = 3  # with more funds that move money, who gives and receives is shown over all of them
FLOWS = ["central", "horizontal_received", "horizontal_paid", "pool_received", "pool_paid", "own", "net"]


def money(run: Run) -> Block:
    """Where the money comes from, by year."""
    transfers, levers = run.tables["transfers"], run.scenario.get("levers", {})
    years = sorted(transfers["year"].unique().tolist())
    shown = years if len(years) <= YEARS_SHOWN else [years[0], years[-1]]
    several, words = len(years) > 1, amounts(run.instance)

    def line(name: str, rows: pd.DataFrame, column: str, who: str) -> tuple[Value, ...]:
        yearly = rows.groupby("year")[column].sum().reindex(years, fill_value=0.0) * words.money_times
        total = (float(yearly.sum()),) if several else ()
        return (name, *(float(yearly[year]) for year in shown), *total, who)

    def moving(rows: pd.DataFrame, column: str) -> int:
        return int((rows.groupby("region")[column].sum() > tiny(rows[column])).sum())

    parties = {column: count_regions(moving(transfers, column)) for column in FLOWS}
    lines = []
    if "vertical_transfers" in levers:
        lines.append(line(_("Central grants"), transfers, "central", _("to {regions}", regions=parties["central"])))
    if "horizontal_transfers" in levers:
        to = f"{moving(transfers, 'horizontal_received'):,}"
        who = _("{payers} to {receivers}", payers=parties["horizontal_paid"], receivers=to)
        lines.append(line(_("From region to region"), transfers, "horizontal_paid", who))
    if "own_effort" in levers:
        lines.append(line(_("Regions' own effort"), transfers, "own", _("by {regions}", regions=parties["own"])))
    for fund, rows in transfers.groupby("fund"):
        if payers := moving(rows, "pool_paid"):
            name = _("Common pool, {fund}", fund=names(run.instance, "fund")[str(fund)])
            to = f"{moving(rows, 'pool_received'):,}"
            who = _("{payers} to {receivers}", payers=count_regions(payers), receivers=to)
            lines.append(line(name, rows, "pool_paid", who))
    benefits = run.tables["benefits"]
    rise = (benefits["benefit"] - benefits["benefit_before"]) * benefits["eligible"] * run.instance.per_head
    lines.append(line(_("More spent on benefits"), benefits.assign(rise=rise), "rise", _("compared with no plan")))
    columns = [str(year) for year in shown] + ([period(transfers)] if several else [])
    digits = places(value for line in lines for value in line)
    heads = (Head(""), *(Head(column, "number", digits) for column in columns), Head(""))
    return Block(_("The money, {unit}", unit=words.money), heads, tuple(lines), tuple(_notes(run, words)))


def _notes(run: Run, words: Amounts) -> Iterator[str]:
    """Whether the central budget is used, and whether every obligation has its money."""
    if (grants := run.settings.levers.get("vertical_transfers")) is not None:
        assert isinstance(grants, vertical_transfers.Settings)
        budget = sum(sum(run.case.amounts(path).values()) for path in grants.budget.values())
        idle = budget - float(run.tables["transfers"]["central"].sum())
        if idle > 1e-6 * budget:
            yield _(
                "Of the central budget {idle} of {budget} stay unused: the rules leave no better use for it.",
                idle=show(idle * words.money_times),
                budget=words.of_money(budget),
            )
        else:
            yield _("The central budget is used in full.")
    if float(run.tables["funds"]["unfunded"].sum()) <= tiny(run.tables["funds"]["spending"]):
        yield _("Every obligation has its money: nothing stays unfunded.")


def giving(run: Run, most: int | None) -> Iterator[Block]:
    """Who gives and who receives, for each fund in which money moves; with many such funds, all together."""
    transfers = run.tables["transfers"]
    smallest = tiny(transfers[FLOWS].abs().max(axis=1))
    moving = transfers[(transfers[FLOWS].abs() > smallest).any(axis=1)]
    new = moving.groupby("fund")[["central", "horizontal_paid"]].sum().sum(axis=1)
    funds = sorted(new.index, key=lambda fund: (-new[fund], fund))  # new money first
    if moving.empty:
        none = (
            _("No money moves.")
            if run.settings.levers
            else _("No money moves. The scenario names no lever that may: `commonweal list levers` shows them.")
        )
        yield Block(_("Who gives and who receives"), notes=(none,))
    elif len(funds) > FUNDS_SHOWN:
        yield Block(_title(run, transfers, _("all funds")), *_net_by_region(run, moving, most))
    else:
        for fund in funds:
            title = _title(run, transfers, names(run.instance, "fund")[fund])
            yield Block(title, *_net_by_region(run, moving[moving["fund"] == fund], most))


def _title(run: Run, transfers: pd.DataFrame, fund: str) -> str:
    return _(
        "Who gives (-) and who receives (+), {unit}, {years}, {fund}",
        unit=amounts(run.instance).money,
        years=period(transfers),
        fund=fund,
    )


def _net_by_region(
    run: Run, transfers: pd.DataFrame, most: int | None
) -> tuple[tuple[Head, ...], tuple[tuple[Value, ...], ...]]:
    """Heads and rows: givers first, the largest amounts first on each side, the rest of a side summed."""
    flows = transfers.groupby("region", as_index=False)[FLOWS].sum()
    flows["between"] = flows["horizontal_received"] - flows["horizontal_paid"]
    flows["pool"] = flows["pool_received"] - flows["pool_paid"]
    population = run.instance.budgets.drop_duplicates("region").set_index("region")["population"]
    flows["heads"] = flows["region"].map(population) * run.instance.per_head
    rounding, words = tiny(flows[FLOWS].abs().max(axis=1)), amounts(run.instance)
    titles = {"central": _("central grants"), "between": _("other regions"), "pool": _("common pool")}
    used = [column for column in titles if (flows[column].abs() > rounding).any()]
    own = ["own"] if (flows["own"] > rounding).any() else []
    digits = places((flows[[*used, *own, "net"]].abs().max() * words.money_times).tolist())
    heads = (
        Head(_("region")),
        *(Head(titles[column], "change", digits) for column in used),
        Head(_("net"), "change", digits, bar=True),
        Head(_("net, {currency} per inhabitant", currency=words.currency), "change"),
        *([Head(_("own effort"), "number", digits)] if own else []),
    )

    def row(name: str, sums: Mapping[str, float]) -> tuple[Value, ...]:
        per_head = sums["net"] / sums["heads"]
        return (
            name,
            *(sums[column] * words.money_times for column in [*used, "net"]),
            per_head,
            *(sums[column] * words.money_times for column in own),
        )

    region, summed = labels(run.instance, "region"), [*used, "net", "heads", *own]
    givers = flows[flows["net"] < -rounding].sort_values(["net", "region"])
    takers = flows[flows["net"] >= -rounding].sort_values(["net", "region"], ascending=[False, True])
    rows = []
    for side in (givers, takers):
        named = side if most is None or len(side) <= most + 1 else side.head(most)
        rows += [
            row(region[name], dict(zip(summed, amounts_, strict=True)))
            for name, *amounts_ in named[["region", *summed]].itertuples(index=False, name=None)
        ]
        if len(rest := side.iloc[len(named) :]):
            together = {column: float(rest[column].sum()) for column in summed}
            rows.append(row(plural("{n} others together", "{n} others together", len(rest)), together))
    return heads, tuple(rows)

"""From faultless tables to an Instance: years filled in, rows sorted, sums and other columns derived."""

from collections.abc import Mapping

import pandas as pd

from commonweal.instances.instance import Instance
from commonweal.instances.rows import TABLES, Meta


def assemble(
    meta: Meta, tables: Mapping[str, pd.DataFrame], scenario: dict[str, object], files: dict[str, str]
) -> Instance:
    """An Instance from faultless tables with the columns of `rows.py`; rows in any order, `year` optional."""
    frames = {}
    for table in TABLES:
        frame = tables[table.TABLE]
        if table.yearly() and "year" not in frame:
            frame = frame.merge(pd.DataFrame({"year": meta.years}), how="cross")
        frame = frame[list(table.model_fields)].sort_values(list(table.KEY)).reset_index(drop=True)
        frames[table.TABLE] = frame.astype({"year": "int64"}) if table.yearly() else frame
    per_head = meta.persons / meta.money
    data_year = meta.years[0]
    people = _with_today(frames["people"], data_year)
    accounts = _with_surplus(frames["accounts"], people, frames["schemes"], data_year, per_head)
    return Instance(
        meta=meta,
        regions=frames["regions"],
        groups=frames["groups"],
        programmes=frames["programmes"],
        funds=frames["funds"],
        schemes=frames["schemes"],
        people=people,
        accounts=accounts,
        budgets=frames["budgets"],
        growth=frames["growth"],
        bands=frames["bands"],
        totals=frames["totals"],
        scenario=scenario,
        files=files,
        data_year=data_year,
        years=tuple(meta.years),
        nation=national_sums(people, accounts, frames["budgets"], per_head),
    )


def _with_today(people: pd.DataFrame, data_year: int) -> pd.DataFrame:
    cell = ["region", "group", "programme"]
    today = people.loc[people["year"] == data_year, [*cell, "benefit"]].rename(columns={"benefit": "today"})
    return people.merge(today, on=cell, how="left", validate="many_to_one")


def _with_surplus(
    accounts: pd.DataFrame, people: pd.DataFrame, schemes: pd.DataFrame, data_year: int, per_head: float
) -> pd.DataFrame:
    pays = schemes[["programme", "group", "fund"]].drop_duplicates()
    cells = people[people["year"] == data_year].merge(pays, on=["programme", "group"])
    cells = cells.assign(spending_today=cells["eligible"] * cells["benefit"] * per_head)
    spending = cells.groupby(["region", "fund"], as_index=False)["spending_today"].sum()
    accounts = accounts.merge(spending, on=["region", "fund"], how="left", validate="many_to_one")
    accounts["spending_today"] = accounts["spending_today"].fillna(0.0)  # a fund without people here spends nothing
    flow = accounts["rate"] * accounts["base"] + accounts["other_revenue"] - accounts["other_spending"]
    today = accounts.assign(surplus_today=flow - accounts["spending_today"])[accounts["year"] == data_year]
    return accounts.merge(
        today[["region", "fund", "surplus_today"]], on=["region", "fund"], how="left", validate="many_to_one"
    )


def national_sums(
    people: pd.DataFrame, accounts: pd.DataFrame, budgets: pd.DataFrame, per_head: float
) -> dict[tuple[str | int, ...], float]:
    """Sums over all regions: ("<table>.<column>", keys without the region) -> sum; see `Instance.nation`."""
    people = people.assign(spending=people["eligible"] * people["benefit"] * per_head)
    accounts = accounts.assign(contributions=accounts["rate"] * accounts["base"])
    sums: dict[tuple[str | int, ...], float] = {}
    for name, frame, keys, skip in (
        (
            "people",
            people,
            ["group", "programme", "year"],
            {"benefit", "today"},
        ),  # per head: no sum makes sense
        ("accounts", accounts, ["fund", "year"], {"rate", "employer_share"}),
        ("budgets", budgets, ["year"], set[str]()),
    ):
        columns = [c for c in frame.columns if c not in {"region", *keys} | skip]
        summed = frame.groupby(keys, as_index=False)[columns].sum()
        for column in columns:
            rows = summed[[*keys, column]].itertuples(index=False, name=None)
            sums |= {(f"{name}.{column}", *key): float(value) for *key, value in rows}
    return sums

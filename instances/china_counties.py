"""The case `china-counties-2020`: the pensions of `china-2024` in 2,989 counties, districts and cities.

Census and county yearbook say how old, how urban and how rich a county is; benefits, funds and transfers are published
for provinces only. So every amount is the province's, divided among its counties by what is known of them, and adds up
to the province again. For county c of province p, with sums over the counties of p:

    old[c]          = persons of 60 and older;  urban[c] = urban population / population
    pensioners[c]   = (employees[p] + residents[p]) * old[c] / sum of old
    employees[c]    = pensioners[c] * k urban[c] / (k urban[c] + 1 - urban[c]), with k[p] so that they sum to employees[p]
    residents[c]    = pensioners[c] - employees[c]
    benefit[c, g]   = benefit[p, g]: nothing is known of differences inside a province
    payroll[c]      = payroll[p] in proportion to workers[c] = urban[c] * persons of 15 to 59
    budget[c]       = the county's own figure of 2020 where known; what remains of the province's of 2020 goes to the
                      other counties by inhabitants; then all * the province's figure of 2024 / that of 2020

SOURCES.md of the case names the rule of every column. Counties without an age count have the shares of their province.
"""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

NAME = "china-counties-2020"
HERE = Path(__file__).parent
PROVINCES = HERE / "china-2024"
KEPT = HERE / NAME / "kept"
COUNTIES = HERE / NAME / "raw" / "counties_2020.csv"
SAME = ("groups", "programmes", "funds", "schemes")  # tables that know no region
KNOWN = {"own_revenue": "budget_revenue", "spending": "budget_expenditure", "gdp": "gdp"}  # column -> its name in raw/
PRINTED = 1e-9  # tolerance of sums over the counties of a province: rounding to 12 digits


def write(folder: Path) -> None:
    """Write the tables, the settings and the documents of the case into `folder`."""
    for name in SAME:
        shutil.copyfile(PROVINCES / f"{name}.csv", folder / f"{name}.csv")
    for path in KEPT.iterdir():
        shutil.copyfile(path, folder / path.name)
    for name, table in tables().items():
        text = table.to_csv(index=False, float_format="%.12g", lineterminator="\n")
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="\n")


def tables() -> dict[str, pd.DataFrame]:
    """The tables that differ from those of the provinces."""
    c = counties()
    return {
        "regions": _regions(c),
        "people": _people(c),
        "accounts": _accounts(c),
        "budgets": _budgets(c),
        "growth": _growth(c),
        "totals": _totals(),
    }


def counties() -> pd.DataFrame:
    """One row per county in the order of the codes, with its province's id and what the counties differ by.

    Persons as counted; employees, residents: pensioners in million; workers: a weight.
    """
    c = pd.read_csv(COUNTIES, dtype={"unit_id": str})
    places = pd.read_csv(PROVINCES / "raw" / "places.csv")
    c = c.merge(places[["province_code", "region", "belt"]], on="province_code", validate="many_to_one")
    for column in ("pop_0_14", "pop_60plus"):
        counted = c[c[column].notna()].groupby("region")[[column, "pop"]].sum()
        c[column] = c[column].fillna(c["region"].map(counted[column] / counted["pop"]) * c["pop"])
    c["urban"] = c["pop_urban"] / c["pop"]
    c["workers"] = c["urban"] * (c["pop"] - c["pop_0_14"] - c["pop_60plus"])
    today = _provinces("people").pivot(index="region", columns="group", values="eligible")
    c["pensioners"] = c["region"].map(today.sum(axis=1)) * _share(c, c["pop_60plus"])
    c["employees"] = c.groupby("region", group_keys=False)[["region", "urban", "pensioners"]].apply(
        lambda rows: _employees(rows, float(today["employees"][rows["region"].iloc[0]]))
    )
    c["residents"] = (c["pensioners"] - c["employees"]).clip(lower=0)
    return c


def _employees(rows: pd.DataFrame, total: float) -> pd.Series:
    """Employees among the pensioners of the counties of one province: odds k : 1 times urban : rural, and the sum given."""
    urban, pensioners = rows["urban"].to_numpy(), rows["pensioners"].to_numpy()

    def split(log_k: float) -> np.ndarray:
        k = np.exp(log_k)
        return np.asarray(pensioners * k * urban / (k * urban + 1 - urban))

    low, high = -20.0, 20.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if split(middle).sum() < total else (low, middle)
    found = split(low)
    return pd.Series(found * total / found.sum(), index=rows.index)


def _share(c: pd.DataFrame, weight: pd.Series) -> pd.Series:
    """The part of its province's weight that each county has."""
    return weight / weight.groupby(c["region"]).transform("sum")


def _provinces(name: str) -> pd.DataFrame:
    return pd.read_csv(PROVINCES / f"{name}.csv", keep_default_na=False)


def _regions(c: pd.DataFrame) -> pd.DataFrame:
    """The prefecture stands before the county, but where both are one. On the map it lies on its province's tile."""
    provinces = _provinces("regions").set_index("region")
    names = provinces["name"]
    alone = (c["prefecture_zh"] == c["county_zh"]) | c["prefecture_zh"].str.contains("直辖")
    return pd.DataFrame(
        {
            "region": c["unit_id"],
            "name": c["county_zh"].where(alone, c["prefecture_zh"] + " " + c["county_zh"]),
            "name_local": c["county_zh"],
            "parent": c["region"].map(names),
            "belt": c["belt"],
            **{axis: c["region"].map(provinces[axis]) for axis in ("map_column", "map_row")},
        }
    )


def _people(c: pd.DataFrame) -> pd.DataFrame:
    """A county without rural population has no residents' pensioners here, and one without urban no employees'."""
    today = _provinces("people").set_index(["group", "region"])["benefit"]
    groups = []
    for group in ("employees", "residents"):
        rows = pd.DataFrame({"region": c["unit_id"], "group": group, "programme": "pension", "eligible": c[group]})
        rows["covered"] = rows["eligible"]
        rows["benefit"] = c["region"].map(today[group])
        groups.append(rows[rows["eligible"] > 1e-9])  # a thousandth of a person
    return pd.concat(groups).sort_index(kind="stable")


def _accounts(c: pd.DataFrame) -> pd.DataFrame:
    """Payrolls by workers, the rest by pensioners; the employees' fund is pooled in the province, see SOURCES.md."""
    province = _provinces("accounts").set_index(["fund", "region"])
    by = {"employees": "employees", "residents": "residents", "unemployment": "workers"}
    funds = []
    for fund, weight in by.items():
        of = province.loc[fund]
        share = _share(c, c[weight])
        rows = pd.DataFrame({"region": c["unit_id"], "fund": fund})
        for column in ("opening", "base", "rate", "other_revenue", "other_spending", "locked", "accrual"):
            rows[column] = c["region"].map(of[column]) * (1.0 if column == "rate" else share)
        if fund == "employees":
            revenue = c["region"].map(of["base"] * of["rate"] + of["other_revenue"]) * share
            rows["base"] = c["region"].map(of["base"]) * _share(c, c["workers"])
            rows["other_revenue"] = revenue - rows["base"] * rows["rate"]
        funds.append(rows)
    return pd.concat(funds).sort_index(kind="stable")


def _budgets(c: pd.DataFrame) -> pd.DataFrame:
    """Counties' own figures as far as the yearbook has them, the rest of the province per head elsewhere."""
    today = _provinces("budgets").set_index("region")
    own = {column: _known(c, name) for column, name in KNOWN.items()}
    b = pd.DataFrame({"region": c["unit_id"]})
    for column, amount in own.items():
        b[column] = c["region"].map(today[column]) * _share(c, amount)
    lacking = (b["spending"] - b["own_revenue"]).clip(lower=0)
    b["transfers"] = c["region"].map(today["transfers"]) * _share(c, lacking)
    b["population"] = c["region"].map(today["population"]) * _share(c, c["pop"])
    for column in ("own_effort", "donor_cap"):  # what a province owes, its counties bear as they are able to
        b[column] = c["region"].map(today[column]) * _share(c, b["own_revenue"])
    return b[["region", "own_revenue", "spending", "transfers", "population", "gdp", "own_effort", "donor_cap"]]


def _known(c: pd.DataFrame, name: str) -> pd.Series:
    """An amount of 2020 in 10 thousand yuan; unknown counties share what the province has beyond the known ones."""
    panel = pd.read_csv(PROVINCES / "raw" / "provinces_panel_2016_2024.csv")
    province = panel[panel["year"] == 2020].set_index("province_code")[f"{name}_100m_yuan"] * 1e4
    known = c[f"{name}_10k_yuan"]
    rest = province - known.groupby(c["province_code"]).sum()
    people = c["pop"].where(known.isna()).groupby(c["province_code"]).sum()
    return known.fillna(c["province_code"].map(rest / people) * c["pop"])


def _growth(c: pd.DataFrame) -> pd.DataFrame:
    """The nation's rates, and each county its province's."""
    rates = _provinces("growth")
    local = rates[rates["region"] != ""].rename(columns={"region": "province"})
    counties_of = c[["unit_id", "region"]].rename(columns={"unit_id": "county", "region": "province"})
    each = counties_of.merge(local, on="province").rename(columns={"county": "region"})
    return pd.concat([rates[rates["region"] == ""], each[["region", "series", "rate"]]])


def _totals() -> pd.DataFrame:
    """Check sums: what the 31 provinces have together."""
    people, accounts, budgets = (_provinces(name) for name in ("people", "accounts", "budgets"))
    rows: list[tuple[str, str, str, float]] = []
    for group, part in people.groupby("group"):
        rows.append(("people", "eligible", f"group={group}", part["eligible"].sum()))
    for fund, part in accounts.groupby("fund"):
        rows += [("accounts", column, f"fund={fund}", part[column].sum()) for column in ("opening", "base")]
    rows = [row for row in rows if row[3] != 0]
    rows += [("budgets", str(column), "", float(budgets[column].sum())) for column in budgets.columns[1:]]
    return pd.DataFrame(rows, columns=["table", "column", "where", "total"]).assign(tolerance=PRINTED)

"""Turn the official tables in `raw/` into the tables of this case: `python instances/china-2024/convert.py`.

Persons in million, money in thousand million yuan (bn), benefits in yuan per person and year.
For every province r:

    benefit[r, group]   = fund expenditure / recipients
    base[r, employees]  = average monthly wage * 12 * contributors
    rate[r, employees]  = min(revenue / base, employer + worker rate); the revenue beyond is other revenue
    capacity[r]         = (own budget revenue + transfers) / inhabitants
    own_effort[r]       = residents' recipients * max(0, kappa * capacity[r] - benefit[r, residents])
                          where kappa = national benefit / national capacity, both ratios of sums
    donor_cap[r]        = own revenue - national own revenue per head * inhabitants; 0 if r is not a donor
    growth              = (last / first) ** (1 / years) - 1

SOURCES.md traces every column. Numbers are written with 12 significant digits.
"""

from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
SCALES = {"_10k": 1 / 100, "_100m_yuan": 1 / 10}  # 10 thousand persons to million, 100 million yuan to bn
DONOR_MARGIN = 1.1  # donors raise at least this multiple of the national own revenue per head
PRINTED = 1e-4  # tolerance of national totals: the 31 figures are rounded
EXACT = 1e-9  # tolerance of sums of the tables themselves

NAMES = {
    "groups": [
        ["group", "name", "name_local", "area"],
        ["employees", "Urban employees", "城镇职工", "urban"],
        ["residents", "Rural and non-working urban residents", "城乡居民", "rural"],
    ],
    "programmes": [["programme", "name", "name_local"], ["pension", "Basic pension", "基本养老保险"]],
    "funds": [
        ["fund", "name", "name_local"],
        ["employees", "Employees' pension fund", "城镇职工基本养老保险基金"],
        ["residents", "Residents' pension fund", "城乡居民基本养老保险基金"],
        ["unemployment", "Unemployment insurance fund", "失业保险基金"],
    ],
}


def raw(name: str) -> pd.DataFrame:
    """One table of `raw/`."""
    return pd.read_csv(HERE / "raw" / f"{name}.csv")


def parameters(name: str) -> pd.Series:
    """National figures by parameter, the newest year of each (it stands first)."""
    return raw(name).drop_duplicates("parameter").set_index("parameter")["value"]


def provinces() -> pd.DataFrame:
    """One row per province in the order of the official codes, in million persons and bn yuan."""
    frame = raw("provinces_2024").merge(raw("places"), on="province_code", validate="one_to_one")
    for ending, scale in SCALES.items():
        for column in [name for name in map(str, frame.columns) if name.endswith(ending)]:
            frame[column.removesuffix(ending)] = frame.pop(column) * scale
    return frame


def regions(p: pd.DataFrame) -> pd.DataFrame:
    """The provinces with their names, belt and place on the tile map."""
    names = p.rename(columns={"province": "name", "province_zh": "name_local"})
    return names[["region", "name", "name_local", "belt", "map_column", "map_row"]]


def people(p: pd.DataFrame) -> pd.DataFrame:
    """Recipients are both the eligible and the covered: only persons who draw a pension are counted."""

    def cells(group: str, recipients: pd.Series, spent: pd.Series) -> pd.DataFrame:
        frame = p[["region"]].assign(group=group, programme="pension", eligible=recipients, covered=recipients)
        return frame.assign(benefit=spent / recipients * 1000)  # bn yuan / million persons = thousand yuan

    employees = cells("employees", p["emp_pension_retirees"], p["emp_pension_expenditure"])
    residents = cells("residents", p["res_pension_beneficiaries"], p["res_pension_expenditure"])
    return pd.concat([employees, residents]).sort_index(kind="stable")


def accounts(p: pd.DataFrame, full_rate: float) -> pd.DataFrame:
    """The three funds: reserve, contributions, the rest of the revenue, and what is locked."""

    def fund(name: str, balance: str, **columns: pd.Series) -> pd.DataFrame:
        frame = p[["region"]].assign(fund=name, opening=p[balance])
        for column in ["base", "rate", "other_revenue", "other_spending", "locked", "accrual"]:
            frame[column] = columns.get(column, 0)
        return frame

    wage = p["avg_wage_full_calibre_yuan_month"] * 12 / 1000  # thousand yuan per year
    payroll, insured = wage * p["emp_pension_contributors"], wage * p["ui_participants"]
    revenue, saved = p["emp_pension_revenue"], p["res_pension_revenue"] - p["res_pension_expenditure"]
    funds = [
        fund(
            "employees",
            "emp_pension_balance",
            base=payroll,
            rate=(revenue / payroll).clip(upper=full_rate),
            other_revenue=(revenue - full_rate * payroll).clip(lower=0),
        ),
        fund(
            "residents",
            "res_pension_balance",
            other_revenue=p["res_pension_revenue"],
            locked=p["res_pension_balance"],
            accrual=saved,
        ),
        fund(
            "unemployment",
            "ui_balance",
            base=insured,
            rate=p["ui_revenue"] / insured,
            other_spending=p["ui_expenditure"],
        ),
    ]
    return pd.concat(funds).sort_index(kind="stable")


def budgets(p: pd.DataFrame) -> pd.DataFrame:
    """What each province's government has, by how much its effort falls short, what it has to spare."""
    names = {
        "budget_revenue": "own_revenue",
        "budget_expenditure": "spending",
        "central_transfer_final": "transfers",
        "pop_resident": "population",
        "gdp": "gdp",
    }
    b = p[["region", *names]].rename(columns=names)
    nation = b.sum(numeric_only=True)
    recipients, spent = p["res_pension_beneficiaries"], p["res_pension_expenditure"]
    capacity = (b["own_revenue"] + b["transfers"]) / b["population"]
    national_capacity = (nation["own_revenue"] + nation["transfers"]) / nation["population"]
    kappa = spent.sum() / recipients.sum() / national_capacity
    own_per_head = nation["own_revenue"] / nation["population"]
    donor = (
        (b["own_revenue"] / b["population"] >= DONOR_MARGIN * own_per_head)
        & (b["gdp"] / b["population"] >= nation["gdp"] / nation["population"])
        & (b["transfers"] / b["spending"] <= nation["transfers"] / nation["spending"])
    )
    b["own_effort"] = (recipients * kappa * capacity - spent).clip(lower=0)
    b["donor_cap"] = (b["own_revenue"] - own_per_head * b["population"]).where(donor, 0)
    return b


def growth(p: pd.DataFrame) -> pd.DataFrame:
    """Past growth per year: national prices, wages and transfers; each province's ageing and working age."""
    panel = raw("provinces_panel_2016_2024").rename(columns={"central_transfer_final_100m_yuan": "transfers"})
    people_in = panel["pop_resident_10k"]
    panel["prices"] = panel["cpi_prev_year_100"] / 100 * people_in  # the national index weights by inhabitants
    panel["income"] = panel["income_urban_yuan"] * panel["pop_urban_10k"]
    panel["ageing"] = panel["sample_65plus_persons"] / panel["sample_total_persons"] * people_in
    panel["working_age"] = panel["ageing"] / panel["old_age_dependency_pct"]
    nation = panel.groupby("year").sum(numeric_only=True)
    national = {
        "prices": (nation["prices"] / nation["pop_resident_10k"]).cumprod(),
        "wages": nation["income"] / nation["pop_urban_10k"],
        "transfers": nation["transfers"],
    }
    rows = [("", series, (level[2024] / level[2019]) ** (1 / 5) - 1) for series, level in national.items()]
    for series in ["ageing", "working_age"]:
        level = panel.pivot(index="province_code", columns="year", values=series).loc[p["province_code"]]
        rates = (level[2024] / level[2021]) ** (1 / 3) - 1  # the years before are on another benchmark
        rows += [(region, series, rate) for region, rate in zip(p["region"], rates, strict=True)]
    return pd.DataFrame(rows, columns=["region", "series", "rate"])


def totals(b: pd.DataFrame) -> pd.DataFrame:
    """National figures less what belongs to no province; for the rest of the budgets their own sums."""
    nation = parameters("national_parameters").sub(parameters("not_in_provinces"), fill_value=0)
    persons, money = SCALES["_10k"], SCALES["_100m_yuan"]
    printed = [
        ("people", "eligible", "group=employees", "employee_pension_retirees", persons),
        ("people", "eligible", "group=residents", "resident_pension_beneficiaries", persons),
        ("accounts", "opening", "fund=employees", "employee_pension_balance", money),
        ("accounts", "opening", "fund=residents", "resident_pension_balance", money),
        ("accounts", "opening", "fund=unemployment", "unemployment_insurance_balance", money),
        ("accounts", "other_revenue", "fund=residents", "resident_pension_revenue", money),
        ("accounts", "other_spending", "fund=unemployment", "unemployment_insurance_expenditure", money),
        ("budgets", "transfers", "", "central_transfer_final_account_total", money),
    ]
    rows = [(*key, nation[name] * scale, PRINTED) for *key, name, scale in printed]
    own = b[["own_revenue", "spending", "population", "gdp"]].sum()
    rows += [("budgets", column, "", total, EXACT) for column, total in own.items()]
    return pd.DataFrame(rows, columns=["table", "column", "where", "total", "tolerance"])


def main(target: Path = HERE) -> None:
    """Write the ten tables into the folder `target`."""
    p, nation = provinces(), parameters("national_parameters")
    full_rate = nation["employee_pension_employer_rate_beijing"] + nation["employee_pension_employee_rate"]
    schemes = pd.DataFrame({"programme": "pension", "group": ["employees", "residents"]})
    b = budgets(p)
    tables = {name: pd.DataFrame(rows[1:], columns=rows[0]) for name, rows in NAMES.items()} | {
        "regions": regions(p),
        "schemes": schemes.assign(fund=schemes["group"], standard=nation["dibao_rural_average_standard"]),
        "people": people(p),
        "accounts": accounts(p, full_rate),
        "budgets": b,
        "growth": growth(p),
        "totals": totals(b),
    }
    for name, table in tables.items():
        text = table.to_csv(index=False, float_format="%.12g", lineterminator="\n")
        (target / f"{name}.csv").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

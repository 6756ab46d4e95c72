"""Invented on purpose: makes the tables of this case from the few numbers below: `python instances/five-provinces/make.py`.

Persons in million, money in thousand million crowns (bn), benefits in crowns per person and year. For every province:

    eligible[group, programme]   = persons below, times the programme's share of them where it has one
    benefit[group, programme]    = level below * the province's price of it, times the covered share
    other_revenue[fund]          = what makes today's surplus the share of spending that SURPLUS says
    own_effort, donor_cap        = from revenue per head against the nation's, as in china-2024

Nothing is a fact about any country. Numbers are written with six significant digits.
"""

from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent

# Persons in million: employees (working, retired), residents (working, retired, children), migrants, platform workers;
# wage and household income in thousand crowns; GDP and own revenue in thousand crowns per head; reserves in years.
PROVINCES = pd.DataFrame(
    [
        ["harbour", "Harbour", "south", "east", 4, 3, 10.0, 2.5, 1.6, 0.6, 4.2, 4.0, 1.2, 120, 160, 22.0],
        ["delta", "Delta", "south", "east", 3, 2, 16.0, 4.5, 9.0, 4.5, 9.0, 5.0, 1.8, 95, 120, 14.0],
        ["plains", "Plains", "north", "central", 2, 2, 14.0, 5.6, 26.0, 11.0, 16.0, 2.0, 1.6, 70, 65, 6.0],
        ["hills", "Hills", "south", "west", 1, 3, 7.0, 3.0, 15.0, 7.0, 9.0, 1.0, 0.8, 62, 50, 4.5],
        ["steppe", "Steppe", "north", "west", 1, 1, 3.0, 1.7, 6.0, 2.6, 3.8, 0.4, 0.3, 60, 45, 4.0],
    ],
    columns=[
        "region", "name", "parent", "belt", "map_column", "map_row", "working", "retired", "land", "old", "young",
        "migrants", "platform", "wage", "gdp", "revenue",
    ],
).set_index("region")  # fmt: skip

GROUPS = [
    ["group", "name", "area"],
    ["employees", "Urban employees", "urban"],
    ["residents", "Rural residents", "rural"],
    ["migrants", "Migrant workers", "other"],
    ["platform", "Platform workers", "other"],
]
PROGRAMMES = [
    ["programme", "name"],
    ["pension", "Pension"],
    ["medical", "Medical insurance"],
    ["unemployment", "Unemployment insurance"],
    ["maternity", "Maternity insurance"],
    ["work_injury", "Work injury insurance"],
    ["minimum_living", "Minimum living allowance"],
    ["long_term_care", "Long-term care"],
    ["education", "Education assistance"],
    ["employment", "Employment assistance"],
]
FUNDS = [
    ["fund", "name"],
    ["employees", "Employees' pension fund"],
    ["residents", "Residents' pension fund"],
    ["employees_health", "Employees' health fund"],
    ["residents_health", "Residents' health fund"],
    ["unemployment", "Unemployment fund"],
    ["work_injury", "Work injury fund"],
    ["assistance", "Assistance budget"],
]
STANDARD = {
    "pension": 9600, "medical": 2400, "unemployment": 480, "maternity": 12000, "work_injury": 300,
    "minimum_living": 8000, "long_term_care": 9000, "education": 3000, "employment": 2500,
}  # fmt: skip

# (programme, group): the fund that pays, who is eligible (persons times share), covered share in each province, and the
# benefit per covered person in each province, crowns a year. Provinces in the order of PROVINCES.
CELLS = {
    ("pension", "employees"): ("employees", "retired", 1.0, [1] * 5, [62000, 48000, 36000, 33000, 34000]),
    ("pension", "residents"): ("residents", "old", 1.0, [1] * 5, [15000, 5200, 2400, 2200, 2600]),
    ("pension", "migrants"): ("employees", "migrants", 0.05, [0.6] * 5, [11000, 8000, 5500, 5000, 5000]),
    ("medical", "employees"): ("employees_health", "working+retired", 1.0, [1] * 5, [4800, 4000, 3200, 2800, 2900]),
    ("medical", "residents"): ("residents_health", "land+old+young", 1.0, [0.97] * 5, [1900, 1300, 950, 850, 900]),
    ("medical", "migrants"): ("residents_health", "migrants", 1.2, [0.6, 0.5, 0.5, 0.4, 0.4], [1400, 1100, 900, 800, 850]),
    ("medical", "platform"): ("employees_health", "platform", 1.0, [0.5, 0.4, 0.3, 0.3, 0.3], [1900, 1500, 1200, 1100, 1100]),
    ("unemployment", "employees"): ("unemployment", "working", 1.0, [0.9, 0.85, 0.8, 0.75, 0.7], [620, 500, 400, 380, 390]),
    ("unemployment", "residents"): ("unemployment", "land", 1.0, [0] * 5, [0] * 5),
    ("unemployment", "migrants"): ("unemployment", "migrants", 1.0, [0.3, 0, 0, 0, 0], [300, 0, 0, 0, 0]),
    ("unemployment", "platform"): ("unemployment", "platform", 1.0, [0] * 5, [0] * 5),
    ("maternity", "employees"): ("employees_health", "working", 0.012, [0.95] * 5, [16000, 14000, 11000, 10500, 10500]),
    ("maternity", "residents"): ("residents_health", "land", 0.016, [0] * 5, [0] * 5),
    ("maternity", "migrants"): ("residents_health", "migrants", 0.016, [0] * 5, [0] * 5),
    ("maternity", "platform"): ("employees_health", "platform", 0.006, [0] * 5, [0] * 5),
    ("work_injury", "employees"): ("work_injury", "working", 1.0, [0.95] * 5, [340, 300, 270, 260, 260]),
    ("work_injury", "residents"): ("work_injury", "land", 1.0, [0] * 5, [0] * 5),
    ("work_injury", "migrants"): ("work_injury", "migrants", 1.0, [0.6, 0.5, 0, 0, 0], [280, 250, 0, 0, 0]),
    ("work_injury", "platform"): ("work_injury", "platform", 1.0, [0] * 5, [0] * 5),
    ("minimum_living", "employees"): ("assistance", "working", 0.02, [1] * 5, [9500, 7500, 6000, 5600, 5700]),
    ("minimum_living", "residents"): ("assistance", "land", 0.05, [1] * 5, [8200, 6000, 4300, 3900, 4100]),
    ("minimum_living", "migrants"): ("assistance", "migrants", 0.03, [0] * 5, [0] * 5),
    ("long_term_care", "employees"): ("employees_health", "retired", 0.08, [0.8, 0.6, 0, 0, 0], [10000, 8000, 0, 0, 0]),
    ("long_term_care", "residents"): ("residents_health", "old", 0.08, [0.5, 0, 0, 0, 0], [7000, 0, 0, 0, 0]),
    ("education", "residents"): ("assistance", "young", 0.1, [1, 1, 0.9, 0.9, 0.9], [3400, 2600, 1700, 1500, 1600]),
    ("education", "migrants"): ("assistance", "migrants", 0.1, [0.4, 0.3, 0.5, 0.5, 0.5], [1800, 1500, 1300, 1200, 1200]),
    ("employment", "employees"): ("assistance", "working", 0.04, [1] * 5, [2900, 2300, 1700, 1500, 1500]),
    ("employment", "residents"): ("assistance", "land", 0.04, [0.8, 0.7, 0.6, 0.6, 0.6], [2000, 1500, 1000, 900, 900]),
    ("employment", "migrants"): ("assistance", "migrants", 0.06, [0.5, 0.4, 0.4, 0.3, 0.3], [1800, 1400, 1000, 900, 900]),
    ("employment", "platform"): ("assistance", "platform", 0.05, [0.3, 0.2, 0, 0, 0], [1500, 1200, 0, 0, 0]),
}  # fmt: skip

# fund: actual contribution rate by province, part that employers pay, who earns the base, wage share of the base,
# today's surplus and opening reserve as shares of spending by province
ACCOUNTS = {
    "employees": ([0.17, 0.18, 0.19, 0.20, 0.22], 0.67, "working+migrants/4", [0.2, 0.19, -0.03, -0.08, -0.12], [3.0, 2.8, 1.1, 0.35, 0.12]),
    "residents": ([0.01] * 5, 0.0, "land/3", [0.04, 0.02, 0.01, 0.01, 0.01], [1.0, 0.6, 0.4, 0.3, 0.3]),
    "employees_health": ([0.075, 0.075, 0.08, 0.08, 0.085], 0.75, "working", [0.25, 0.18, 0.06, 0.03, 0.01], [1.5, 1.2, 0.6, 0.4, 0.3]),
    "residents_health": ([0.01] * 5, 0.0, "land/3", [0.06, 0.04, 0.02, 0.01, 0.01], [0.8, 0.5, 0.3, 0.2, 0.2]),
    "unemployment": ([0.008, 0.008, 0.009, 0.01, 0.01], 0.6, "working", [0.3, 0.3, 0.12, 0.06, 0.04], [2.5, 2.0, 1.2, 0.8, 0.6]),
    "work_injury": ([0.004, 0.004, 0.005, 0.006, 0.006], 1.0, "working", [0.4, 0.35, 0.15, 0.1, 0.08], [2.0, 1.8, 1.0, 0.7, 0.6]),
    "assistance": ([0.0] * 5, 0.0, "", [0.0] * 5, [0.1] * 5),
}  # fmt: skip

# household income per member by group, share of the wage, and how persons spread over three bands
INCOME = {"employees": 0.55, "residents": 0.24, "migrants": 0.38, "platform": 0.42}
BANDS = {"low": (0.4, 0.45), "middle": (0.4, 1.0), "high": (0.2, 2.1)}

GROWTH = [
    ["", "prices", 0.015], ["", "wages", 0.05], ["", "transfers", 0.055], ["", "ageing", 0.02],
    ["hills", "ageing", 0.03], ["steppe", "ageing", 0.04], ["", "working_age", -0.002],
]  # fmt: skip


def persons(province: pd.Series, who: str) -> float:
    """Persons of an expression such as "working+migrants/4", million."""
    total = 0.0
    for part in filter(None, who.split("+")):
        name, _, divisor = part.partition("/")
        total += float(province[name]) / float(divisor or 1)
    return total


def people() -> pd.DataFrame:
    """One row for every province, group and programme, with the fund that pays."""
    return pd.DataFrame(
        [
            {
                "region": region, "group": group, "programme": programme, "fund": fund,
                "eligible": (eligible := persons(province, who) * share),
                "covered": eligible * covered[i], "benefit": benefit[i] * covered[i],
            }
            for (programme, group), (fund, who, share, covered, benefit) in CELLS.items()
            for i, (region, province) in enumerate(PROVINCES.iterrows())
        ]
    )  # fmt: skip


def accounts(cells: pd.DataFrame) -> pd.DataFrame:
    """The yearly money of each fund, balanced as SURPLUS says."""
    spending = (cells["eligible"] * cells["benefit"] / 1000).groupby([cells["region"], cells["fund"]]).sum()
    rows = []
    for fund, (rates, employers, earners, surplus, reserve) in ACCOUNTS.items():
        for i, (region, province) in enumerate(PROVINCES.iterrows()):
            paid = float(spending[region, fund])
            base = persons(province, earners) * province["wage"] * (1.0 if employers else 0.5)
            rows.append({
                "region": region, "fund": fund, "opening": reserve[i] * paid, "base": base, "rate": rates[i],
                "other_revenue": max(0.0, paid * (1 + surplus[i]) - rates[i] * base), "other_spending": 0.0,
                "locked": 0.0, "accrual": 0.0, "employer_share": employers if base else None,
            })  # fmt: skip
    return pd.DataFrame(rows)


def budgets(cells: pd.DataFrame) -> pd.DataFrame:
    """What each province's own government can do."""
    who = ["working", "retired", "land", "old", "young", "migrants", "platform"]
    population = PROVINCES[who].sum(axis=1)
    revenue = PROVINCES["revenue"] * population
    transfers = (16.0 - PROVINCES["revenue"] * 0.7) * population
    national = revenue.sum() / population.sum()
    pension = cells[(cells["programme"] == "pension") & (cells["group"] == "residents")].set_index("region")
    capacity = (revenue + transfers) / population
    fair = (pension["eligible"] * pension["benefit"]).sum() / pension["eligible"].sum()
    fair = fair / ((revenue + transfers).sum() / population.sum()) * capacity
    effort = pension["eligible"] * (fair - pension["benefit"]).clip(lower=0.0) / 1000
    return pd.DataFrame(
        {
            "own_revenue": revenue, "spending": revenue + transfers, "transfers": transfers, "population": population,
            "gdp": PROVINCES["gdp"] * population, "own_effort": effort,
            "donor_cap": (revenue - national * population).clip(lower=0.0),
        }
    ).reset_index()  # fmt: skip


def bands() -> pd.DataFrame:
    """Household incomes by band."""
    return pd.DataFrame(
        [
            [region, group, band, share, INCOME[group] * province["wage"] * 1000 * factor]
            for region, province in PROVINCES.iterrows()
            for group in INCOME
            for band, (share, factor) in BANDS.items()
        ],
        columns=["region", "group", "band", "share", "income"],
    )


def write(name: str, frame: pd.DataFrame) -> None:
    """One table, numbers with six significant digits."""
    frame.to_csv(HERE / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")


def main() -> None:
    """Write every table of the folder."""
    cells = people()
    write("regions", PROVINCES.reset_index()[["region", "name", "parent", "belt", "map_column", "map_row"]])
    for name, rows in (("groups", GROUPS), ("programmes", PROGRAMMES), ("funds", FUNDS)):
        write(name, pd.DataFrame(rows[1:], columns=rows[0]))
    write("schemes", pd.DataFrame(
        [[programme, group, cell[0], STANDARD[programme]] for (programme, group), cell in CELLS.items()],
        columns=["programme", "group", "fund", "standard"],
    ))  # fmt: skip
    write("people", cells.drop(columns="fund"))
    write("accounts", accounts(cells))
    write("budgets", budgets(cells))
    write("bands", bands())
    write("growth", pd.DataFrame(GROWTH, columns=["region", "series", "rate"]))


if __name__ == "__main__":
    main()

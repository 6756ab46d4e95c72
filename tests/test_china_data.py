"""The bundled real case: made from its raw files, true to its quoted figures, and its optimum by hand."""

import importlib.util
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
CASE = ROOT / "instances" / "china-2024"
SCENARIOS = ROOT / "optimizer" / "scenarios"
TABLES = sorted(path.name for path in CASE.glob("*.csv"))


def toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(CASE / f"{name}.csv", keep_default_na=False)


def of(frame: pd.DataFrame, column: str, value: str) -> pd.DataFrame:
    return frame[frame[column] == value].set_index("region")


EMPLOYEES, RESIDENTS = (of(table("people"), "group", group) for group in ("employees", "residents"))
FUND = {fund: of(table("accounts"), "fund", fund) for fund in ("employees", "residents", "unemployment")}
BUDGETS, REGIONS = table("budgets").set_index("region"), table("regions").set_index("region")
SERIES = {name: rows.set_index("region")["rate"] for name, rows in table("growth").groupby("series")}
SETTINGS = toml(CASE / "scenario.toml")["levers"]
EXPECTED = toml(CASE / "expected.toml")
STANDARD = 6298.8
DONORS = ["beijing", "tianjin", "shanghai", "jiangsu", "zhejiang", "guangdong"]


def spending(people: pd.DataFrame) -> pd.Series:
    """bn yuan: million persons x yuan / 1000."""
    return people["eligible"] * people["benefit"] / 1000


def own_effort() -> pd.Series:
    share = SETTINGS["own_effort"]["share_of_revenue"]
    return np.minimum(share * BUDGETS["own_revenue"], BUDGETS["own_effort"])


def donations() -> pd.Series:
    rule = SETTINGS["horizontal_transfers"]
    of_capacity = rule["share_of_capacity"] * BUDGETS["donor_cap"]
    return np.minimum(of_capacity, rule["share_of_revenue"] * BUDGETS["own_revenue"])


def water_level(depth: pd.Series, recipients: pd.Series, pot: float) -> float:
    """L with sum recipients * max(0, L - depth) = pot: fill the lowest until the next one stays dry."""
    order = depth.sort_values().index
    filled = ((recipients * depth)[order].cumsum() + pot) / recipients[order].cumsum()
    stop = filled.to_numpy()[:-1] <= depth[order].to_numpy()[1:]
    return float(filled.iloc[int(np.argmax(stop)) if stop.any() else -1])


def optimum() -> tuple[float, pd.Series]:
    """The common level and the residents' benefits of the default scenario, yuan, from the tables alone."""
    before = RESIDENTS["benefit"] + own_effort() / RESIDENTS["eligible"] * 1000
    receivers = BUDGETS.index[BUDGETS["donor_cap"] == 0]
    pot = SETTINGS["vertical_transfers"]["budget"]["residents"] + donations().sum()
    level = water_level(before[receivers], RESIDENTS["eligible"][receivers], pot * 1000)
    return level, before.where(~before.index.isin(receivers), before.clip(lower=level))


def gap(benefit: pd.Series) -> float:
    """Squared shortfall below the standard; every employee is above it and counts with nothing."""
    assert (EMPLOYEES["benefit"] > STANDARD).all()
    persons = RESIDENTS["eligible"].sum() + EMPLOYEES["eligible"].sum()
    return float((RESIDENTS["eligible"] * 0.5 * (1 - benefit / STANDARD).clip(lower=0) ** 2).sum() / persons)


def test_the_tables_are_exactly_what_the_conversion_makes_of_the_raw_files(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("convert", CASE / "convert.py")
    assert spec is not None and spec.loader is not None
    convert = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(convert)
    convert.main(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == TABLES
    for name in TABLES:
        assert (tmp_path / name).read_bytes() == (CASE / name).read_bytes(), name


FIGURES = {  # what is quoted of the case: (value in the tables, quoted value, half of its last digit)
    "retired employees, million": (EMPLOYEES["eligible"].sum(), 147.0, 0.05),
    "residents with a pension, million": (RESIDENTS["eligible"].sum(), 180.4, 0.05),
    "employees' mean, yuan": (spending(EMPLOYEES).sum() / EMPLOYEES["eligible"].sum() * 1000, 45_741, 0.5),
    "residents' mean, yuan": (spending(RESIDENTS).sum() / RESIDENTS["eligible"].sum() * 1000, 2_950, 0.5),
    "residents in Jilin, the lowest": (RESIDENTS["benefit"].min(), 2_013, 0.5),
    "residents in Shanghai, the highest": (RESIDENTS["benefit"].max(), 20_985, 0.5),
    "employees in Tibet": (EMPLOYEES["benefit"]["tibet"], 131_500, 50),
    "wage bill, bn": (FUND["employees"]["base"].sum(), 37_231, 0.5),
    "lowest rate": (FUND["employees"]["rate"]["fujian"], 0.105, 0.0005),
    "highest rate": (FUND["employees"]["rate"].max(), 0.24, 1e-12),
    "employees' other revenue, bn": (FUND["employees"]["other_revenue"].sum(), 186.9, 0.05),
    "employees' reserves, bn": (FUND["employees"]["opening"].sum(), 7_064, 0.5),
    "residents' reserves, bn": (FUND["residents"]["opening"].sum(), 1_650, 0.5),
    "residents' accrual, bn": (FUND["residents"]["accrual"].sum(), 196.6, 0.051),
    "effort gap, bn": (BUDGETS["own_effort"].sum(), 54.1, 0.05),
    "capacity surplus, bn": (BUDGETS["donor_cap"].sum(), 2_032, 0.5),
    "own effort in the scenario, bn": (own_effort().sum(), 19.94, 0.005),
    "donations in the scenario, bn": (donations().sum(), 16.90, 0.005),
    "to lift every resident to the standard, bn": (
        (RESIDENTS["eligible"] * (STANDARD - RESIDENTS["benefit"]).clip(lower=0)).sum() / 1000,
        620,
        0.5,
    ),
    "ageing, weighted by residents' recipients": (
        np.average(SERIES["ageing"][RESIDENTS.index], weights=RESIDENTS["eligible"]),
        0.030,
        0.0005,
    ),
    "working age, weighted by all recipients": (
        np.average(SERIES["working_age"][RESIDENTS.index], weights=RESIDENTS["eligible"] + EMPLOYEES["eligible"]),
        -0.0005,
        0.00005,
    ),
    "prices": (SERIES["prices"][""], 0.01146, 5e-6),
    "wages": (SERIES["wages"][""], 0.04953, 5e-6),
    "transfers": (SERIES["transfers"][""], 0.05935, 5e-6),
}


@pytest.mark.parametrize("name", FIGURES)
def test_the_tables_hold_the_figures_quoted_of_the_case(name: str) -> None:
    found, quoted, half_digit = FIGURES[name]
    assert found == pytest.approx(quoted, abs=half_digit)


def test_reserves_reach_from_one_month_in_liaoning_to_56_in_guangdong() -> None:
    months = FUND["employees"]["opening"] / spending(EMPLOYEES) * 12
    assert (months.idxmin(), months.idxmax()) == ("liaoning", "guangdong")
    assert (months.min(), months.max()) == (pytest.approx(1.1, abs=0.05), pytest.approx(56, abs=0.5))


def test_contributions_and_other_revenue_are_the_revenue_of_2024_and_no_rate_exceeds_24_per_cent() -> None:
    raw = pd.read_csv(CASE / "raw" / "provinces_2024.csv")
    fund = FUND["employees"]
    revenue = fund["rate"] * fund["base"] + fund["other_revenue"]
    assert revenue.to_numpy() == pytest.approx(raw["emp_pension_revenue_100m_yuan"].to_numpy() / 10)
    assert (fund["rate"] == 0.24).sum() == 9
    assert ((fund["other_revenue"] > 0) == (fund["rate"] == 0.24)).all()


def test_residents_spend_what_they_receive_less_what_stays_locked() -> None:
    fund = FUND["residents"]
    assert (fund["other_revenue"] - fund["accrual"]).to_numpy() == pytest.approx(spending(RESIDENTS).to_numpy())
    assert (fund["locked"] == fund["opening"]).all() and (fund["accrual"] > 0).all()


def test_six_donors_have_capacity_to_spare_and_no_lag_of_effort() -> None:
    assert list(BUDGETS.index[BUDGETS["donor_cap"] > 0]) == DONORS
    assert (BUDGETS["own_effort"][DONORS] == 0).all()


def test_every_province_has_a_belt_and_a_tile_of_its_own() -> None:
    assert REGIONS["belt"].value_counts().to_dict() == {"west": 12, "east": 10, "central": 6, "north-east": 3}
    assert not REGIONS.duplicated(["map_column", "map_row"]).any() and len(REGIONS) == 31


def test_settings_that_are_figures_of_the_data_follow_from_the_tables() -> None:
    vertical, transfers = SETTINGS["vertical_transfers"], BUDGETS["transfers"]
    budget = transfers.sum() / 100  # 1 per cent of 9,920.595 bn
    assert vertical["budget"]["residents"] == pytest.approx(budget, rel=1e-12)
    favoured = transfers[REGIONS["belt"].isin(vertical["favoured"])].sum()
    assert vertical["tilt"] == pytest.approx(favoured / transfers.sum(), abs=1e-12)
    five = toml(SCENARIOS / "five-years.toml")
    assert five["levers"]["vertical_transfers"]["budget"]["residents"]["amount"] == pytest.approx(budget)
    assert five["weights"]["discount"] == pytest.approx(1 / 1.03, abs=1e-12)


def test_water_filling_lifts_nineteen_provinces_to_one_line_of_3397_yuan() -> None:
    level, benefit = optimum()
    assert level == pytest.approx(3396.888289, abs=1e-6)
    assert gap(benefit) == pytest.approx(0.052554760, abs=1e-9)
    assert gap(RESIDENTS["benefit"]) == pytest.approx(0.088182781, abs=1e-9)
    assert (benefit == level).sum() == 19
    assert (benefit >= RESIDENTS["benefit"]).all()


def test_the_expected_answer_is_the_one_computed_by_hand() -> None:
    level, benefit = optimum()
    assert EXPECTED["common_level"]["residents"] == pytest.approx(level, abs=1e-6)
    assert EXPECTED["gap"] == pytest.approx({"before": gap(RESIDENTS["benefit"]), "after": gap(benefit)}, abs=1e-11)
    assert EXPECTED["horizontal_paid"] == pytest.approx({r: donations()[r] for r in DONORS})
    gain = (benefit - RESIDENTS["benefit"]) * RESIDENTS["eligible"] / 1000 - own_effort()
    lifted = list(benefit.index[benefit == level])
    assert EXPECTED["regions"]["lifted"] == lifted and EXPECTED["regions"]["unchanged"] == DONORS
    assert EXPECTED["received"] == pytest.approx({r: gain[r] for r in lifted})
    for region in benefit.index:
        kept = {"employees": EMPLOYEES["benefit"][region], "residents": benefit[region]}
        assert EXPECTED["benefit"][region] == pytest.approx(kept, rel=1e-10)

"""The real case, solved: its closed-form optimum, an independent quadratic programme, five years and one rate.

Money in bn yuan, persons in million, benefits in yuan a year, so a yuan for a million people is 0.001 bn.
"""

import tomllib
from functools import cache

import highspy
import numpy as np
import pandas as pd
import pytest
from cases import at

from commonweal.instances import bundled, project, read
from commonweal.optimizer import Plan, load_scenario, solve

FOLDER = bundled()["china-2024"]
EXPECTED = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))
SCENARIO = tomllib.loads((FOLDER / "scenario.toml").read_text(encoding="utf-8"))
LEVEL = 3396.888289  # yuan: the level L that solves sum of N max(0, L - b) = pot
GAP, STATUS_QUO = 0.05255476, 0.088182781
TIGHT = "solver.tolerance=1e-9"


@cache
def plan(files: tuple[str, ...] = (), settings: tuple[str, ...] = ()) -> Plan:
    case = read("china-2024")
    found = solve(case, load_scenario(case, files, settings))
    assert found.status == "optimal"
    return found


def residents(found: Plan, column: str = "benefit") -> pd.Series:
    """By region, of a plan of one year."""
    rows = found.benefits[found.benefits["group"] == "residents"]
    return rows.set_index("region")[column]


# -- one year -----------------------------------------------------------------------------------------------------


def test_nineteen_provinces_rise_to_one_common_level():
    lifted = residents(plan())[EXPECTED["regions"]["lifted"]]
    assert len(lifted) == 19
    assert lifted.tolist() == pytest.approx([LEVEL] * 19, abs=0.05)


def test_a_tighter_tolerance_brings_the_common_level_closer():
    lifted = residents(plan((), (TIGHT,)))[EXPECTED["regions"]["lifted"]]
    assert lifted.tolist() == pytest.approx([LEVEL] * 19, abs=0.005)


def test_the_gap_is_the_closed_form_one_and_proven():
    found = plan()
    assert found.objective == pytest.approx(GAP, abs=1e-8)
    total = found.gaps[found.gaps["gap"] == "total"].iloc[0]
    assert total["before"] == pytest.approx(STATUS_QUO, abs=1e-9)
    assert total["after"] == found.objective
    assert found.lower_bound <= found.objective
    assert found.relative_gap <= 1e-6
    assert found.lower_bound == pytest.approx(EXPECTED["gap"]["after"], rel=1e-6)


def test_six_rise_by_their_own_effort_only_and_six_are_unchanged():
    found = plan()
    rise = residents(found) - residents(found, "benefit_before")
    money = found.transfers[found.transfers["fund"] == "residents"].set_index("region")
    own_only, unchanged = EXPECTED["regions"]["own_effort_only"], EXPECTED["regions"]["unchanged"]
    assert len(own_only) == len(unchanged) == 6
    for region in own_only:
        assert money["central"][region] + money["horizontal_received"][region] == pytest.approx(0, abs=1e-6)
        assert rise[region] > 0
        eligible = residents(found, "eligible")[region]
        assert rise[region] * eligible / 1000 == pytest.approx(money["own"][region], rel=1e-6)
    assert rise[unchanged].abs().max() == pytest.approx(0, abs=1e-6)


def test_the_six_donors_pay_their_caps():
    found = plan()
    paid = found.transfers[found.transfers["fund"] == "residents"].set_index("region")["horizontal_paid"]
    assert paid[paid > 0].to_dict() == pytest.approx(EXPECTED["horizontal_paid"], rel=1e-6)
    rounded = {"shanghai": 4.19, "beijing": 3.19, "zhejiang": 3.05, "jiangsu": 2.81, "guangdong": 2.69, "tianjin": 0.98}
    assert paid[paid > 0].round(2).to_dict() == rounded


def test_nobody_is_cut_no_central_money_idles_and_nothing_stays_unfunded():
    found = plan()
    assert (found.benefits["benefit"] >= found.benefits["benefit_before"] * (1 - 1e-9)).all()
    assert found.transfers["central"].sum() == pytest.approx(99.20595, rel=1e-9)
    assert found.funds["unfunded"].abs().max() == 0.0
    assert found.funds["closing"].min() >= 0


def test_what_every_province_receives_and_adds_is_the_expected_answer():
    money = plan((), (TIGHT,)).transfers.query("fund == 'residents'").set_index("region")
    received = money["central"] + money["horizontal_received"]
    assert received[received > 1e-6].to_dict() == pytest.approx(EXPECTED["received"], rel=1e-5)
    assert money["own"][money["own"] > 0].to_dict() == pytest.approx(EXPECTED["own"], rel=1e-6)


def test_the_tilt_does_not_bind_and_the_east_stays_within_it():
    case, found = read("china-2024"), plan()
    east = case.regions[case.regions["belt"] == "east"]["region"]
    tilt = SCENARIO["levers"]["vertical_transfers"]["tilt"]
    got = found.transfers[found.transfers["region"].isin(east)]["central"].sum()
    assert got <= (1 - tilt) * 99.20595 + 1e-9


def quadratic_programme() -> pd.Series:
    """Residents' benefits, yuan, of the default scenario as a quadratic programme written anew from the files.

    Columns: benefit a (thousand yuan), shortfall u, new money n, kept money k of each province; what the pot gives
    out is central money within the budget and its tilt, and donors' money. Employees stand above the line.
    minimise 1e6 * sum of p * u^2 / 2     u >= 1 - a / standard, a >= a0, N a + k = N a0 + own + central + horizontal
    """
    table = {name: pd.read_csv(FOLDER / f"{name}.csv") for name in ("people", "budgets", "regions", "schemes")}
    levers = SCENARIO["levers"]
    standard = table["schemes"]["standard"].iloc[0] / 1000
    people = table["people"].merge(table["regions"][["region", "belt"]], on="region")
    employees = people[people["group"] == "employees"]
    assert (employees["benefit"] / 1000 >= standard).all()
    rows = people[people["group"] == "residents"].merge(table["budgets"], on="region").reset_index(drop=True)
    persons, today = rows["eligible"].to_numpy(), rows["benefit"].to_numpy() / 1000
    own = np.minimum(levers["own_effort"]["share_of_revenue"] * rows["own_revenue"], rows["own_effort"]).to_numpy()
    giving = levers["horizontal_transfers"]
    caps = np.minimum(
        giving["share_of_capacity"] * rows["donor_cap"], giving["share_of_revenue"] * rows["own_revenue"]
    ).to_numpy()
    budget, tilt = levers["vertical_transfers"]["budget"]["residents"], levers["vertical_transfers"]["tilt"]
    favoured = rows["belt"].isin(levers["vertical_transfers"]["favoured"]).to_numpy()

    count = len(rows)
    weight = 1e6 * persons / people["eligible"].sum()
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    infinity = highspy.kHighsInf
    a, u, central, horizontal, kept = (np.arange(count) + k * count for k in range(5))
    receives = np.where(caps > 0, 0.0, infinity)
    lower = np.concatenate([today, np.zeros(4 * count)])
    upper = np.concatenate([np.full(3 * count, infinity), receives, np.full(count, infinity)])
    highs.addVars(5 * count, lower, upper)
    for r in range(count):
        balance = [persons[r], 1.0, -1.0, -1.0]
        due = persons[r] * today[r] + own[r]
        highs.addRow(due, due, 4, np.array([a[r], kept[r], central[r], horizontal[r]]), np.array(balance))
        highs.addRow(1.0, infinity, 2, np.array([u[r], a[r]]), np.array([1.0, 1 / standard]))
    highs.addRow(-infinity, budget, count, central, np.ones(count))
    east = central[~favoured]
    highs.addRow(-infinity, (1 - tilt) * budget, len(east), east, np.ones(len(east)))
    highs.addRow(-infinity, caps.sum(), count, horizontal, np.ones(count))
    hessian = highspy.HighsHessian()
    hessian.dim_ = 5 * count
    hessian.format_ = highspy.HessianFormat.kTriangular
    diagonal = np.isin(np.arange(5 * count), u)
    hessian.start_ = np.concatenate([[0], np.cumsum(diagonal)]).astype(np.int32)
    hessian.index_ = u.astype(np.int32)
    hessian.value_ = weight
    assert highs.passHessian(hessian) == highspy.HighsStatus.kOk
    assert highs.run() == highspy.HighsStatus.kOk
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    found = np.asarray(highs.getSolution().col_value)[a] * 1000
    return pd.Series(found, index=rows["region"])


def test_a_quadratic_programme_written_anew_gives_the_same_plan():
    oracle = quadratic_programme()
    below = oracle[oracle < SCENARIO["gaps"]["squared_shortfall"]["line"] * 6298.8].index  # above it the gap is blind
    assert len(below) > 25
    for found, accuracy in ((plan(), 0.05), (plan((), (TIGHT,)), 0.005)):
        assert (residents(found)[below] - oracle[below]).abs().max() < accuracy


# -- five years ---------------------------------------------------------------------------------------------------

FIVE = ("five-years",)
YEARS = [2025, 2026, 2027, 2028, 2029]


def test_five_common_lines():
    rows = plan(FIVE).benefits.query("group == 'residents'")
    for year, line in zip(YEARS, (3412, 3466, 3521, 3577, 3634), strict=True):
        lowest = rows[rows["year"] == year]["benefit"].min()
        assert lowest == pytest.approx(line, abs=1)
        assert ((rows[rows["year"] == year]["benefit"] - lowest).abs() < 0.05).sum() >= 15


def test_five_years_pool_340_bn_a_year_and_leave_nothing_unfunded():
    found = plan(FIVE)
    assert found.transfers["pool_paid"].sum() / 5 == pytest.approx(340.2, abs=0.05)
    assert found.transfers.groupby("year")["pool_received"].sum().tolist() == pytest.approx(
        found.transfers.groupby("year")["pool_paid"].sum().tolist(), rel=1e-9
    )
    assert found.funds["unfunded"].abs().max() == 0.0


def test_the_last_year_is_not_plundered():
    found = plan(FIVE)
    case = project(read("china-2024"), found.scenario.projection)
    today = case.accounts[case.accounts["year"] == 2025].set_index(["region", "fund"])
    last = found.funds[found.funds["year"] == 2029].set_index(["region", "fund"])
    employees = last.xs("employees", level="fund")
    before = today.xs("employees", level="fund")
    months = np.minimum(3, before["opening"] / (before["spending_today"] / 12))
    assert (employees["closing"] >= months / 12 * employees["spending"] - 1e-6).all()
    # Residents' reserves are not opened: each ends where it would have ended without a plan, or above.
    closing = last.xs("residents", level="fund")["closing"]
    assert (closing >= last.xs("residents", level="fund")["locked"] - 1e-6).all()
    assert (closing >= today.xs("residents", level="fund")["opening"] - 1e-6).all()


def test_nobody_falls_behind_prices_and_employees_follow_them():
    found = plan(FIVE)
    case = read("china-2024")
    prices = 1 + case.growth_rate("prices")
    cells = found.benefits.pivot_table(index=["region", "group"], columns="year", values="benefit")
    cells[2024] = case.people.set_index(["region", "group"])["benefit"]
    for year in YEARS:
        growth = cells[year] / cells[year - 1] / prices
        assert growth.min() >= 1 - 1e-7
        assert growth.xs("employees", level="group").max() <= 1 + 1e-7


def test_central_money_grows_as_transfers_did_and_does_not_idle():
    central = plan(FIVE).transfers.groupby("year")["central"].sum()
    growth = 1 + read("china-2024").growth_rate("transfers")
    assert central.tolist() == pytest.approx([99.20595 * growth**k for k in range(5)], rel=1e-6)


# -- one contribution rate ----------------------------------------------------------------------------------------

UNIFIED = ("five-years", "unified-rate")
COMMON = 0.19434129  # contributions over base of 2025: 2024 collects 0.19443451, and bases of low rates grow faster


def test_rates_end_at_one_common_rate_in_equal_steps():
    found = plan(UNIFIED)
    rates = found.rates.query("fund == 'employees'").pivot_table(index="region", columns="year", values="rate")
    today = read("china-2024").accounts.query("fund == 'employees'").set_index("region")["rate"]
    common = rates[2029].mean()
    assert rates[2029].tolist() == pytest.approx([common] * 31, rel=1e-12)
    assert common == pytest.approx(COMMON, abs=1e-8)
    for k, year in enumerate(YEARS, start=1):
        assert (rates[year] - (today + k / 5 * (common - today))).abs().max() < 1e-12
    assert today.max() - today.min() > 0.1  # far apart today


def test_with_full_pooling_one_rate_leaves_nothing_unfunded():
    found = plan(UNIFIED)
    assert found.funds["unfunded"].abs().max() == 0.0
    assert found.objective == pytest.approx(plan(FIVE).objective, rel=1e-6)  # residents' money is another fund's


@pytest.mark.parametrize(
    ("settings", "unfunded"),
    [
        (("levers.fund_pool=false",), 2543),
        (("levers.fund_pool.share=0.5", 'levers.fund_pool.surplus="today"', 'levers.fund_pool.growth="prices"'), 294),
    ],
)
def test_without_full_pooling_one_rate_leaves_obligations_unfunded(settings, unfunded):
    found = plan(UNIFIED, settings)
    assert found.funds["unfunded"].sum() == pytest.approx(unfunded, abs=0.5)
    assert at(found.rates.query("region == 'guangdong'"), "rate", fund="employees", year=2029) == pytest.approx(
        COMMON, abs=1e-8
    )

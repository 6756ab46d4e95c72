"""Inequality and indicators: hand arithmetic, properties that always hold, and figures of the real case."""

import math
import tomllib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.instances import project, read
from commonweal.instances.project import Projection
from commonweal.optimizer import inequality, load_scenario, solve
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.indicators import INDICATORS, indicators
from commonweal.optimizer.inequality import THEIL_T

PEOPLE = st.lists(
    st.tuples(
        st.floats(0, 1e6).map(lambda value: round(value, 3)),
        st.floats(0.001, 1e3).map(lambda weight: round(weight, 6)),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=12,
)


def arrays(people):
    values, weights, parts = (np.array(column) for column in zip(*people, strict=True))
    return values.astype(float), weights.astype(float), parts


def theil(values, weights):
    return inequality.entropy(values, weights, THEIL_T)


def parts_of(values, weights, parts):
    return inequality.entropy_parts(values, weights, parts, THEIL_T)


def weighted(*numbers):
    return np.array(numbers, dtype=float)


def test_gini_of_one_who_has_all_among_four_is_three_quarters():
    assert inequality.gini(weighted(0, 0, 0, 8), weighted(1, 1, 1, 1)) == pytest.approx(0.75)


def test_gini_of_one_and_three_by_hand():
    # two persons: |1 - 3| counts twice in four pairs, 4 / 4 = 1, over 2 x mean 2: 0.25
    assert inequality.gini(weighted(1, 3), weighted(1, 1)) == pytest.approx(0.25)
    # three persons have 1 and one has 3: pairs 2 x 3/16 x 2 = 0.75, over 2 x 1.5
    assert inequality.gini(weighted(1, 3), weighted(3, 1)) == pytest.approx(0.25)


def test_variation_and_theil_of_one_and_three_by_hand():
    # mean 2, standard deviation 1; Theil (0.5 ln 0.5 + 1.5 ln 1.5) / 2
    assert inequality.variation(weighted(1, 3), weighted(1, 1)) == pytest.approx(0.5)
    expected = (0.5 * math.log(0.5) + 1.5 * math.log(1.5)) / 2
    assert theil(weighted(1, 3), weighted(1, 1)) == pytest.approx(expected)


def test_theil_parts_of_two_regions_by_hand():
    # region 0 has 1 and 3 (mean 2), region 1 has 6: total 10, mean 10/3
    parts = parts_of(weighted(1, 3, 6), weighted(1, 1, 1), np.array([0, 0, 1]))
    assert parts.between == pytest.approx(0.4 * math.log(0.6) + 0.6 * math.log(1.8))
    assert parts.within == pytest.approx(0.4 * (0.5 * math.log(0.5) + 1.5 * math.log(1.5)) / 2)


def test_where_everybody_has_zero_there_is_no_inequality_and_no_ratio():
    nothing, people = weighted(0, 0), weighted(2, 1)
    assert inequality.gini(nothing, people) == theil(nothing, people) == 0
    assert inequality.variation(nothing, people) == 0
    assert parts_of(nothing, people, np.array([0, 1])) == (0, 0)
    assert math.isnan(inequality.spread(nothing, people))
    assert inequality.lowest(nothing, people) == 0


def test_a_zero_benefit_counts_and_a_cell_without_people_does_not():
    values = weighted(0, 4, 1e9)
    weights = weighted(1, 1, 0)
    assert inequality.gini(values, weights) == pytest.approx(0.5)
    assert theil(values, weights) == pytest.approx(math.log(2))
    assert inequality.lowest(values, weights) == 0
    assert math.isnan(inequality.spread(values, weights))
    assert inequality.spread(weighted(2, 4, 1e9), weights) == 2


def test_measures_of_nobody_are_not_a_number():
    for measure in (inequality.mean, inequality.gini, inequality.variation, theil):
        assert math.isnan(measure(weighted(1, 2), weighted(0, 0)))
    assert math.isnan(inequality.lowest(weighted(1), weighted(0)))
    assert math.isnan(inequality.spread(weighted(1), weighted(0)))


@given(PEOPLE)
def test_gini_by_sorting_is_gini_by_pairs(people):
    x, w, _ = arrays(people)
    p = w / w.sum()
    mean = p @ x
    pairs = (p[:, None] * p[None, :] * np.abs(x[:, None] - x[None, :])).sum()
    expected = pairs / (2 * mean) if mean > 0 else 0.0
    assert inequality.gini(x, w) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(PEOPLE)
def test_theil_between_and_within_add_up_for_any_partition(people):
    x, w, parts = arrays(people)
    between, within = parts_of(x, w, parts)
    assert between + within == pytest.approx(theil(x, w), rel=1e-9, abs=1e-12)
    assert between >= -1e-12
    assert within >= -1e-12


@given(PEOPLE, st.floats(0.001, 1e3))
def test_relative_measures_know_neither_the_unit_nor_how_people_are_split_into_cells(people, unit):
    x, w, _ = arrays(people)
    twice_x, twice_w = np.tile(x, 2), np.tile(w / 2, 2)
    for measure in (inequality.gini, inequality.variation, theil):
        value = measure(x, w)
        assert measure(x * unit, w) == pytest.approx(value, rel=1e-7, abs=1e-9)
        assert measure(twice_x, twice_w) == pytest.approx(value, rel=1e-7, abs=1e-9)


@given(PEOPLE)
def test_what_one_person_in_all_has_is_equal(people):
    _, w, _ = arrays(people)
    alike = np.full(len(w), 7.0)
    for measure in (inequality.gini, inequality.variation, theil):
        assert measure(alike, w) == pytest.approx(0, abs=1e-9)


# The hand-made run of conftest.py, as {(indicator, scope): (before, after)} of one year


def by_name(run, year):
    table = pd.read_csv(run.folder / "indicators.csv", keep_default_na=False, na_values={"before": "", "after": ""})
    rows = table[table["year"] == year]
    return {(i, s): (b, a) for i, s, b, a in rows[["indicator", "scope", "before", "after"]].itertuples(index=False)}


def test_the_indicators_of_the_run_by_hand(run_by_hand):
    found = by_name(run_by_hand, 2031)
    all_, workers, farmers = (f"programme=pension{g}" for g in ("", ";group=workers", ";group=farmers"))
    # workers (100 x 12000 + 60 x 9000) / 160 = 10875; farmers (50 x 2400 + 150 x 1200) / 200 = 1500,
    # after (50 x 3000 + 150 x 2920) / 200 = 2940
    assert found["mean_benefit", workers] == pytest.approx((10875, 10875))
    assert found["mean_benefit", farmers] == pytest.approx((1500, 2940))
    assert found["urban_rural_ratio", all_] == pytest.approx((10875 / 1500, 10875 / 2940))
    assert found["lowest_benefit", farmers] == (1200, 2920)
    assert found["regional_ratio", farmers] == pytest.approx((2, 3000 / 2920))
    # two cells with weights 1/4 and 3/4: p q |x - y| / mean
    assert found["regional_gini", farmers] == pytest.approx((3 / 16 * 1200 / 1500, 3 / 16 * 80 / 2940))
    # standard deviation sqrt(p q) |x - y|
    assert found["regional_variation", farmers] == pytest.approx(
        (math.sqrt(3 / 16) * 1200 / 1500, math.sqrt(3 / 16) * 80 / 2940)
    )
    assert found["spending", farmers] == pytest.approx((300, 588))
    assert found["spending", workers] == pytest.approx((1740, 1740))
    for part in ("region", "group"):
        between, within = found[f"theil_between_{part}s", all_], found[f"theil_within_{part}s", all_]
        assert np.add(between, within) == pytest.approx(found["theil", all_])
    assert found["gini", all_][0] > found["gini", all_][1] > 0


def test_contribution_rates_and_moved_money_of_the_run_by_hand(run_by_hand):
    found = by_name(run_by_hand, 2031)
    assert found["rate_lowest", "fund=w"] == pytest.approx((0.19, 0.195))
    assert found["rate_highest", "fund=w"] == pytest.approx((0.224, 0.212))
    # 1140 + 560 and 1170 + 530 over 8500: budget-neutral
    assert found["rate_national", "fund=w"] == pytest.approx((0.2, 0.2))
    assert found["money_moved", "flow=central"] == (0, 240)
    assert found["money_moved", "flow=horizontal"] == (0, 60)
    assert found["money_moved", "flow=pool"] == (0, 20)
    assert found["money_moved", ""] == (0, 320)


def test_every_indicator_has_a_meaning_and_a_unit(run_by_hand):
    assert {name for name, _ in by_name(run_by_hand, 2032)} == set(INDICATORS) - {"replacement_rate"}
    assert all(meaning for meaning, _ in INDICATORS.values())


def test_who_reaches_what_in_the_run_by_hand(run_by_hand):
    found = by_name(run_by_hand, 2031)
    all_, farmers = "programme=pension", "programme=pension;group=farmers"
    # of 360 thousand persons 200 are farmers, all below 6000; x: 0.4 and 0.2 before, 0.5 and 2920/6000 after
    assert found["below_standard", all_] == pytest.approx((200 / 360, 200 / 360))
    assert found["poverty_gap", farmers] == pytest.approx(
        ((50 * 0.6 + 150 * 0.8) / 200, (50 * 0.5 + 150 * 3080 / 6000) / 200)
    )
    assert found["poverty_gap_squared", farmers] == pytest.approx(
        ((50 * 0.36 + 150 * 0.64) / 200, (50 * 0.25 + 150 * (3080 / 6000) ** 2) / 200)
    )
    # 50 x 3600 + 150 x 4800 = 900 million; after 50 x 3000 + 150 x 3080 = 612
    assert found["missing", all_] == found["missing", farmers] == pytest.approx((900, 612))
    # half the standard is reached by the North's farmers; the workers stand at 1.5 and 2
    assert found["persons_between", f"{all_};from=0;to=0.5"] == pytest.approx((200 / 360, 150 / 360))
    assert found["persons_between", f"{all_};from=0.5;to=1"] == pytest.approx((0, 50 / 360))
    assert found["persons_between", f"{all_};from=1;to=1.5"] == (0, 0)
    assert found["persons_between", f"{all_};from=1.5"] == pytest.approx((160 / 360, 160 / 360))


def test_winners_and_losers_of_the_run_by_hand_and_what_they_win(run_by_hand):
    found = by_name(run_by_hand, 2031)
    # 50 x 600 + 150 x 1720 = 288 million
    assert found["winners", "programme=pension"] == (0, 200)
    assert found["won", "programme=pension"] == pytest.approx((0, 288))
    assert found["losers", "programme=pension"] == found["lost", "programme=pension"] == (0, 0)
    paid = benefits_of(run_by_hand)
    cut = paid.assign(benefit=paid["benefit"].mask(paid["group"] == "workers", paid["benefit"] - 100))
    told = recomputed(run_by_hand, cut)
    assert told["losers", "programme=pension"] == (0, 160)
    assert told["lost", "programme=pension;group=workers"] == pytest.approx((0, 16))
    assert told["winners", "programme=pension"] == (0, 200)


def test_what_the_poorest_have_in_the_run_by_hand(run_by_hand):
    found = by_name(run_by_hand, 2031)
    farmers = "programme=pension;group=farmers"
    # the poorest half of 200: 100 of the South's 150 with 1200, of 300 million in all; after 100 x 2920 of 588
    assert found["lorenz", f"{farmers};poorest=0.5"] == pytest.approx((120 / 300, 292 / 588))
    assert found["generalised_lorenz", f"{farmers};poorest=0.5"] == pytest.approx((600, 1460))
    assert found["lorenz", f"{farmers};poorest=1"] == pytest.approx((1, 1))
    assert found["generalised_lorenz", f"{farmers};poorest=1"] == pytest.approx((1500, 2940))


def test_cost_and_replacement_of_the_run_by_hand(run_by_hand):
    budgets = project_of(run_by_hand).budgets.query("year == 2031")
    found = by_name(run_by_hand, 2031)
    assert found["spending", ""] == pytest.approx((2040, 2328))
    assert found["spending_of_gdp", ""] == pytest.approx((2040 / budgets["gdp"].sum(), 2328 / budgets["gdp"].sum()))
    spent = budgets["spending"].sum()
    assert found["spending_of_budgets", "programme=pension"] == pytest.approx((2040 / spent, 2328 / spent))
    # 50 and 120 thousand recipients; domestic product per inhabitant in million crowns over thousands
    head = (budgets["gdp"] / budgets["population"]).to_numpy()
    usual = 50 * head[0] + 120 * head[1]
    assert found["benefit_over_gdp", "programme=pension;group=farmers"] == pytest.approx((300 / usual, 588 / usual))


def test_the_replacement_rate_is_over_the_mean_income_of_the_bands():
    case = read("five-provinces")
    people = case.people.assign(benefit_before=case.people["benefit"], recipients=case.people["covered"])
    cells = people.merge(case.schemes[["programme", "group", "year", "standard"]], on=["programme", "group", "year"])
    found = indicators(cells, *nothing_moves(case), case).set_index(["indicator", "scope"])["before"]
    means = (
        case.bands.assign(part=case.bands["share"] * case.bands["income"]).groupby(["region", "group"])["part"].sum()
    )
    own = people[people["group"] == "residents"].query("year == @case.years[0]")
    for programme, rows in own.groupby("programme"):
        income = [means[region, "residents"] for region in rows["region"]]
        usual = (rows["covered"] * income).sum()
        expected = (rows["eligible"] * rows["benefit"]).sum() / usual if usual else float("nan")
        scope = f"programme={programme};group=residents"
        assert found["replacement_rate", scope] == pytest.approx(expected, nan_ok=True)


def test_the_fractions_of_the_standard_between_which_persons_are_counted_are_a_setting():
    case = read("two-regions")
    scenario = load_scenario(case, (), ("indicators.fractions=[0.4]",))
    table = solve(case, scenario).tables["indicators"]
    scopes = set(table[table["indicator"] == "persons_between"]["scope"])
    assert {"programme=pension;from=0;to=0.4", "programme=pension;from=0.4"} <= scopes
    assert not any("from=0.5" in scope for scope in scopes)
    with pytest.raises(UsageError, match=r"indicators.fractions.*must be above zero and rise"):
        load_scenario(case, (), ("indicators.fractions=[1.0, 0.5]",))


def project_of(run):
    scenario = tomllib.loads((run.folder / "scenario.toml").read_text(encoding="utf-8"))
    return project(read(run.folder / "inputs"), Projection.model_validate(scenario["projection"]))


def benefits_of(run):
    return pd.read_csv(run.folder / "benefits.csv")


def recomputed(run, benefits):
    transfers, rates = (pd.read_csv(run.folder / f"{name}.csv") for name in ("transfers", "rates"))
    table = indicators(benefits, transfers, rates, project_of(run)).query("year == 2031")
    return {(i, s): (b, a) for i, s, _, b, a in table.itertuples(index=False)}


def nothing_moves(case):
    rates = case.accounts[["region", "fund", "year", "rate"]].assign(rate_before=case.accounts["rate"])
    ledger = case.accounts[["region", "fund", "year"]].assign(central=0.0, horizontal_paid=0.0, pool_paid=0.0)
    return ledger, rates


def frames(cells, **more):
    benefits = pd.DataFrame(cells, columns=["region", "group", "programme", "year", "eligible", "benefit"])
    return benefits.assign(benefit_before=benefits["benefit"], recipients=benefits["eligible"], standard=1.0, **more)


def test_a_programme_that_only_one_area_has_tells_no_urban_rural_ratio_and_programmes_stay_apart():
    case = project(read("two-regions"), Projection(years=[2024]))
    cells = [
        ("rich", "workers", "pension", 2024, 10.0, 5.0),
        ("poor", "workers", "pension", 2024, 10.0, 15.0),
    ]
    cells += [("rich", "workers", "births", 2024, 1.0, 1.0), ("rich", "farmers", "births", 2024, 1.0, 0.0)]
    nothing = pd.DataFrame(columns=["year", "central", "horizontal_paid", "pool_paid"])
    rates = pd.DataFrame(columns=["region", "fund", "year", "rate_before", "rate"]).astype({"year": int})
    table = indicators(frames(cells), nothing, rates, case)
    found = table.set_index(["indicator", "scope"])["after"]
    assert ("urban_rural_ratio", "programme=pension") not in found
    # nobody of the farmers is covered: they count as zero, and a ratio to zero is not defined
    assert math.isnan(found["urban_rural_ratio", "programme=births"])
    assert found["gini", "programme=births"] == pytest.approx(0.5)
    assert found["gini", "programme=pension"] == pytest.approx(0.25)
    assert "money_moved" not in set(table["indicator"])


def test_the_real_case_has_the_known_figures_of_today():
    case = read("china-2024")
    people = case.people.assign(benefit_before=case.people["benefit"], recipients=case.people["covered"])
    cells = people.merge(case.schemes[["programme", "group", "year", "standard"]], on=["programme", "group", "year"])
    found = indicators(cells, *nothing_moves(case), case).set_index(["indicator", "scope"])["before"]
    residents = "programme=pension;group=residents"
    assert found["gini", "programme=pension"] == pytest.approx(0.5208, abs=5e-5)
    assert found["urban_rural_ratio", "programme=pension"] == pytest.approx(15.51, abs=5e-3)
    assert found["regional_gini", residents] == pytest.approx(0.179, abs=5e-4)
    assert found["regional_ratio", residents] == pytest.approx(10.43, abs=5e-3)
    assert found["lowest_benefit", residents] == pytest.approx(2013, abs=0.5)
    assert found["rate_national", "fund=employees"] == pytest.approx(0.19443, abs=5e-6)
    between, total = found["theil_between_groups", "programme=pension"], found["theil", "programme=pension"]
    assert between / total == pytest.approx(0.96, abs=5e-3)

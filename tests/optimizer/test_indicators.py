"""Inequality and indicators: hand arithmetic, properties that always hold, and figures of the real case."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.instances import project, read
from commonweal.instances.project import Projection
from commonweal.optimizer import inequality
from commonweal.optimizer.indicators import INDICATORS, indicators

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
    assert inequality.theil(weighted(1, 3), weighted(1, 1)) == pytest.approx(expected)


def test_theil_parts_of_two_regions_by_hand():
    # region 0 has 1 and 3 (mean 2), region 1 has 6: total 10, mean 10/3
    parts = inequality.theil_parts(weighted(1, 3, 6), weighted(1, 1, 1), np.array([0, 0, 1]))
    assert parts.between == pytest.approx(0.4 * math.log(0.6) + 0.6 * math.log(1.8))
    assert parts.within == pytest.approx(0.4 * (0.5 * math.log(0.5) + 1.5 * math.log(1.5)) / 2)


def test_where_everybody_has_zero_there_is_no_inequality_and_no_ratio():
    nothing, people = weighted(0, 0), weighted(2, 1)
    assert inequality.gini(nothing, people) == inequality.theil(nothing, people) == 0
    assert inequality.variation(nothing, people) == 0
    assert inequality.theil_parts(nothing, people, np.array([0, 1])) == (0, 0)
    assert math.isnan(inequality.spread(nothing, people))
    assert inequality.lowest(nothing, people) == 0


def test_a_zero_benefit_counts_and_a_cell_without_people_does_not():
    values = weighted(0, 4, 1e9)
    weights = weighted(1, 1, 0)
    assert inequality.gini(values, weights) == pytest.approx(0.5)
    assert inequality.theil(values, weights) == pytest.approx(math.log(2))
    assert inequality.lowest(values, weights) == 0
    assert math.isnan(inequality.spread(values, weights))
    assert inequality.spread(weighted(2, 4, 1e9), weights) == 2


def test_measures_of_nobody_are_not_a_number():
    for measure in (inequality.mean, inequality.gini, inequality.variation, inequality.theil):
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
    between, within = inequality.theil_parts(x, w, parts)
    assert between + within == pytest.approx(inequality.theil(x, w), rel=1e-9, abs=1e-12)
    assert between >= -1e-12
    assert within >= -1e-12


@given(PEOPLE, st.floats(0.001, 1e3))
def test_relative_measures_know_neither_the_unit_nor_how_people_are_split_into_cells(people, unit):
    x, w, _ = arrays(people)
    twice_x, twice_w = np.tile(x, 2), np.tile(w / 2, 2)
    for measure in (inequality.gini, inequality.variation, inequality.theil):
        value = measure(x, w)
        assert measure(x * unit, w) == pytest.approx(value, rel=1e-7, abs=1e-9)
        assert measure(twice_x, twice_w) == pytest.approx(value, rel=1e-7, abs=1e-9)


@given(PEOPLE)
def test_what_one_person_in_all_has_is_equal(people):
    _, w, _ = arrays(people)
    alike = np.full(len(w), 7.0)
    for measure in (inequality.gini, inequality.variation, inequality.theil):
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
    assert {name for name, _ in by_name(run_by_hand, 2032)} == set(INDICATORS)


def frames(cells, **more):
    benefits = pd.DataFrame(cells, columns=["region", "group", "programme", "year", "eligible", "benefit"])
    return benefits.assign(benefit_before=benefits["benefit"], **more)


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
    people = case.people.assign(benefit_before=case.people["benefit"])
    rates = case.accounts[["region", "fund", "year", "rate"]].assign(rate_before=case.accounts["rate"])
    ledger = case.accounts[["region", "fund", "year"]].assign(central=0.0, horizontal_paid=0.0, pool_paid=0.0)
    found = indicators(people, ledger, rates, case).set_index(["indicator", "scope"])["before"]
    residents = "programme=pension;group=residents"
    assert found["gini", "programme=pension"] == pytest.approx(0.5208, abs=5e-5)
    assert found["urban_rural_ratio", "programme=pension"] == pytest.approx(15.51, abs=5e-3)
    assert found["regional_gini", residents] == pytest.approx(0.179, abs=5e-4)
    assert found["regional_ratio", residents] == pytest.approx(10.43, abs=5e-3)
    assert found["lowest_benefit", residents] == pytest.approx(2013, abs=0.5)
    assert found["rate_national", "fund=employees"] == pytest.approx(0.19443, abs=5e-6)
    between, total = found["theil_between_groups", "programme=pension"], found["theil", "programme=pension"]
    assert between / total == pytest.approx(0.96, abs=5e-3)

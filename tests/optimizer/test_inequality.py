"""Indices of inequality against implementations that share nothing with ours: PySAL's, persons one by one, plain loops."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inequality.atkinson import atkinson
from inequality.gini import Gini
from inequality.theil import Theil, TheilD
from inequality.wolfson import lorenz_curve
from scipy.stats import variation

from commonweal.models.parts import gaps
from commonweal.optimizer import inequality
from commonweal.optimizer.inequality import GE2, THEIL_L, THEIL_T

# Benefit, persons, part; whole persons, so that other implementations can be given them one by one.
CELLS = st.lists(
    st.tuples(st.floats(1, 1e5).map(lambda value: round(value, 2)), st.integers(1, 9), st.integers(0, 2)),
    min_size=2,
    max_size=8,
)
NEAR = {"rel": 1e-9, "abs": 1e-9}


def columns(cells):
    values, persons, parts = (np.array(column) for column in zip(*cells, strict=True))
    return values.astype(float), persons.astype(float), parts


def one_by_one(cells):
    values, persons, parts = columns(cells)
    return np.repeat(values, persons.astype(int)), np.repeat(parts, persons.astype(int))


@given(CELLS)
def test_gini_and_theil_are_those_of_pysal(cells):
    values, persons, parts = columns(cells)
    people, part_of = one_by_one(cells)
    assert inequality.gini(values, persons) == pytest.approx(Gini(people).g, **NEAR)
    assert inequality.entropy(values, persons, THEIL_T) == pytest.approx(Theil(people).T, **NEAR)
    theirs = TheilD(people, part_of)
    ours = inequality.entropy_parts(values, persons, parts, THEIL_T)
    assert ours.between == pytest.approx(float(np.squeeze(theirs.bg)), **NEAR)
    assert ours.within == pytest.approx(float(np.squeeze(theirs.wg)), **NEAR)


@given(CELLS)
def test_theil_l_is_the_one_behind_pysals_atkinson_index_and_ge2_behind_scipys_variation(cells):
    values, persons, _ = columns(cells)
    people, _ = one_by_one(cells)
    # A(1) = 1 - geometric mean / mean = 1 - exp(-L);  GE(2) = variation^2 / 2
    assert inequality.entropy(values, persons, THEIL_L) == pytest.approx(-math.log(1 - atkinson(people, 1)), **NEAR)
    spread = float(variation(people))
    assert inequality.variation(values, persons) == pytest.approx(spread, **NEAR)
    assert inequality.entropy(values, persons, GE2) == pytest.approx(spread**2 / 2, **NEAR)


@given(CELLS)
def test_lorenz_points_are_on_pysals_curve_and_palma_is_made_of_two_of_them(cells):
    values, persons, _ = columns(cells)
    people, _ = one_by_one(cells)
    share, held = lorenz_curve(people)
    for k in range(1, 11):
        expected = np.interp(k / 10, share, held)
        assert inequality.lorenz(values, persons, k / 10) == pytest.approx(expected, **NEAR)
    tenfold = np.sort(np.repeat(people, 10))
    top, bottom = tenfold[-len(people) :].sum(), tenfold[: 4 * len(people)].sum()
    assert inequality.palma(values, persons) == pytest.approx(top / bottom, **NEAR)


@given(CELLS)
def test_the_percentile_ratio_is_that_of_numpys_quantiles_of_persons(cells):
    values, persons, _ = columns(cells)
    people, _ = one_by_one(cells)
    # each person ten times: the tenths fall between persons, where numpy's own rounding can decide nothing
    low, high = (np.quantile(people, share, method="inverted_cdf") for share in (0.1 - 1e-9, 0.9 - 1e-9))
    assert inequality.percentile_ratio(values, persons) == pytest.approx(high / low, **NEAR)


@pytest.mark.parametrize("order", [THEIL_L, GE2])
@given(cells=CELLS)
def test_theil_l_and_ge2_split_as_the_textbook_says(order, cells):
    # within = sum p_k (m_k / m)^order * GE_k; between: everybody has the mean of the own part
    values, persons, parts = columns(cells)
    centre = values @ persons / persons.sum()
    within, smooth = 0.0, values.copy()
    for k in set(parts.tolist()):
        own = parts == k
        share, mean = persons[own].sum() / persons.sum(), values[own] @ persons[own] / persons[own].sum()
        within += share * (mean / centre) ** order * inequality.entropy(values[own], persons[own], order)
        smooth[own] = mean
    found = inequality.entropy_parts(values, persons, parts, order)
    assert found.within == pytest.approx(within, **NEAR)
    assert found.between == pytest.approx(inequality.entropy(smooth, persons, order), **NEAR)


@given(CELLS)
def test_reported_indices_agree_with_the_gap_measures_of_the_same_name(cells):
    values, persons, _ = columns(cells)
    frame = pd.DataFrame({"region": range(len(values)), "persons": persons, "attainment": values})
    for name in ("variation", "palma", "percentile_ratio"):
        module = gaps()[name].module
        ours = getattr(inequality, name)(values, persons)
        assert module.measure(frame, module.Settings()) == pytest.approx(ours, rel=1e-9, abs=1e-9), name


def test_a_benefit_of_zero_is_defined_everywhere_or_not_a_number_by_rule():
    values, persons = np.array([0.0, 4.0]), np.array([1.0, 1.0])
    # half of everybody has twice the mean: T = ln 2, GE(2) = (4 / 2 - 1) / 2
    assert inequality.entropy(values, persons, THEIL_T) == pytest.approx(math.log(2))
    assert inequality.entropy(values, persons, GE2) == pytest.approx(0.5)
    assert math.isnan(inequality.entropy(values, persons, THEIL_L))
    assert math.isnan(inequality.palma(values, persons))
    assert math.isnan(inequality.percentile_ratio(values, persons))
    nothing = np.zeros(2)
    for order in (THEIL_L, THEIL_T, GE2):
        assert inequality.entropy(nothing, persons, order) == 0
        assert inequality.entropy_parts(nothing, persons, np.array([0, 1]), order) == (0, 0)
        assert math.isnan(inequality.entropy(values, nothing, order))
    assert inequality.lorenz(nothing, persons, 0.3) == 0.3
    assert math.isnan(inequality.lorenz(values, nothing, 0.3))
    assert math.isnan(inequality.palma(values, nothing))
    assert math.isnan(inequality.percentile_ratio(values, nothing))

"""Projection: hand-computed values of the case two-regions two years on."""

import pandas as pd
import pytest
from pydantic import ValidationError

from commonweal.instances import Instance, InstanceError, Projection, project, read


@pytest.fixture
def case() -> Instance:
    return read("two-regions")


def value(frame: pd.DataFrame, column: str, **where: object) -> float:
    for name, word in where.items():
        frame = frame[frame[name] == word]
    assert len(frame) == 1
    return float(frame[column].iloc[0])


def test_without_growth_every_plan_year_is_the_data_year(case: Instance):
    plan = project(case, Projection(years=[2025, 2026]))
    assert plan.years == (2025, 2026)
    assert plan.data_year == 2024
    for name in ("schemes", "people", "accounts", "budgets"):
        today = getattr(case, name).drop(columns="year")
        for year in plan.years:
            frame: pd.DataFrame = getattr(plan, name)
            there = frame[frame["year"] == year].drop(columns="year").reset_index(drop=True)
            pd.testing.assert_frame_equal(there, today)


def test_columns_grow_by_the_product_of_their_series_and_the_specific_key_goes_first(case: Instance):
    growth = {
        "people.eligible": ["ageing"],
        "people.benefit": ["prices"],
        "people.benefit.farmers": ["prices", 0.1],
        "accounts.base.workers": [0.05],
        "schemes.standard": ["prices"],
        "budgets.donor_cap": [0.1],
    }
    plan = project(case, Projection(years=[2025, 2026], growth=growth))
    # two years on: poor ages by 3 per cent a year, rich by the national 1 per cent
    assert value(plan.people, "eligible", region="poor", group="farmers", year=2026) == pytest.approx(150 * 1.03**2)
    assert value(plan.people, "eligible", region="rich", group="farmers", year=2025) == pytest.approx(50 * 1.01)
    assert value(plan.people, "benefit", region="rich", group="workers", year=2026) == pytest.approx(12000 * 1.02**2)
    farmers = value(plan.people, "benefit", region="rich", group="farmers", year=2026)
    assert farmers == pytest.approx(2400 * (1.02 * 1.1) ** 2)
    assert value(plan.accounts, "base", region="rich", fund="workers", year=2026) == pytest.approx(6000 * 1.05**2)
    assert value(plan.accounts, "base", region="rich", fund="farmers", year=2026) == 1000
    assert value(plan.schemes, "standard", group="farmers", year=2025) == pytest.approx(6120)
    assert value(plan.budgets, "donor_cap", region="rich", year=2026) == pytest.approx(2400 * 1.21)
    assert plan.nation["accounts.base", "workers", 2026] == pytest.approx(8500 * 1.05**2)


def test_todays_values_and_stocks_do_not_grow(case: Instance):
    growth = {"people.benefit": [0.5], "people.eligible": [0.5], "accounts.base": [0.5]}
    plan = project(case, Projection(years=[2026], growth=growth))
    assert value(plan.people, "today", region="poor", group="farmers") == 1200
    assert value(plan.accounts, "opening", region="poor", fund="workers") == 100
    assert value(plan.accounts, "spending_today", region="poor", fund="workers") == 540
    assert value(plan.accounts, "surplus_today", region="poor", fund="workers") == -40


def test_covered_persons_follow_the_eligible_unless_they_have_a_key_of_their_own(case: Instance):
    plan = project(case, Projection(years=[2025], growth={"people.eligible": [-0.1]}))
    assert value(plan.people, "covered", region="poor", group="farmers") == pytest.approx(108)  # 120 * 0.9
    growth = {"people.eligible": [0.1], "people.covered.farmers": [0.2]}
    plan = project(case, Projection(years=[2025], growth=growth))
    assert value(plan.people, "covered", region="poor", group="farmers") == pytest.approx(144)
    assert value(plan.people, "covered", region="poor", group="workers") == pytest.approx(66)


def test_every_wrong_key_is_told_at_once(case: Instance):
    growth = {
        "people.eligibel": ["ageing"],
        "people.benefit.farmer": [0.1],
        "accounts.opening": [0.1],
        "accounts.base": ["wages"],
    }
    with pytest.raises(InstanceError) as caught:
        project(case, Projection(years=[2020], growth=growth))
    columns = {fault.column: fault for fault in caught.value.faults}
    assert len(caught.value.faults) == 5
    assert "2024" in columns["projection.years"].expected
    assert [f.value for f in caught.value.faults if f.column == "projection.growth"] == [
        "people.eligibel",
        "people.benefit.farmer",
        "accounts.opening",
    ]
    assert columns["projection.growth.accounts.base"].value == "wages"
    assert "'people.eligible'" in caught.value.faults[1].remedy
    assert "'farmers'" in caught.value.faults[2].remedy


def test_years_with_a_hole_are_refused():
    with pytest.raises(ValidationError, match="consecutive"):
        Projection(years=[2025, 2027])


def test_a_part_of_the_case_is_not_projected_since_its_national_sums_would_be_wrong(case: Instance):
    with pytest.raises(ValueError, match="project the whole instance first"):
        project(case.restrict(["poor"]), Projection(years=[2025]))


def test_a_projected_case_is_not_written_as_input(case: Instance, tmp_path):
    with pytest.raises(ValueError, match="as read"):
        project(case, Projection(years=[2025])).write(tmp_path)

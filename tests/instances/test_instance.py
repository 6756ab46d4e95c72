"""The frozen Instance: derived columns, parts, growth and amounts, on the case two-regions."""

import dataclasses
import pickle

import pytest
from pydantic import TypeAdapter, ValidationError

from commonweal.instances import GrowingAmount, Instance, InstanceError, Projection, YearPath, project, read


@pytest.fixture
def case() -> Instance:
    return read("two-regions")


def test_one_currency_unit_for_one_unit_of_persons_costs_per_head_units_of_money(case: Instance):
    # 1 crown for 1,000 persons = 1,000 crowns = 0.001 million crowns
    assert case.per_head == 0.001


def test_todays_spending_and_surplus_of_a_fund_follow_from_people_and_accounts(case: Instance):
    account = case.accounts.set_index(["region", "fund"])
    # rich workers: 100 * 12,000 * 0.001 = 1,200; surplus 0.2 * 6,000 + 60 - 10 - 1,200 = 50
    assert account.loc[("rich", "workers"), ["spending_today", "surplus_today"]].tolist() == [1200, 50]
    # poor workers: 60 * 9,000 * 0.001 = 540; surplus 0.2 * 2,500 - 540 = -40
    assert account.loc[("poor", "workers"), ["spending_today", "surplus_today"]].tolist() == [540, -40]
    assert case.people["today"].equals(case.people["benefit"].rename("today"))


def test_a_fund_without_people_in_a_region_spends_nothing_there(folder):
    path = folder / "people.csv"
    path.write_text(path.read_text().replace("rich,farmers,pension,50,50,2400\n", ""))
    (folder / "totals.csv").unlink()
    account = read(folder).accounts.set_index(["region", "fund"])
    assert account.loc[("rich", "farmers"), "spending_today"] == 0
    assert account.loc[("rich", "farmers"), "surplus_today"] == 120  # 0.04 * 1,000 + 80


def test_national_sums_are_kept_by_a_part_of_the_case(case: Instance):
    part = case.restrict(["poor"])
    assert part.nation == case.nation
    assert part.nation["accounts.base", "workers", 2024] == 8500
    assert part.nation["accounts.contributions", "farmers", 2024] == 70  # 0.04 * 1,000 + 0.02 * 1,500
    assert part.nation["people.spending", "farmers", "pension", 2024] == 300  # 120 + 180
    assert part.nation["budgets.population", 2024] == 1000


def test_a_part_of_the_case_holds_only_its_regions(case: Instance):
    part = case.restrict(["poor"])
    for name in ("regions", "people", "accounts", "budgets"):
        assert set(getattr(part, name)["region"]) == {"poor"}
    assert set(case.restrict(["rich"]).growth["region"]) == {""}  # the row of poor is left out
    assert part.totals.empty  # they hold for the whole
    assert part.groups.equals(case.groups)
    assert part != case


def test_an_unknown_region_is_answered_with_the_nearest_known_one(case: Instance):
    with pytest.raises(InstanceError, match="Did you mean 'rich'"):
        case.restrict(["poor", "rihc"])


def test_a_regional_growth_rate_goes_before_the_national_one(case: Instance):
    assert case.growth_factor("ageing", "poor", 2026) == pytest.approx(1.03**2)
    assert case.growth_factor("ageing", "rich", 2026) == pytest.approx(1.01**2)
    assert case.growth_factor(0.5, "rich", 2025) == 1.5
    assert case.growth_factor("prices", "", 2024) == 1
    with pytest.raises(InstanceError, match="Did you mean 'prices'"):
        case.growth_factor("price", "rich", 2025)


def test_amounts_per_year_come_from_a_number_a_list_or_growth(case: Instance):
    plan = project(case, Projection(years=[2025, 2026]))
    paths = TypeAdapter[YearPath](YearPath)
    assert plan.amounts(paths.validate_python(240)) == {2025: 240, 2026: 240}
    assert plan.amounts(paths.validate_python([1, 2.5])) == {2025: 1, 2026: 2.5}
    growing = paths.validate_python({"amount": 100, "growth": "prices"})
    assert plan.amounts(growing) == pytest.approx({2025: 100, 2026: 102})
    since = GrowingAmount(amount=100, growth=0.1, since=2024)
    assert plan.amounts(since) == pytest.approx({2025: 110, 2026: 121})
    with pytest.raises(InstanceError, match=r"one amount for each of the 2 plan years 2025-2026"):
        plan.amounts([1.0])
    for wrong in ("240", {"amount": 1, "grow": 0}, [True], float("inf")):
        with pytest.raises(ValidationError):
            paths.validate_python(wrong)


def test_an_instance_is_frozen_and_travels_between_processes(case: Instance):
    with pytest.raises(dataclasses.FrozenInstanceError):
        case.data_year = 2000  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(case)) == case
    error = InstanceError([])
    assert pickle.loads(pickle.dumps(error)).faults == error.faults

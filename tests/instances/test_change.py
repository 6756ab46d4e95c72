"""A case with other tables: checked and completed like one that is read, and never half of each."""

import dataclasses

import pytest

import commonweal
from commonweal.instances import Instance, InstanceError, read
from commonweal.optimizer.errors import UsageError


@pytest.fixture(scope="module")
def case() -> Instance:
    return read("two-regions")


def test_what_is_derived_from_a_changed_table_is_computed_anew(case: Instance) -> None:
    farmers = case.people["group"] == "farmers"
    changed = commonweal.change(case, people=case.people.assign(benefit=case.people["benefit"].mask(farmers, 1500.0)))
    # 150 and 50 thousand farmers at 1,500 crowns: 225 and 75 million instead of 180 and 120
    funds = changed.accounts[changed.accounts["fund"] == "farmers"].set_index("region")
    assert funds["spending_today"].to_dict() == {"poor": 225.0, "rich": 75.0}
    assert changed.nation["people.spending", "farmers", "pension", 2024] == 300.0
    assert case.nation["people.spending", "farmers", "pension", 2024] == 300.0
    assert commonweal.change(case) == case


def test_a_changed_table_is_checked_as_a_file_is(case: Instance) -> None:
    more = case.people.assign(eligible=case.people["eligible"] + 1)
    with pytest.raises(InstanceError, match=r"sum of people\.eligible"):
        commonweal.change(case, people=more)
    assert commonweal.change(case, people=more, totals=case.totals.iloc[:0]).people["eligible"].sum() == 364
    with pytest.raises(InstanceError, match="Did you mean 'people'"):
        commonweal.change(case, peple=more)
    with pytest.raises(InstanceError, match="column benefit"):
        commonweal.change(case, people=case.people.drop(columns="benefit"))


@pytest.mark.parametrize(
    ("table", "column"), [("people", "benefit"), ("people", "eligible"), ("accounts", "rate"), ("accounts", "base")]
)
def test_a_case_changed_behind_its_back_is_not_solved(table: str, column: str) -> None:
    mine = read("two-regions")
    getattr(mine, table).loc[0, column] *= 1.01
    with pytest.raises(UsageError, match=r"commonweal\.change"):
        commonweal.solve(mine)
    frame = getattr(read("two-regions"), table)
    with pytest.raises(UsageError, match=r"commonweal\.change"):
        commonweal.solve(dataclasses.replace(mine, **{table: frame.assign(**{column: 2 * frame[column]})}))


def test_a_case_and_a_plan_show_themselves_in_one_line(case: Instance) -> None:
    assert repr(case) == "<Instance two-regions: regions 2, groups 2, programmes 1, funds 2, years 2024>"
    assert repr(commonweal.solve(case)).startswith(
        "<Plan of two-regions: optimal, gap 0.0694444, proven to be at least"
    )


def test_a_notebook_completes_the_public_names() -> None:
    assert set(commonweal.__all__) <= set(dir(commonweal))

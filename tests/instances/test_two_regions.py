"""The hand-solved case: its expected answer is recomputed here from its tables, by bisection."""

import tomllib

import pytest

from commonweal.instances import bundled, read

CASE = bundled()["two-regions"]
EXPECTED = tomllib.loads((CASE / "expected.toml").read_text(encoding="utf-8"))


def test_the_expected_level_spends_all_new_money_on_the_lowest_benefits():
    people = read("two-regions").people
    farmers = people[people["group"] == "farmers"]
    low, high = 0.0, 6000.0
    for _ in range(100):
        level = (low + high) / 2
        cost = (farmers["eligible"] * (level - farmers["benefit"]).clip(lower=0)).sum() * 0.001
        low, high = (level, high) if cost < 240 + 60 else (low, level)
    assert level == pytest.approx(EXPECTED["benefit"]["rich"]["farmers"], abs=1e-9)
    assert level == pytest.approx(EXPECTED["benefit"]["poor"]["farmers"], abs=1e-9)


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_expected_gap_follows_from_the_benefits(when: str):
    gap = 0.0
    for row in read("two-regions").people.itertuples():
        benefit = row.benefit if when == "before" else EXPECTED["benefit"][row.region][row.group]
        gap += row.eligible / 360 * 0.5 * max(0.0, 1 - benefit / 6000) ** 2
    assert gap == pytest.approx(EXPECTED["gap"][when], abs=1e-15)


def test_every_fund_balances_in_the_expected_answer():
    case = read("two-regions")
    for row in case.accounts.itertuples():
        group = case.people[(case.people["region"] == row.region) & (case.people["group"] == row.fund)]
        spending = float(group["eligible"].iloc[0]) * EXPECTED["benefit"][row.region][row.fund] * 0.001
        received = EXPECTED["horizontal_received"][row.region] if row.fund == "farmers" else 0
        money_in = row.opening + row.rate * row.base + row.other_revenue
        money_in += EXPECTED["central"][row.region][row.fund] + received
        closing = EXPECTED["closing"][row.region][row.fund]
        assert money_in == pytest.approx(spending + row.other_spending + closing)


def test_the_case_says_first_that_it_is_invented():
    assert "invented" in (CASE / "README.md").read_text(encoding="utf-8").splitlines()[0]

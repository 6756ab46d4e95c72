"""Gini by quantile lines: its bound never lies above the exact optimum, and its true value never below."""

import pytest

from benchmarks.generate import generate
from commonweal.instances import read
from commonweal.models.gaps import gini
from commonweal.optimizer import Plan, load_scenario, solve

GAP = ("gini",)


def both(case_name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Plan, Plan]:
    """The same case by all pairs and by quantile lines."""
    case = generate(12, 2, 1, 1) if case_name == "generated" else read(case_name)
    exact = solve(case, load_scenario(case, (), (), GAP))
    monkeypatch.setattr(gini, "MOST_PAIRS", 0)
    return exact, solve(case, load_scenario(case, (), (), GAP))


@pytest.mark.parametrize("name", ["generated", "china-2024", "brazil-fundeb-2019"])
def test_the_bound_of_the_lines_is_below_the_exact_optimum_and_their_plan_is_above(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact, lines = both(name, monkeypatch)
    assert exact.status == "optimal"
    assert lines.lower_bound <= exact.objective * (1 + 1e-9)
    assert lines.objective >= exact.lower_bound * (1 - 1e-9)
    assert lines.relative_gap <= 1e-3
    assert lines.relative_gap == pytest.approx((lines.objective - lines.lower_bound) / lines.objective)
    assert lines.objective == pytest.approx(exact.objective, rel=1e-4)


def test_31_provinces_with_two_groups_are_solved_by_all_pairs() -> None:
    case = read("china-2024")
    assert len(case.people) == 62  # 62 x 61 / 2 = 1,891 pairs
    found = solve(case, load_scenario(case, (), (), GAP))
    assert found.status == "optimal"
    assert found.relative_gap <= 1e-6

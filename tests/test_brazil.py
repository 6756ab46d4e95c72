"""Brazil's education funds, 2019: the published allocation, by leximin and by every gap measure.

The rule of the law needs no solver: the poorest states are lifted to one level until the money is gone
(`instances/brazil-fundeb-2019/convert.py`, `expected.toml`).
"""

import tomllib

import pandas as pd
import pytest

from commonweal.instances import bundled, read
from commonweal.models.parts import RefusedError, gaps
from commonweal.optimizer import Plan, load_scenario, solve

FOLDER = bundled()["brazil-fundeb-2019"]
EXPECTED = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))
CASE = read("brazil-fundeb-2019")
RULE = pd.Series({uf: cell["pupils"] for uf, cell in EXPECTED["benefit"].items()})
TOP_UP = pd.Series(EXPECTED["central"])
PUBLISHED = pd.Series(EXPECTED["published"]["central"])
MEASURES = [
    ("squared_shortfall", ()),
    ("shortfall", ()),
    ("regional", ()),
    ("regional", ("gaps.regional.against='mean'",)),
    ("range", ()),
    ("range", ("gaps.range.relative=true",)),
    ("mean_deviation", ()),
    ("mean_deviation", ("gaps.mean_deviation.relative=true",)),
    ("gini", ()),
    ("gini", ("gaps.gini.relative=true",)),
    ("theil", ()),
    ("atkinson", ()),
    ("atkinson", ("gaps.atkinson.aversion=2.0",)),
]
# Where a step costs as much everywhere and the worst-off count most, one allocation alone is best.
STRICT = {"squared_shortfall", "gini", "theil", "atkinson"}


def top_up(plan: Plan) -> "pd.Series[float]":
    return plan.transfers.set_index("region")["central"]


@pytest.fixture(scope="module")
def leximin() -> Plan:
    return solve(CASE)


def test_leximin_gives_the_published_minimum_and_the_nine_states(leximin: Plan) -> None:
    assert leximin.status == "optimal"
    assert round(float(leximin.benefits["benefit"].min()), 2) == EXPECTED["published"]["minimum"] == 3238.52
    assert set(PUBLISHED[PUBLISHED > 0].index) == set(top_up(leximin)[top_up(leximin) > 0].index)
    assert (PUBLISHED > 0).sum() == 9


def test_leximin_gives_every_top_up_of_the_rule_to_a_millionth_and_those_of_the_order_to_its_rounding(
    leximin: Plan,
) -> None:
    found = top_up(leximin)
    pd.testing.assert_series_equal(found[TOP_UP.index], TOP_UP, rtol=1e-6, atol=1e-6, check_names=False)
    # The order rounds its factors: its own sums differ from its rule by up to 61 reais, 6.1e-5 million.
    assert (found[PUBLISHED.index] - PUBLISHED).abs().max() < 6.2e-5


@pytest.mark.parametrize(("name", "settings"), MEASURES)
def test_the_proven_optimum_of_a_measure_is_its_value_at_the_allocation_of_the_law(
    name: str, settings: tuple[str, ...]
) -> None:
    scenario = load_scenario(CASE, (), settings, (name,))
    found = solve(CASE, scenario)
    cells = CASE.people.rename(columns={"eligible": "persons"}).assign(area="other")
    cells = cells.assign(attainment=cells["region"].map(RULE) / CASE.schemes["standard"].iloc[0])
    law = gaps()[name].module.measure(cells, scenario.gaps[name])
    assert found.status == "optimal"
    assert found.objective == pytest.approx(law, rel=1e-6)
    assert found.lower_bound == pytest.approx(law, rel=1e-6)
    if name in STRICT:
        assert top_up(found)[TOP_UP.index].to_numpy() == pytest.approx(TOP_UP.to_numpy(), rel=1e-3, abs=0.5)


def test_a_measure_of_urban_and_rural_people_is_refused_where_there_are_none() -> None:
    with pytest.raises(RefusedError, match="urban_rural"):
        solve(CASE, load_scenario(CASE, (), (), ("urban_rural",)))


def test_every_measure_that_can_be_minimised_is_held_against_the_law_here() -> None:
    assert {name for name, part in gaps().items() if part.exact} == {name for name, _ in MEASURES} | {"urban_rural"}


def test_no_money_is_left_over(leximin: Plan) -> None:
    assert top_up(leximin).sum() == pytest.approx(PUBLISHED.sum(), rel=1e-9)
    assert TOP_UP.sum() == pytest.approx(PUBLISHED.sum(), rel=1e-9)

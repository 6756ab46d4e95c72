"""Gap measures on numbers: hand arithmetic, and the formulas that verification has of its own."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from commonweal.instances import read
from commonweal.models.parts import RefusedError, gaps
from commonweal.optimizer import checks, load_scenario
from commonweal.optimizer.errors import UsageError

# Two regions, urban and rural; shares of the standard 2.0, 0.5, 1.0, 0.25; persons 1, 2, 1, 4.
CELLS = pd.DataFrame(
    {
        "region": ["n", "n", "s", "s"],
        "group": ["u", "r", "u", "r"],
        "area": ["urban", "rural", "urban", "rural"],
        "persons": [1.0, 2.0, 1.0, 4.0],
        "attainment": [2.0, 0.5, 1.0, 0.25],
    }
)

# mean = (2 + 1 + 1 + 1) / 8 = 5/8
BY_HAND = [
    ("squared_shortfall", {}, (2 * 0.25 + 4 * 0.5625) / 8 / 2),
    ("squared_shortfall", {"weights": "equal"}, (0.25 + 0.5625) / 4 / 2),
    ("shortfall", {}, (2 * 0.5 + 4 * 0.75) / 8),
    ("shortfall", {"line": 0.5}, 4 * 0.25 / 8),
    # inside regions persons: n 1/3, 2/3; s 1/5, 4/5; regions alike
    ("shortfall", {"weights": "regions"}, (2 / 3 * 0.5 + 4 / 5 * 0.75) / 2),
    # n: |2 - 0.5| for 3 persons, s: |1 - 0.25| for 5
    ("urban_rural", {}, (3 * 1.5 + 5 * 0.75) / 8),
    ("urban_rural", {"weights": "equal"}, (1.5 + 0.75) / 2),
    ("urban_rural", {"relative": True}, (3 * 1.5 + 5 * 0.75) / 8 / (5 / 8)),
    ("regional", {}, (2 * 0.5 + 4 * 0.75) / 8),
    ("regional", {"side": "both"}, (1 * 1.0 + 2 * 0.5 + 4 * 0.75) / 8),
    # the urban line is 2: the south is 1 below it
    ("regional", {"lines": {"u": 2.0}}, (1 * 1.0 + 2 * 0.5 + 4 * 0.75) / 8),
    # means: urban 1.5, rural (2 * 0.5 + 4 * 0.25) / 6 = 1/3; below: urban 1 x 0.5, rural 4 x 1/12
    ("regional", {"against": "mean"}, (0.5 + 4 / 12) / 8),
    ("regional", {"against": "mean", "side": "both"}, 2 * (0.5 + 4 / 12) / 8),
    ("range", {}, 1.75),
    ("range", {"relative": True}, 1.75 / (5 / 8)),
    # above the mean of 0.625: 1 x 1.375 + 1 x 0.375, twice, over 8
    ("mean_deviation", {}, 2 * 1.75 / 8),
    ("mean_deviation", {"relative": True}, 2 * 1.75 / 5),
    # pairs: 1*1*1 (2,1), 1*2*1.5 (2,.5), 1*4*1.75 (2,.25), 2*1*.5, 4*1*.75, 2*4*.25; each once, over 64
    ("gini", {}, (1 + 3 + 7 + 1 + 3 + 2) / 64),
    ("gini", {"relative": True}, (1 + 3 + 7 + 1 + 3 + 2) / 64 / (5 / 8)),
    ("theil", {}, (2 * (0.5 * math.log(0.5) + 0.5) + 4 * (0.25 * math.log(0.25) + 0.75)) / 8),
    # aversion 1/2: 2 (1 - sqrt z): 2 (1 - sqrt .5) and 2 (1 - .5) = 1
    ("atkinson", {}, (2 * 2 * (1 - math.sqrt(0.5)) + 4 * 1) / 8),
    ("atkinson", {"aversion": 1.0}, (2 * math.log(2) + 4 * math.log(4)) / 8),
    # aversion 2: 1/z - 1
    ("atkinson", {"aversion": 2.0}, (2 * 1 + 4 * 3) / 8),
    # variance = (1 x 1.375^2 + 1 x .375^2 + 2 x .125^2 + 4 x .375^2) / 8
    ("variation", {}, math.sqrt((1.890625 + 0.140625 + 0.03125 + 0.5625) / 8) / (5 / 8)),
    # top tenth: 0.8 of the richest person: 1.6; bottom 3.2 persons of the 4 poorest: 0.8
    ("palma", {}, 2.0),
    # 7.2 persons reach into the one at 2.0, 0.8 into those at 0.25
    ("percentile_ratio", {}, 8.0),
]


def measured(name: str, cells: pd.DataFrame, settings: dict[str, object]) -> float:
    module = gaps()[name].module
    return float(module.measure(cells, module.Settings(**settings)))


@pytest.mark.parametrize(("name", "settings", "expected"), BY_HAND)
def test_a_measure_by_hand(name, settings, expected):
    assert measured(name, CELLS, settings) == pytest.approx(expected, abs=1e-12)


def test_every_measure_found_is_computed_by_hand_here():
    assert set(gaps()) == {name for name, _, _ in BY_HAND}


def test_a_benefit_of_zero_is_defined_in_every_measure():
    cells = CELLS.assign(attainment=[0.0, 0.0, 0.0, 0.0])
    values = {name: measured(name, cells, {}) for name in gaps()}
    undefined = {name for name, value in values.items() if math.isnan(value)}
    assert undefined == {"palma", "percentile_ratio"}  # a quotient over nothing
    assert values["theil"] == pytest.approx(1.0)
    assert values["gini"] == values["variation"] == values["range"] == 0
    # from aversion 1 on the curve goes straight on below one hundredth: ln 100 + (0.01 - 0) / 0.01
    assert measured("atkinson", cells, {"aversion": 1.0}) == pytest.approx(math.log(100) + 1)


CELL = st.tuples(
    st.sampled_from("abc"), st.sampled_from("ur"), st.floats(0.01, 50), st.one_of(st.just(0.0), st.floats(0.001, 5))
)
VARIANTS = [
    (name, {**settings, **({"weights": weights} if weights else {})})
    for name, settings in {(n, tuple(sorted(s.items(), key=str)) if "lines" not in s else ()) for n, s, _ in BY_HAND}
    for settings in [dict(settings)]
    for weights in ("persons", "regions", "equal")
]


@pytest.mark.parametrize(("name", "settings"), sorted(VARIANTS, key=str))
@effort(max_examples=40)
@given(people=st.lists(CELL, min_size=2, max_size=6, unique_by=lambda cell: cell[:2]))
def test_verification_has_the_same_measure_in_a_formula_of_its_own(name, settings, people):
    cells = pd.DataFrame(people, columns=["region", "group", "persons", "attainment"])
    cells = cells.assign(area=cells["group"].map({"u": "urban", "r": "rural"}))
    module, check = gaps()[name].module, checks.gap(name)
    chosen = module.Settings(**settings)
    assert check is not None
    assert set(chosen.model_dump()) <= check.SETTINGS
    try:
        ours = module.measure(cells, chosen)
    except RefusedError:
        assert cells["area"].nunique() < 2
        return
    theirs = check.gap(cells.rename(columns={"persons": "eligible"}), chosen.model_dump(exclude_none=True))
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("name", [name for name, part in gaps().items() if not part.exact])
def test_a_measure_that_cannot_be_minimised_exactly_is_refused_by_name_with_what_to_use_instead(name):
    instead = gaps()[name].module.INSTEAD.split()[0]
    assert gaps()[instead].exact
    with pytest.raises(UsageError, match=rf"Gap {name} is reported .* cannot be minimised exactly. Use {instead}"):
        load_scenario(read("two-regions"), (), (), (name,))


def test_more_people_of_the_same_kind_change_no_relative_or_average_measure():
    twice = pd.concat([CELLS, CELLS.assign(region=CELLS["region"] + "2")], ignore_index=True)
    for name in gaps():
        assert measured(name, twice, {}) == pytest.approx(measured(name, CELLS, {})), name


@pytest.mark.parametrize("name", ["squared_shortfall", "theil", "atkinson", "gini", "variation"])
def test_a_transfer_from_a_better_off_to_a_worse_off_cell_lowers_the_strict_measures(name):
    # one person of the south's four gives nothing; the two of the north's rural group give 0.1 each, four get 0.05
    after = CELLS.assign(attainment=CELLS["attainment"] + np.array([0, -0.1, 0, 0.05]))
    assert measured(name, after, {}) < measured(name, CELLS, {}) - 1e-4


@pytest.mark.parametrize("name", ["squared_shortfall", "shortfall", "theil", "atkinson", "regional"])
def test_nobody_gains_from_cutting_others_by_the_measures_that_do_not_level_down(name):
    cut = CELLS.assign(attainment=CELLS["attainment"] - np.array([0.5, 0, 0, 0]))
    assert measured(name, cut, {}) == pytest.approx(measured(name, CELLS, {}))
    assert measured(name, CELLS.assign(attainment=CELLS["attainment"] * 0.9), {}) > measured(name, CELLS, {})


@pytest.mark.parametrize("name", ["gini", "mean_deviation", "range", "urban_rural"])
def test_relative_measures_do_not_depend_on_the_unit(name):
    scaled = CELLS.assign(attainment=CELLS["attainment"] * 3)
    assert measured(name, scaled, {"relative": True}) == pytest.approx(measured(name, CELLS, {"relative": True}))

"""What docs/gaps.md claims of every measure holds for any people, and what it denies has an example."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from commonweal.models.parts import gaps

CLAIMS = tomllib.loads((Path(__file__).parents[2] / "docs" / "gaps.toml").read_text(encoding="utf-8"))
# Urban and rural benefits over the standard and persons, region by region.
PEOPLE = st.lists(
    st.tuples(st.floats(0.05, 2.5), st.floats(0.05, 2.5), st.floats(0.1, 9), st.floats(0.1, 9)), min_size=2, max_size=5
)
SHARE = st.floats(0.05, 0.45)
GRAIN = 1e-9
FEW = settings(max_examples=30, deadline=None)


def cells(people: list[tuple[float, ...]]) -> pd.DataFrame:
    rows = [
        (f"r{k}", group, group, persons, x)
        for k, (urban, rural, towns, country) in enumerate(people)
        for group, x, persons in (("urban", urban, towns), ("rural", rural, country))
    ]
    return pd.DataFrame(rows, columns=["region", "group", "area", "persons", "attainment"])


def measured(name: str, frame: pd.DataFrame, **settings: object) -> float:
    module = gaps()[name].module
    return float(module.measure(frame, module.Settings(**settings)))


def moved(frame: pd.DataFrame, share: float) -> tuple[pd.DataFrame, bool]:
    """A part of the difference between the ends goes from the best-off cell to the worst-off; is the latter below 1.

    Neither passes the other: the same money, divided by each one's persons.
    """
    x, persons = frame["attainment"].to_numpy().copy(), frame["persons"].to_numpy()
    rich, poor = int(x.argmax()), int(x.argmin())
    money = share * (x[rich] - x[poor]) * min(persons[rich], persons[poor])
    below = bool(x[poor] < 0.9)
    x[rich] -= money / persons[rich]
    x[poor] += money / persons[poor]
    return frame.assign(attainment=x), below


def having(key: str, *values: object) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", [name for name, claim in CLAIMS.items() if claim[key] in values])


def test_every_measure_found_has_its_claims() -> None:
    assert set(CLAIMS) == set(gaps())
    assert all(set(claim) == set(CLAIMS["gini"]) for claim in CLAIMS.values())


@having("transfers", "strict", "line", "weak")
@FEW
@given(people=PEOPLE, share=SHARE)
def test_a_transfer_from_the_best_off_to_the_worst_off_never_makes_the_gap_larger(
    name: str, people: list[tuple[float, ...]], share: float
) -> None:
    before = cells(people)
    assume(before["attainment"].max() - before["attainment"].min() > 0.1)
    after, below = moved(before, share)
    one, other = measured(name, before), measured(name, after)
    assert other <= one + GRAIN
    if CLAIMS[name]["transfers"] == "strict" or (CLAIMS[name]["transfers"] == "line" and below):
        assert other < one - GRAIN


@FEW
@given(people=PEOPLE, factor=st.floats(0.1, 10))
@having("scale", "always", "relative")
def test_all_benefits_times_a_number_leave_the_gap_alone(
    name: str, people: list[tuple[float, ...]], factor: float
) -> None:
    before = cells(people)
    settings = {"relative": True} if CLAIMS[name]["scale"] == "relative" else {}
    after = before.assign(attainment=before["attainment"] * factor)
    assert measured(name, after, **settings) == pytest.approx(measured(name, before, **settings), rel=1e-9, abs=1e-12)


@having("levels_down", False)
@FEW
@given(people=PEOPLE, which=st.integers(0, 3), share=st.floats(0, 1))
def test_a_cut_never_makes_the_gap_smaller(
    name: str, people: list[tuple[float, ...]], which: int, share: float
) -> None:
    before = cells(people)
    x = before["attainment"].to_numpy().copy()
    x[which] *= share
    assert measured(name, before.assign(attainment=x)) >= measured(name, before) - GRAIN


@having("decomposable", "cells", "regions")
@FEW
@given(people=PEOPLE)
def test_the_gap_of_everybody_is_the_mean_of_the_gaps_of_parts(name: str, people: list[tuple[float, ...]]) -> None:
    whole = cells(people)
    by = "region" if CLAIMS[name]["decomposable"] == "regions" else np.arange(len(whole)) % 3
    parts = [(part["persons"].sum(), measured(name, part)) for _, part in whole.groupby(by)]
    mean = sum(persons * gap for persons, gap in parts) / whole["persons"].sum()
    assert measured(name, whole) == pytest.approx(mean, rel=1e-9, abs=1e-12)


# What is denied: one example each, in which urban and rural stand as given in three regions of one person a cell.


@having("levels_down", True)
def test_a_cut_can_make_the_gap_smaller_where_that_is_admitted(name: str) -> None:
    rich = cells([(3.0, 1.0, 1, 1), (1.0, 1.0, 1, 1), (1.0, 1.0, 9, 9)])
    cut = rich.assign(attainment=rich["attainment"].clip(upper=1.0))
    if name == "percentile_ratio":  # the best-off tenth lies above the ninth: everybody's ratio is one already
        rich = cells([(3.0, 1.0, 9, 9), (1.0, 1.0, 9, 9)])
        cut = rich.assign(attainment=rich["attainment"].clip(upper=1.0))
    assert measured(name, cut) < measured(name, rich) - GRAIN


@having("decomposable", "no")
def test_the_gap_is_not_the_mean_of_the_parts_gaps_where_that_is_admitted(name: str) -> None:
    whole = cells([(0.5, 0.5, 1, 1), (1.0, 1.0, 1, 1)])
    inside = [measured(name, part) for _, part in whole.groupby("region")]
    assert measured(name, whole) != pytest.approx(float(np.mean(inside)))


def test_a_transfer_can_make_the_gap_larger_where_that_is_admitted() -> None:
    assert {name for name, claim in CLAIMS.items() if claim["transfers"] == "no"} == {"urban_rural", "percentile_ratio"}
    # Money goes from a countryside of 0.9 to a town elsewhere of 0.5: both regions' own gaps grow.
    before = cells([(1.0, 0.9, 1, 1), (0.5, 0.4, 1, 1)])
    after = before.assign(attainment=[1.0, 0.8, 0.6, 0.4])
    assert measured("urban_rural", after) > measured("urban_rural", before) + GRAIN
    # Persons 1, 1, 9, 9 of 20: the first tenth ends at the second cell, which gives to the first.
    before = cells([(0.2, 0.5, 1, 1), (1.0, 1.0, 9, 9)])
    after = before.assign(attainment=[0.3, 0.4, 1.0, 1.0])
    assert measured("percentile_ratio", after) > measured("percentile_ratio", before) + GRAIN


@having("scale", "standard")
def test_a_gap_to_the_standard_changes_with_all_benefits_and_not_with_the_unit_of_both(name: str) -> None:
    before = cells([(0.5, 0.4, 1, 1), (0.8, 0.3, 1, 1)])
    assert measured(name, before.assign(attainment=before["attainment"] * 2)) != pytest.approx(measured(name, before))

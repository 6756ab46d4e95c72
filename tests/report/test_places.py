"""Many regions are shown together first; each of them is a click away."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from commonweal import instances
from commonweal.instances import Instance
from commonweal.instances.assemble import national_sums
from commonweal.optimizer import run_folder
from commonweal.optimizer.report.page import Stop, render
from commonweal.optimizer.report.places import MOST, cells, codes, places
from commonweal.optimizer.run_folder import Run


def often(frame: pd.DataFrame, times: int) -> pd.DataFrame:
    """`frame` so many times, the regions of each copy with names of their own."""
    copies = []
    for k in range(times):
        copy = frame.copy()
        for column in ("region", "donor", "recipient"):
            if column in copy:
                copy[column] = copy[column].where(copy[column] == "", copy[column] + f"-{k}")
        copies.append(copy)
    return pd.concat(copies, ignore_index=True)


def large(run: Run, times: int, **columns: Any) -> Run:
    case = run.instance
    frames = {
        name: often(getattr(case, name), times) for name in ("regions", "people", "accounts", "budgets", "growth")
    }
    frames["regions"] = frames["regions"].assign(**columns)
    nation = national_sums(frames["people"], frames["accounts"], frames["budgets"], case.per_head)
    same = ("gaps", "indicators")
    tables = {name: frame if name in same else often(frame, times) for name, frame in run.tables.items()}
    return Run(tables, run.info, run.scenario, replace(case, nation=nation, **frames))


def test_a_case_with_places_on_a_map_is_shown_there():
    shown = places(instances.read("china-2024"))
    assert shown.placed and not shown.together
    assert shown.tiles["beijing"] == (5, 2)


def test_many_regions_are_shown_by_parent_then_belt_then_tenths(china):
    run = run_folder.read(china.folder)
    province = often(run.instance.regions, 4)["region"].str.rpartition("-")[0]
    by_parent = places(large(run, 4, parent=province).instance)
    assert by_parent.noun[1] == "areas" and len(by_parent.names) == 31
    by_belt = places(large(run, 4).instance)
    assert by_belt.noun[1] == "belts" and set(by_belt.names) == {"east", "central", "west", "north-east"}
    tenths = places(large(run, 4, belt="").instance)
    assert len(tenths.names) == 10


def test_areas_whose_regions_share_a_tile_stand_there_on_the_map(china):
    run = run_folder.read(china.folder)
    province = often(run.instance.regions, 4)["region"].str.rpartition("-")[0]
    shown = places(large(run, 4, parent=province).instance)
    assert shown.placed and shown.together
    assert shown.tiles["beijing"] == (5, 2)
    assert not places(large(run, 4).instance).placed  # a belt has many tiles, and no place of its own


def test_a_place_of_many_regions_has_their_mean_by_persons():
    # 1 million with 10 and 3 million with 30: 25
    benefits = pd.DataFrame(
        {
            "region": ["a", "b"],
            "group": "g",
            "programme": "p",
            "year": 2024,
            "eligible": [1.0, 3.0],
            "benefit_before": [10.0, 30.0],
            "benefit": [20.0, 30.0],
            "standard": 40.0,
        }
    )
    shown = replace(places(two_regions()), of={"a": "x", "b": "x"}, names={"x": "X"})
    found = cells(benefits, shown).iloc[0]
    assert (found["before"], found["after"], found["standard"]) == (25.0, 27.5, 40.0)


def two_regions() -> Instance:
    return instances.read("two-regions")


def test_three_thousand_regions_make_a_page_of_a_few_megabytes_with_details_on_demand(china):
    run = run_folder.read(china.folder)
    province = often(run.instance.regions, 97)["region"].str.rpartition("-")[0]
    big = large(run, 97, parent=province)
    assert len(big.instance.regions) == 3007 > MOST
    text = render([Stop(big, Path("big"))], None)
    assert len(text.encode()) < 6e6
    assert "Every region of one area" in text


def test_short_names_tell_places_apart():
    short = codes({"a": "Shanxi", "b": "Shaanxi", "c": "Shandong", "d": "Henan"})
    assert len(set(short.values())) == 4
    assert short["d"] == "Hen"
    assert max(map(len, short.values())) <= 5


@pytest.mark.parametrize("name", ["two-regions", "five-provinces"])
def test_cases_without_a_map_have_a_tile_for_every_region(name):
    shown = places(instances.read(name))
    assert set(shown.tiles) == set(shown.names)
    assert len(set(shown.tiles.values())) == len(shown.names)

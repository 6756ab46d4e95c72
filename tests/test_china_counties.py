"""The large real case: made from a compact source, adding up to the provinces, and its optimum by hand."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from commonweal import cli
from commonweal.instances import china_counties, read
from commonweal.optimizer import load_scenario, run_folder, solve
from commonweal.optimizer.names import labels
from commonweal.optimizer.verify import verify

ROOT = Path(__file__).parents[1]
SIDE = {"rel": 1e-9, "abs": 1e-9}


def provinces(name: str) -> pd.DataFrame:
    return pd.read_csv(ROOT / "instances" / "china-2024" / f"{name}.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """The tables of the counties, each row with the id of its province."""
    made = china_counties.tables()
    ids = provinces("regions").set_index("name")["region"]
    province = made["regions"].set_index("region")["parent"].map(ids)
    return {name: t.assign(province=t["region"].map(province)) for name, t in made.items() if "region" in t}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case as a user gets it."""
    target = tmp_path_factory.mktemp("made") / "counties"
    assert run("new", str(target), "--from", "china-counties-2020").exit_code == 0
    return target


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.main, list(words))


def test_it_holds_every_unit_of_the_census_and_names_its_province(tables: dict[str, pd.DataFrame]) -> None:
    regions = tables["regions"]
    assert len(regions) == 2989
    assert regions["region"].is_unique
    assert regions["province"].nunique() == 31
    assert regions["province"].notna().all()


@pytest.mark.parametrize("column", ["eligible", "covered", "spending"])
def test_pensioners_and_their_pensions_add_up_to_every_province(tables: dict[str, pd.DataFrame], column: str) -> None:
    frames = [t.assign(spending=t["eligible"] * t["benefit"]) for t in (tables["people"], provinces("people"))]
    found = frames[0].groupby(["province", "group"])[column].sum()
    expected = frames[1].set_index(["region", "group"])[column]
    assert found.to_dict() == pytest.approx(expected.to_dict(), **SIDE)


@pytest.mark.parametrize(
    "column", ["opening", "base", "revenue", "other_revenue", "other_spending", "locked", "accrual"]
)
def test_funds_add_up_to_every_province(tables: dict[str, pd.DataFrame], column: str) -> None:
    frames = [
        t.assign(revenue=t["base"] * t["rate"] + t["other_revenue"])
        for t in (tables["accounts"], provinces("accounts"))
    ]
    found = frames[0].groupby(["province", "fund"])[column].sum()
    expected = frames[1].set_index(["region", "fund"])[column]
    assert found.to_dict() == pytest.approx(expected.to_dict(), **SIDE)


def test_budgets_add_up_to_every_province(tables: dict[str, pd.DataFrame]) -> None:
    expected = provinces("budgets").set_index("region")
    found = tables["budgets"].groupby("province")[list(expected.columns)].sum()
    for column in expected:
        assert found[column].to_dict() == pytest.approx(expected[column].to_dict(), **SIDE), column


def test_a_county_of_the_yearbook_keeps_its_part_of_its_province(tables: dict[str, pd.DataFrame]) -> None:
    """Its revenue of 2020 / that of Beijing in 2020 * that of Beijing in 2024; 10k yuan / 1e4 = 100m yuan, / 10 = bn."""
    raw = pd.read_csv(china_counties.COUNTIES, dtype={"unit_id": str}).set_index("unit_id")
    known = raw[raw["budget_revenue_10k_yuan"].notna() & (raw["province_code"] == 110000)].iloc[0]
    panel = pd.read_csv(china_counties.PROVINCES / "raw" / "provinces_panel_2016_2024.csv").set_index(
        ["province_code", "year"]
    )["budget_revenue_100m_yuan"]
    own = tables["budgets"].set_index("region")["own_revenue"]
    part = known["budget_revenue_10k_yuan"] / 1e4 / panel[110000, 2020]
    assert own[known.name] == pytest.approx(part * panel[110000, 2024] / 10, rel=1e-9)


def test_a_town_has_more_employees_among_its_pensioners_than_a_village_and_all_are_as_old_as_counted() -> None:
    counties = china_counties.counties().sort_values(["region", "urban"])
    part = counties["employees"] / counties["pensioners"]
    assert part.between(0, 1 + 1e-12).all()
    assert (part.groupby(counties["region"]).diff().dropna() >= -1e-12).all()
    per_old = counties["pensioners"] / counties["pop_60plus"]
    assert per_old.groupby(counties["region"]).agg(lambda x: x.max() / x.min()).max() == pytest.approx(1, rel=1e-9)


def test_every_table_names_its_rule_and_says_derived_where_it_is() -> None:
    sources = (china_counties.KEPT / "SOURCES.md").read_text(encoding="utf-8")
    for word in ("people: benefit", "accounts employees: base", "budgets: own_revenue", "budgets: transfers", "growth"):
        (line,) = [line for line in sources.splitlines() if line.startswith(f"| {word}")]
        assert "derived" in line.rsplit("|", 2)[1]


def test_its_rules_are_those_of_the_provinces_but_for_the_floor_which_is_hard() -> None:
    mine, theirs = (
        tomllib.loads((folder / "scenario.toml").read_text(encoding="utf-8"))
        for folder in (china_counties.KEPT, china_counties.PROVINCES)
    )
    theirs["levers"]["floors"]["mode"] = "hard"
    assert {key: mine[key] for key in ("gaps", "levers")} == {key: theirs[key] for key in ("gaps", "levers")}


def test_it_is_read_by_name_and_from_a_folder_that_a_user_makes(folder: Path) -> None:
    assert run("validate", str(folder)).exit_code == 0
    assert read("china-counties-2020") == read(folder)
    assert {path.name for path in folder.iterdir()} >= {"README.md", "SOURCES.md", "scenario.toml"}
    assert "china-counties-2020" in run("list", "instances").output


def test_the_name_of_a_county_is_not_said_twice_where_its_local_name_is_a_part_of_it() -> None:
    case = read("china-counties-2020")
    region = case.regions.iloc[0]
    assert str(region["name"]).endswith(str(region["name_local"]))
    assert labels(case, "region")[region["region"]] == region["name"]


def test_what_comes_with_the_program_stays_below_a_megabyte() -> None:
    files = [path for path in china_counties.KEPT.parent.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 1_000_000


def water_level(depth: pd.Series, recipients: pd.Series, pot: float) -> float:
    """L with sum recipients * max(0, L - depth) = pot: fill the lowest until the next one stays dry."""
    order = depth.sort_values(kind="stable").index
    filled = ((recipients * depth)[order].cumsum() + pot) / recipients[order].cumsum()
    stop = np.flatnonzero(filled.to_numpy()[:-1] <= depth[order].to_numpy()[1:])
    return float(filled.iloc[stop[0]] if len(stop) else filled.iloc[-1])


@pytest.mark.slow
def test_the_whole_nation_in_parts_finds_the_line_that_can_be_had_by_hand(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    """As for the provinces: before the pot every county has today's benefit + own effort / residents; the pot of 99.206 +
    16.903 bn lifts the lowest that are no donors to one line L, sum residents * max(0, L - before) = pot."""
    case = read("china-counties-2020")
    plan = solve(
        case, load_scenario(case, (), ("search.name=decompose", "search.processes=2", "solver.tolerance=5e-4"))
    )
    people = tables["people"]
    residents = people[people["group"] == "residents"].set_index("region")
    budgets = tables["budgets"].set_index("region").loc[residents.index]
    effort = np.minimum(0.005 * budgets["own_revenue"], budgets["own_effort"])
    before = residents["benefit"] + effort / residents["eligible"] * 1000
    receivers = budgets.index[budgets["donor_cap"] == 0]
    given = tables["budgets"]
    pot = 99.20595 + np.minimum(0.01 * given["donor_cap"], 0.005 * given["own_revenue"]).sum()
    line = water_level(before[receivers], residents["eligible"][receivers], pot * 1000)
    after = before.where(~before.index.isin(receivers), before.clip(lower=line))
    standard = 6298.8
    persons = people["eligible"].sum()
    gap = float((residents["eligible"] * 0.5 * (1 - after / standard).clip(lower=0) ** 2).sum() / persons)
    assert plan.lower_bound <= gap * (1 + 1e-9)
    assert gap <= plan.objective * (1 + 1e-9)
    assert plan.objective <= gap * (1 + 5e-4)
    assert verify(run_folder.write(plan, tmp_path / "run")).accepted

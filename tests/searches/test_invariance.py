"""One plan: the order of rows, the names of regions, threads and money units do not matter.

Figures are compared to a millionth of the largest of their column: a flow of nothing has no size of its own.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from cases import TINY, Case, bundled_case, generated, joint, renamed, scenario, shuffled

from commonweal.instances import read
from commonweal.optimizer import Plan, load_scenario, solve

KEYS = ["region", "group", "programme", "fund", "year"]
NEARLY = 1e-6


def twins(case: Case = TINY) -> Case:
    """South five times over, and North twice."""
    for name, like in (("a", "s"), ("b", "s"), ("c", "s"), ("y", "s"), ("k", "n")):
        tables = {
            table: pd.concat([frame, frame[frame["region"] == like].assign(region=name)], ignore_index=True)
            if "region" in frame
            else frame
            for table, frame in case.tables.items()
        }
        case = replace(case, tables=tables)
    return case


HELD = {"reserves": {"funds": {"w": {"months": 1}, "f": {"months": 0, "keep": 0.1}}}}
GIFTS = {"horizontal_transfers": {"fund": "f", "share_of_capacity": 0.1}}
RIGID = {"benefit_rigidity": {}}
POOL = {"fund_pool": {"fund": "w", "share": 1.0, "surplus": "current"}}
# Cases made so that many plans are equally good; only the last rule tells them apart.
DEGENERATE: dict[str, tuple[Case, dict[str, Any]]] = {
    "several regions alike": (twins(), {"vertical_transfers": {"budget": {"f": 30.0}}, **GIFTS, **RIGID}),
    "a budget of more than enough": (twins(), {"vertical_transfers": {"budget": {"f": 900.0}}, **GIFTS, **RIGID}),
    "two donors who need not give all": (
        twins(),
        {"horizontal_transfers": {"fund": "f", "share_of_capacity": 0.9}, **RIGID},
    ),
    "two funds and money of two kinds": (
        twins().put("schemes", standard=2500),
        {"vertical_transfers": {"budget": {"f": 100.0, "w": 400.0}}, **GIFTS, **HELD, **RIGID},
    ),
    "several years with free timing": (
        twins().years(2030, 2031, 2032, 2033),
        {"vertical_transfers": {"budget": {"f": 20.0}}, **GIFTS, **HELD, **RIGID},
    ),
    "free benefits above the standard": (
        twins(joint()).put("schemes", standard=300).years(2030, 2031),
        {"vertical_transfers": {"budget": {"f": 90.0}}, **GIFTS, **HELD},
    ),
    "a floor on grants that nobody needs": (
        twins().put("schemes", standard=100),
        {"vertical_transfers": {"budget": {"f": 90.0}, "per_head_floor": {"hills": 20.0, "coast": 10.0}}, **HELD},
    ),
    "a free rate": (
        twins().years(2030, 2031),
        {"unified_rate": {"fund": "w", "target": "free", "bounds": [0.1, 0.4]}, **POOL, **HELD, **RIGID},
    ),
    "a pool with more than is needed": (
        twins(TINY.put("accounts", region="s", fund="w", rate=0.29).put("accounts", region="n", fund="w", rate=0.3)),
        {**POOL, **HELD, **RIGID},
    ),
    "a soft floor out of reach": (
        twins(),
        {"vertical_transfers": {"budget": {"f": 30.0}}, "floors": {"amount": 900.0, "mode": "soft"}, **RIGID},
    ),
    "obligations that stay unfunded": (
        twins().put("accounts", fund="w", rate=0.15, opening=5).years(2030, 2031, 2032),
        {**POOL, **HELD, **RIGID},
    ),
}


def plan_of(case: Case, settings: Mapping[str, Any]) -> Plan:
    found = solve(case.read(), scenario(settings["levers"], **{k: v for k, v in settings.items() if k != "levers"}))
    assert found.status == "optimal"
    return found


def assert_same(one: Plan, other: Plan, names: Mapping[str, str] | None = None) -> None:
    """Benefits and every flow, stock and rate; `names` gives the other plan's names of regions."""
    names = names or {}
    for table in ("benefits", "transfers", "funds", "rates"):
        keys = [key for key in KEYS if key in one.tables[table]]
        left = one.tables[table].assign(region=lambda t: t["region"].map(lambda r: names.get(r, r)))
        left, right = (
            frame.set_index(keys).sort_index().select_dtypes("number") for frame in (left, other.tables[table])
        )
        assert left.index.equals(right.index)
        # Of flows that hardly flow, the largest flow of the table is the measure.
        least = max(1e-3, 1e-3 * left.abs().max().max()) if table in ("transfers", "funds") else 1e-3
        for column in left:
            size = max(left[column].abs().max(), right[column].abs().max(), least)
            worst = (left[column] - right[column]).abs() / size
            assert worst.max() <= NEARLY, f"{table}.{column} at {worst.idxmax()}: {worst.max():.1e} of {size:g}"
    assert one.objective == pytest.approx(other.objective, rel=NEARLY, abs=1e-9)


def backwards(case: Case) -> dict[str, str]:
    """New names that turn the order of the regions round."""
    ids = sorted(case.tables["regions"]["region"])
    return {region: f"q{len(ids) - k:03d}" for k, region in enumerate(ids)}


@pytest.mark.parametrize("name", DEGENERATE)
def test_a_case_with_many_equal_plans_has_one_answer(name: str) -> None:
    case, levers = DEGENERATE[name]
    one = plan_of(case, {"levers": levers})
    assert_same(one, plan_of(shuffled(case, 1), {"levers": levers}))
    names = backwards(case)
    assert_same(one, plan_of(renamed(case, names), {"levers": levers}), names)
    assert_same(one, plan_of(case, {"levers": levers, "solver": {"threads": 2}}))


@pytest.mark.parametrize("name", DEGENERATE)
def test_regions_that_are_alike_are_treated_alike(name: str) -> None:
    case, levers = DEGENERATE[name]
    found = plan_of(case, {"levers": levers})
    for alike in (("a", "b", "c", "y"), ("n", "k")):
        for table in ("benefits", "transfers", "funds", "rates"):
            frame = found.tables[table]
            keys = [key for key in KEYS if key in frame and key != "region"]
            parts = [frame[frame["region"] == r].set_index(keys).select_dtypes("number").sort_index() for r in alike]
            for part in parts[1:]:
                size = frame.select_dtypes("number").abs().max().clip(lower=1e-3)
                assert ((part - parts[0]).abs() / size).drop(columns=keys, errors="ignore").max().max() <= NEARLY


@pytest.mark.parametrize("seed", range(3))
def test_an_invented_case_has_one_answer(seed: int) -> None:
    case = generated(9, seed, years=2)
    levers = {"vertical_transfers": {"budget": {"f": 60.0}}, **GIFTS, **POOL, **HELD, **RIGID}
    one, names = plan_of(case, {"levers": levers}), backwards(case)
    assert_same(one, plan_of(renamed(shuffled(case, seed), names), {"levers": levers}), names)


@pytest.mark.parametrize("name", ["two-regions", "china-2024"])
def test_a_bundled_case_does_not_depend_on_rows_names_or_threads(name: str) -> None:
    case = bundled_case(name)
    settings = read(name).scenario
    one = plan_of(case, settings)
    assert_same(one, plan_of(shuffled(case, 7), settings))
    names = backwards(case)
    assert_same(one, plan_of(renamed(case, names), settings), names)
    assert_same(one, plan_of(case, {**settings, "solver": {"threads": 2}}))


def test_five_years_of_the_real_case_do_not_depend_on_rows_or_names() -> None:
    case = bundled_case("china-2024")
    document = load_scenario(read("china-2024"), ("five-years",)).document()
    names = backwards(case)
    one, other = plan_of(case, document), plan_of(renamed(shuffled(case, 3), names), document)
    assert_same(one, other, names)


# -- units of money ---------------------------------------------------------------------------------------------

PER_PERSON = {"people": ["benefit"], "schemes": ["standard"]}
MONEY = {
    "accounts": ["opening", "base", "other_revenue", "other_spending", "locked", "accrual"],
    "budgets": ["own_revenue", "spending", "transfers", "gdp", "own_effort", "donor_cap"],
}


def multiplied(case: Case, columns: Mapping[str, list[str]], factor: float) -> Case:
    tables = dict(case.tables)
    for table, names in columns.items():
        tables[table] = tables[table].assign(**{name: tables[table][name] * factor for name in names})
    tables.pop("totals", None)  # check sums are in the old unit
    return replace(case, tables=tables)


def with_settings(settings: Mapping[str, Any], money: float, per_person: float) -> dict[str, Any]:
    levers = {name: dict(table) for name, table in settings["levers"].items()}
    budget = levers["vertical_transfers"]["budget"]
    levers["vertical_transfers"]["budget"] = {fund: amount * money for fund, amount in budget.items()}
    if "floors" in levers:
        levers["floors"]["amount"] = levers["floors"]["amount"] * per_person
    return {**settings, "levers": levers}


@pytest.mark.parametrize("factor", [1000.0, 0.001])
@pytest.mark.parametrize("name", ["two-regions", "china-2024"])
def test_the_unit_of_money_does_not_matter(name: str, factor: float) -> None:
    case, settings = bundled_case(name), read(name).scenario
    one = plan_of(case, settings).benefits["share_of_standard"].tolist()
    meta = case.meta

    # The currency is worth a thousandth: benefits and standards are larger, so is what a unit of money holds.
    cheap = replace(multiplied(case, PER_PERSON, factor), meta={**meta, "money": meta["money"] * factor})
    other = plan_of(cheap, with_settings(settings, 1.0, factor))
    assert other.benefits["share_of_standard"].tolist() == pytest.approx(one, rel=NEARLY)

    # The files count money in a smaller unit.
    small = replace(multiplied(case, MONEY, factor), meta={**meta, "money": meta["money"] / factor})
    other = plan_of(small, with_settings(settings, factor, 1.0))
    assert other.benefits["share_of_standard"].tolist() == pytest.approx(one, rel=NEARLY)

    # Everything costs a thousand times as much.
    dear = multiplied(multiplied(case, PER_PERSON, factor), MONEY, factor)
    other = plan_of(dear, with_settings(settings, factor, factor))
    assert other.benefits["share_of_standard"].tolist() == pytest.approx(one, rel=NEARLY)

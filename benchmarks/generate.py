"""Invented instances of any size, for benchmarks and tests: regions x groups x programmes x plan years.

No figure in them is real. They are smooth but not trivial: provinces and belts differ in income; richer regions are
more urban, pay higher benefits and have more own revenue, and some are donors; the first group (urban) lives on
contributions and stands mostly above the standard, the others (rural) lag behind, and a few of their cells are not
covered at all; reserves reach from a month of spending to years. Every group has a fund of its own. The same
arguments give the same instance. From a shell, as a folder that `commonweal solve` takes:

    python -m benchmarks.generate my-folder --regions 31 --years 10
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from commonweal.instances import Instance
from commonweal.instances.assemble import assemble
from commonweal.instances.rows import TABLES, Meta, Row

Floats = npt.NDArray[np.float64]
DATA_YEAR = 2030
POPULATION = 1_000.0  # million inhabitants
INCOME = 40.0  # thousand crowns per inhabitant and year; times million inhabitants this is bn crowns
BELTS = ("west", "centre", "east")
GROWTH = {"prices": 0.015, "wages": 0.045, "ageing": 0.02}
# Name, share of a group that is eligible, standard in crowns; further programmes repeat these.
PROGRAMMES = (
    ("Pension", 0.17, 9000.0),
    ("Health", 0.95, 1200.0),
    ("Unemployment", 0.45, 600.0),
    ("Work injury", 0.40, 200.0),
    ("Maternity", 0.10, 1000.0),
    ("Minimum living", 0.05, 5000.0),
    ("Long-term care", 0.04, 6000.0),
)


@dataclass(frozen=True)
class Places:
    """What every table is made from. Arrays are (regions,), `members` (regions, groups)."""

    ids: list[str]
    province: npt.NDArray[np.int64]
    people: Floats  # million inhabitants
    income: Floats  # relative to the nation
    members: Floats  # million persons


def generate(
    regions: int, groups: int = 2, programmes: int = 7, years: int = 1, seed: int = 1, missing: int = 0
) -> Instance:
    """An invented instance, as read, with its default scenario; money in bn crowns, persons in millions.

    `missing`: so many programmes, counted from the third, do not reach the last group anywhere.
    """
    random = np.random.default_rng([seed, regions, groups, programmes, years])
    places = _places(random, regions, groups)
    names = [f"group-{g + 1}" for g in range(groups)]
    kinds = [(f"programme-{p + 1}", *PROGRAMMES[p % len(PROGRAMMES)]) for p in range(programmes)]
    people = _people(random, places, names, kinds)
    lacking = [p for p, *_ in kinds[2 : 2 + missing]]
    people.loc[(people["group"] == names[-1]) & people["programme"].isin(lacking), ["covered", "benefit"]] = 0.0
    accounts = _accounts(random, places, names, people)
    tables = {
        "regions": _regions(places),
        "groups": pd.DataFrame({"group": names, "name": names, "area": ["urban", *["rural"] * (groups - 1)]}),
        "programmes": pd.DataFrame([kind[:2] for kind in kinds], columns=["programme", "name"]),
        "funds": pd.DataFrame({"fund": names, "name": names}),
        "schemes": pd.DataFrame(
            [(p, g, g, standard) for p, _, _, standard in kinds for g in names],
            columns=["programme", "group", "fund", "standard"],
        ),
        "people": people,
        "accounts": accounts,
        "budgets": _budgets(random, places),
        "growth": pd.DataFrame({"series": list(GROWTH), "rate": list(GROWTH.values())}),
    }
    complete = {table.TABLE: _with_defaults(tables.get(table.TABLE, pd.DataFrame()), table) for table in TABLES}
    poorer = [belt for belt in BELTS[:-1] if belt in set(tables["regions"]["belt"])]
    meta = Meta(
        name=f"generated-{regions}x{groups}x{programmes}x{years}",
        title=f"{regions} invented regions",
        currency="crown",
        money=1e9,
        persons=1e6,
        price_year=DATA_YEAR,
        years=[DATA_YEAR],
        licence="Apache-2.0",
        source=f"invented by benchmarks/generate.py with seed {seed}: no figure is real",
    )
    lack = people.merge(tables["schemes"], on=["programme", "group"])
    lack = lack[(lack["group"] == names[-1]) & (lack["benefit"] < lack["standard"])]
    need = float((lack["eligible"] * (lack["standard"] - lack["benefit"])).sum()) / 1000
    return assemble(meta, complete, _scenario(need, names, poorer, years), {})


def _places(random: np.random.Generator, regions: int, groups: int) -> Places:
    """Some eleven regions in a province; incomes differ between provinces and inside them."""
    province = np.arange(regions) * max(1, round(regions / 11)) // regions
    wealth = np.exp(random.normal(0.0, 0.25, regions)[province] + random.normal(0.0, 0.2, regions))
    size = random.lognormal(0.0, 0.6, regions)
    people = POPULATION * size / size.sum()
    income = wealth * POPULATION / float(wealth @ people)
    urban = 1 / (1 + np.exp(-1.5 * np.log(income) - random.normal(0.4, 0.3, regions)))
    rest = random.dirichlet([8.0] * (groups - 1), regions) if groups > 1 else np.empty((regions, 0))
    shares = np.column_stack([urban if groups > 1 else np.ones(regions), (1 - urban)[:, None] * rest])
    return Places([f"r{r + 1:04d}" for r in range(regions)], province, people, income, people[:, None] * shares)


def _regions(places: Places) -> pd.DataFrame:
    """Provinces by income make the belts, a third each."""
    wealth = np.bincount(places.province, places.income) / np.bincount(places.province)
    belt = np.argsort(np.argsort(wealth)) * len(BELTS) // len(wealth)
    return pd.DataFrame(
        {
            "region": places.ids,
            "name": [f"Region {r + 1}" for r in range(len(places.ids))],
            "parent": [f"Province {p + 1}" for p in places.province.tolist()],
            "belt": [BELTS[b] for b in belt[places.province].tolist()],
        }
    )


def _people(
    random: np.random.Generator,
    places: Places,
    names: list[str],
    kinds: list[tuple[str, str, float, float]],
) -> pd.DataFrame:
    """Every cell; one in thirty of the rural ones is not covered."""
    shape = (len(places.ids), len(names), len(kinds))
    rural = (np.arange(len(names)) > 0)[None, :, None]
    share = np.array([eligible for _, _, eligible, _ in kinds])
    standard = np.array([standard for _, _, _, standard in kinds])
    eligible = places.members[:, :, None] * share * random.uniform(0.85, 1.15, shape)
    level = np.where(rural, 0.5, 1.2) * places.income[:, None, None] ** np.where(rural, 0.9, 0.4)
    benefit = level * standard * random.uniform(0.8, 1.2, shape)
    reached = np.where(rural, random.uniform(0.85, 1.0, shape) * (random.random(shape) > 1 / 30), 1.0)
    index = pd.MultiIndex.from_product(
        [places.ids, names, [kind[0] for kind in kinds]], names=["region", "group", "programme"]
    )
    cells = {"eligible": eligible, "covered": eligible * reached, "benefit": benefit * (reached > 0)}
    return pd.DataFrame({name: value.ravel() for name, value in cells.items()}, index=index).reset_index()


def _accounts(random: np.random.Generator, places: Places, names: list[str], people: pd.DataFrame) -> pd.DataFrame:
    """Contributions and subsidies that nearly pay for today's benefits: some regions save, some run short."""
    shape = (len(places.ids), len(names))
    rural = np.arange(len(names)) > 0
    spent = (people["eligible"] * people["benefit"] / 1000).to_numpy().reshape(*shape, -1).sum(axis=2)
    base = places.members * INCOME * places.income[:, None] * np.where(rural, 0.25, 0.5)
    rate = np.clip(spent / base * random.uniform(0.7, 1.1, shape), 0.01, 0.3)
    subsidy = np.maximum(0.0, spent * random.uniform(0.96, 1.02, shape) - rate * base)
    opening = spent / 12 * random.lognormal(1.8, 0.8, shape)
    index = pd.MultiIndex.from_product([places.ids, names], names=["region", "fund"])
    columns = {
        "opening": opening,
        "base": base,
        "rate": rate,
        "other_revenue": subsidy,
        "other_spending": np.zeros(shape),
        "locked": 0.1 * opening * rural,
        "accrual": np.zeros(shape),
    }
    return pd.DataFrame({name: value.ravel() for name, value in columns.items()}, index=index).reset_index()


def _budgets(random: np.random.Generator, places: Places) -> pd.DataFrame:
    """Own revenue grows faster than income; the centre's transfers lean against it; the richest are donors."""
    gdp = 2 * INCOME * places.people * places.income
    own = 0.1 * gdp * places.income**0.3 * random.uniform(0.9, 1.1, len(places.ids))
    transfers = 0.06 * 2 * INCOME * places.people / places.income
    national = own.sum() / POPULATION
    effort = 0.004 * own * random.uniform(0.0, 1.0, len(places.ids)) * (places.income < 1)
    cap = np.where(own / places.people > 1.2 * national, own - national * places.people, 0.0)
    return pd.DataFrame(
        {
            "region": places.ids,
            "own_revenue": own,
            "spending": own + transfers,
            "transfers": transfers,
            "population": places.people,
            "gdp": gdp,
            "own_effort": effort,
            "donor_cap": cap,
        }
    )


def _scenario(need: float, names: list[str], poorer: list[str], years: int) -> dict[str, object]:
    """Every lever of the first path at work; the budget meets a quarter of what the last group lacks."""
    urban, rural = names[0], names[-1]
    scenario: dict[str, object] = {
        "title": "invented rules for invented regions",
        "gaps": {"squared_shortfall": {}},
        "weights": {"discount": 0.97},
        "projection": {
            "years": list(range(DATA_YEAR + 1, DATA_YEAR + 1 + years)),
            "growth": {
                "people.eligible": ["ageing"],
                "people.benefit": ["prices"],
                "schemes.standard": ["prices"],
                "accounts.base": ["wages"],
                "accounts.other_revenue": ["ageing", "prices"],
                "budgets.own_revenue": ["wages"],
                "budgets.own_effort": ["wages"],
                "budgets.donor_cap": ["wages"],
            },
        },
        "levers": {
            "vertical_transfers": {
                "budget": {rural: {"amount": 0.25 * need, "growth": "wages"}},
                "tilt": 0.6,
                "favoured": poorer,
            },
            "horizontal_transfers": {"fund": rural, "share_of_capacity": 0.02, "share_of_revenue": 0.01},
            "own_effort": {"fund": rural, "share_of_revenue": 0.005},
            "fund_pool": {"fund": urban, "share": 0.5, "growth": "prices"},
            "benefit_rigidity": {
                "groups": {urban: {"min_growth": "prices", "max_growth": "prices"}, "*": {"min_growth": "prices"}}
            },
            "reserves": {"funds": {name: {"months": 3.0} for name in names}, "interest": 0.01},
        },
    }
    return scenario


def _with_defaults(frame: pd.DataFrame, table: type[Row]) -> pd.DataFrame:
    """All columns of a table, of their kind; a value without year serves all years."""
    kinds = {"text": "str", "number": "float64", "integer": "Int64"}
    for column in table.columns():
        if column.name != "year":
            values = frame.get(column.name, column.default)
            frame[column.name] = pd.Series(values, index=frame.index, dtype=kinds[column.kind])
    return frame


def main() -> None:
    """Write one as an instance folder."""
    parser = argparse.ArgumentParser(description="Write an invented instance as a folder.")
    parser.add_argument("folder", type=Path)
    for name, default in (("regions", 31), ("groups", 2), ("programmes", 7), ("years", 1), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    chosen = parser.parse_args()
    generate(chosen.regions, chosen.groups, chosen.programmes, chosen.years, chosen.seed).write(chosen.folder)


if __name__ == "__main__":
    main()

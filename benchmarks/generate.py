"""Invented instances of any size, for benchmarks and tests: regions x groups x programmes x years.

No figure in them is real. They are smooth but not trivial: provinces and belts differ in income; richer regions are
more urban, pay higher benefits and have more own revenue, and some are donors; the first group (urban) lives on
contributions and stands mostly above the standard, the others (rural) lag behind, and a few of their cells are not
covered at all; reserves reach from almost nothing to years. Every group has a fund of its own. The same arguments
give the same instance. From a shell, as a folder:

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
from commonweal.instances.rows import TABLES, Meta

Floats = npt.NDArray[np.float64]
FIRST_YEAR = 2030
POPULATION = 1_000.0  # million inhabitants
INCOME = 40.0  # thousand crowns per inhabitant and year; times million inhabitants this is bn crowns
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
META = Meta(
    name="generated",
    title="Invented regions",
    currency="crown",
    money=1e9,
    persons=1e6,
    price_year=FIRST_YEAR,
    years=[FIRST_YEAR],
    licence="Apache-2.0",
    source="invented by benchmarks/generate.py: no figure is real",
)


@dataclass(frozen=True)
class Places:
    """What every table is made from; arrays are (regions,), members is (regions, groups)."""

    ids: list[str]
    province: npt.NDArray[np.int64]
    people: Floats  # million
    income: Floats  # thousand crowns per inhabitant
    members: Floats  # million

    @property
    def wealth(self) -> Floats:
        """Income relative to the nation."""
        return self.income * POPULATION / float(self.income @ self.people)


def generate(regions: int, groups: int = 2, programmes: int = 7, years: int = 1, seed: int = 1) -> Instance:
    """An invented instance with its default scenario; money in bn crowns, persons in millions."""
    random = np.random.default_rng([seed, regions, groups, programmes, years])
    places = _places(random, regions, groups)
    names = [f"group_{g + 1}" for g in range(groups)]
    kinds = [(f"programme_{p + 1}", *PROGRAMMES[p % len(PROGRAMMES)]) for p in range(programmes)]
    people = _people(random, places, names, kinds)
    accounts = _accounts(random, places, names, people)
    schemes = [(p, g, g, standard) for p, _, _, standard in kinds for g in names]
    tables = {
        "regions": _regions(places),
        "groups": pd.DataFrame({"group": names, "name": names, "area": ["urban", *["rural"] * (groups - 1)]}),
        "programmes": pd.DataFrame([kind[:2] for kind in kinds], columns=["programme", "name"]),
        "funds": pd.DataFrame({"fund": names, "name": names}),
        "schemes": pd.DataFrame(schemes, columns=["programme", "group", "fund", "standard"]),
        "people": people,
        "accounts": accounts,
        "budgets": _budgets(random, places),
        "growth": pd.DataFrame({"series": list(GROWTH), "rate": list(GROWTH.values())}),
        "totals": pd.DataFrame(),
    }
    meta = META.model_copy(update={"years": list(range(FIRST_YEAR, FIRST_YEAR + years))})
    whole = {table.TABLE: _complete(tables[table.TABLE], table, meta.years) for table in TABLES}
    return assemble(meta, whole, _scenario(whole, names), {})

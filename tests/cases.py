"""Builders of tiny cases, and what tests ask of a plan.

`TINY` is two regions that can be solved in the head. Persons are in thousands and money in million crowns, so one
crown for each of a hundred thousand people costs 0.1 million. Every fund is even: nothing is gained or lost by
waiting. All cells have 100 thousand people, a quarter of all 400 thousand, and the standard is 1,000 crowns:

    region          fund   benefit       a year   share of standard   opening reserve
    North (coast)   w      workers 2000  200      2.0                 100
                    f      farmers  600   60      0.6                  18
    South (hills)   w      workers 1500  150      1.5                  50
                    f      farmers  200   20      0.2                   6

    gap of the status quo = 1/4 * 1/2 * 0.4^2 + 1/4 * 1/2 * 0.8^2 = 0.02 + 0.08 = 0.1

New money for the farmers' fund first lifts South from 200 to 600 crowns, which takes 40 million; from there on both
rise together, 100 crowns for every 20 million.
"""

import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import tomli_w

from commonweal.instances import Instance, bundled, project, read
from commonweal.instances.rows import TABLES
from commonweal.models.build import STAGES, Built, build_model
from commonweal.models.core import FLOWS
from commonweal.optimizer import Plan, solve
from commonweal.optimizer.highs import Solver, SolverOptions
from commonweal.optimizer.scenario import Scenario, from_document
from commonweal.optimizer.spread import spread

Document = dict[str, Any]
KEYS = {table.TABLE: table.KEY for table in TABLES}


@dataclass(frozen=True)
class Case:
    """Tables of a case to be; every change gives a new one."""

    tables: Mapping[str, pd.DataFrame]
    meta: Mapping[str, Any]

    def put(self, table: str, **row: Any) -> "Case":
        """Change the rows that have the key columns named; at least one must."""
        frame = self.tables[table].copy()
        keys = {name: value for name, value in row.items() if name in KEYS[table]}
        found = pd.Series(True, index=frame.index)
        for name, value in keys.items():
            found &= frame[name] == value
        assert found.any(), f"{table} has no row {keys}"
        for name in row.keys() - keys.keys():
            frame[name] = frame[name].where(~found, row[name])
        return replace(self, tables={**self.tables, table: frame})

    def add(self, table: str, rows: str) -> "Case":
        """More rows, as lines of the table."""
        header = ",".join(self.tables[table].columns)
        frame = pd.concat([self.tables[table], _table(f"{header}\n{rows}")], ignore_index=True)
        return replace(self, tables={**self.tables, table: frame})

    def yearly(self, table: str, **columns: Mapping[int, Mapping[tuple[str, ...], float]]) -> "Case":
        """Give a table a year column; `columns` hold what differs: column -> year -> leading key -> value."""
        frame = self.tables[table].merge(pd.DataFrame({"year": self.meta["years"]}), how="cross")
        for column, years in columns.items():
            frame[column] = frame[column].astype(float)
            for year, values in years.items():
                for key, value in values.items():
                    row = frame["year"] == year
                    for name, word in zip(KEYS[table], key, strict=False):
                        row &= frame[name] == word
                    frame.loc[row, column] = value
        return replace(self, tables={**self.tables, table: frame})

    def years(self, *years: int) -> "Case":
        """The same values in other data years."""
        return replace(self, meta={**self.meta, "years": list(years)})

    def write(self, folder: Path) -> Path:
        """The case as a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "instance.toml").write_text(tomli_w.dumps(self.meta), encoding="utf-8")
        for name, frame in self.tables.items():
            frame.to_csv(folder / f"{name}.csv", index=False)
        return folder

    def read(self) -> Instance:
        """The case, written to a folder and read back, so that every fault in it is found; once for each case."""
        return self._instance

    @cached_property
    def _instance(self) -> Instance:
        with tempfile.TemporaryDirectory() as folder:
            return read(self.write(Path(folder)))


def _table(text: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(text.strip()), keep_default_na=False)


TINY = Case(
    {
        name: _table(text)
        for name, text in {
            "regions": "region,name,belt\nn,North,coast\ns,South,hills",
            "groups": "group,name,area\nworkers,Workers,urban\nfarmers,Farmers,rural",
            "programmes": "programme,name\npension,Pension",
            "funds": "fund,name\nw,Workers' fund\nf,Farmers' fund",
            "schemes": "programme,group,fund,standard\npension,workers,w,1000\npension,farmers,f,1000",
            "people": "region,group,programme,eligible,covered,benefit\n"
            "n,workers,pension,100,100,2000\nn,farmers,pension,100,100,600\n"
            "s,workers,pension,100,100,1500\ns,farmers,pension,100,100,200",
            "accounts": "region,fund,opening,base,rate,other_revenue,other_spending,locked,accrual\n"
            "n,w,100,1000,0.2,0,0,0,0\nn,f,18,0,0,60,0,0,0\n"
            "s,w,50,500,0.3,0,0,0,0\ns,f,6,0,0,20,0,0,0",
            "budgets": "region,own_revenue,spending,transfers,population,gdp,own_effort,donor_cap\n"
            "n,1000,1000,0,400,9000,0,500\ns,400,600,200,300,3000,20,0",
            "growth": "region,series,rate\n,prices,0.1\ns,prices,0.2",
        }.items()
    },
    {
        "name": "tiny",
        "title": "Two tiny regions",
        "currency": "crown",
        "money": 1e6,
        "persons": 1e3,
        "price_year": 2030,
        "years": [2030],
        "licence": "Apache-2.0",
        "source": "invented",
    },
)
FARMERS_GET = {"vertical_transfers": {"budget": {"f": 20.0}}}


def deficit(case: Case = TINY) -> Case:
    """North's workers' fund gains 50 a year (0.25 x 1,000 - 200), South's loses 50 (0.2 x 500 - 150)."""
    return case.put("accounts", region="n", fund="w", rate=0.25).put("accounts", region="s", fund="w", rate=0.2)


def joint(case: Case = TINY) -> Case:
    """Both groups are paid by the farmers' fund, which has all the money; the workers' fund is empty."""
    accounts = case.put("schemes", fund="f")
    for region, revenue in (("n", 260), ("s", 170)):
        accounts = accounts.put("accounts", region=region, fund="w", base=0, rate=0, opening=0)
        accounts = accounts.put("accounts", region=region, fund="f", other_revenue=revenue)
    return accounts


def scenario(levers: Mapping[str, Any], **sections: Any) -> Scenario:
    """A scenario of these levers; other sections as in a file."""
    return from_document({"levers": levers, **sections})


def plan(case: Case, levers: Mapping[str, Any], **sections: Any) -> Plan:
    """The optimal plan; a test that wants an error asks for it around this call."""
    found = solve(case.read(), scenario(levers, **sections))
    assert found.status == "optimal"
    return found


def at(frame: pd.DataFrame, column: str, **where: Any) -> float:
    """The one value of a column in the row with these keys; no key needed that all rows share."""
    for name, value in where.items():
        frame = frame[frame[name] == value]
    assert len(frame) == 1, f"{len(frame)} rows with {where}"
    return float(frame[column].iloc[0])


def benefit(found: Plan, region: str, group: str, year: int = 2030) -> float:
    """Crowns per eligible person and year."""
    return at(found.benefits, "benefit", region=region, group=group, year=year)


def money(found: Plan, column: str, region: str, fund: str, year: int = 2030) -> float:
    """A flow or stock of the ledger, money."""
    table = found.transfers if column in found.transfers else found.funds
    return at(table, column, region=region, fund=fund, year=year)


def built(case: Case, document: Document, *, templates: bool = True) -> Built:
    """The model of a case under a scenario document."""
    settings = from_document(document)
    instance = case.read()
    if settings.projection is not None:
        instance = project(instance, settings.projection)
    return build_model(instance, settings.levers, settings.gaps, settings.weights, templates=templates)


def outcome(model: Built) -> dict[str, float]:
    """What a model as built comes to: the value of every stage, kept in turn, and every figure of the one plan.

    Knots are not refined: a test that takes a rule away needs to see a change, not the sixth digit.
    """
    solver = Solver(model.model, SolverOptions())
    found, values = None, {}
    for stage in STAGES:
        found = solver.minimise(stage)
        solver.keep(stage, found.objective + 1e-9 * max(1.0, abs(found.objective)))
        values[stage] = found.objective
        if stage == "gap" and solver.mixed:
            solver.fix_integers(found.x)
    assert found is not None
    found = spread([model], solver, found)
    for name in ("benefit", "rate", "unfunded", "closing", *FLOWS):
        for index, value in solver.values(model.model.component(name), found).items():
            values[f"{name}{index}"] = value
    return values


def differences(one: Mapping[str, float], other: Mapping[str, float]) -> Iterator[str]:
    """Names of the figures that differ by more than a hundred-thousandth."""
    for name, value in one.items():
        if abs(value - other[name]) > 1e-5 * max(1e-3, abs(value), abs(other[name])):
            yield name


def generated(regions: int, seed: int, years: int = 1) -> Case:
    """An invented case of any size: North and South again and again, each a little different."""
    random = Random(seed)
    tables = {name: [] for name in ("regions", "people", "accounts", "budgets")}
    for k in range(regions):
        r, rich = f"r{k:04d}", random.uniform(0.5, 2.0)
        workers, farmers = random.randint(20, 200), random.randint(20, 200)
        paid, low = round(1500 * rich), round(250 * rich)
        rate = round(random.uniform(0.15, 0.3), 3)
        base = round(workers * paid / 1000 / rate * random.uniform(0.8, 1.3))
        tables["regions"].append(f"{r},Region {k},{'coast' if rich > 1.2 else 'hills'}")
        tables["people"] += [
            f"{r},workers,pension,{workers},{workers},{paid}",
            f"{r},farmers,pension,{farmers},{farmers},{low}",
        ]
        tables["accounts"] += [
            f"{r},w,{random.randint(10, 200)},{base},{rate},0,0,0,0",
            f"{r},f,{random.randint(1, 20)},0,0,{farmers * low / 1000},0,0,0",
        ]
        donor = 300 if rich > 1.5 else 0
        tables["budgets"].append(
            f"{r},{round(1000 * rich)},1000,0,{2 * (workers + farmers)},9000,{random.randint(0, 9)},{donor}"
        )
    made = {name: _table(f"{','.join(TINY.tables[name].columns)}\n" + "\n".join(rows)) for name, rows in tables.items()}
    growth = _table("region,series,rate\n,prices,0.02")
    case = replace(TINY, tables={**TINY.tables, **made, "growth": growth})
    return case.years(*range(2030, 2030 + years))


def renamed(case: Case, names: Mapping[str, str]) -> Case:
    """The same case with other ids of regions, wherever they stand."""
    tables = {
        name: frame.assign(region=frame["region"].map(lambda r: names.get(r, r))) if "region" in frame else frame
        for name, frame in case.tables.items()
    }
    return replace(case, tables=tables)


def shuffled(case: Case, seed: int) -> Case:
    """The same case with the rows of every file in another order."""
    tables = {name: frame.sample(frac=1, random_state=seed) for name, frame in case.tables.items()}
    return replace(case, tables=tables)


def bundled_case(name: str) -> Case:
    """A bundled case, as tables that a test may change."""
    folder = bundled()[name]
    return Case(
        {path.stem: pd.read_csv(path, keep_default_na=False) for path in folder.glob("*.csv")},
        tomllib.loads((folder / "instance.toml").read_text(encoding="utf-8")),
    )

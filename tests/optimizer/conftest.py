"""A run folder made by hand: two regions, two groups, two funds, two years, every lever of the first path
active.

It is a correct plan, not an optimal one; nothing here comes from the model or the solver. Money in million
crowns, persons in thousands, so per_head = 0.001. The decisions, and why the reserves end where they do
(crowns are 1 % interest):

    farmers, North  2031: 24    + 40 + 80 + 0.24   + central 30                 - 50 x 3.00 = 150 -> 24.24
                    2032: 24.24 + 40 + 80 + 0.2424 + central 31                 - 50 x 3.02 = 151 -> 24.4824
    farmers, South  2031: 9     + 30 + 150 + 0.09  + own 15 + central 210 + 54  - 150 x 2.92 = 438 -> 30.09
                    2032: 30.09 + 30 + 150 + 0.3009 + own 15 + central 215 + 54 - 150 x 3.00 = 450 -> 44.3909
    workers, North  2031: 900 + 0.195 x 6000 + 120 + 9    - 1200 - 10 - pool 20 -> 969
                    2032: 969 + 0.200 x 6000 + 120 + 9.69 - 1200 - 10 - pool 20 -> 1068.69
    workers, South  2031: 200 + 0.212 x 2500 + 2    + pool 20                 - 540 - 60 -> 152
                    2032: 152 + 0.200 x 2500 + 1.52 + pool 20 + 1 unfunded    - 540 - 60 -> 74.52

North pays 60 a year of its budget, of which a tenth is lost: South receives 54.
"""

import json
import shutil
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tomli_w

from commonweal.instances import Instance, Projection, project, read
from commonweal.models import parts
from commonweal.optimizer.indicators import indicators

CELL, LEDGER = ["region", "group", "programme", "year"], ["region", "fund", "year"]

INSTANCE = """
name = "by-hand"
title = "Two regions by hand"
currency = "crown"
money = 1e6
persons = 1e3
price_year = 2030
years = [2030]
licence = "Apache-2.0"
source = "invented"
"""

INPUTS = {
    "regions": "region,name,belt\nn,North,coast\ns,South,hills\n",
    "groups": "group,name,area\nworkers,Workers,urban\nfarmers,Farmers,rural\n",
    "programmes": "programme,name\npension,Pension\n",
    "funds": "fund,name\nw,Workers' fund\nf,Farmers' fund\n",
    "schemes": "programme,group,fund,standard\npension,workers,w,6000\npension,farmers,f,6000\n",
    "people": "region,group,programme,eligible,covered,benefit\n"
    "n,workers,pension,100,100,12000\nn,farmers,pension,50,50,2400\n"
    "s,workers,pension,60,60,9000\ns,farmers,pension,150,120,1200\n",
    "accounts": "region,fund,opening,base,rate,other_revenue,other_spending,locked,accrual\n"
    "n,w,900,6000,0.19,120,10,0,0\nn,f,24,1000,0.04,80,0,3,1\n"
    "s,w,200,2500,0.224,0,60,0,0\ns,f,9,1500,0.02,150,0,5,2\n",
    "budgets": "region,own_revenue,spending,transfers,population,gdp,own_effort,donor_cap\n"
    "n,5000,5600,600,400,40000,0,2400\ns,1500,4100,2600,600,15000,20,0\n",
    "growth": "region,series,rate\n,prices,0.02\n",
}

SCENARIO: dict[str, Any] = {
    "title": "every lever",
    "projection": {"years": [2031, 2032], "growth": {}},
    "weights": {"discount": 0.5, "programmes": {}},
    "solver": {"threads": 1, "tolerance": 1e-6},
    "gaps": {
        "squared_shortfall": {"weight": 1.0, "line": 1.0, "weights": "persons"},
        "urban_rural": {"weight": 0.5, "weights": "persons"},
    },
    "levers": {
        "vertical_transfers": {
            "budget": {"f": [240.0, 250.0]},
            "tilt": 0.5,
            "favoured": ["hills"],
            "per_head_floor": {"hills": 300.0},
            "stability": 0.1,
        },
        "horizontal_transfers": {
            "fund": "f",
            "share_of_capacity": 0.025,
            "share_of_revenue": 0.02,
            "loss": 0.1,
        },
        "own_effort": {"fund": "f", "share_of_revenue": 0.01},
        "unified_rate": {"fund": "w", "target": "neutral", "phase_in": 2},
        "fund_pool": {"fund": "w", "share": 0.5, "surplus": "today", "growth": "prices"},
        "benefit_rigidity": {
            "groups": {
                "workers": {"min_growth": 0.0, "max_growth": 0.0},
                "*": {"min_growth": 0.0, "max_growth": 1.5},
            }
        },
        "floors": {"share": 0.4, "amount": 2500.0, "mode": "hard", "groups": ["farmers"]},
        "reserves": {
            "funds": {
                "w": {"months": 1.5, "own_months": True, "keep": 0.3},
                "f": {"months": 1.0, "own_months": True, "keep": 0.5},
            },
            "interest": 0.01,
        },
    },
}

BENEFITS = """
region,group,programme,year,eligible,recipients,benefit_before,benefit,benefit_per_recipient
n,workers,pension,2031,100,100,12000,12000,12000
n,farmers,pension,2031,50,50,2400,3000,3000
s,workers,pension,2031,60,60,9000,9000,9000
s,farmers,pension,2031,150,120,1200,2920,3650
n,workers,pension,2032,100,100,12000,12000,12000
n,farmers,pension,2032,50,50,2400,3020,3020
s,workers,pension,2032,60,60,9000,9000,9000
s,farmers,pension,2032,150,120,1200,3000,3750
"""

FUNDS = """
region,fund,year,opening,contributions,other_revenue,interest,own,central,horizontal_received,pool_received,pool_paid,unfunded,spending,other_spending,locked,closing
n,w,2031,900,1170,120,9,0,0,0,0,20,0,1200,10,0,969
n,w,2032,969,1200,120,9.69,0,0,0,0,20,0,1200,10,0,1068.69
n,f,2031,24,40,80,0.24,0,30,0,0,0,0,150,0,4,24.24
n,f,2032,24.24,40,80,0.2424,0,31,0,0,0,0,151,0,5,24.4824
s,w,2031,200,530,0,2,0,0,0,20,0,0,540,60,0,152
s,w,2032,152,500,0,1.52,0,0,0,20,0,1,540,60,0,74.52
s,f,2031,9,30,150,0.09,15,210,54,0,0,0,438,0,7,30.09
s,f,2032,30.09,30,150,0.3009,15,215,54,0,0,0,450,0,9,44.3909
"""

PAIRS = """
donor,recipient,fund,year,amount
n,s,f,2031,54
n,s,f,2032,54
n,s,w,2031,20
n,s,w,2032,20
"""

RATES = """
region,fund,year,rate_before,rate,contributions
n,w,2031,0.19,0.195,1170
n,w,2032,0.19,0.2,1200
n,f,2031,0.04,0.04,40
n,f,2032,0.04,0.04,40
s,w,2031,0.224,0.212,530
s,w,2032,0.224,0.2,500
s,f,2031,0.02,0.02,30
s,f,2032,0.02,0.02,30
"""

# squared_shortfall, 360 thousand persons: before (50 x 0.6^2 + 150 x 0.8^2) / 2 / 360 = 57 / 360;
# after 2031 (50 x 0.5^2 + 150 x (1 - 2920/6000)^2) / 720, 2032 (50 x (1 - 3020/6000)^2 + 150 x 0.5^2) / 720.
# urban_rural: before (150 x 1.6 + 210 x 1.3) / 360 = 1.425;
# after 2031 (150 x 1.5 + 210 x (1.5 - 2920/6000)) / 360 = 437.8 / 360,
# 2032 (150 x (2 - 3020/6000) + 210 x 1) / 360 = 434.5 / 360. Years weigh 2/3 and 1/3, urban_rural half.
SHORTFALL = ((50 * 0.25 + 150 * (3080 / 6000) ** 2) / 720, (50 * (2980 / 6000) ** 2 + 150 * 0.25) / 720)
APART = (437.8 / 360, 434.5 / 360)
TOTAL_BEFORE = 57 / 360 + 0.5 * 1.425
TOTAL_AFTER = 2 / 3 * (SHORTFALL[0] + APART[0] / 2) + 1 / 3 * (SHORTFALL[1] + APART[1] / 2)
BOUND = TOTAL_AFTER * (1 - 5e-7)

GAPS = [
    ("squared_shortfall", "pension", 2031, 2 / 3, 57 / 360, SHORTFALL[0], None),
    ("squared_shortfall", "pension", 2032, 1 / 3, 57 / 360, SHORTFALL[1], None),
    ("urban_rural", "pension", 2031, 1 / 3, 1.425, APART[0], None),
    ("urban_rural", "pension", 2032, 1 / 6, 1.425, APART[1], None),
    ("total", "", None, 1.0, TOTAL_BEFORE, TOTAL_AFTER, BOUND),
]


def table(text: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(text))


@dataclass(frozen=True)
class RunByHand:
    """A run folder and ways to spoil it."""

    folder: Path

    def change(self, table: str, column: str, how: Callable[[float], float], **where: object) -> "RunByHand":
        """Apply `how` to the one number of a table that `where` names."""
        path = self.folder / f"{table}.csv"
        frame = pd.read_csv(path)
        chosen = pd.Series(True, index=frame.index)
        for key, value in where.items():
            chosen &= frame[key] == value
        assert chosen.sum() == 1, (table, where)
        frame[column] = frame[column].astype(float)
        frame.loc[chosen, column] = how(float(frame.loc[chosen, column].iloc[0]))
        frame.to_csv(path, index=False)
        return self

    def edit(self, file: str, how: Callable[[str], str]) -> "RunByHand":
        """Rewrite a file's text."""
        path = self.folder / file
        path.write_text(how(path.read_text(encoding="utf-8")), encoding="utf-8")
        return self

    def set(self, key: str, value: object) -> "RunByHand":
        """Set a dotted key of scenario.toml; None removes it."""
        scenario = tomllib.loads((self.folder / "scenario.toml").read_text(encoding="utf-8"))
        *path, last = key.split("/")
        table = scenario
        for part in path:
            table = table.setdefault(part, {})
        table.pop(last, None)
        if value is not None:
            table[last] = value
        return self.edit("scenario.toml", lambda _: tomli_w.dumps(scenario))

    def state(self, key: str, value: object) -> "RunByHand":
        """Set a key of run.json."""
        return self.edit("run.json", lambda text: json.dumps({**json.loads(text), key: value}))

    def rewrite_indicators(self) -> "RunByHand":
        """Compute indicators.csv and measures.csv again, so that a test of another rule breaks that rule alone."""
        scenario = tomllib.loads((self.folder / "scenario.toml").read_text(encoding="utf-8"))
        instance = project(read(self.folder / "inputs"), Projection.model_validate(scenario["projection"]))
        frames = (pd.read_csv(self.folder / f"{name}.csv") for name in ("benefits", "transfers", "rates"))
        indicators(*frames, instance).to_csv(self.folder / "indicators.csv", index=False)
        return self._rewrite_measures(instance, scenario["gaps"])

    def _rewrite_measures(self, instance: Instance, chosen: Mapping[str, Any]) -> "RunByHand":
        cells = pd.read_csv(self.folder / "benefits.csv").merge(instance.groups[["group", "area"]], on="group")
        rows = []
        for name in chosen.keys() & parts.gaps():
            gap = parts.gaps()[name].module
            for (programme, year), block in cells.rename(columns={"eligible": "persons"}).groupby(
                ["programme", "year"]
            ):
                sides = (block[side] / block["standard"] for side in ("benefit_before", "benefit"))
                values = (gap.measure(block.assign(attainment=x), gap.Settings(**chosen[name])) for x in sides)
                rows.append((name, programme, year, True, *values))
        columns = ["measure", "programme", "year", "minimised", "before", "after"]
        pd.DataFrame(rows, columns=columns).to_csv(self.folder / "measures.csv", index=False)
        return self.state("measures", chosen)


def make_run(
    folder: Path,
    *,
    funds: str = FUNDS,
    benefits: str = BENEFITS,
    rates: str = RATES,
    pairs: str = PAIRS,
    gaps: list[tuple[Any, ...]] | None = None,
    scenario: Mapping[str, Any] = SCENARIO,
    paid: float = 60.0,
) -> RunByHand:
    """Write inputs, scenario and tables; only what a table repeats from another one is computed."""
    inputs = folder / "inputs"
    inputs.mkdir(parents=True)
    (inputs / "instance.toml").write_text(INSTANCE, encoding="utf-8")
    for name, text in INPUTS.items():
        (inputs / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "scenario.toml").write_text(tomli_w.dumps(scenario), encoding="utf-8")
    cells = table(benefits)
    cells["standard"] = 6000.0
    cells["share_of_standard"] = cells["benefit"] / 6000.0
    cells["spending"] = cells["eligible"] * cells["benefit"] / 1000.0
    coverage = cells[[*CELL, "recipients"]].rename(columns={"recipients": "covered_before"})
    coverage["covered"] = coverage["covered_before"]
    ledger = table(funds).assign(lever_inflow=0.0, lever_outflow=0.0)
    earned = ledger[ledger["interest"] > 0].rename(columns={"interest": "inflow"})
    earned = earned[[*LEDGER, "inflow"]].assign(lever="reserves", outflow=0.0)
    flows = ledger[[*LEDGER, "own", "central", "horizontal_received", "pool_received", "pool_paid"]].copy()
    flows["horizontal_paid"] = ((flows["region"] == "n") & (flows["fund"] == "f")) * paid
    flows["net"] = (
        flows["central"]
        + flows["horizontal_received"]
        - flows["horizontal_paid"]
        + flows["pool_received"]
        - flows["pool_paid"]
    )
    gap_table = pd.DataFrame(
        GAPS if gaps is None else gaps,
        columns=["gap", "programme", "year", "weight", "before", "after", "lower_bound"],
    ).astype({"year": "Int64"})
    total = gap_table.iloc[-1]
    tables = {
        "benefits": cells,
        "coverage": coverage,
        "funds": ledger,
        "transfers": flows,
        "pairs": table(pairs),
        "rates": table(rates),
        "lever_flows": earned,
        "decisions": pd.DataFrame(columns=["lever", "decision", "region", "year", "value", "integer"]),
        "gaps": gap_table,
    }
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    run = {
        "status": "optimal",
        "objective": total["after"],
        "lower_bound": total["lower_bound"],
        "relative_gap": (total["after"] - total["lower_bound"]) / total["after"],
        "instance": "by-hand",
        "inputs": {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(inputs.iterdir())},
    }
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    return RunByHand(folder).rewrite_indicators()


@pytest.fixture(scope="session")
def made_by_hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The correct folder of this module's docstring, made once."""
    return make_run(tmp_path_factory.mktemp("by-hand") / "run").folder


@pytest.fixture
def run_by_hand(made_by_hand: Path, tmp_path: Path) -> RunByHand:
    """The same, for a test to damage."""
    return RunByHand(Path(shutil.copytree(made_by_hand, tmp_path / "run")))


@pytest.fixture(scope="session")
def made_without_levers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No lever at all: nothing moves, reserves take today's path, no gap changes.

    workers: North 900 + 1140 + 120 - 10 - 1200 = 950, then 1000; South 200 + 560 - 60 - 540 = 160, then 120.
    farmers: North 24 + 40 + 80 - 120 = 24; South 9 + 30 + 150 - 180 = 9.
    """
    rows = ["region,fund,year,opening,contributions,other_revenue,spending,other_spending,locked,closing"]
    rows += ["n,w,2031,900,1140,120,1200,10,0,950", "n,w,2032,950,1140,120,1200,10,0,1000"]
    rows += ["n,f,2031,24,40,80,120,0,4,24", "n,f,2032,24,40,80,120,0,5,24"]
    rows += ["s,w,2031,200,560,0,540,60,0,160", "s,w,2032,160,560,0,540,60,0,120"]
    rows += ["s,f,2031,9,30,150,180,0,7,9", "s,f,2032,9,30,150,180,0,9,9"]
    nothing = ("interest", "own", "central", "horizontal_received", "pool_received", "pool_paid", "unfunded")
    funds = table("\n".join(rows)).assign(**dict.fromkeys(nothing, 0.0))
    rates = table(RATES).assign(rate=lambda r: r["rate_before"])
    rates = rates.drop(columns="contributions").merge(funds[[*LEDGER, "contributions"]], on=LEDGER)
    cells = table(BENEFITS).assign(benefit=lambda b: b["benefit_before"])
    cells["benefit_per_recipient"] = cells["benefit"] * cells["eligible"] / cells["recipients"]
    gaps = [(g, p, t, w, before, before, None if p else before) for g, p, t, w, before, _, _ in GAPS]
    return make_run(
        tmp_path_factory.mktemp("status-quo") / "run",
        funds=funds.to_csv(index=False),
        benefits=cells.to_csv(index=False),
        rates=rates.to_csv(index=False),
        pairs="donor,recipient,fund,year,amount\n",
        gaps=gaps,
        scenario={**SCENARIO, "levers": {}},
        paid=0.0,
    ).folder


@pytest.fixture
def status_quo_by_hand(made_without_levers: Path, tmp_path: Path) -> RunByHand:
    """The run without levers, for a test to damage."""
    return RunByHand(Path(shutil.copytree(made_without_levers, tmp_path / "status-quo")))

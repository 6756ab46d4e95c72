"""docs/mechanisms.md: from the paper's sentence to file, formula, settings, test and effect on a plan.

python docs/mechanisms.py      writes it anew (half a minute); a test compares and asks whether every mechanism is alive

What a lever's file says of itself is read from there; the rest stands in mechanisms.toml. Effects are those of one plan
year of `five-provinces`, all stages solved: the plan with the mechanism against the plan without it.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import Any

import pandas as pd

from commonweal.instances import Instance, project, read
from commonweal.models.build import build_model
from commonweal.models.parts import levers
from commonweal.optimizer import Plan, solve
from commonweal.optimizer.highs import Solver
from commonweal.optimizer.planning import status_quo
from commonweal.optimizer.scenario import Scenario, bundled, from_document
from commonweal.optimizer.screens.list import entries
from commonweal.optimizer.searches.single import search
from commonweal.optimizer.tables import benefits_and_funds

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "mechanisms.md"
MECHANISMS: Mapping[str, Mapping[str, Any]] = tomllib.loads(
    (ROOT / "docs" / "mechanisms.toml").read_text(encoding="utf-8")
)
CASE, YEAR = "five-provinces", 2025
SMALL = 0.005  # bn crowns: not told
FLOORS_FIRST, GAP_FIRST = ("unfunded", "floors", "gap"), ("unfunded", "gap", "floors")

Document = dict[str, Any]


@dataclass(frozen=True)
class Effect:
    """Without and with a mechanism: the gap, money moved (bn crowns), and in words who gains, or the figure."""

    gap: tuple[float, float]
    moved: tuple[float, float]
    words: str
    alive: bool


# -- what is compared -------------------------------------------------------------------------------------------------


@cache
def _tables() -> tuple[Document, Document]:
    """The case's own scenario with one plan year, and the levers of full-package."""
    everyday = deepcopy(read(CASE).scenario)
    everyday["projection"]["years"] = [YEAR]
    return everyday, tomllib.loads(bundled()["full-package"].read_text(encoding="utf-8"))["levers"]


def documents(code: str) -> tuple[Document, Document]:
    """The scenarios without and with a mechanism."""
    told = MECHANISMS[code]
    everyday, package = deepcopy(_tables())
    base = _merged(everyday, {"levers": {name: package[name] for name in told.get("also", [])}})
    own = {name: package[name] for name in told.get("levers", []) if name not in everyday["levers"]}
    on = _merged(_merged(base, {"levers": own}), told.get("change", {}))
    off = told.get("without", {"levers": dict.fromkeys(told.get("levers", []), False)})
    return _merged(on if "without" in told else base, off), on


def _merged(into: Document, more: Mapping[str, Any]) -> Document:
    """A copy of `into` with the settings of `more`."""
    found = deepcopy(into)
    for key, value in more.items():
        known = found.get(key)
        found[key] = _merged(known, value) if isinstance(known, dict) and isinstance(value, Mapping) else deepcopy(value)
    return found


@dataclass(frozen=True)
class Outcome:
    """A plan of which only the gap and the two main tables are wanted: a third of the time of `solve`."""

    gap: float
    case: Instance
    benefits: pd.DataFrame
    funds: pd.DataFrame

    def name(self, by: str, one: str) -> str:
        """Of a group or region."""
        return str(getattr(self.case, f"{by}s").set_index(by)["name"][one])


@cache
def _outcome(document: str) -> Outcome:
    """All stages of the search."""
    scenario = from_document(json.loads(document))
    case = _case(scenario)
    found = search(case, scenario, status_quo(case, scenario), lambda _: None)
    assert found.status == "optimal"
    return Outcome(found.priced.objective, case, *benefits_and_funds(found, case))


def _case(scenario: Scenario) -> Instance:
    assert scenario.projection is not None
    return project(read(CASE), scenario.projection)


def outcomes(code: str) -> tuple[Outcome, Outcome]:
    """The plans without and with a mechanism; equal scenarios are solved once."""
    without, with_ = (_outcome(json.dumps(document, sort_keys=True)) for document in documents(code))
    return without, with_


# -- effects ----------------------------------------------------------------------------------------------------------


def effect(code: str) -> Effect:
    """What a mechanism does to the plan."""
    if code == "M29":
        return _order()
    pair = outcomes(code)
    gap, moved = (pair[0].gap, pair[1].gap), (_moved(pair[0]), _moved(pair[1]))
    if "figure" in MECHANISMS[code]:
        figure = MECHANISMS[code]["figure"]
        was, now = (_figure(solve(read(CASE), from_document(document)), figure) for document in documents(code))
        words = f"{figure['told']} {was:,.2f} → {now:,.2f}"
        return Effect(gap, moved, words, alive=now != 0 and abs(now - was) > SMALL)
    return Effect(gap, moved, _gains(*pair), alive=_differ(*pair))


def _order() -> Effect:
    """Money missing below the floors when the gap goes first, and when the floors do."""
    scenario = from_document(documents("M29")[1])
    case = _case(scenario)
    late, early = (_stages(case, scenario, order) for order in (GAP_FIRST, FLOORS_FIRST))
    words = f"missing below the floors {late['floors']:,.2f} → {early['floors']:,.2f}"
    alive = late["floors"] - early["floors"] > SMALL and late["gap"] < early["gap"]
    return Effect((late["gap"], early["gap"]), (0.0, 0.0), words, alive)


def _stages(case: Instance, scenario: Scenario, order: tuple[str, ...]) -> dict[str, float]:
    """What each stage comes to in this order, each keeping the earlier ones; the gap with even knots."""
    built = build_model(case, scenario.levers, scenario.gaps, scenario.weights)
    solver, values = Solver(built.model, scenario.solver), {}
    for stage in order:
        values[stage] = solver.minimise(stage).objective
        solver.keep(stage, values[stage] + 1e-9 * max(1.0, values[stage]))
    return values


def _moved(plan: Outcome) -> float:
    """Grants, payments between regions, pools, and what levers take out of funds."""
    return float(plan.funds[["central", "horizontal_paid", "pool_paid", "lever_outflow"]].to_numpy().sum())


def _figure(plan: Plan, figure: Mapping[str, str]) -> float:
    return float(plan.tables[figure["table"]].query(figure["where"])[figure["column"]].sum())


def _change(without: Outcome, with_: Outcome, by: str, column: str) -> "pd.Series[float]":
    """Of a column of the benefits, by group or region."""
    was, now = (plan.benefits.groupby(by)[column].sum() for plan in (without, with_))
    return now - was


def _gains(without: Outcome, with_: Outcome) -> str:
    """The group and the region that gain and lose most; money of funds where no benefit moves."""
    told = []
    for by in ("group", "region"):
        change = _change(without, with_, by, "spending")
        ends = dict.fromkeys([str(change.idxmax()), str(change.idxmin())])
        told += [f"{with_.name(by, who)} {change[who]:+,.2f}" for who in ends if abs(change[who]) > SMALL]
    persons = _change(without, with_, "group", "recipients").items()
    reached = [f"{with_.name('group', str(g))} {more:+,.2f}" for g, more in persons if abs(more) > SMALL]
    told += [f"million covered: {', '.join(reached)}"] if reached else []
    for column, words in (("unfunded", "unfunded"), ("contributions", "contributions"), ("closing", "reserves")):
        change = with_.funds[column].sum() - without.funds[column].sum()
        if abs(change) > SMALL and (column == "unfunded" or not told):
            told.append(f"{words} {change:+,.2f}")
    return "; ".join(told) or "nobody's benefit: only where money comes from"


def _differ(without: Outcome, with_: Outcome) -> bool:
    """Does any benefit, coverage or amount of a fund differ, by more than what is told."""
    cells, ledger = ["region", "group", "programme", "year"], ["region", "fund", "year"]
    flows = ["central", "own", "horizontal_received", "pool_received", "lever_inflow", "lever_outflow", "closing"]
    for table, keys, columns in (
        ("benefits", cells, ["spending", "recipients"]),
        ("funds", ledger, ["unfunded", "contributions", *flows]),
    ):
        one, other = (getattr(plan, table).set_index(keys)[columns] for plan in (without, with_))
        if (other - one).abs().to_numpy().max() > SMALL:
            return True
    return False


# -- the page ---------------------------------------------------------------------------------------------------------


def sentence(code: str) -> str:
    """The paper's words, with their section."""
    told = MECHANISMS[code]
    if "sentence" in told:
        return str(told["sentence"])
    doc = levers()[told["levers"][0]].module.__doc__
    return " ".join(doc.split("Source:")[1].split())


def formula(code: str) -> str:
    """The indented lines of the files' docstrings."""
    told = MECHANISMS[code]
    if "formula" in told:
        return str(told["formula"]).strip()
    names = [f"commonweal.models.levers.{name}" for name in told.get("levers", [])]
    names += ["commonweal." + file.removesuffix(".py").replace("/", ".") for file in told.get("files", [])]
    blocks = [_indented(cleandoc(import_module(name).__doc__ or "")) for name in names]
    return "\n\n".join(block for block in blocks if block)


def _indented(doc: str) -> str:
    lines = [line.removeprefix("    ") for line in doc.splitlines() if line.startswith("    ")]
    return "\n".join(lines)


def files(code: str) -> list[str]:
    """Where it is written."""
    told = MECHANISMS[code]
    return [f"models/levers/{name}.py" for name in told.get("levers", [])] + list(told.get("files", []))


def tests(code: str) -> list[str]:
    """Where it is tested."""
    told = MECHANISMS[code]
    return [f"tests/models/levers/test_{name}.py" for name in told.get("levers", [])] + list(told.get("tests", []))


def _settings(code: str) -> Iterator[str]:
    told = MECHANISMS[code]
    if "settings" in told:
        yield f"Settings: {told['settings']}."
        return
    known = {entry["name"]: entry["settings"] for entry in entries("levers")["levers"]}
    yield "| setting | default | meaning and unit |"
    yield "|---|---|---|"
    for lever in told["levers"]:
        for row in known[lever]:
            yield f"| `levers.{lever}.{row['setting']}` | {row['default']} | {row['meaning']} |"


def _links(paths: list[str]) -> str:
    return ", ".join(f"[{Path(path).name}](../{path})" for path in paths)


def _signed(pair: tuple[float, float], digits: int) -> str:
    return f"{pair[0]:,.{digits}f} → {pair[1]:,.{digits}f}"


def page(effects: Mapping[str, Effect]) -> str:
    """The whole document."""
    lines = [
        "# The 29 mechanisms of the paper",
        "",
        "From the sentence of the paper to the file, its formula, its settings, its test, and what it does to a plan.",
        "Made by `python docs/mechanisms.py`; a test fails when a mechanism has no row, when this page is not what the program",
        "writes, or when a mechanism does nothing. The paper is Meng, Wang, Xing, Shang, \"China's Social Security Boosting",
        'Common Prosperity"; it gives no number, so every figure here is invented or a setting.',
        "",
        f"Effects are those of one plan year, {YEAR}, of the invented case [{CASE}](../instances/{CASE}/README.md), all stages",
        "solved: the plan without the mechanism → the plan with it. Levers of every day are taken away from the case's own",
        "scenario; the others are added to it with the settings of `full-package`. Money in bn crowns; moved are grants, payments",
        "between regions, pools and what levers take out of funds. Named are the groups and regions whose benefits gain and lose",
        "most. A gap may rise, since a rule has its price; and it may fall where a rule costs what goes before the gap (M29).",
        "",
        "| | mechanism | file | test | gap | money moved | who gains, or what is told |",
        "|---|---|---|---|---|---|---|",
    ]
    for code, told in MECHANISMS.items():
        done = effects[code]
        moved = "" if code == "M29" else _signed(done.moved, 1)
        lines.append(
            f"| [{code}](#{code.lower()}) | {told['name']} | {_links(files(code))} | {_links(tests(code))} "
            f"| {_signed(done.gap, 4)} | {moved} | {done.words} |"
        )
    for code, told in MECHANISMS.items():
        lines += ["", f'<a id="{code.lower()}"></a>', f"## {code}: {told['name']}", "", f"Source: {sentence(code)}", ""]
        lines += ["```text", formula(code), "```", "", *_settings(code)]
    return "\n".join(lines) + "\n"


def without_effects(text: str) -> str:
    """The page without its measured columns, so that two can be compared."""
    return re.sub(r"^(\| \[M\d+\](?:[^|]*\|){4}).*$", r"\1", text, flags=re.MULTILINE)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page({code: effect(code) for code in MECHANISMS}), encoding="utf-8")


if __name__ == "__main__":
    main()

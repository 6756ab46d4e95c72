"""Reads a run folder for verification: the files, and whether they hold the rows and numbers that can be
examined.

Nothing here raises: a file that is missing, unreadable or incomplete becomes a finding. Only the run folder
is read, and in it the inputs, scenario.toml, run.json and the tables; prices (rules.csv) are not examined.
"""

import json
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from commonweal.instances import Instance, InstanceError, Projection, project, read
from commonweal.optimizer.dictionary import TABLES, Column
from commonweal.optimizer.evidence import CELL, LEDGER, NUMBER, Evidence, Finding, Rule, Violation
from commonweal.optimizer.language import _, mark

EXAMINED = (
    "benefits",
    "transfers",
    "pairs",
    "funds",
    "lever_flows",
    "rates",
    "coverage",
    "decisions",
    "gaps",
    "measures",
    "indicators",
)
MAY_BE_BLANK = {
    "decisions": {"year"},
    "gaps": {"year", "lower_bound"},
    "measures": {"before", "after"},
    "indicators": {"year", "before", "after"},
    "redistribution": {"year"},
}
IF_THERE = ("accounts", "redistribution", "effects")  # derived from the others


class UnreadableError(Exception):
    """A file that cannot be used, in words."""


def gather(folder: Path) -> tuple[Evidence | None, list[Finding]]:
    """What the run folder holds, None if it is not whole, and what was found wrong while reading."""
    findings: list[Finding] = []

    def attempt(name: str, reader: Any) -> Any:
        rule = Rule("folder", name, NUMBER)
        try:
            found, faults = reader(), []
        except InstanceError as error:
            found, faults = None, [rule.fault(str(fault)) for fault in error.faults]
        except (UnreadableError, OSError, ValueError, ValidationError) as error:
            found, faults = None, [rule.fault(_("cannot be read: {error}", error=error))]
        findings.append(rule.finding(1, faults))
        return found

    run = attempt("run.json", lambda: _mapping(json.loads((folder / "run.json").read_text(encoding="utf-8"))))
    scenario = attempt("scenario.toml", lambda: _scenario(folder / "scenario.toml"))
    given = attempt("inputs", lambda: read(folder / "inputs"))
    sums = None
    if given is None and (given := _despite_totals(folder / "inputs")) is not None:
        sums = findings[-1]  # told already, and no reason not to look which rules and regions it concerns
    present = (*EXAMINED, *(name for name in IF_THERE if (folder / f"{name}.csv").is_file()))
    tables = {name: attempt(f"{name}.csv", lambda name=name: _table(folder, name)) for name in present}
    instance = None
    if scenario is not None and given is not None:
        instance = attempt(mark("projection of the inputs"), lambda: _projected(given, scenario))
    if run is None or instance is None or any(table is None for table in tables.values()):
        return None, findings
    evidence = Evidence(instance, tables, scenario, run)
    findings.extend(_complete(evidence))
    whole = not any(finding.violations for finding in findings if finding is not sums)
    return (evidence if whole else None), findings


def _despite_totals(inputs: Path) -> Instance | None:
    """The inputs without their check sums, None if more than these is wrong."""
    with TemporaryDirectory() as copy:
        try:
            for path in inputs.iterdir():
                if path.is_file() and path.name != "totals.csv":
                    shutil.copy(path, copy)
            return read(Path(copy))
        except (InstanceError, OSError, ValueError):
            return None


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UnreadableError(_("it should be a table of settings"))
    return value


def _scenario(path: Path) -> Mapping[str, Any]:
    """Every setting; the tables that a scenario has are tables."""
    scenario = {"levers": {}, "gaps": {}, **tomllib.loads(path.read_text(encoding="utf-8"))}
    for section in ("levers", "gaps"):
        for settings in _mapping(scenario[section]).values():
            if settings is not False:
                _mapping(settings)
    return scenario


def _projected(instance: Instance, scenario: Mapping[str, Any]) -> Instance:
    if "projection" not in scenario:
        return instance
    return project(instance, Projection.model_validate(scenario["projection"]))


def _table(folder: Path, name: str) -> pd.DataFrame:
    """One table with the column kinds of the data dictionary; other columns stay text."""
    text = pd.read_csv(folder / f"{name}.csv", dtype="str", keep_default_na=False, encoding="utf-8", index_col=False)
    if missing := [column for column in TABLES[name] if column not in text]:
        raise UnreadableError(_("there is no column {names}", names=", ".join(missing)))
    blank = MAY_BE_BLANK.get(name, set())
    return text.assign(**{c: _values(text[c], kind, c in blank) for c, kind in TABLES[name].items()})


def _values(text: "pd.Series[str]", column: Column, may_be_blank: bool) -> "pd.Series[Any]":
    if column.kind in ("text", "yes/no"):
        return text.fillna("")
    empty = text.fillna("") == ""
    numbers = pd.to_numeric(text.where(~empty), errors="coerce").astype(float)
    bad = ~np.isfinite(numbers) & ~(empty & may_be_blank)
    if column.kind == "integer":
        bad |= numbers.notna() & (numbers % 1 != 0)
    if bad.any():
        line = int(np.flatnonzero(bad)[0])
        raise UnreadableError(
            _(
                "line {line}, column {column}: '{value}' is not a number that can stand there",
                line=line + 2,
                column=text.name,
                value=text.iloc[line],
            )
        )
    return numbers.astype("int64") if column.kind == "integer" and not empty.any() else numbers


def _complete(evidence: Evidence) -> Iterator[Finding]:
    """Every table has exactly the rows of the inputs and the plan years, each once."""
    instance = evidence.instance
    cells, ledger = instance.people[CELL], instance.accounts[LEDGER]
    blocks = cells[["programme", "year"]].drop_duplicates().itertuples(index=False, name=None)
    parts = [(gap, *block) for gap, block in product(evidence.scenario["gaps"], blocks)]
    gaps = pd.DataFrame([*parts, ("total", "", np.nan)], columns=["gap", "programme", "year"])
    for name, expected in (
        ("benefits", cells),
        ("coverage", cells),
        ("transfers", ledger),
        ("funds", ledger),
        ("rates", ledger),
        ("gaps", gaps),
    ):
        yield _same_rows(instance, name, expected, evidence.tables[name])
    yield _known_pairs(evidence, ledger)
    paid = instance.people.merge(instance.schemes, on=["programme", "group", "year"])[[*CELL, "fund"]]
    homeless = paid.merge(ledger, on=LEDGER, how="left", indicator=True).query("_merge == 'left_only'")
    rule = Rule("folder", mark("every cell is paid by a fund with an account"), NUMBER)
    rows = homeless.to_dict("records")
    yield rule.finding(len(paid), (rule.broken(instance, row, _("has no row in accounts.csv")) for row in rows))


def _same_rows(instance: Instance, table: str, expected: pd.DataFrame, found: pd.DataFrame) -> Finding:
    keys = list(expected.columns)
    rule = Rule("folder", f"{table}.csv has the rows of the inputs", NUMBER)
    either = expected.astype({"year": float}).merge(
        found[keys].astype({"year": float}), on=keys, how="outer", indicator=True
    )
    wrong = {"left_only": _("is missing"), "right_only": _("should not be there")}
    alone = either[either["_merge"] != "both"].to_dict("records")
    odd = [rule.broken(instance, row, wrong[row["_merge"]]) for row in alone]
    twice = found[found.duplicated(keys)].to_dict("records")
    return rule.finding(len(either), [*odd, *(rule.broken(instance, row, _("stands there twice")) for row in twice)])


def _known_pairs(evidence: Evidence, ledger: pd.DataFrame) -> Finding:
    """Donors and recipients are regions with such a fund in that year, each pair once."""
    pairs, instance = evidence.tables["pairs"], evidence.instance
    rule = Rule("folder", mark("pairs.csv names funds of regions, each pair once"), NUMBER)
    odd: list[Violation] = []
    for side in ("donor", "recipient"):
        rows = pairs.assign(region=pairs[side]).merge(ledger, on=LEDGER, how="left", indicator=True)
        unknown = rows[rows["_merge"] == "left_only"].to_dict("records")
        odd += [rule.broken(instance, row, _("is a {side} but has no such account", side=_(side))) for row in unknown]
    twice = pairs[pairs.duplicated(["donor", "recipient", "fund", "year"])]
    rows_twice = twice.assign(region=twice["donor"]).to_dict("records")
    return rule.finding(
        len(pairs), [*odd, *(rule.broken(instance, row, _("pays a region twice")) for row in rows_twice)]
    )

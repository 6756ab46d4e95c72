"""Texts that stand in registers and files, not in calls: dictionaries, settings, help texts, bundled cases."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pandas as pd

from catalogues import unmarked
from commonweal import cli, instances
from commonweal.instances import rows
from commonweal.models import parts
from commonweal.optimizer import checks, dictionary, exports, indicators, scenario
from commonweal.optimizer.screens import list as listing

CLICK = (
    *("Usage:", "Options", "Commands", "Positional arguments", "[OPTIONS]", "Show this message and exit."),
    *("Show the version and exit.", "default: {default}", "env var: {var}", "required", "(dynamic)", "Aborted!"),
    *("Error: {message}", "Try '{command} {option}' for help.", "Missing command.", "No such command {name!r}."),
    *("No such option {name!r}.", "Missing argument", "Missing option", "Invalid value: {message}"),
    *("Invalid value for {param_hint}: {message}", "{value!r} is not a valid {number_type}."),
    *("{value} is not in the range {range}.", "Option {name!r} requires an argument."),
)
PYDANTIC = (
    *("Field required", "Extra inputs are not permitted", "Input should be a valid number"),
    *("Input should be a valid integer", "Input should be a valid string", "Input should be a valid list"),
    *("Input should be a valid dictionary", "Input should be a finite number", "Input should be greater than 0"),
    *("String should have at least 1 character", "List should have at least 1 item after validation, not 0"),
)
STATUSES = ("optimal", "near optimal", "near_optimal", "stopped", "infeasible", "failed", "killed", "missing")
PAYERS = (
    *("employers", "workers", "contributors", "region", "centre", "other regions", "other revenue", "other sources"),
    *(
        "reserve",
        "unfunded",
        "benefits",
        "other spending",
        "services",
        "lost on the way",
        "everybody",
        "capital",
        "labour",
    ),
    *(
        "labour and capital",
        "financing",
        "generations",
        "groups",
        "life cycle",
        "need",
        "regions",
        "vertical",
        "elderly",
    ),
    *("children", "working age", "persons in need", "other insured", "poor regions", "public budgets"),
    "budgets and reserves",
)
"""Who pays and receives, for what, and in which account: words of accounts.csv and redistribution.csv."""
PARTS = (
    *("folder", "accounts", "balance", "benefits", "data", "indicators", "measures", "objective", "pairs"),
    *("redistribution", "status quo", "transfers", "unfunded", "decisions"),
)
"""What verify recomputes besides levers."""
RULES = (
    *(
        "allowance",
        "at least",
        "at most",
        "balance",
        "beyond",
        "budget",
        "cap",
        "capacity",
        "covers",
        "deadline",
        "equal",
    ),
    *("first", "floor", "hold", "horizontal", "largest premium", "least", "least share", "left after release"),
    *("locked or kept", "medical cost", "min growth", "max growth", "months", "most", "never rises", "not above today"),
    *("once", "order", "package", "paid out", "paid when pooled", "pilot", "ratio", "rule", "save", "speed", "stays"),
    *(
        "pricing the rules",
        "building the model of every outlook",
        "settling the parts",
        "cuts",
        "moved",
        "stage",
        "rounds",
    ),
    *("tilt", "workers' part", "share", "share of the host's benefit", "unfunded", "floors", "spread"),
)
"""Rules and stages of the search, as explanations, diagnoses and progress name them."""
NAMED = ("regions", "groups", "programmes", "funds")

Text = tuple[str, str]
"""Where a text stands, and the text."""


def registered() -> Iterator[Text]:
    """Every such text that is not empty."""
    for find in (_columns, _headings, _inputs, _indicators, _settings, _scenarios, _cases, _help, _checks):
        yield from ((place, text) for place, text in find() if re.search(r"[A-Za-z]{2}", text))


def _columns() -> Iterator[Text]:
    for columns in (*dictionary.TABLES.values(), dictionary.NAMES):
        for column in columns.values():
            yield from (("optimizer/dictionary.py", text) for text in (column.meaning, column.unit))


def _headings() -> Iterator[Text]:
    """What a workbook writes above columns and on tabs, in another language than English."""
    for table, columns in dictionary.TABLES.items():
        yield "optimizer/sheet_book.py", table.replace("_", " ").capitalize()
        yield from (("optimizer/sheet_book.py", column.replace("_", " ")) for column in columns)
    for column in dictionary.NAMES:
        if not column.endswith("_local"):
            yield "optimizer/sheet_book.py", column.replace("_", " ")


def _inputs() -> Iterator[Text]:
    for table in rows.TABLES:
        yield "instances/rows.py", str(table.__doc__)
        for column in table.columns():
            yield from (("instances/rows.py", text) for text in (column.description, column.unit))
    for field in rows.Meta.model_fields.values():
        yield "instances/rows.py", field.description or ""


def _indicators() -> Iterator[Text]:
    for meaning in indicators.INDICATORS.values():
        yield from (("optimizer/indicators.py", text) for text in meaning)


def _settings() -> Iterator[Text]:
    for kind, found in (("levers", parts.levers()), ("gaps", parts.gaps())):
        for name, part in found.items():
            yield f"models/{kind}/{name}.py", part.summary
            if kind == "gaps":
                yield "optimizer/report/words.py", name.replace("_", " ")
            for setting in listing.settings(part.module.Settings):
                yield f"models/{kind}/{name}.py", setting["meaning"]
    for name in exports.names():
        yield f"optimizer/exports/{name}.py", str(exports.load(name).__doc__).strip().splitlines()[0]


def _scenarios() -> Iterator[Text]:
    for path in scenario.bundled().values():
        yield from _scenario(path)


def _scenario(path: Path) -> Iterator[Text]:
    given: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    place = f"{path.parent.name}/{path.name}"
    yield from ((place, text) for text in (given.get("title", ""), *given.get("assumptions", {}).values()))


def _cases() -> Iterator[Text]:
    """Titles, currencies and names of cases that come along, but for names that the case has in a language it names."""
    for entry in listing.entries("instances")["instances"]:
        yield from ((f"instances/{entry['name']}", entry[key]) for key in ("summary", "currency"))
    for name, folder in instances.bundled().items():
        case = instances.read(name)
        place = f"instances/{name}"
        yield from ((place, text) for text in (case.meta.source, case.meta.licence))
        for table in NAMED:
            frame: pd.DataFrame = getattr(case, table)
            named = (frame["name_local"] != "") & bool(case.meta.language)
            yield from ((place, text) for text in frame["name"][~named])
        yield from _scenario(folder / "scenario.toml")


def _checks() -> Iterator[Text]:
    """Names of the rules that verify recomputes: the texts of `optimizer/checks/` that stand as they are."""
    for path in sorted(Path(checks.__file__).parent.glob("*.py")):
        yield from ((f"optimizer/checks/{path.name}", text) for _, text in unmarked.texts(path) if "{" not in text)


def _help() -> Iterator[Text]:
    commands = {"cli.py": cli.main, **{f"optimizer/commands/{name}": c for name, c in cli.main.commands.items()}}
    yield from (("click", text) for text in CLICK)
    yield from (("words", text) for text in (*PYDANTIC, *STATUSES, *PAYERS, *PARTS, *RULES))
    for place, command in commands.items():
        yield from ((place, text or "") for text in (command.help, command.epilog))
        for option in command.params:
            if isinstance(option, click.Option):
                yield place, option.help or ""

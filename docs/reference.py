"""The reference pages, made from the code: commands, levers, gaps, scenarios and every column that is read or written.

Nothing here is written by hand, so nothing can be out of date; `tests/test_docs.py` fails when a command, an option, a
setting, a scenario or a column says nothing of itself.
"""

import re
from collections.abc import Iterator, Mapping
from inspect import cleandoc, getdoc
from itertools import takewhile
from typing import Any

from pydantic import BaseModel

from commonweal.instances import rows
from commonweal.models import parts
from commonweal.optimizer import dictionary, scenario
from commonweal.optimizer.screens.list import entries, settings
from docs.commands import page as commands

UNITS = dictionary.Units("currency units", "money", "persons", "currency units per person and year")
LONG = 80  # characters of a formula
SECTIONS = ("weights", "solver", "projection", "accounts", "indicators", "outlooks")


def pages() -> dict[str, str]:
    """{page: Markdown}."""
    return {
        "reference/commands.md": commands(),
        "reference/levers.md": levers(),
        "reference/gaps.md": gaps(),
        "reference/scenarios.md": scenarios(),
        "reference/input.md": tables_read(),
        "reference/run-folder.md": tables_written(),
    }


def levers() -> str:
    """Every lever: its rule, its formula, its source and its settings."""
    head = """
        # Levers

        A lever is one policy rule that a scenario switches on by naming it: `[levers.floors]` in a scenario file, or
        `--set levers.floors.share=0.3`. `levers.floors = false` switches it off. In the formulas *r* is a region, *g* a group,
        *p* a programme, *f* a fund and *t* a year; *today* is the data of the case. [Mechanisms](../mechanisms.md) shows what
        each does to a plan.
        """
    return _page(head, _parts("levers", parts.levers()))


def gaps() -> str:
    """Every gap measure: what it is, its formula, its source and its settings."""
    head = """
        # Gap measures

        What is made as small as possible: `--gap NAME[:WEIGHT]`, or `[gaps.NAME]` in a scenario. Those marked *reported* are in
        `measures.csv` of every plan and cannot be minimised exactly. `--gap leximin` is not a measure but an order: first the
        lowest share of the standard as high as possible, then the next.
        """
    return _page(head, _parts("gaps", parts.gaps()))


def _parts(kind: str, found: Mapping[str, parts.Part]) -> Iterator[str]:
    known = {entry["name"]: entry["settings"] for entry in entries(kind)[kind]}
    for name, part in found.items():
        yield f"## {name}"
        if hasattr(part.module, "INSTEAD"):
            yield f"*Reported, not minimised; minimise {part.module.INSTEAD} instead.*"
        yield prose(part.module.__doc__ or "")
        yield _settings(known[name])


def prose(docstring: str) -> str:
    """A docstring as Markdown: its indented formulas become blocks, its double backticks code."""
    text = re.sub(r"``([^`]+)``", r"`\1`", cleandoc(docstring))
    blocks = [_block(block) for block in text.split("\n\n")]
    return "\n\n".join(blocks).replace("```\n\n```{.text .formula}", "")


def _block(block: str) -> str:
    lines = block.splitlines()
    if all(line.startswith("    ") for line in lines):
        return "\n".join(["```{.text .formula}", *(_formula(line[4:]) for line in lines), "```"])
    return re.sub(r"([*_])(?![^`]*`(?:[^`]*`[^`]*`)*[^`]*$)", r"\\\1", block)


def _formula(line: str) -> str:
    """A line of a formula; where it is long, what it holds for goes on a line of its own."""
    return re.sub(r"(?<=\S) {3,}", "   " if len(line) < LONG else "\n        ", line)


def scenarios() -> str:
    """Every bundled scenario, and the sections a scenario may have besides levers and gaps."""
    head = """
        # Scenarios

        A scenario says which levers may be used with which limits, which gap is to be small, over which years, and how to search.
        Merged are, later ones winning: the defaults, the case's own `scenario.toml`, each `--scenario`, each `--set`. Tables merge
        deeply, lists replace, `levers.x = false` removes, an unknown key is an error that names the nearest known one.
        """
    return _page(head, _scenarios())


def _scenarios() -> Iterator[str]:
    titles = {entry["name"]: entry["summary"] for entry in entries("scenarios")["scenarios"]}
    for name, path in scenario.bundled().items():
        lines = path.read_text(encoding="utf-8").splitlines()
        yield f"## {name}"
        yield f"**{titles[name]}.** {' '.join(line.lstrip('# ') for line in takewhile(lambda line: line.startswith('#'), lines))}"
        body = "\n".join(f"    {line}" for line in lines)
        yield f'??? note "The file"\n    ```toml\n{body}\n    ```'
    yield "## Other sections"
    for section in SECTIONS:
        kind = _section(section)
        yield f"### {section}"
        yield prose(getdoc(kind) or "")
        yield _settings(list(settings(kind)))
    for name, search in scenario.searches().items():
        own = [line for line in settings(search.Settings) if line["setting"] != "name"]
        yield f'### search, name = "{name}"'
        yield prose(search.__doc__ or "")
        yield _settings(own)


def _section(name: str) -> type[BaseModel]:
    """The settings class of a section of a scenario."""
    annotation: Any = scenario.Scenario.model_fields[name].annotation
    kinds = [annotation, *getattr(annotation, "__args__", ())]
    return next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))


def tables_read() -> str:
    """The data dictionary of an instance."""
    head = """
        # Tables of a case

        One file a table in a folder, or one sheet a table in a workbook. *Money* and *persons* are counted in the scale that
        `instance.toml` declares; amounts per person are plain currency units. A blank cell is a fault unless the column says
        what it means. A `year` column may be left out where one value serves all years.
        """
    return _page(head, _tables_read())


def _tables_read() -> Iterator[str]:
    yield "## instance.toml"
    fields = rows.Meta.model_fields.items()
    yield _table(("key", "meaning"), [(f"`{name}`", field.description) for name, field in fields])
    for table in rows.TABLES:
        yield f"## {table.TABLE}.csv"
        yield f"{getdoc(table)} One row for each {', '.join(table.KEY)}.{' The file may be absent.' if table.OPTIONAL else ''}"
        lines = [(f"`{c.name}`", _needed(c), c.unit, c.description, c.range) for c in table.columns()]
        yield _table(("column", "needed", "unit", "meaning", "range"), lines)


def _needed(column: rows.Column) -> str:
    if column.required:
        return "yes"
    return f"no: {column.default}" if column.default not in (None, "") else "no"


def tables_written() -> str:
    """The data dictionary of a run folder."""
    head = """
        # Tables of a run folder

        What `commonweal solve` writes, with the units of the case in `dictionary.csv`; `frontier` and `near-optimal` write more
        tables of the same kind. *Money* and *persons* are in the units of the case, such as bn yuan. Beside them lie `inputs/` (the case as it was read), `scenario.toml` (every setting after merging) and
        `run.json` (status, objective, proven bound, versions, checksums). The same tables go into every export.
        """
    return _page(head, _tables_written())


def _tables_written() -> Iterator[str]:
    for name, columns in dictionary.TABLES.items():
        yield f"## {name}.csv"
        yield _table(
            ("column", "unit", "meaning"),
            [(f"`{c}`", UNITS.text(told.unit), told.meaning) for c, told in columns.items()],
        )
    yield "## Export formats"
    formats = entries("exports")["exports"]
    yield _table(("format", "what it is"), [(f"`{entry['name']}`", entry["summary"]) for entry in formats])


def _settings(lines: list[dict[str, Any]]) -> str:
    told = [(f"`{line['setting']}`", line["default"], line["meaning"]) for line in lines]
    return _table(("setting", "default", "meaning and unit"), told) if told else "No settings."


def _table(heads: tuple[str, ...], lines: list[tuple[Any, ...]]) -> str:
    cells = [heads, ("---",) * len(heads), *lines]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in cells)


def _page(head: str, blocks: Iterator[str]) -> str:
    return "\n\n".join([cleandoc(head), *(block for block in blocks if block)]) + "\n"

"""A case to start from: a copy of a bundled one, or an empty template, as a folder or as one workbook."""

import shutil
import tomllib
from pathlib import Path

import pandas as pd

from commonweal.instances import bundled, read, workbook_write
from commonweal.instances.faults import advice
from commonweal.instances.generated import generated
from commonweal.instances.rows import TABLES, Meta, Row
from commonweal.optimizer.atomic import whole
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import _

LEFT_OUT = (
    "expected.toml",
    "*.py",
    "__pycache__",
    "raw",
)  # how a bundled case is made and tested, not what it is


def create(folder: Path, source: str | None = None) -> Path:
    """Make `folder`, a copy of the bundled case `source` or an empty template, and return it.

    Raises UsageError if `folder` exists and is not empty, or `source` is not a bundled case.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(_("{folder} exists already and is not empty. Choose another folder.", folder=folder))
    cases, made = bundled(), generated()
    known = [*cases, *made]
    if source is not None and source not in known:
        raise UsageError(_("No bundled case '{source}'. {advice}.", source=source, advice=advice(source, known)))
    with whole(folder) as fresh:
        if source in made:
            fresh.mkdir()
            made[source](fresh)
        elif source is not None:
            shutil.copytree(cases[source], fresh, ignore=shutil.ignore_patterns(*LEFT_OUT))
        else:
            _template(fresh)
    return folder


def create_workbook(path: Path, source: str | None = None) -> Path:
    """Make a workbook of the bundled case `source`, or an empty one, and return its path, which ends in .xlsx.

    Raises UsageError if there is such a file, or `source` is not a bundled case.
    """
    path = path if path.suffix.lower() == ".xlsx" else path.with_name(f"{path.name}.xlsx")
    if path.exists():
        raise UsageError(_("{path} exists already. Choose another name.", path=path))
    cases = [*bundled(), *generated()]
    if source is not None and source not in cases:
        raise UsageError(_("No bundled case '{source}'. {advice}.", source=source, advice=advice(source, cases)))
    if source is None:
        meta, tables, scenario = (
            tomllib.loads(_meta()),
            dict[str, pd.DataFrame](),
            dict[str, object](title="My scenario"),
        )
    else:
        case = read(source)
        meta, scenario = case.meta.model_dump(), case.scenario
        tables = {table.TABLE: getattr(case, table.TABLE) for table in TABLES}
    with whole(path) as fresh:
        workbook_write.write(fresh, meta, tables, scenario, _examples())
    return path


def _examples() -> dict[tuple[str, str], str]:
    """An example for every column, from the first bundled case that has one."""
    found: dict[tuple[str, str], str] = {}
    for name in EXAMPLES_FROM:
        case = read(name)
        for table in TABLES:
            frame: pd.DataFrame = getattr(case, table.TABLE)
            for column in table.columns():
                values = frame[column.name].dropna()
                shown = [value for value in values.tolist() if value != ""]
                if shown:
                    text = f"{shown[0]:.6g}" if isinstance(shown[0], float) else str(shown[0])
                    found.setdefault((table.TABLE, column.name), text)
    return found


def _template(folder: Path) -> None:
    folder.mkdir()
    for table in TABLES:
        if not table.OPTIONAL:
            header = ",".join(column.name for column in table.columns())
            (folder / f"{table.TABLE}.csv").write_text(header + "\n", encoding="utf-8", newline="\n")
    (folder / "instance.toml").write_text(_meta(), encoding="utf-8", newline="\n")
    scenario = '# The default scenario of this case. See what there is: commonweal list levers\ntitle = ""\n'
    (folder / "scenario.toml").write_text(scenario, encoding="utf-8", newline="\n")
    (folder / "README.md").write_text(_readme(), encoding="utf-8", newline="\n")


EXAMPLES_FROM = ("two-regions", "five-provinces", "china-2024")
EXAMPLE = {
    "name": '"my-case"',
    "title": '"My case"',
    "currency": '"euro"',
    "money": "1e6",
    "persons": "1e3",
    "price_year": "2024",
    "years": "[2024]",
    "licence": '""',
    "source": '""',
}


def _meta() -> str:
    known = {name: field.description for name, field in Meta.model_fields.items() if name in EXAMPLE}
    lines = [f"{name} = {EXAMPLE[name]}  # {meaning}" for name, meaning in known.items()]
    return "\n".join(lines) + "\n"


def _readme() -> str:
    parts = [
        "# A new case",
        "",
        "Fill in the tables, then run `commonweal validate` on this folder: it lists faults and remedies.",
        "`instance.toml` sets units of money and persons; benefits are currency units per person and year.",
    ]
    for table in TABLES:
        parts += ["", f"## {table.TABLE}.csv{' (optional)' if table.OPTIONAL else ''}", "", _doc(table), ""]
        parts += ["| column | needed | unit | range | meaning |", "|---|---|---|---|---|"]
        parts += [
            f"| {c.name} | {'yes' if c.required else 'no'} | {c.unit} | {c.range} | {c.description} |"
            for c in table.columns()
        ]
    return "\n".join(parts) + "\n"


def _doc(table: type[Row]) -> str:
    return (table.__doc__ or "").strip()

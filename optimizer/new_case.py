"""A case to start from: a copy of a bundled one, or an empty template, as a folder or as one workbook."""

import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from commonweal.instances import bundled, read, workbook_write
from commonweal.instances.faults import advice
from commonweal.instances.generated import generated
from commonweal.instances.rows import TABLES, Meta, Row
from commonweal.optimizer.atomic import whole
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import _, mark

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
            dict[str, object](title=_("My scenario")),
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
    hint = _("The default scenario of this case. See what there is: commonweal list levers")
    scenario = f'# {hint}\ntitle = ""\n'
    (folder / "scenario.toml").write_text(scenario, encoding="utf-8", newline="\n")
    (folder / "README.md").write_text(_readme(), encoding="utf-8", newline="\n")


EXAMPLES_FROM = ("two-regions", "five-provinces", "china-2024")
EXAMPLE = {
    "name": '"my-case"',
    "title": mark('"My case"'),
    "currency": mark('"euro"'),
    "money": "1e6",
    "persons": "1e3",
    "price_year": "2024",
    "years": "[2024]",
    "licence": '""',
    "source": '""',
}


def _meta() -> str:
    known = {name: field.description for name, field in Meta.model_fields.items() if name in EXAMPLE}
    lines = [f"{name} = {_(EXAMPLE[name])}  # {_(meaning or '')}" for name, meaning in known.items()]
    return "\n".join(lines) + "\n"


def _readme() -> str:
    heads = (_("column"), _("needed"), _("unit"), _("range"), _("meaning"))
    parts = [
        _("# A new case"),
        "",
        _("Fill in the tables, then run `commonweal validate` on this folder: it lists faults and remedies."),
        _("`instance.toml` sets units of money and persons; benefits are currency units per person and year."),
    ]
    for table in TABLES:
        optional = _(" (optional)") if table.OPTIONAL else ""
        parts += ["", f"## {table.TABLE}.csv{optional}", "", _doc(table), ""]
        parts += [_line(heads), _line(["---"] * len(heads))]
        for c in table.columns():
            needed = _("yes") if c.required else _("no")
            parts.append(_line([c.name, needed, _(c.unit), c.range, _(c.description)]))
    return "\n".join(parts) + "\n"


def _line(cells: Sequence[str]) -> str:
    """A row of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


def _doc(table: type[Row]) -> str:
    return _((table.__doc__ or "").strip())

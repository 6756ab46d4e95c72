"""Reading: a folder, a workbook or a bundled name becomes an Instance, or one InstanceError that lists every fault."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from pydantic import ValidationError

from commonweal.instances.assemble import assemble
from commonweal.instances.checks import check
from commonweal.instances.faults import Fault, InstanceError, advice, nearest
from commonweal.instances.files import NAMES, Folder
from commonweal.instances.generated import generated
from commonweal.instances.instance import Instance
from commonweal.instances.rows import TABLES, Meta
from commonweal.instances.table import parse
from commonweal.instances.workbook import Book, is_workbook, open_book
from commonweal.language import _

DERIVED = {"people": ("today",), "accounts": ("spending_today", "surplus_today")}  # columns that no file has
SETTING = re.compile(r"(?<=Unknown setting ')\w+(?=')|[a-z_]+(\.[\w-]+)+")


def bundled() -> dict[str, Path]:
    """The cases that come with commonweal as tables: name -> folder."""
    return {toml.parent.name: toml.parent for toml in sorted(Path(__file__).parent.glob("*/instance.toml"))}


def read(source: str | Path) -> Instance:
    """Read a case from a folder, a workbook (.xlsx) or by its bundled name (a text that is one; `./name` is the folder).

    Raises InstanceError with every fault found: file, line, column (of a workbook sheet!cell), value, what was
    expected, what to do.
    """
    if isinstance(source, str) and source in generated():
        with TemporaryDirectory() as place:
            generated()[source](Path(place))
            return read(Path(place))
    folder = _folder(source)
    meta, years = _meta(folder)
    scenario = folder.toml("scenario.toml") if folder.has("scenario.toml") else {}
    frames: dict[str, pd.DataFrame] = {}
    for table in TABLES:
        sheet = folder.sheet(table)
        if sheet is not None:
            frames[table.TABLE], found = parse(table, sheet)
            folder.faults.extend(found)
    folder.faults.extend(check(frames, years))
    if folder.faults or meta is None or scenario is None:
        order = {name: i for i, name in enumerate(NAMES)}
        ordered = sorted(folder.faults, key=lambda f: (order.get(f.file, len(order)), f.line or 0))
        raise InstanceError(folder.located(ordered))
    return assemble(meta, frames, scenario, folder.hashes)


def change(case: Instance, **tables: pd.DataFrame) -> Instance:
    """`case` with other frames of these names (people=..., budgets=...), checked and completed like a case that is read.

    Columns that are derived are computed anew. Raises InstanceError with every fault: the line of a table counts its
    header, so that line 2 is the first row.
    """
    known = {table.TABLE: table for table in TABLES}
    if unknown := [name for name in tables if name not in known]:
        raise InstanceError(
            [Fault(name, None, None, None, _("a table of a case"), advice(name, known)) for name in unknown]
        )
    with TemporaryDirectory() as place:
        case.write(place)
        for name, frame in tables.items():
            columns = [column for column in frame.columns if column not in DERIVED.get(name, ())]
            frame[columns].to_csv(Path(place, f"{name}.csv"), index=False, encoding="utf-8")
        return read(Path(place))


def scenario_faults(source: str | Path, message: str) -> InstanceError:
    """What is wrong with the settings of a case, a line each that names a setting, with the place of the setting."""
    folder, expected = _folder(source), _("settings as `commonweal list levers` shows them")
    faults = []
    for sentence in message.splitlines():
        named = SETTING.search(sentence)
        line = folder.setting_line(named[0]) if named else None
        faults.append(Fault("scenario.toml", line, None, None, expected, sentence.removesuffix(".")))
    return InstanceError(folder.located(faults))


def _folder(source: str | Path) -> Folder | Book:
    cases = bundled()
    if isinstance(source, str) and source in cases:
        return Folder(cases[source])
    if is_workbook(Path(source)):
        return open_book(Path(source))
    folder = Folder(Path(source))
    remedy = _("Give the folder that holds the tables, or start from a copy of a bundled case")
    if not folder.path.is_dir():
        remedy = advice(str(source), [*cases, *generated()])
    elif folder.has("run.json"):
        remedy = _("That is a run folder; its case is {case}", case=Path(source, "inputs"))
    elif any(folder.has(name) for name in NAMES):
        return folder
    expected = _("a bundled case, a workbook (.xlsx), or a folder with instance.toml and its tables")
    raise InstanceError([Fault(str(source), None, None, None, expected, remedy)])


def _meta(folder: Folder | Book) -> tuple[Meta | None, list[int] | None]:
    """instance.toml; with faults in it None, but its years all the same where they are sound."""
    raw = folder.toml("instance.toml")
    if raw is None:
        return None, None
    try:
        meta = Meta.model_validate(raw)
    except ValidationError as error:
        folder.faults.extend(_settings_faults(raw, folder, error))
        years = raw.get("years")
        sound = isinstance(years, list) and not any(e["loc"][0] == "years" for e in error.errors())
        return None, years if sound and isinstance(years, list) else None
    return meta, meta.years


def _settings_faults(raw: dict[str, object], folder: Folder | Book, error: ValidationError) -> list[Fault]:
    """What pydantic found in instance.toml, as faults: a misspelt key is not told again as a missing one."""
    problems = {str(e["loc"][0]): e for e in error.errors()}
    missing = [key for key, e in problems.items() if e["type"] == "missing"]
    unknown = [key for key, e in problems.items() if e["type"] == "extra_forbidden"]
    meant = {key: nearest(key, missing) for key in unknown}
    faults = []
    for key, problem in problems.items():
        line = folder.line_of("instance.toml", key)
        if key in unknown:
            remedy = _("Rename it to '{meant}'", meant=meant[key])
            if meant[key] is None:
                remedy = _("Delete it; the file holds {names}", names=", ".join(Meta.model_fields))
            faults.append(Fault("instance.toml", line, key, str(raw[key]), _("a known setting"), remedy))
        elif key not in meant.values():
            expected = _(Meta.model_fields[key].description or key)
            remedy = _("Correct it: {error}", error=_(problem["msg"].removeprefix("Value error, ")))
            value = str(raw[key]) if key in raw else None
            faults.append(Fault("instance.toml", line, key, value, expected, remedy if value else _("Add the setting")))
    return faults

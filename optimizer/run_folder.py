"""A run on disk: the inputs, the scenario, run.json and every table of a plan, whole or not at all.

    RUN/inputs/          the instance as read, normalised
    RUN/scenario.toml    every setting after merging
    RUN/run.json         status, objective and bound, units, stages, versions, SHA-256 of the inputs
    RUN/<table>.csv      the plan; RUN/dictionary.csv says what each column means

The same plan gives the same bytes, but for `started`, `seconds`, `machine` and `processes` in run.json.
"""

import hashlib
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from commonweal import instances
from commonweal.instances import Instance, project, rows
from commonweal.optimizer.atomic import whole
from commonweal.optimizer.dictionary import TABLES, dictionary, input_dictionary, units
from commonweal.optimizer.errors import InputError, UsageError
from commonweal.optimizer.language import _
from commonweal.optimizer.plan import Plan
from commonweal.optimizer.scenario import Scenario, from_document

INPUTS, SCENARIO, RUN = "inputs", "scenario.toml", "run.json"
INPUT_FILES = {"instance.toml", "scenario.toml", *(f"{table.TABLE}.csv" for table in rows.TABLES)}
OURS = {
    INPUTS,
    SCENARIO,
    RUN,
    *(f"{table}.csv" for table in TABLES),
    *(f"{INPUTS}/{name}" for name in INPUT_FILES),
}
JUNK = {".DS_Store", "Thumbs.db", "desktop.ini"}  # what file managers leave behind


@dataclass(frozen=True)
class Run:
    """What a run folder holds: the plan's tables, run.json, the merged scenario and the instance."""

    tables: Mapping[str, pd.DataFrame]
    info: Mapping[str, Any]
    scenario: Mapping[str, Any]
    instance: Instance
    like: "Run | None" = field(default=None, repr=False)  # another run of the same instance, read before

    @cached_property
    def settings(self) -> Scenario:
        """The scenario with its settings as objects."""
        return from_document(self.scenario)

    @cached_property
    def case(self) -> Instance:
        """The instance in the plan years."""
        projection = self.settings.projection
        if self.like is not None and self.like.settings.projection == projection:
            return self.like.case
        return self.instance if projection is None else project(self.instance, projection)

    @property
    def dictionary(self) -> pd.DataFrame:
        """Meaning and unit of every column of every table of the run, inputs included."""
        parts = [dictionary(self.tables, self.instance), input_dictionary(self.instance)]
        return pd.concat(parts, ignore_index=True)


def of(plan: Plan) -> Run:
    """`plan` as a run, before it is written: run.json lacks only the hashes of the inputs."""
    words = units(plan.instance)
    info = {
        "status": plan.status,
        "objective": plan.objective,
        "lower_bound": plan.lower_bound,
        "relative_gap": plan.relative_gap,
        "instance": plan.instance.meta.name,
        "scenario": plan.scenario.title,
        "units": {
            "currency": words.currency,
            "money": words.money,
            "persons": words.persons,
            "benefit": words.benefit,
        },
        **plan.info,
    }
    tables = {name: _plain(frame) for name, frame in plan.tables.items()}
    return Run(tables, info, plan.scenario.document(), plan.instance)


def write(plan: Plan, folder: str | Path) -> Path:
    """Write `plan` to `folder` and return it; an older run folder there is replaced as a whole.

    Raises UsageError if `folder` holds something else than a run.
    """
    folder = Path(folder)
    check_free(folder)
    run = of(plan)
    with whole(folder, replace_folder=True) as fresh:
        run.instance.write(fresh / INPUTS)
        (fresh / SCENARIO).write_text(tomli_w.dumps(run.scenario), encoding="utf-8", newline="\n")
        for name, frame in {**run.tables, "dictionary": run.dictionary}.items():
            write_csv(frame, fresh / f"{name}.csv")
        info = {**run.info, "inputs": hashes(fresh / INPUTS)}
        text = json.dumps(info, indent=2, ensure_ascii=False, allow_nan=False)
        (fresh / RUN).write_text(text + "\n", encoding="utf-8", newline="\n")
    return folder


def read(folder: str | Path, like: Run | None = None) -> Run:
    """The run in `folder`. Raises UsageError if it is no run folder, InputError if a file is damaged.

    like: a run read before; its instance is taken over if the inputs are the same to the byte.
    """
    folder = Path(folder)
    if not (folder / RUN).is_file():
        found = _("there is no such folder") if not folder.exists() else _("it holds no {file}", file=RUN)
        raise UsageError(
            _(
                "{folder} is not a run folder: {found}. Give one that `commonweal solve` wrote.",
                folder=folder,
                found=found,
            )
        )
    try:
        info = json.loads((folder / RUN).read_text(encoding="utf-8"))
        scenario = tomllib.loads((folder / SCENARIO).read_text(encoding="utf-8"))
        tables = {
            name: read_csv(folder, name)
            for name in TABLES
            if name != "dictionary" and (folder / f"{name}.csv").is_file()
        }
    except (ValueError, OSError) as error:
        raise InputError(
            _("The run folder {folder} is damaged: {error}. Solve again to replace it.", folder=folder, error=error)
        ) from error
    if like is not None and hashes(folder / INPUTS) == like.info.get("inputs"):
        return Run(tables, info, scenario, like.instance, like)
    return Run(tables, info, scenario, instances.read(folder / INPUTS))


def check_free(folder: Path) -> None:
    """Raise UsageError unless `folder` is absent, empty, or a run folder that holds nothing else."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(_("{folder} is a file, not a folder. Choose another folder with -o.", folder=folder))
    if folder.resolve() in (Path.cwd(), *Path.cwd().parents):
        raise UsageError(_("{folder} is where you are. Choose a folder of its own for the run with -o.", folder=folder))
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.name not in JUNK}
    if found and RUN not in found:
        raise UsageError(_("{folder} is not empty and not a run folder. Choose another folder with -o.", folder=folder))
    if foreign := sorted(found - OURS):
        raise UsageError(
            _(
                "{folder} also holds {foreign}, which replacing the run would delete. Move that away, or choose "
                "another folder with -o.",
                folder=folder,
                foreign=", ".join(foreign),
            )
        )


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """UTF-8, LF, shortest decimals that read back as the same number, blanks for missing values."""
    frame.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def read_csv(folder: Path, table: str) -> pd.DataFrame:
    """Read a table back by the dictionary: ids stay text, years whole numbers, blanks missing."""
    columns = TABLES[table]
    kinds = {name: column.kind for name, column in columns.items()}
    frame = pd.read_csv(
        folder / f"{table}.csv",
        dtype={name: "Int64" if kind == "integer" else "str" for name, kind in kinds.items() if kind != "number"},
        converters={name: _number for name, kind in kinds.items() if kind == "number"},
        keep_default_na=False,
        na_values={name: [""] for name, kind in kinds.items() if kind == "integer"},
        encoding="utf-8",
    )
    if unknown := [column for column in frame.columns if column not in columns]:
        raise ValueError(_("{table}.csv has an unknown column {unknown!r}", table=table, unknown=unknown[0]))
    for name in frame.columns:
        if kinds[name] == "number":
            frame[name] = frame[name].astype("float64")  # of an empty table, nothing says so
        elif kinds[name] == "yes/no":
            frame[name] = frame[name] == "True"
    return frame


def _number(text: str) -> float:
    """Exactly the number that was written; a blank is missing."""
    return float(text) if text else math.nan


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with a fresh index and without the negative zeros that a solver leaves."""
    floats = frame.select_dtypes("float").columns
    return frame.reset_index(drop=True).assign(**{column: frame[column].to_numpy() + 0.0 for column in floats})


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of `folder`, by name."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir()) if path.is_file()
    }

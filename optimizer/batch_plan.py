"""A batch as a TOML file says it: single cases, and every combination of a grid.

    instance = "china-2024"              # for every case that names none

    [grid]
    scenarios = [[], ["five-years"]]     # each entry one scenario, or several merged in this order
    budgets = [0.5, 1.0, 2.0]            # times levers.vertical_transfers.budget, every fund and year
    [grid.set]
    "levers.floors.amount" = [1476.0, 2000.0]

    [[case]]
    name = "no floors"
    scenarios = ["five-years"]
    budget = 1.2
    [case.set]
    "levers.floors" = false

Paths of instances and scenario files are looked for beside the TOML file first.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, Field, ValidationError

from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import _

LONGEST = 100  # characters of a name


class Single(BaseModel, extra="forbid", frozen=True):
    """One case written out."""

    name: str | None = Field(default=None, description="name of its folder; by default made from what it sets")
    instance: str | None = Field(default=None, description="bundled name or folder")
    scenarios: list[str] = Field(default=[], description="scenarios, later ones win")
    budget: float = Field(default=1.0, ge=0, description="times the central budget")
    set: dict[str, Any] = Field(default={}, description="settings by dotted key")


class Grid(BaseModel, extra="forbid", frozen=True):
    """Every combination of what is listed."""

    instances: list[str] | None = Field(default=None, description="bundled names or folders")
    scenarios: list[str | list[str]] = Field(default=[[]], description="scenarios, or lists of them")
    budgets: list[float] = Field(default=[1.0], description="times the central budget")
    set: dict[str, list[Any]] = Field(default={}, description="values by dotted key")


class Document(BaseModel, extra="forbid", frozen=True):
    """The whole file."""

    instance: str | None = Field(default=None, description="bundled name or folder")
    grid: Grid | None = Field(default=None, description="every combination")
    case: list[Single] = Field(default=[], description="single cases")


@dataclass(frozen=True)
class Case:
    """One thing to solve; `name` is its folder."""

    name: str
    instance: str
    scenarios: tuple[str, ...]
    budget: float
    sets: Mapping[str, Any]

    def settings(self) -> list[str]:
        """The settings as ``key=value``."""
        return [f"{key}={value}" for key, value in _flat(self.sets)]


def read(path: Path) -> list[Case]:
    """The cases of a file, those of the grid first. Error: UsageError."""
    try:
        document = Document.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise UsageError(_("There is no file {path}.", path=path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(_("{path} is not valid TOML: {error}.", path=path, error=error)) from error
    except ValidationError as error:
        raise UsageError("\n".join(_sentence(path, fault) for fault in error.errors())) from error
    cases = [_placed(case, path.parent) for case in (*_combinations(document), *_singles(document))]
    if not cases:
        raise UsageError(_("{path} names no case: give [grid] or [[case]].", path=path))
    names = [case.name for case in cases]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(_("{path}: two cases are called '{twice}'. Give them names.", path=path, twice=twice[0]))
    return cases


def _sentence(path: Path, fault: Any) -> str:
    where = f"{path}: {'.'.join(map(str, fault['loc']))}"
    return _("{where}: {problem} (found {value!r}).", where=where, problem=_(fault["msg"]), value=fault["input"])


def _combinations(document: Document) -> Iterator[Case]:
    grid = document.grid
    if grid is None:
        return
    instances = grid.instances if grid.instances is not None else [_needed(document.instance)]
    for instance, scenarios, budget, *values in product(instances, grid.scenarios, grid.budgets, *grid.set.values()):
        files = (scenarios,) if isinstance(scenarios, str) else tuple(scenarios)
        sets = dict(zip(grid.set, values, strict=True))
        prefix = (instance,) if len(instances) > 1 else ()
        yield Case(_name(prefix, files, budget, sets), instance, files, budget, sets)


def _singles(document: Document) -> Iterator[Case]:
    for one in document.case:
        files = tuple(one.scenarios)
        name = _slug(one.name) if one.name is not None else _name((), files, one.budget, one.set)
        yield Case(name, one.instance or _needed(document.instance), files, one.budget, one.set)


def _needed(instance: str | None) -> str:
    if instance is None:
        raise UsageError(_('Which instance? Put instance = "..." at the top of the file, or into each case.'))
    return instance


def _name(prefix: tuple[str, ...], scenarios: tuple[str, ...], budget: float, sets: Mapping[str, Any]) -> str:
    """What differs, in a folder's name."""
    words = [Path(word).stem for word in (*prefix, *scenarios)] or ["default"]
    words += [f"{budget:.10g}x"] + [f"{key}={value}" for key, value in _flat(sets)]
    return _slug("_".join(words))


def _slug(text: str) -> str:
    name = re.sub(r"[^\w.=+-]+", "-", text).strip("-.") or "case"
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 9]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _placed(case: Case, folder: Path) -> Case:
    """Paths that exist beside the file are taken from there."""

    def at(name: str) -> str:
        return str((folder / name).resolve()) if (folder / name).exists() else name

    return Case(case.name, at(case.instance), tuple(map(at, case.scenarios)), case.budget, case.sets)


def _flat(sets: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted keys with values as TOML text."""
    for key, value in sets.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, tomli_w.dumps({"value": value}).removeprefix("value = ").strip()

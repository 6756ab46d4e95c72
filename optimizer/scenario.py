"""A scenario: which levers with which settings, which gaps with which weights, and how to search.

Settings are merged in this order, later ones winning: the defaults of each lever, the instance's own `scenario.toml`,
every scenario file named, every ``key=value``. Tables merge deeply, lists replace, ``levers.x = false`` removes a
lever, ``levers = false`` all of them. Unknown keys are errors that name the nearest known one.
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, Field, ValidationError

from commonweal.instances import Instance, Projection
from commonweal.instances.faults import advice
from commonweal.models.outlooks import Outlooks
from commonweal.models.parts import Part, gaps, levers
from commonweal.models.weights import Weights
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.highs import SolverOptions
from commonweal.optimizer.indicators_standard import IndicatorSettings
from commonweal.optimizer.language import _
from commonweal.optimizer.redistribution import AccountSettings
from commonweal.optimizer.setting_words import sentences

SECTIONS = (
    "title",
    "levers",
    "gaps",
    "weights",
    "search",
    "solver",
    "projection",
    "accounts",
    "indicators",
    "outlooks",
    "assumptions",
)
FOLDER = Path(__file__).parent / "scenarios"


class Search(BaseModel, extra="forbid", frozen=True):
    """Which way to walk the model; a search of `optimizer/searches/` may add settings of its own."""

    name: str = Field(default="auto", description="search")

    @property
    def turns(self) -> tuple[str, ...]:
        """Programmes that go before all others, where the search has an order of its own."""
        return ()


class Scenario(BaseModel, extra="forbid", frozen=True, arbitrary_types_allowed=True):
    """Every setting of a solve, complete and checked. `levers` and `gaps` hold Settings objects by name."""

    title: str = Field(default="", description="what the scenario is, in a few words")
    levers: dict[str, BaseModel] = Field(default={}, description="active levers and their settings")
    gaps: dict[str, BaseModel] = Field(
        description="gaps minimised, together or in their order, and their settings; none if the search has its own"
    )
    weights: Weights = Field(default=Weights(), description="weights of years and programmes")
    search: Search = Field(description="search")
    solver: SolverOptions = Field(default=SolverOptions(), description="solver options")
    projection: Projection | None = Field(default=None, description="plan years and growth of the data")
    accounts: AccountSettings = Field(default=AccountSettings(), description="accounts and economic effects")
    indicators: IndicatorSettings = Field(default=IndicatorSettings(), description="figures that are reported")
    outlooks: Outlooks | None = Field(default=None, description="several ways things may go, for `commonweal outlooks`")
    assumptions: dict[str, str] = Field(default={}, description="why a setting has its value, by dotted path")

    def document(self) -> dict[str, Any]:
        """The whole scenario as plain data; `from_document` gives it back."""
        data: dict[str, Any] = {
            "title": self.title,
            "weights": self.weights.model_dump(),
            "search": self.search.model_dump(),
            "solver": self.solver.model_dump(),
            "accounts": self.accounts.model_dump(),
            "indicators": self.indicators.model_dump(),
            "gaps": {name: settings.model_dump() for name, settings in self.gaps.items()},
            "levers": {name: settings.model_dump() for name, settings in self.levers.items()},
            "assumptions": dict(self.assumptions),
        }
        if self.projection is not None:
            data["projection"] = self.projection.model_dump()
        if self.outlooks is not None:
            data["outlooks"] = self.outlooks.model_dump()
        return _without_none(data)

    def toml(self) -> str:
        """The same as TOML text."""
        return tomli_w.dumps(self.document())


def searches() -> dict[str, Any]:
    """Every search that can be named; looked up late, because searches read scenarios."""
    from commonweal.optimizer.searches import searches as found

    return found()


def bundled() -> dict[str, Path]:
    """Scenario files that come with commonweal, by name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}


def load_scenario(
    instance: Instance,
    files: Iterable[str | Path] = (),
    settings: Iterable[str] = (),
    gap: Iterable[str] = (),
) -> Scenario:
    """Merge and check. `files`: bundled names or paths; `settings`: ``key=value``; `gap`: ``NAME[:weight]``.

    Error: UsageError naming the key and the nearest known one.
    """
    merged: dict[str, Any] = {}
    for source in (instance.scenario, *(_read(file) for file in files), *(_assignment(text) for text in settings)):
        _merge(merged, source)
    if chosen := dict(_gap(text) for text in gap):
        _choose(merged, chosen)
    scenario = from_document(merged)
    _weighs_something(instance, scenario.weights)
    return scenario


def _weighs_something(instance: Instance, weights: Weights) -> None:
    """Weights name programmes of the case and leave at least one of them."""
    known = instance.programmes["programme"].tolist()
    _known("weights.programmes", weights.programmes, known)
    if not any(weights.programmes.get(programme, 1.0) > 0 for programme in known):
        raise UsageError(
            _("weights.programmes gives every programme weight zero: no gap is left. Give one more than 0.")
        )


def each_outlook(scenario: Scenario) -> dict[str, Scenario]:
    """The scenario of every outlook, complete and without outlooks of its own. Error: UsageError without any."""
    if scenario.outlooks is None:
        raise UsageError(
            _(
                "The scenario has no outlooks: name some, each with a probability, in [outlooks.cases.<name>]. "
                "Example: --scenario ups-and-downs"
            )
        )
    found = {}
    for name, outlook in scenario.outlooks.cases.items():
        data = scenario.document()
        del data["outlooks"]
        data["title"] = f"{scenario.title}: {name}" if scenario.title else name
        _merge(data, outlook.model_dump(include={"levers"} | ({"projection"} if outlook.projection else set())))
        found[name] = from_document(data)
    return found


def _choose(merged: dict[str, Any], chosen: Mapping[str, float]) -> None:
    """`--gap`: the gaps to minimise, or a search that has an order of its own."""
    own = [name for name in chosen if name in searches() and not searches()[name].GAPS]
    if own and len(chosen) > 1:
        raise UsageError(
            _("{own} is an order of its own and cannot be added to other gaps: name it alone.", own=own[0])
        )
    if own:
        before = merged.get("search", {})
        merged["search"] = before if before.get("name") == own[0] else {"name": own[0]}
        return
    known = merged.get("gaps", {})
    merged["gaps"] = {name: {**known.get(name, {}), "weight": weight} for name, weight in chosen.items()}
    if not _search(merged).GAPS:
        merged["search"] = {}


def _search(data: Mapping[str, Any]) -> Any:
    """The module of the search that a document names."""
    section = data.get("search", {})
    default = Search().name
    name = section.get("name", default) if isinstance(section, Mapping) else default
    if name not in searches():
        raise UsageError(_("Unknown search '{name}'. {advice}.", name=name, advice=advice(str(name), searches())))
    return searches()[name]


def from_document(data: Mapping[str, Any]) -> Scenario:
    """Check plain data and give every setting its default. Error: UsageError."""
    _known("", data, SECTIONS)
    search = _search(data)
    if not search.GAPS:
        data = {**data, "gaps": {}}
    parts: dict[str, Any] = {
        "levers": _settings("levers", data.get("levers") or {}, levers()),
        "gaps": _settings("gaps", data.get("gaps") or {"squared_shortfall": {}}, gaps()) if search.GAPS else {},
        "search": _checked("search", search.Settings, data.get("search", {})),
    }
    if search.GAPS and not parts["gaps"]:
        raise UsageError(_("No gap is left to minimise: name at least one in [gaps]."))
    for name in parts["gaps"]:
        if not gaps()[name].exact:
            raise UsageError(
                _(
                    "Gap {name} is reported (measures.csv) and cannot be minimised exactly. Use {instead} instead.",
                    name=name,
                    instead=_(gaps()[name].module.INSTEAD),
                )
            )
    for section, kind in (
        ("weights", Weights),
        ("solver", SolverOptions),
        ("projection", Projection),
        ("accounts", AccountSettings),
        ("indicators", IndicatorSettings),
        ("outlooks", Outlooks),
    ):
        if section in data:
            parts[section] = _checked(section, kind, data[section])
    assumptions = {path: str(why) for path, why in data.get("assumptions", {}).items() if _is_set(data, path)}
    return Scenario(title=str(data.get("title", "")), assumptions=assumptions, **parts)


def _settings(section: str, tables: Any, known: Mapping[str, Part]) -> dict[str, BaseModel]:
    if not isinstance(tables, Mapping):
        raise UsageError(_("{section} must be a table of {section} with their settings.", section=section))
    _known(section, tables, known)
    return {
        name: _checked(f"{section}.{name}", known[name].module.Settings, {} if table is True else table)
        for name, table in sorted(tables.items())
        if table is not False
    }


def _checked(place: str, kind: type[BaseModel], table: Any) -> Any:
    if not isinstance(table, Mapping):
        raise UsageError(_("{place} must be a table of settings, found {table!r}.", place=place, table=table))
    _known(place, table, kind.model_fields)
    try:
        return kind.model_validate(dict(table))
    except ValidationError as error:
        raise UsageError("\n".join(sentences(place, table, error))) from error


def _known(place: str, given: Iterable[str], known: Iterable[str]) -> None:
    names = list(known)
    for key in given:
        if key not in names:
            where = f"{place}.{key}" if place else key
            section = next((part for part, found in _parts().items() if not place and key in found), None)
            remedy = f"Write '{section}.{key}'" if section else advice(key, names)
            raise UsageError(_("Unknown setting '{where}'. {remedy}.", where=where, remedy=remedy))


def _parts() -> dict[str, Iterable[str]]:
    """What stands in which section."""
    return {"levers": levers(), "gaps": gaps()}


def _is_set(data: Mapping[str, Any], path: str) -> bool:
    """Does a dotted path name something in the scenario; removed levers take their assumptions with them."""
    here: Any = data
    for part in path.split("."):
        if not isinstance(here, Mapping) or part not in here:
            return False
        here = here[part]
    return here is not False


def _merge(into: dict[str, Any], source: Mapping[str, Any]) -> None:
    for key, value in source.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        elif isinstance(value, Mapping):
            into[key] = {}
            _merge(into[key], value)
        else:
            into[key] = value


def _read(file: str | Path) -> dict[str, Any]:
    known = bundled()
    path = known.get(str(file), Path(file))
    if not path.is_file():
        raise UsageError(
            _(
                "No scenario '{file}': it is neither a file nor bundled. {advice}.",
                file=file,
                advice=advice(str(file), known),
            )
        )
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(_("Scenario '{file}' is not valid TOML: {error}.", file=file, error=error)) from error


def _assignment(text: str) -> dict[str, Any]:
    key, found, value = text.partition("=")
    if not found or not key.strip():
        raise UsageError(_("--set wants key=value, found '{what}'. Example: --set levers.floors.share=0.3", what=text))
    try:
        parsed = tomllib.loads(f"value = {value.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        try:
            parsed = tomllib.loads(f'value = "{value.strip()}"')["value"]  # a bare word is meant as text
        except tomllib.TOMLDecodeError as error:
            raise UsageError(
                _(
                    "--set {key}: '{value}' is not a TOML value ({error}).",
                    key=key.strip(),
                    value=value.strip(),
                    error=error,
                )
            ) from error
    nested: Any = parsed
    for part in reversed(key.strip().split(".")):
        nested = {part: nested}
    return dict(nested)


def _gap(text: str) -> tuple[str, float]:
    name, found, weight = text.partition(":")
    try:
        return name, float(weight) if found else 1.0
    except ValueError as error:
        raise UsageError(_("--gap wants NAME or NAME:weight, found '{what}'.", what=text)) from error


def _without_none(value: Any) -> Any:
    """TOML has no null: a setting that is None is left out and comes back as its default."""
    if isinstance(value, Mapping):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in value]
    return value

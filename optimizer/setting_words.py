"""A setting that does not fit, in one plain sentence: what it must be, and what was found."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from commonweal.optimizer.language import _, mark

KINDS = {
    mark("a number"): ("float_type", "float_parsing", "finite_number"),
    mark("a whole number"): ("int_type", "int_parsing", "int_from_float"),
    mark("true or false"): ("bool_type", "bool_parsing"),
    mark("text"): ("string_type",),
    mark("a list"): ("list_type", "tuple_type"),
    mark("a table"): ("dict_type", "mapping_type", "model_type"),
}
WORDS = {kind: words for words, kinds in KINDS.items() for kind in kinds} | {
    "string_too_short": mark("text that is not empty"),
    "literal_error": mark("one of {expected}"),
    "greater_than": mark("above {gt}"),
    "greater_than_equal": mark("at least {ge}"),
    "less_than": mark("below {lt}"),
    "less_than_equal": mark("at most {le}"),
}
"""What a setting must be, by pydantic's name of the fault and with the limits it gives."""


def sentences(place: str, table: Mapping[str, Any], error: ValidationError) -> list[str]:
    """One sentence a setting of `table`, which stands at `place` in the scenario.

    Where a setting may be one of several kinds, pydantic tells a fault for each kind: they become one sentence, or, where
    something inside the setting is at fault, the sentence of that alone.
    """
    found: dict[tuple[str, ...], list[Any]] = {}
    for fault in error.errors():
        found.setdefault(_path(table, fault), []).append(fault)
    inner = [path for path in found if not any(other != path and other[: len(path)] == path for other in found)]
    return [_sentence(".".join((place, *path)), found[path]) for path in inner]


def _path(table: Any, fault: Any) -> tuple[str, ...]:
    """Where a fault is in the data: pydantic's place without its names of the kinds that were tried."""
    path, here = [], table
    for part in fault["loc"]:
        if (isinstance(here, Mapping) and part in here) or (isinstance(here, list) and isinstance(part, int)):
            path.append(str(part))
            here = here[part]
    return (*path, str(fault["loc"][-1])) if fault["type"] == "missing" else tuple(path)


def _sentence(where: str, faults: list[Any]) -> str:
    kinds = {fault["type"] for fault in faults}
    if "missing" in kinds:
        return _("{where} is missing: it has no default. Set it with --set {where}=...", where=where)
    if "extra_forbidden" in kinds:
        return _("Unknown setting '{where}'.", where=where)
    value = faults[0]["input"]
    if not kinds <= set(WORDS):
        problem = _(faults[0]["msg"].removeprefix("Value error, "))
        return _("{where}: {problem} (found {value!r}).", where=where, problem=problem, value=value)
    wanted = [(WORDS[fault["type"]], fault.get("ctx", {})) for fault in faults]
    words = list(dict.fromkeys(_(word).format(**limits) for word, limits in wanted))
    told = _("{where} must be {what}, found {value!r}.", where=where, what=_(" or ").join(words), value=value)
    if {fault["type"] for fault in faults} <= set(KINDS["a table"]):
        told += _(" Set what it holds: --set {where}.NAME=...", where=where)
    return told

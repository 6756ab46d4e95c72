"""A setting that does not fit, in one plain sentence: what it must be, and what was found."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

KINDS = {
    "a number": ("float_type", "float_parsing", "finite_number"),
    "a whole number": ("int_type", "int_parsing", "int_from_float"),
    "true or false": ("bool_type", "bool_parsing"),
    "text": ("string_type",),
    "a list": ("list_type", "tuple_type"),
    "a table": ("dict_type", "mapping_type", "model_type"),
}
WORDS = {kind: words for words, kinds in KINDS.items() for kind in kinds} | {
    "string_too_short": "text that is not empty",
    "literal_error": "one of {expected}",
    "greater_than": "above {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "below {lt}",
    "less_than_equal": "at most {le}",
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
        return f"{where} is missing: it has no default. Set it with --set {where}=..."
    if "extra_forbidden" in kinds:
        return f"Unknown setting '{where}'."
    value = faults[0]["input"]
    if not kinds <= set(WORDS):
        return f"{where}: {faults[0]['msg'].removeprefix('Value error, ')} (found {value!r})."
    words = list(dict.fromkeys(WORDS[fault["type"]].format(**fault.get("ctx", {})) for fault in faults))
    advice = f" Set what it holds: --set {where}.NAME=..." if words == ["a table"] else ""
    return f"{where} must be {' or '.join(words)}, found {value!r}.{advice}"

"""Settings as rows of a sheet: a path in the first column, its value in the second.

    levers.floors.share                  0.4
    levers.floors.mode                   soft
    assumptions."levers.floors.share"    why

A path is that of a TOML file, a part with a dot in it between double quotes. A value is a number, TRUE or FALSE, a
TOML list or table, or plain text; text that would be read as something else stands between double quotes.
"""

import json
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import tomli_w

from commonweal.language import _

PART = re.compile(r'"((?:[^"\\]|\\.)*)"|([^."]+)')
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
ALMOST = re.compile(r"[+-]?[0-9][0-9.,' \u00a0\u202f]*%?")  # as pasted: 1,000 or 16 %
STRAIGHT = str.maketrans("“”„", '"""')  # as word processors set them
SIMPLE = re.compile(r'[^."\s]([^."]*[^."\s])?')


def flat(settings: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(path, value as text) of every setting; an empty table is `{}`."""
    for key, value in settings.items():
        path = (*above, key)
        if isinstance(value, Mapping) and value:
            yield from flat(value, path)
        else:
            yield ".".join(map(_part, path)), text_of(value)


def nested(rows: Iterable[tuple[str, object]]) -> dict[str, Any]:
    """The settings of (path, value) rows. Raises ValueError, in words, for a path that fits no other."""
    settings: dict[str, Any] = {}
    for path, value in rows:
        *above, last = parts(path)
        table = settings
        for part in above:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise ValueError(_("'{path}' lies below a setting that has a value of its own", path=path))
        if last in table:
            raise ValueError(_("'{path}' stands there twice", path=path))
        table[last] = value_of(value)
    return settings


def parts(path: str) -> list[str]:
    """The parts of a path. Raises ValueError for one that cannot be taken apart."""
    found, end = [], 0
    path = path.translate(STRAIGHT)
    for match in PART.finditer(path):
        found.append(json.loads(f'"{match[1]}"') if match[2] is None else match[2].strip())
        if path[end : match.start()].strip() != ("." if end else ""):
            raise ValueError(_("'{path}' is no path of settings, such as levers.floors.share", path=path))
        end = match.end()
    if not found or end != len(path):
        raise ValueError(_("'{path}' is no path of settings, such as levers.floors.share", path=path))
    return found


def _part(part: str) -> str:
    return part if SIMPLE.fullmatch(part) else json.dumps(part, ensure_ascii=False)


def text_of(value: object) -> str:
    """A value as text that `value_of` reads back as the same."""
    if isinstance(value, str) and value_of(value) == value and value == value.strip() and value and not unclear(value):
        return value
    return _toml(value)


def _toml(value: object) -> str:
    """In one line, as TOML writes it."""
    if isinstance(value, Mapping):
        items = (f"{tomli_w.dumps({key: 0}).split(' = ')[0]} = {_toml(item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", r"\u007f")  # which JSON allows and TOML does not
    return tomli_w.dumps({"x": value}).removeprefix("x = ").strip()


def unclear(cell: object) -> bool:
    """Whether a cell holds text that looks like a number and could mean several: 1,000 or 1,5 or 16 %."""
    found = value_of(cell)
    return isinstance(found, str) and found == str(cell).strip() and bool(ALMOST.fullmatch(_narrow(found)))


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def value_of(cell: object) -> object:
    """What a cell means: numbers and TRUE / FALSE are themselves; text is TOML where it can be, else text.

    Full-width digits are digits.
    """
    if isinstance(cell, bool | int):
        return cell
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else cell
    text = str(cell).strip()
    plain = _narrow(text)
    if NUMBER.fullmatch(plain):
        text = plain
    try:
        return tomllib.loads(f"x = {text}")["x"] if "\n" not in text else text
    except tomllib.TOMLDecodeError:
        return text

"""What is left of English in a text that should be Chinese: words that are nobody's id, file, command or setting."""

import re
import tomllib

from commonweal import instances
from commonweal.instances.rows import TABLES, Meta
from commonweal.models import parts
from commonweal.optimizer import dictionary, exports, scenario
from commonweal.optimizer.indicators import INDICATORS
from commonweal.optimizer.screens import list as listing

COMMANDS = re.compile(r"commonweal( [a-z-]+)?( [\w./<>-]+)?|--[\w-]+( [A-Z]\w*| xlsx)?|`[^`]*`|\[[^\]]*\]|\([a-z_]+\)")
FILES = re.compile(r"[\w./<>=-]*\.(csv|toml|json|xlsx|md)\b|/[\w./-]+")
SETTINGS = re.compile(r"[a-z_*<>]+(\.[\w*<>]+)+( = [^\n]*)?|\w+=[\w.*-]+")
WORD = re.compile(r"[A-Za-z][A-Za-z_-]*[A-Za-z]")
UNITS = {"GE", "HiGHS", "CSV", "JSON", "Excel", "TOML", "zip"}
"""Words of the trade and of files, alike in both languages."""
VALUES = {
    "choose",
    "free",
    "neutral",
    "hard",
    "soft",
    "today",
    "year",
    "standard",
    "mean",
    "persons",
    "regions",
    "equal",
}
"""What settings may be."""


def ids() -> set[str]:
    """Whatever names a thing to the program: ids of cases, tables, columns, levers, gaps, settings, formats."""
    found = {
        "total",
        "default",
        "low",
        "high",
        *(entry["name"] for entry in listing.entries("instances")["instances"]),
        *parts.levers(),
        *parts.gaps(),
        *INDICATORS,
        *scenario.bundled(),
        *scenario.searches(),
        *exports.names(),
        *UNITS,
        *VALUES,
        *dictionary.NAMES,
    }
    for path in scenario.bundled().values():
        found |= set(tomllib.loads(path.read_text(encoding="utf-8")).get("outlooks", {}).get("cases", {}))
    for table in TABLES:
        found |= {table.TABLE, *table.model_fields}
    for table_name, columns in dictionary.TABLES.items():
        found |= {table_name, *columns}
    found |= set(Meta.model_fields)
    for part in (*parts.levers().values(), *parts.gaps().values()):
        found |= set(part.module.Settings.model_fields)
    for name in instances.bundled():
        case = instances.read(name)
        found |= {
            name,
            *(key for kind in ("region", "group", "programme", "fund") for key in getattr(case, f"{kind}s")[kind]),
        }
        found |= set(case.regions["belt"])
    for entry in (entry for kind in ("levers", "gaps") for entry in listing.entries(kind)[kind]):
        found |= {
            word
            for setting in entry["settings"]
            for word in WORD.findall(setting["setting"] + " " + setting["default"])
        }
    return found | {word for name in found for word in WORD.findall(name)}


def english(text: str, known: set[str]) -> set[str]:
    """The Latin words of `text` that are nobody's id."""
    for pattern in (COMMANDS, FILES, SETTINGS):
        text = pattern.sub(" ", text)
    return {word for word in WORD.findall(text) if word not in known}

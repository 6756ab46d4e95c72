"""Words beside the ids of a workbook in another language than English, in which ids are no words.

Levers, rules and gaps get a column with their names; sides of accounts are told by name.
"""

from collections.abc import Callable, Mapping

import pandas as pd

from commonweal.instances import Instance
from commonweal.optimizer.explain_words import lever_title, rule_in_names
from commonweal.optimizer.language import ENGLISH, _, language
from commonweal.optimizer.names import names

SIDES = ("fund", "group", "region")  # what the id of a side is of; the last goes first


def with_meanings(tables: Mapping[str, pd.DataFrame], instance: Instance) -> dict[str, pd.DataFrame]:
    """`tables` with `<column>_name` after each lever, rule, gap and measure, and sides of accounts by name."""
    if language() == ENGLISH:
        return dict(tables)
    spoken: dict[str, Callable[[str], str]] = {
        "lever": lever_title,
        "rule": lambda rule: rule_in_names(rule, instance),
        "gap": _words,
        "measure": _words,
    }
    found = {name: _named(frame, spoken) for name, frame in tables.items()}
    if (accounts := found.get("redistribution")) is not None:
        known = {key: name for kind in SIDES for key, name in names(instance, kind).items()}
        found["redistribution"] = accounts.assign(side=accounts["side"].replace(known))
    return found


def _words(name: str) -> str:
    return _(name.replace("_", " "))


def _named(frame: pd.DataFrame, spoken: Mapping[str, Callable[[str], str]]) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for column in frame.columns:
        columns[column] = frame[column]
        if column in spoken:
            columns[f"{column}_name"] = frame[column].map(spoken[column])
    return pd.DataFrame(columns)

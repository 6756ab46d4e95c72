"""Names for people beside the ids: regions, groups, programmes and funds as the instance calls them."""

from collections.abc import Mapping

import pandas as pd

from commonweal.instances import Instance
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.indicators import INDICATORS

KEYS = {
    "region": "region",
    "donor": "region",
    "recipient": "region",
    "group": "group",
    "programme": "programme",
    "fund": "fund",
}


def names(instance: Instance, key: str, local: bool = False) -> dict[str, str]:
    """{id: name} of one kind of thing ("region", "group", "programme", "fund").

    With `local` the name in the local language, where the instance has one.
    """
    frame: pd.DataFrame = getattr(instance, f"{key}s")
    shown = frame["name_local"].where(frame["name_local"] != "", frame["name"]) if local else frame["name"]
    return dict(zip(frame[key].tolist(), shown.tolist(), strict=True))


def labels(instance: Instance, key: str) -> dict[str, str]:
    """{id: name, followed by the local name where it differs}."""
    local = names(instance, key, local=True)
    return {i: name if local[i] == name else f"{name} {local[i]}" for i, name in names(instance, key).items()}


def has_local(instance: Instance, key: str) -> bool:
    """Whether the instance gives local names, different from the others, for this kind of thing."""
    return names(instance, key) != names(instance, key, local=True)


def with_names(tables: Mapping[str, pd.DataFrame], instance: Instance) -> dict[str, pd.DataFrame]:
    """`tables` with `<key>_name`, and `<key>_name_local` where the instance has such names, after each id.

    Indicators get their meaning and their unit.
    """
    return {name: _named(frame, instance) for name, frame in tables.items()}


def _named(frame: pd.DataFrame, instance: Instance) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for column in frame.columns:
        columns[column] = frame[column]
        if kind := KEYS.get(column):
            columns[f"{column}_name"] = frame[column].map(names(instance, kind)).fillna("")
            if has_local(instance, kind):
                columns[f"{column}_name_local"] = frame[column].map(names(instance, kind, local=True)).fillna("")
        if column == "indicator":
            words = units(instance)
            columns["indicator_meaning"] = frame[column].map({k: words.text(v[0]) for k, v in INDICATORS.items()})
            columns["indicator_unit"] = frame[column].map({k: words.text(v[1]) for k, v in INDICATORS.items()})
    return pd.DataFrame(columns)

"""Names for people beside the ids: regions, groups, programmes and funds as the instance calls them."""

from collections.abc import Mapping

import pandas as pd

from commonweal.instances import Instance
from commonweal.optimizer.amounts import said
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.indicators import INDICATORS
from commonweal.optimizer.language import ENGLISH, _, language

KEYS = {
    "region": "region",
    "donor": "region",
    "recipient": "region",
    "group": "group",
    "programme": "programme",
    "fund": "fund",
}
SPOKEN = {"payer", "use", "account", "side"}
"""Columns that hold words."""


def names(instance: Instance, key: str) -> dict[str, str]:
    """{id: name} of one kind of thing ("region", "group", "programme", "fund"), in the language spoken.

    That is the local name if the instance says that its local names are in this language.
    """
    if language() == instance.meta.language:
        return given(instance, key, local=True)
    return {i: _(name) for i, name in given(instance, key).items()}


def given(instance: Instance, key: str, local: bool = False) -> dict[str, str]:
    """{id: name} as it stands in the instance; with `local` the name in the local language, where there is one."""
    frame: pd.DataFrame = getattr(instance, f"{key}s")
    ids, plain = frame[key].tolist(), frame["name"].tolist()
    shown = [own or name for own, name in zip(frame["name_local"].tolist(), plain, strict=True)] if local else plain
    return dict(zip(ids, shown, strict=True))


def labels(instance: Instance, key: str) -> dict[str, str]:
    """{id: name, followed by the local name where it says more and is in a language other than the one spoken}."""
    if language() == instance.meta.language:
        return names(instance, key)
    local, plain = given(instance, key, local=True), given(instance, key)
    return {i: name if local[i] in plain[i] else f"{name} {local[i]}" for i, name in names(instance, key).items()}


def has_local(instance: Instance, key: str) -> bool:
    """Whether the instance gives local names, different from the others, for this kind of thing."""
    return given(instance, key) != given(instance, key, local=True)


def with_names(tables: Mapping[str, pd.DataFrame], instance: Instance) -> dict[str, pd.DataFrame]:
    """`tables` with `<key>_name`, and `<key>_name_local` where the instance has such names, after each id.

    Indicators get their meaning and their unit.
    """
    return {name: _named(frame, instance) for name, frame in tables.items()}


def in_words(tables: Mapping[str, pd.DataFrame], instance: Instance) -> dict[str, pd.DataFrame]:
    """Tables that have names, for people: names and words in the language spoken, ids as they are."""
    return dict(tables) if language() == ENGLISH else {name: _spoken(frame, instance) for name, frame in tables.items()}


def _spoken(frame: pd.DataFrame, instance: Instance) -> pd.DataFrame:
    frame = frame.drop(columns=[column for column in frame if str(column).endswith("_name_local")])
    for column, kind in KEYS.items():
        if f"{column}_name" in frame:
            frame[f"{column}_name"] = frame[column].map(names(instance, kind)).fillna("")
    if "indicator" in frame:
        words = said(instance)
        for column, part in (("indicator_meaning", 0), ("indicator_unit", 1)):
            frame[column] = frame["indicator"].map({k: words.text(_(v[part])) for k, v in INDICATORS.items()})
    if "unit" in frame and "limit" in frame:
        known, words = units(instance), said(instance)
        spoken = {
            known.text(u): words.text(_(u)) for u in ("{money}", "{persons}", "{benefit}", "of the contribution base")
        }
        frame["unit"] = frame["unit"].map(lambda unit: spoken.get(unit, unit))
    for column in SPOKEN & set(frame):
        frame[column] = frame[column].map(_)
    return frame


def _named(frame: pd.DataFrame, instance: Instance) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for column in frame.columns:
        columns[column] = frame[column]
        if kind := KEYS.get(column):
            columns[f"{column}_name"] = frame[column].map(given(instance, kind)).fillna("")
            if has_local(instance, kind):
                columns[f"{column}_name_local"] = frame[column].map(given(instance, kind, local=True)).fillna("")
        if column == "indicator":
            words = units(instance)
            columns["indicator_meaning"] = frame[column].map({k: words.text(v[0]) for k, v in INDICATORS.items()})
            columns["indicator_unit"] = frame[column].map({k: words.text(v[1]) for k, v in INDICATORS.items()})
    return pd.DataFrame(columns)

"""What explanations are made of: sentences that know where each of their numbers stands, and names for rules."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from commonweal.instances import Instance
from commonweal.models.parts import levers
from commonweal.optimizer.amounts import Amounts
from commonweal.optimizer.blocks import show
from commonweal.optimizer.dictionary import TABLES
from commonweal.optimizer.language import _
from commonweal.optimizer.names import names
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary_words import MOVED, listed

NAMED = 6  # regions of a list that are named


@dataclass(frozen=True)
class Reference:
    """Where a number stands: table, the keys of its row, column, and the number in full."""

    table: str
    keys: Mapping[str, Any]
    column: str
    value: float


@dataclass(frozen=True)
class Sentence:
    """A sentence and where its numbers stand, in the order of the text."""

    text: str
    references: tuple[Reference, ...] = ()


@dataclass
class Words:
    """A sentence in the making: every number comes in through `cite`."""

    unit: Amounts
    references: list[Reference] = field(default_factory=list)

    def cite(self, table: str, row: Mapping[Any, Any], column: str, style: Any = "number") -> str:
        """The number as text, in the unit for people, its place and its full value noted."""
        keys = (
            "region",
            "donor",
            "recipient",
            "group",
            "programme",
            "fund",
            "gap",
            "lever",
            "rule",
            "indicator",
            "scope",
            "year",
        )
        place = {key: _key(row[key]) for key in keys if key in row and not pd.isna(row[key]) and row[key] != ""}
        self.references.append(Reference(table, place, column, float(row[column])))
        known = TABLES[table][column].unit
        times = {"{money}": self.unit.money_times, "{persons}": self.unit.persons_times}.get(known, 1.0)
        return show(float(row[column]) * times, style)

    def say(self, text: str) -> Sentence:
        return Sentence(text, tuple(self.references))


def _key(value: Any) -> Any:
    return value if isinstance(value, str) else int(value)


@dataclass(frozen=True)
class Place:
    """One year of a run."""

    run: Run
    year: int
    unit: Amounts

    def words(self) -> Words:
        return Words(self.unit)

    def rows(self, table: str, **keys: str) -> list[dict[str, Any]]:
        """The rows of the year with these keys."""
        frame = self.run.tables[table]
        if "year" in frame:
            frame = frame[(frame["year"] == self.year).fillna(False)]
        for key, value in keys.items():
            frame = frame[frame[key] == value]
        return [{str(k): value for k, value in row.items()} for row in frame.to_dict("records")]

    def name(self, kind: str, key: str) -> str:
        return names(self.run.instance, kind).get(key, key)

    def who(self, cell: Mapping[str, Any]) -> str:
        parts = [self.name(kind, cell[kind]) for kind in ("region", "group", "programme")]
        return _(", ").join(parts if len(self.run.instance.programmes) > 1 else parts[:2])

    def regions(self, cells: list[dict[str, Any]]) -> str:
        regions = sorted({self.name("region", cell["region"]) for cell in cells})
        return listed(regions[:NAMED] + ([_("others")] if len(regions) > NAMED else []))

    def binding(self, region: str) -> list[dict[str, Any]]:
        """Rules that bind, of a region or of the nation, accounts apart; those with a price first."""
        rules = [
            rule for rule in self.rows("rules", region=region) if rule["binding"] and "balance" not in rule["rule"]
        ]
        return sorted(rules, key=lambda rule: (-abs(rule["price"]), rule["lever"], rule["rule"]))

    def rule(self, rule: str) -> str:
        return rule_in_names(rule, self.run.instance)

    def price(self, words: Words, rule: Mapping[str, Any]) -> str:
        if rule["price"] == 0:
            return ""
        apart = [rule[side] for side in ("price_from", "price_to") if not pd.isna(rule[side])]
        if len(apart) == 2 and abs(apart[0] - apart[1]) > 1e-6 * abs(rule["price"]):
            ends = [words.cite("rules", rule, side, "change") for side in ("price_from", "price_to")]
            price = _("{low} to {high}", low=ends[0], high=ends[1])
        else:
            price = words.cite("rules", rule, "price", "change")
        return _("; one more unit of this limit would change the gap by {price}", price=price)


def lever_title(lever: str) -> str:
    """A lever's name in words: what its description says before the colon; the id of one that is not there."""
    known = levers()
    return re.split("[:：]", _(known[lever].summary))[0] if lever in known else lever


def rule_in_names(rule: str, instance: Instance) -> str:
    """A rule with names instead of ids."""
    name, _colon, about = rule.partition(": ")
    ids = [part for part in about.split(", ") if part]
    kinds = ("group", "programme") if len(ids) > 1 else ("programme", "fund")
    known = {key: word for kind in kinds for key, word in names(instance, kind).items()}
    parts = [known.get(part, part) for part in ids]
    plain = _(name.removesuffix("_first").replace("_", " "))
    return _("{rule} for {whom}", rule=plain, whom=_(", ").join(parts)) if parts else plain


def unchanged(cell: Mapping[str, Any]) -> bool:
    return bool(abs(cell["benefit"] - cell["benefit_before"]) <= MOVED * max(cell["benefit"], cell["benefit_before"]))


def speaks_of(rule: str, cell: Mapping[str, Any]) -> bool:
    """Does a rule speak of this cell's group and programme."""
    return rule.partition(": ")[2] == f"{cell['group']}, {cell['programme']}"

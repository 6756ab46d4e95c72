"""Money and persons as people read them: "116.11 bn yuan", in Chinese "1,161.1 亿元"; "12.3 million persons", "1,230 万人".

English keeps the units of the data. Another language counts in its own steps (its catalogue says which), so that what
stands in a table of the run is multiplied before it is shown: `value * words.money_times`.
"""

from dataclasses import dataclass

from commonweal.instances import Instance
from commonweal.optimizer.blocks import Style, show
from commonweal.optimizer.dictionary import Units, units
from commonweal.optimizer.language import ENGLISH, _, language

MONEY_REACH, PERSONS_REACH = 100.0, 10.0
"""The largest step is taken that is at most so many times the unit of the data: 1e9 yuan in 亿, 1e6 persons in 万."""


@dataclass(frozen=True)
class Amounts(Units):
    """Units for people; a number of the run is shown as so many times itself."""

    money_times: float = 1.0
    persons_times: float = 1.0

    def of_money(self, value: float, style: Style = "number", decimals: int | None = None) -> str:
        """Money in the unit of the run, with its unit."""
        return _("{number} {unit}", number=show(value * self.money_times, style, decimals), unit=self.money)

    def of_persons(self, value: float) -> str:
        """Persons in the unit of the run, with their unit."""
        return _("{number} {unit}", number=show(value * self.persons_times), unit=self.persons)


def amounts(instance: Instance) -> Amounts:
    """The units in which people are told money and persons of `instance`."""
    if language() == ENGLISH:
        found = units(instance)
        return Amounts(found.currency, found.money, found.persons, found.benefit)
    meta, currency = instance.meta, _(instance.meta.currency)
    money, persons = _step(meta.money, MONEY_REACH), _step(meta.persons, PERSONS_REACH)
    return Amounts(
        currency,
        _scaled(money, currency),
        _scaled(persons, _("persons")),
        _("{currency} per person and year", currency=currency),
        meta.money / money,
        meta.persons / persons,
    )


def said(instance: Instance) -> Units:
    """The units of the run's own tables, in the language spoken: for the full numbers of a table."""
    if language() == ENGLISH:
        return units(instance)
    meta, currency = instance.meta, _(instance.meta.currency)
    return Units(
        currency,
        _scaled(meta.money, currency),
        _scaled(meta.persons, _("persons")),
        _("{currency} per person and year", currency=currency),
    )


def steps() -> list[tuple[float, str]]:
    """The steps in which a plain number is shortened, the largest first; none in English, which writes all its figures."""
    return [] if language() == ENGLISH else _steps()


def _steps() -> list[tuple[float, str]]:
    """The steps in which the language counts, the largest first."""
    steps = [step.split() for step in _("1e12 trillion; 1e9 bn; 1e6 million; 1e3 thousand").split(";")]
    return [(float(size), word) for size, word in steps]


def _step(scale: float, reach: float) -> float:
    return next((size for size, _word in _steps() if size <= scale * reach), 1.0)


def _scaled(scale: float, word: str) -> str:
    """`scale` in words before `word`: 1e8 gives 亿元, 1e9 10 亿元."""
    size, name = next(((size, name) for size, name in _steps() if size <= scale), (1.0, ""))
    count = f"{scale / size:,g}"
    named = _("{step} {unit}", step=name, unit=word) if name else word
    return named if count == "1" else f"{count} {named}"

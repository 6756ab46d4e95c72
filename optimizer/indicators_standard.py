"""Indicators of who reaches what: shares of the standard, what is missing to it, who wins and loses, replacement.

For everybody of a programme, and for each of its groups; x = benefit / standard. A change, or a share that misses a
limit, below a millionth is none.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from pydantic import BaseModel, Field, field_validator

from commonweal.instances import Instance
from commonweal.optimizer.indicator_rows import MONEY, PERSONS, SIDES, Meaning, Row, blocks
from commonweal.optimizer.inequality import ratio
from commonweal.optimizer.language import _

GRAIN = 1e-6
MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "below_standard": ("share of eligible persons below the standard", ""),
        "poverty_gap": ("mean of what is missing to the standard, as a share of it", ""),
        "poverty_gap_squared": ("mean square of what is missing to the standard, as a share of it", ""),
        "missing": ("money that would lift everybody to the standard", MONEY),
        "persons_between": ("share of eligible persons from one share of the standard to below another", ""),
        "winners": ("eligible persons in cells whose benefit rises", PERSONS),
        "losers": ("eligible persons in cells whose benefit falls", PERSONS),
        "won": ("money by which benefits rise", MONEY),
        "lost": ("money by which benefits fall", MONEY),
        "replacement_rate": ("benefit per recipient over household income per member (bands.csv)", ""),
        "benefit_over_gdp": ("benefit per recipient over gross domestic product per inhabitant", ""),
    }
)


class IndicatorSettings(BaseModel, extra="forbid", frozen=True):
    """What the indicators are told."""

    fractions: tuple[float, ...] = Field(
        default=(0.5, 1.0, 1.5), description="shares of the standard between which persons are counted, rising"
    )

    @field_validator("fractions")
    @classmethod
    def _rising(cls, given: tuple[float, ...]) -> tuple[float, ...]:
        if any(low >= high for low, high in zip((0.0, *given), given, strict=False)):
            raise ValueError(_("fractions must be above zero and rise, such as [0.5, 1.0]"))
        return given


def rows(cells: pd.DataFrame, instance: Instance, settings: IndicatorSettings) -> Iterator[Row]:
    """Every row; `cells` as for `indicators`, with people only."""
    cells = cells.merge(_incomes(instance), on=["region", "group", "year"], how="left")
    keys = ["region", "group", "programme", "year"]
    reached = instance.people[[*keys, "covered"]].rename(columns={"covered": "recipients_before"})
    cells = cells.merge(reached, on=keys, how="left")
    for (programme, year), block in blocks(cells, ["programme", "year"]):
        parts = [(f"programme={programme};group={group}", members) for (group,), members in blocks(block, ["group"])]
        for scope, part in [(f"programme={programme}", block), *parts]:
            yield from _standard(part, scope, year, instance.per_head, settings.fractions)
            yield from _changed(part, scope, year, instance.per_head)
        for scope, part in parts:
            for name, income in (("replacement_rate", "income"), ("benefit_over_gdp", "gdp_per_head")):
                if (part[income] > 0).all():
                    yield Row(name, scope, year, *_replaced(part, income))


def _standard(
    cells: pd.DataFrame, scope: str, year: int, per_head: float, fractions: tuple[float, ...]
) -> Iterator[Row]:
    persons, standard = cells["eligible"].to_numpy(float), cells["standard"].to_numpy(float)
    share = persons / persons.sum()
    reached = np.stack([cells[side].to_numpy(float) / standard for side in SIDES])
    missing = np.maximum(0.0, 1 - reached)
    yield Row("below_standard", scope, year, *((reached < 1 - GRAIN) @ share).tolist())
    yield Row("poverty_gap", scope, year, *(missing @ share).tolist())
    yield Row("poverty_gap_squared", scope, year, *(missing**2 @ share).tolist())
    yield Row("missing", scope, year, *(missing @ (persons * standard) * per_head).tolist())
    for low, high in zip((0.0, *fractions), (*fractions, np.inf), strict=True):
        inside = (reached >= low - GRAIN) & (reached < high - GRAIN)
        limits = f"from={low:g}" + (f";to={high:g}" if np.isfinite(high) else "")
        yield Row("persons_between", f"{scope};{limits}", year, *(inside @ share).tolist())


def _changed(cells: pd.DataFrame, scope: str, year: int, per_head: float) -> Iterator[Row]:
    """Who wins and who loses against no plan."""
    persons, change = cells["eligible"].to_numpy(float), (cells["benefit"] - cells["benefit_before"]).to_numpy(float)
    least = GRAIN * cells[list(SIDES)].max(axis=1).to_numpy(float)
    for people, money, amount in (("winners", "won", change), ("losers", "lost", -change)):
        moved = amount > least
        yield Row(people, scope, year, 0.0, float(persons[moved].sum()))
        yield Row(money, scope, year, 0.0, float(persons[moved] @ amount[moved]) * per_head)


def _incomes(instance: Instance) -> pd.DataFrame:
    """Household income per member, and domestic product per inhabitant, of every region and group; NaN: not given."""
    bands = instance.bands.assign(income=instance.bands["share"] * instance.bands["income"])
    income = bands.groupby(["region", "group"], as_index=False)["income"].sum()
    budgets = instance.budgets
    product = budgets[["region", "year"]].assign(
        gdp_per_head=budgets["gdp"] / budgets["population"] / instance.per_head
    )
    places = product.merge(instance.groups[["group"]], how="cross")
    return places.merge(income, on=["region", "group"], how="left")


def _replaced(cells: pd.DataFrame, income: str) -> tuple[float, float]:
    """Benefits over the income of as many people, recipients only."""
    paid = [float((cells["eligible"] * cells[side]).sum()) for side in SIDES]
    usual = [float((cells[persons] * cells[income]).sum()) for persons in ("recipients_before", "recipients")]
    return ratio(paid[0], usual[0]), ratio(paid[1], usual[1])

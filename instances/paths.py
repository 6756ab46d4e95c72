"""Amounts and growth as scenarios write them: types for the settings of levers."""

from typing import Annotated

from pydantic import BaseModel, Field

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]

Growth = Annotated[float, Field(strict=True, gt=-1, allow_inf_nan=False)] | Annotated[str, Field(min_length=1)]
"""A yearly growth rate (0.02 = 2 per cent), or the name of a series in growth.csv."""


class GrowingAmount(BaseModel, extra="forbid", frozen=True):
    """An amount that grows every year: amount * (1 + growth) ** (year - since)."""

    amount: Number = Field(description="amount in the year `since`")
    growth: Growth = Field(default=0.0, description="yearly growth rate, or the name of a series in growth.csv")
    since: int | None = Field(default=None, description="year in which the amount holds; default: first plan year")


YearPath = Number | list[Number] | GrowingAmount
"""One amount for all plan years, a list with one amount per plan year, or an amount that grows."""

"""Medical bills: how they are spread over insured persons, an assumption that levers share.

Expected excess of a bill over an amount d, per insured person and year:

    excess(d) = sum over classes k of share[k] * max(0, cost[k] - d)

Persons outside every class have no bill.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from commonweal.language import _


class Bill(BaseModel, extra="forbid", frozen=True):
    """One class of yearly bills."""

    share: float = Field(ge=0, le=1, description="part of the insured persons with such a bill in a year")
    cost: float = Field(ge=0, description="the bill, currency units per person and year")


def _at_most_everybody(bills: list[Bill]) -> list[Bill]:
    total = sum(bill.share for bill in bills)
    if total > 1 + 1e-9:
        raise ValueError(_("the shares of the bills add up to {total:g}, more than everybody", total=total))
    return bills


Bills = Annotated[list[Bill], Field(min_length=1), AfterValidator(_at_most_everybody)]


def excess(bills: list[Bill], deductible: float) -> float:
    """Mean of what bills exceed the deductible by, currency units per insured person and year."""
    return sum(bill.share * max(0.0, bill.cost - deductible) for bill in bills)

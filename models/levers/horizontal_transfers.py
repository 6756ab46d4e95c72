"""Horizontal transfers: richer regions pay from their own budgets into the funds of poorer ones.

    paid[r, f, t] <= min(share_of_capacity * donor_cap[r, t], share_of_revenue * own_revenue[r, t])
                                                          for every donor r, year t, and the named fund f
    sum of received[r, f, t] <= (1 - loss) * sum of paid[r, f, t]         for every year t
    received[r, f, t] = 0                                 for every donor r

Money is pooled; who pays whom is split afterwards, which is exact as long as no rule speaks of pairs.

Source: paper 4.4, "there are horizontal transfer payments between regions, which will help give full play to the
mutual assistance ... and balance regional economic development".
"""

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Instance
from commonweal.models.core import open_flow, table
from commonweal.models.parts import Bounds, Effects, Link, known

SCOPE = "nation"
OPENS = ("benefit", "horizontal_received", "horizontal_paid")


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the horizontal transfers."""

    fund: str = Field(description="fund the money is meant for")
    share_of_capacity: float = Field(default=1.0, ge=0, description="most a donor pays, share of its donor_cap")
    share_of_revenue: float | None = Field(
        default=None, ge=0, description="most a donor pays, share of its own_revenue"
    )
    donors: list[str] | None = Field(
        default=None, description="regions that may pay; by default those with a positive donor_cap"
    )
    loss: float = Field(default=0.0, ge=0, lt=1, description="share of the money lost on the way")


def caps(instance: Instance, settings: Settings) -> dict[tuple[str, int], float]:
    """Most each donor may pay in each year, money."""
    capacity = table(instance.budgets, ["region", "year"], "donor_cap")
    revenue = table(instance.budgets, ["region", "year"], "own_revenue")
    found = {}
    for (r, t), surplus in capacity.items():
        if settings.donors is None or r in settings.donors:
            cap = settings.share_of_capacity * surplus
            if settings.share_of_revenue is not None:
                cap = min(cap, settings.share_of_revenue * revenue[r, t])
            if cap > 0:
                found[str(r), int(str(t))] = cap
    return found


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """Open payments of donors up to their caps and receipts of the others; one balance a year."""
    fund = settings.fund
    known(instance, "fund", [fund])
    known(instance, "region", settings.donors or [])
    whole = instance.whole.accounts
    accounts = set(zip(whole["region"], whole["fund"], whole["year"].tolist(), strict=True))
    national = {(r, t): c for (r, t), c in caps(instance.whole, settings).items() if (r, fund, t) in accounts}
    pot = {t: sum(c for (_, year), c in national.items() if year == t) for t in instance.years}
    cap = {(r, t): c for (r, t), c in national.items() if (r, fund, t) in model.LEDGER}
    donors = {r for r, _ in cap}
    open_flow(model, "horizontal_paid", [((r, fund, t), c) for (r, t), c in cap.items()], capped=True)
    # A donor that also received would pay itself: money of its budget for its own fund, called solidarity.
    receivers = [i for i in model.LEDGER if i[1] == fund and i[0] not in donors]
    open_flow(model, "horizontal_received", [(i, pot[i[2]]) for i in receivers], capped=False)

    def balance(t: int) -> Link:
        kept = 1 - settings.loss
        return Link(
            rule="balance",
            index=(fund, t),
            term=lambda r: (
                model.horizontal_received[r, fund, t] - kept * model.horizontal_paid[r, fund, t]
                if (r, fund, t) in model.LEDGER
                else 0.0
            ),
            limit=0.0,
        )

    payers = tuple((r, fund, t) for r, t in cap)
    return Effects(
        links=tuple(balance(t) for t in instance.years if pot[t] > 0),
        bounds=(Bounds("cap", model.horizontal_paid, payers, "upper"),),
    )

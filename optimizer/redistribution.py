"""Who gives to whom: accounts over sides that pay and receive, each of which closes.

Every account holds the same money, nation-wide and with transfers between regions taken out on both sides:

    sum over sides of paid = sum over sides of received                           for every account and year

    regions             regions (contributions, own effort, horizontal payments; benefits, services), centre, ...
    vertical            the poor regions (lowest GDP per head, a part `bottom` of the inhabitants) and the others
    groups              groups; contributions to a fund belong to its groups by persons covered
    labour and capital  labour (workers' contributions; benefits) and capital (employers' contributions)
    generations         working age, elderly and children, by programme
    need                persons in need and the insured, by programme (horizontal redistribution)
    life cycle          the members of each fund, present values over the plan years (no year)
    financing           every payer and every use

Money of public budgets, of reserves and what is unfunded are sides of their own.
"""

from collections.abc import Iterable, Mapping

import pandas as pd
from commonweal.instances import Instance
from commonweal.optimizer.accounts import BENEFITS, OTHERS
from pydantic import BaseModel, Field

LEDGER = ["region", "fund", "year"]
SIDES = ["account", "side", "year"]
MONEY = ["before", "amount"]
CONTRIBUTIONS = ("employers", "workers", "contributors")
PUBLIC = ("region", "centre", "other revenue")
PAID_OUT = (BENEFITS, "other spending", "services")


class AccountSettings(BaseModel, extra="forbid", frozen=True):
    """How accounts sort programmes and regions, and the multipliers of the economic effects."""

    old: list[str] = Field(default=["pension", "long_term_care"], description="programmes for the elderly")
    young: list[str] = Field(default=["maternity", "education"], description="programmes for children")
    need: list[str] = Field(
        default=["medical", "maternity", "work_injury", "long_term_care", "education", "unemployment"],
        description="programmes for people in need",
    )
    bottom: float = Field(default=0.4, gt=0, le=1, description="part of the inhabitants who live in the poor regions")
    discount: float = Field(default=0.0, gt=-1, description="yearly discount rate of the life-cycle account")
    consumption: dict[str, float] = Field(
        default={}, description="part of a benefit that is consumed, by group; * for groups not named"
    )
    expectation: dict[str, float] = Field(
        default={}, description="savings that each unit of benefits sets free, by group; * for groups not named"
    )
    industries: dict[str, dict[str, float]] = Field(
        default={}, description="demand for industries for each unit of spending: programme -> industry -> share"
    )
    jobs: dict[str, float] = Field(default={}, description="jobs, persons units for each money unit of spending, by programme")


def redistribution(
    matrix: pd.DataFrame, transfers: pd.DataFrame, benefits: pd.DataFrame, instance: Instance, settings: AccountSettings
) -> pd.DataFrame:
    """account, side, year (missing for the life cycle), paid_before, received_before, paid, received; money."""
    paid = matrix[matrix["payer"] != OTHERS].groupby([*LEDGER, "payer"], as_index=False)[MONEY].sum()
    given = transfers.assign(payer="region", before=0.0, amount=transfers["horizontal_paid"])
    paid = pd.concat([paid, given[[*LEDGER, "payer", *MONEY]]], ignore_index=True)
    used = matrix[matrix["use"] != OTHERS].groupby([*LEDGER, *USE], as_index=False)[MONEY].sum()
    lost = transfers.assign(use="lost on the way", group="", programme="", before=0.0)
    lost = lost.assign(amount=lost["horizontal_paid"] - lost["horizontal_received"])
    lost = lost.groupby(["fund", "year", *USE], as_index=False)[MONEY].sum().assign(region="")
    used = pd.concat([used, lost], ignore_index=True)
    poor = _poor(instance, settings.bottom)
    members = _members(benefits, instance)
    worth = (1 + settings.discount) ** (min(instance.years) - paid["year"]).astype(float)
    parts = [
        _account("regions", paid, _payer_side(paid, paid["region"]), used, _use_side(used, used["region"])),
        _account("financing", paid, paid["payer"], used, used["use"]),
        _account("labour and capital", paid, _payer_side(paid, paid["payer"].map(WORK)), used, _use_side(used, "labour")),
        _account("groups", *_by_group(paid, members), used, _use_side(used, used["group"])),
        _account("vertical", *_by_income(paid, poor, _payer_side), *_by_income(used, poor, _use_side)),
    ]
    for name, sides, rest in (
        ("generations", {"elderly": settings.old, "children": settings.young}, "working age"),
        ("need", {"persons in need": settings.need}, "the insured"),
    ):
        programme = {p: side for side, chosen in sides.items() for p in chosen}
        receives = used["programme"].map(programme).fillna(rest)
        parts.append(_account(name, paid, _payer_side(paid, rest), used, _use_side(used, receives)))
    parts.append(_life_cycle(paid, used, worth))
    return pd.concat(parts, ignore_index=True)

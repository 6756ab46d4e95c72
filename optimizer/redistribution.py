"""Who gives to whom: accounts over sides that pay and receive, each of which closes.

Every account holds the same money, nation-wide, with what only moves between regions taken out on both sides:

    sum over sides of paid = sum over sides of received                            for every account and year

    regions             regions (contributions, own effort, horizontal payments; benefits, services)
    vertical            the poor regions (lowest GDP per head, a part `bottom` of the inhabitants) and the others
    groups              groups; contributions to a fund belong to its groups, by persons covered
    labour and capital  labour (workers' contributions; benefits) and capital (employers' contributions)
    generations         working age, elderly and children, by programme
    need                persons in need and the other insured, by programme (horizontal redistribution)
    life cycle          the members of each fund, present values over the plan years (without a year)
    financing           every payer and every use

Public budgets, reserves and what is unfunded are sides of their own.
"""

import pandas as pd
from pydantic import BaseModel, Field

from commonweal.instances import Instance
from commonweal.models.levers.redistribution import poor
from commonweal.optimizer.accounts import BENEFITS, OTHERS, USE

LEDGER = ["region", "fund", "year"]
MONEY = ["before", "amount"]
WORK = {"employers": "capital", "workers": "labour", "contributors": "labour and capital"}
PUBLIC = ("region", "centre", "other revenue")
PAID_OUT = (BENEFITS, "other spending", "services")


class AccountSettings(BaseModel, extra="forbid", frozen=True):
    """How accounts sort programmes and regions, and the multipliers of the economic effects."""

    old: list[str] = Field(default=["pension", "long_term_care"], description="programmes for the elderly")
    young: list[str] = Field(default=["maternity", "education"], description="programmes for children")
    need: list[str] = Field(
        default=["medical", "maternity", "work_injury", "long_term_care", "education", "unemployment"],
        description="programmes for persons in need",
    )
    bottom: float = Field(default=0.4, gt=0, le=1, description="part of the inhabitants who live in the poor regions")
    discount: float = Field(default=0.0, gt=-1, description="yearly discount rate of the life-cycle account")
    consumption: dict[str, float] = Field(
        default={}, description="part of a benefit that is consumed, by group; * stands for groups not named"
    )
    expectation: dict[str, float] = Field(
        default={}, description="savings that a unit of benefits sets free, by group; * stands for groups not named"
    )
    industries: dict[str, dict[str, float]] = Field(
        default={}, description="demand for each industry, money for a unit of spending, by programme"
    )
    jobs: dict[str, float] = Field(
        default={}, description="jobs, persons units for a money unit of spending, by programme"
    )


def redistribution(
    matrix: pd.DataFrame,
    transfers: pd.DataFrame,
    benefits: pd.DataFrame,
    instance: Instance,
    settings: AccountSettings,
) -> pd.DataFrame:
    """account, side, year (missing for the life cycle), paid_before, received_before, paid, received; money."""
    paid, used = _consolidated(matrix, transfers)
    rich_poor = _poor(instance, settings.bottom)
    members = _members(benefits, instance)
    parts = [
        _account("regions", _payers(paid, paid["region"], own=True), _uses(used, used["region"])),
        _account("financing", paid.assign(side=paid["payer"]), used.assign(side=used["use"])),
        _account("labour and capital", _payers(paid, paid["payer"].map(WORK)), _uses(used, "labour")),
    ]
    for name, sides, rest in (
        ("generations", {"elderly": settings.old, "children": settings.young}, "working age"),
        ("need", {"persons in need": settings.need}, "other insured"),
    ):
        side = used["programme"].map({p: who for who, chosen in sides.items() for p in chosen}).fillna(rest)
        parts.append(_account(name, _payers(paid, rest), _uses(used, side)))
    by_group = _split(paid, members, LEDGER)
    group = used["group"].where(used["group"] != "", "everybody")
    parts.append(_account("groups", _payers(by_group, by_group["part"]), _uses(used, group)))
    by_income, spent = _split(paid, rich_poor, ["region", "year"]), _split(used, rich_poor, ["region", "year"])
    parts.append(_account("vertical", _payers(by_income, by_income["part"], own=True), _uses(spent, spent["part"])))
    parts.append(_life_cycle(paid, used, instance.years[0], settings.discount))
    return pd.concat(parts, ignore_index=True).astype({"year": "Int64"})


def _consolidated(matrix: pd.DataFrame, transfers: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Money by payer and money by use, without what regions pass on to each other; columns before, amount."""
    paid = matrix[matrix["payer"] != OTHERS].groupby([*LEDGER, "payer"], as_index=False)[MONEY].sum()
    given = transfers.assign(payer="region", before=0.0, amount=transfers["horizontal_paid"])
    used = matrix[matrix["use"] != OTHERS].groupby([*LEDGER, *USE], as_index=False)[MONEY].sum()
    gone = transfers.groupby(["fund", "year"], as_index=False)[["horizontal_paid", "horizontal_received"]].sum()
    gone = gone.assign(amount=gone["horizontal_paid"] - gone["horizontal_received"], before=0.0)
    gone = gone.assign(region="", use="lost on the way", group="", programme="")
    return (
        pd.concat([paid, given[[*LEDGER, "payer", *MONEY]]], ignore_index=True),
        pd.concat([used, gone[[*LEDGER, *USE, *MONEY]]], ignore_index=True),
    )


def _payers(paid: pd.DataFrame, insured: "pd.Series[str] | str", own: bool = False) -> pd.DataFrame:
    """`paid` with its side: the insured pay contributions (and with `own` the region's own money), budgets the rest."""
    side = paid["payer"].where(~paid["payer"].isin(PUBLIC), "public budgets")
    kinds = (*WORK, "region") if own else tuple(WORK)
    return paid.assign(side=side.where(~paid["payer"].isin(kinds), insured))


def _uses(used: pd.DataFrame, receiver: "pd.Series[str] | str") -> pd.DataFrame:
    """`used` with its side: who receives what is paid out; what is saved or lost stands under its own name."""
    return used.assign(side=used["use"].where(~used["use"].isin(PAID_OUT), receiver))


def _split(frame: pd.DataFrame, weights: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Every row once for each `part` of its keys, money times `weight`; rows without parts belong to everybody."""
    rows = frame.merge(weights, on=keys, how="left").fillna({"weight": 1.0, "part": "everybody"})
    return rows.assign(**{column: rows[column] * rows["weight"] for column in MONEY})


def _poor(instance: Instance, bottom: float) -> pd.DataFrame:
    """region, year, part, weight: how much of each region is poor, and how much is not."""
    rows = [
        (region, year, part, weight)
        for (region, year), share in poor(instance, bottom).items()
        for part, weight in (("poor regions", share), ("other regions", 1 - share))
    ]
    return pd.DataFrame(rows, columns=["region", "year", "part", "weight"])


def _members(benefits: pd.DataFrame, instance: Instance) -> pd.DataFrame:
    """region, fund, year, part (group), weight: the groups of a fund by persons covered."""
    cells = benefits.merge(instance.schemes[["programme", "group", "year", "fund"]])
    persons = cells.groupby([*LEDGER, "group"], as_index=False)[["recipients"]].sum()
    weight = persons["recipients"] / persons.groupby(LEDGER)["recipients"].transform("sum")
    found = persons.assign(part=persons["group"], weight=weight)
    return found.loc[weight > 0, [*LEDGER, "part", "weight"]]


def _account(name: str, paid: pd.DataFrame, used: pd.DataFrame) -> pd.DataFrame:
    """Sums by side and year."""
    out = paid.groupby(["side", "year"])[MONEY].sum().set_axis(["paid_before", "paid"], axis=1)
    into = used.groupby(["side", "year"])[MONEY].sum().set_axis(["received_before", "received"], axis=1)
    sides = out.join(into, how="outer").fillna(0.0).reset_index().assign(account=name)
    order = ["account", "side", "year", "paid_before", "received_before", "paid", "received"]
    return sides.loc[sides[order[3:]].ne(0.0).any(axis=1), order]


def _life_cycle(paid: pd.DataFrame, used: pd.DataFrame, first: int, discount: float) -> pd.DataFrame:
    """Present values by fund; public money, reserves and the rest are one side."""
    frames = []
    for frame, ours in ((paid, paid["payer"].isin(list(WORK))), (used, used["use"] == BENEFITS)):
        worth = (1 + discount) ** (first - frame["year"]).astype(float)
        side = frame["fund"].where(ours, "budgets and reserves")
        frames.append(frame.assign(side=side, **{column: frame[column] * worth for column in MONEY}, year=0))
    return _account("life cycle", *frames).assign(year=None)

"""Vertical transfers: the central government adds money to regional funds, within a budget for each fund and year.

    sum over regions r of central[r, f, t] <= budget[f, t]                              for every fund f, year t
    sum over regions r outside the favoured belts of central[r, f, t] <= (1 - tilt) * budget[f, t]
    sum over funds f of central[r, f, t] >= per_head_floor[belt of r] * population[r, t]    for every r, t
    (1 - stability) * central[r, f, t-1] <= central[r, f, t] <= (1 + stability) * central[r, f, t-1]

The tilt is a share of the budget, not of the money spent: as a share of spent money it would force money on favoured
regions that no longer need it.

Source: paper 4.4, "vertical transfer payment from the central government to the local government, especially to
increase the support to the central and western regions".
"""

import pyomo.environ as pyo
from pydantic import BaseModel, Field, NonNegativeFloat, model_validator

from commonweal.instances import Instance, YearPath
from commonweal.language import _
from commonweal.models.core import open_flow, rows
from commonweal.models.parts import Effects, Link, known

SCOPE = "nation"
OPENS = ("benefit", "central")


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the vertical transfers."""

    budget: dict[str, YearPath] = Field(description="new central money for each fund and year, money units")
    tilt: float | None = Field(
        default=None, ge=0, le=1, description="share of the budget reserved for the favoured belts"
    )
    favoured: list[str] = Field(default=[], description="belts the tilt favours")
    per_head_floor: dict[str, NonNegativeFloat] = Field(
        default={}, description="least grant by belt, currency units per inhabitant and year"
    )
    stability: float | None = Field(
        default=None, ge=0, description="largest change of a region's grant from one year to the next, share"
    )

    @model_validator(mode="after")
    def _something_to_give(self) -> "Settings":
        for path in self.budget.values():
            amounts = path if isinstance(path, list) else [path if isinstance(path, float) else path.amount]
            if any(amount < 0 for amount in amounts):
                raise ValueError(_("a budget is money to give: it cannot be negative"))
        return self

    @model_validator(mode="after")
    def _tilt_names_belts(self) -> "Settings":
        if self.tilt is not None and not self.favoured:
            raise ValueError(_("tilt needs the belts it favours: set favoured = [...]"))
        return self


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """Open central grants of the budgeted funds and write budget, tilt, floors and stability."""
    known(instance, "fund", settings.budget)
    known(instance, "belt", [*settings.favoured, *settings.per_head_floor])
    budget = {(f, t): v for f, path in settings.budget.items() for t, v in instance.amounts(path).items()}
    ledger = [(r, f, t) for r, f, t in model.LEDGER if (f, t) in budget]
    open_flow(model, "central", [(i, budget[i[1], i[2]]) for i in ledger], capped=False)
    granted = {(f, t) for _, f, t in ledger}

    def grant(f: str, t: int, skip: frozenset[str] = frozenset()) -> Link:
        limit = budget[f, t] * (1 - settings.tilt) if skip and settings.tilt is not None else budget[f, t]
        return Link(
            rule="tilt" if skip else "budget",
            index=(f, t),
            term=lambda r: model.central[r, f, t] if (r, f, t) in model.LEDGER and r not in skip else 0.0,
            limit=limit,
        )

    links = [grant(f, t) for f, t in sorted(granted)]
    belt = dict(zip(instance.regions["region"], instance.regions["belt"], strict=True))
    if settings.tilt is not None:
        favoured = frozenset(r for r, b in belt.items() if b in settings.favoured)
        links += [grant(f, t, favoured) for f, t in sorted(granted)]
    if settings.per_head_floor:
        _floors(lever, model, instance, settings, belt)
    if settings.stability is not None:
        change = settings.stability
        lever.LATER = pyo.Set(initialize=[i for i in ledger if i[2] > instance.years[0]], dimen=3, ordered=True)
        rows(
            lever,
            "not_less",
            lever.LATER,
            lambda _, r, f, t: model.central[r, f, t] >= (1 - change) * model.central[r, f, t - 1],
        )
        rows(
            lever,
            "not_more",
            lever.LATER,
            lambda _, r, f, t: model.central[r, f, t] <= (1 + change) * model.central[r, f, t - 1],
        )
    return Effects(links=tuple(links))


def _floors(
    lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings, belt: dict[str, str]
) -> None:
    funds = list(settings.budget)
    people = {
        (r, t): n for r, t, n in instance.budgets[["region", "year", "population"]].itertuples(index=False, name=None)
    }
    floor = {
        (r, t): settings.per_head_floor[belt[r]] * n * instance.per_head
        for (r, t), n in people.items()
        if belt[r] in settings.per_head_floor
    }
    lever.FLOORS = pyo.Set(initialize=list(floor), dimen=2, ordered=True)
    lever.floor = pyo.Param(lever.FLOORS, initialize=floor, doc="least grant, money")
    lever.GRANTS = pyo.Set(
        lever.FLOORS, initialize={(r, t): [f for f in funds if (r, f, t) in model.LEDGER] for r, t in floor}
    )
    rows(
        lever,
        "per_head_floor",
        lever.FLOORS,
        lambda b, r, t: sum(model.central[r, f, t] for f in b.GRANTS[r, t]) >= b.floor[r, t],
    )

"""The invented nations of `benchmarks/generate.py` written in linopy: the same rows and columns, by whole arrays.

Everything their scenario says is here once more, apart from `models/`: the ledger, vertical and horizontal transfers,
own effort, the fund pool, rigidity, reserves, and the gap as segments. Only what these nations have is written: a fund
for each group under the group's name, rates as they are today, a budget and a pot in every year, nothing released.
`benchmarks/linear_program.py` tells what it is held against.
"""

from dataclasses import dataclass
from typing import Any

import linopy
import numpy as np
import xarray as xr

from commonweal.instances import Instance
from commonweal.models.build import EARLY, ROOM
from commonweal.models.gap_terms import BEYOND, SEGMENTS
from commonweal.optimizer.scenario import Scenario

CELL, LEDGER = ["region", "group", "programme", "year"], ["region", "group", "year"]


@dataclass(frozen=True)
class Written:
    """The model and its two objectives; `nothing` is what the gap is worth when nobody has anything."""

    model: linopy.Model
    unfunded: Any
    gap: Any
    nothing: float


def write(case: Instance, scenario: Scenario) -> Written:
    """Build the model of a generated case in its plan years."""
    with linopy.options:
        linopy.options(semantics="v1")  # what is not there is absent, not zero
        return _write(case, scenario)


def arrays(case: Instance) -> xr.Dataset:
    """The tables as arrays by name; a fund stands under its group's name."""
    people = case.people.set_index(CELL)[["eligible", "covered", "benefit", "today"]].to_xarray()
    accounts = case.accounts.rename(columns={"fund": "group"}).set_index(LEDGER).to_xarray()
    budgets = case.budgets.set_index(["region", "year"])[["own_revenue", "own_effort", "donor_cap"]].to_xarray()
    standard = case.schemes.set_index(["programme", "group", "year"])[["standard"]].to_xarray()
    return xr.merge([people, accounts, budgets, standard], join="exact")


def _write(case: Instance, scenario: Scenario) -> Written:
    data, rules, model = arrays(case), scenario.levers, linopy.Model()
    first = data.year == case.years[0]
    cost = data.eligible * case.per_head
    covered = data.covered > 0
    benefit = model.add_variables(lower=0, coords=covered.coords, mask=covered, name="benefit")
    share, least, owed = _held(data, (cost * data.benefit).sum("programme"), rules["reserves"], first)
    closing = model.add_variables(lower=least, name="closing")
    unfunded = model.add_variables(lower=0, upper=owed, name="unfunded")

    spending = (cost * benefit).fillna(0).sum("programme")
    interest = 1 + rules["reserves"].interest
    own = np.minimum(rules["own_effort"].share_of_revenue * data.own_revenue, data.own_effort)
    given = data.base * data.rate + data.other_revenue - data.other_spending
    given = given + own.where(data.group == rules["own_effort"].fund, 0) + interest * data.opening.where(first, 0)
    money = [
        interest * closing.shift(year=1).fillna(0),
        -closing,
        _grants(model, case, data, rules["vertical_transfers"]),
        _between(model, data, rules["horizontal_transfers"]),
        *_pool(model, case, data, rules["fund_pool"]),
        1 * unfunded,
        -spending,
    ]
    model.add_constraints(linopy.merge(money) == -given, name="balance")
    model.add_constraints(closing - share * spending >= 0, mask=share > 0, name="months")
    reached = _rigid(model, case, data, benefit, rules["benefit_rigidity"])
    open_ = covered & (data.benefit > 0)
    cut = model.add_variables(lower=0, coords=open_.coords, mask=open_, name="cut")
    model.add_constraints(cut + benefit >= data.benefit, mask=open_, name="cut from today")
    early = 1 + EARLY * (case.years[-1] - data.year)
    return Written(model, (early * unfunded).sum(), *_gap(model, data, benefit, reached, scenario))


def _held(
    data: xr.Dataset, spent: xr.DataArray, settings: Any, first: xr.DataArray
) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    """Reserve to hold as a share of spending, the least reserve, and what may stay unfunded; by region, group, year."""
    months = xr.DataArray([settings.funds[group].months for group in data.group.values], {"group": data.group})
    share = np.minimum(months, data.opening / (data.spending_today / 12)) / 12
    least = np.maximum(0, data.locked + data.accrual.cumsum("year"))
    held = np.maximum(share * spent, least)
    rise = (least - least.shift(year=1)).where(~first, least - data.opening)
    added = np.maximum(0, (held - held.shift(year=1)).where(~first, held - data.opening))
    owed = (spent + data.other_spending + np.maximum(data.accrual, rise) + added) * (1 + ROOM)
    return share, least, np.maximum(0, owed - data.other_revenue - data.base * data.rate)


def _flow(model: linopy.Model, name: str, data: xr.Dataset, open_: xr.DataArray, most: Any = np.inf) -> Any:
    """Money by region, group and year; none where it is not open."""
    open_, _ = xr.broadcast(open_, data.base)
    open_ = open_.transpose(*LEDGER)
    return model.add_variables(lower=0, upper=most, coords=open_.coords, mask=open_, name=name).fillna(0)


def _grants(model: linopy.Model, case: Instance, data: xr.Dataset, settings: Any) -> Any:
    """Central grants within the budget, and outside the favoured belts within what the tilt leaves of it."""
    ((fund, path),) = settings.budget.items()
    budget = xr.DataArray(list(case.amounts(path).values()), {"year": data.year})
    central = _flow(model, "central", data, data.group == fund)
    belt = case.regions.set_index("region")["belt"].to_xarray()
    total = central.sel(group=fund)
    model.add_constraints(total.sum("region") <= budget, name="budget")
    others = ~belt.isin(settings.favoured)
    if others.any():
        model.add_constraints(total.sel(region=others).sum("region") <= (1 - settings.tilt) * budget, name="tilt")
    return central


def _between(model: linopy.Model, data: xr.Dataset, settings: Any) -> Any:
    """What others' budgets pay into the funds of regions that are no donors; it leaves the donor's budget, no fund."""
    most = np.minimum(settings.share_of_capacity * data.donor_cap, settings.share_of_revenue * data.own_revenue)
    here = data.group == settings.fund
    donors = (most > 0).any("year")
    paid = _flow(model, "horizontal paid", data, here & (most > 0), most)
    received = _flow(model, "horizontal received", data, here & ~donors)
    model.add_constraints((received - paid).sum(["region", "group"]) <= 0, name="horizontal")
    return received


def _pool(model: linopy.Model, case: Instance, data: xr.Dataset, settings: Any) -> tuple[Any, Any]:
    """What a region's fund gets from the pool, and what it pays as a negative amount."""
    growth = (1 + case.growth_rate(settings.growth)) ** (data.year - case.data_year)
    here, most = data.group == settings.fund, settings.share * data.surplus_today * growth
    paid = _flow(model, "pool paid", data, here & (most > 0), most)
    received = _flow(model, "pool received", data, here)
    model.add_constraints((received - paid).sum(["region", "group"]) == 0, name="pool")
    return received, -paid


def _rigid(model: linopy.Model, case: Instance, data: xr.Dataset, benefit: Any, settings: Any) -> xr.DataArray:
    """Rows for the growth of benefits; the least benefit that they leave, by cell."""
    rules = [settings.groups.get(group, settings.groups["*"]) for group in data.group.values]
    first, covered = data.year == case.years[0], data.covered > 0
    for side, sense in (("min_growth", ">="), ("max_growth", "<=")):
        rates = [getattr(rule, side) for rule in rules]
        factor = xr.DataArray([1 + case.growth_rate(rate or 0.0) for rate in rates], {"group": data.group})
        held = xr.DataArray([rate is not None for rate in rates], {"group": data.group}) & covered & (data.today > 0)
        change = benefit - factor * benefit.shift(year=1).fillna(0)
        model.add_constraints(change, sense, factor * data.today.where(first, 0), mask=held, name=side)
        if sense == ">=":
            reached = data.today * factor ** (data.year - case.years[0] + 1)
    return xr.where(covered, reached, data.benefit)


def _gap(
    model: linopy.Model, data: xr.Dataset, benefit: Any, reached: xr.DataArray, scenario: Scenario
) -> tuple[Any, float]:
    """The squared shortfall between evenly spread knots, for cells that can be below the line."""
    (settings,) = scenario.gaps.values()
    line = settings.line
    discount = scenario.weights.discount ** (data.year - data.year[0])
    weight = (
        data.eligible / data.eligible.sum(["region", "group"]) * discount / discount.sum() / data.sizes["programme"]
    )
    below = reached < line * (1 + BEYOND) * data.standard
    knots = np.linspace(0, line, SEGMENTS + 1)
    slope = xr.DataArray(np.diff(0.5 * (line - knots) ** 2) / np.diff(knots), {"piece": np.arange(SEGMENTS)})
    pieces = below.expand_dims(piece=slope.piece, axis=-1)
    segment = model.add_variables(
        lower=0, upper=line / SEGMENTS * data.standard, coords=pieces.coords, mask=pieces, name="segment"
    )
    above = model.add_variables(lower=0, coords=below.coords, mask=below, name="above")
    model.add_constraints(benefit.fillna(0) - segment.sum("piece") - above == 0, mask=below, name="attained")
    nothing = float((0.5 * line**2 * weight.where(below, 0)).sum())
    return (weight / data.standard * slope * segment).sum(), nothing

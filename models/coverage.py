"""Coverage that a plan decides: who becomes covered, and the most that a covered cell can be paid.

    benefit[r, g, p, t] <= most_benefit[r, g, p, t] / least[r, g, p, t] * coverage_share[r, g, p, t]

for every cell that nobody is covered for today and that a lever opened, where `least` is the smallest positive share
the lever may choose (one, where all are covered or nobody). Levers tie the shares to decisions of their own.

`most_benefit` is derived from data, cell by cell: the money that the region's fund can have at most in that year (every
grant it could get, every payment of others, the largest reserve it can carry), less what must be paid elsewhere,
over the cell's eligible persons. It is a bound of the benefit in every plan, so rules may use it to switch off.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pyomo.environ as pyo
from pyomo.repn.standard_repn import generate_standard_repn

from commonweal.models.core import rows
from commonweal.models.parts import Effects, Index

COMPLETE = 1e-9  # a share of the eligible this close to one is everybody
PAID_TO = {"horizontal_received": "horizontal_paid", "pool_received": "pool_paid"}


def open_coverage(m: pyo.ConcreteModel, cells: Iterable[Index], least: float = 1.0) -> None:
    """Let the plan decide the coverage and the benefit of cells; `least` is the smallest positive share of them."""
    for index in cells:
        m.coverage_share[index].unfix()
        m.coverage_share[index].setlb(max(m.share_today[index], m.coverage_share[index].lb))
        m.benefit[index].unfix()
        m.opened[index] = min(least, m.opened.get(index, 1.0))


def incomplete(m: pyo.ConcreteModel) -> list[Index]:
    """The cells with people who are not covered today."""
    return [i for i in m.CELLS if m.eligible[i] > 0 and m.share_today[i] < 1 - COMPLETE]


def new_cells(m: pyo.ConcreteModel) -> list[Index]:
    """The opened cells that nobody is covered in today."""
    return [i for i in m.opened if m.share_today[i] == 0]


def add_package(lever: pyo.Block, m: pyo.ConcreteModel, packages: Mapping[Index, float]) -> None:
    """Whoever is newly covered gets at least a package (share of the standard), and those covered today keep theirs.

    benefit >= benefit_before + package * standard * (coverage_share - share_today)        for every cell named
    """
    lever.PACKAGES = pyo.Set(initialize=list(packages), dimen=4, ordered=True)
    worth = {i: package * m.standard[i] for i, package in packages.items()}
    lever.package_worth = pyo.Param(lever.PACKAGES, initialize=worth, doc="currency units per newly covered person")
    rows(
        lever,
        "package",
        lever.PACKAGES,
        lambda b, r, g, p, t: (
            m.benefit[r, g, p, t] - b.package_worth[r, g, p, t] * m.coverage_share[r, g, p, t]
            >= m.before[r, g, p, t] - b.package_worth[r, g, p, t] * m.share_today[r, g, p, t]
        ),
    )


def require_coverage(m: pyo.ConcreteModel, shares: Mapping[Index, float]) -> None:
    """At least these shares of the eligible are covered; where no lever decides the coverage, exactly these."""
    for index, share in shares.items():
        var = m.coverage_share[index]
        var.setlb(max(share, var.lb))
        if var.fixed:
            var.fix(max(share, var.value))
        if share > 0:
            m.benefit[index].unfix()


def bound_benefits(m: pyo.ConcreteModel, effects: Iterable[Effects], room: float = 1.0) -> None:
    """Give `most_benefit` its values and write the rows above; called when every lever has had its say.

    `room` multiplies it: whoever asks what more money would do needs bounds that leave room for it.
    """
    if not m.opened:
        return
    money = _most_money(m, list(effects))
    for r, f, t in m.LEDGER:
        cells = [(r, g, p, t) for g, p in m.PAYS[r, f, t] if m.eligible[r, g, p, t] > 0]
        cost = {i: m.eligible[i] * m.per_head.value for i in cells}
        least = sum(cost[i] * _low(m.benefit[i]) for i in cells)
        for i in cells:
            m.most_benefit[i] = _low(m.benefit[i]) + room * max(0.0, money[r, f, t] - least) / cost[i]
            if room > 1:
                m.most_benefit[i] = max(m.most_benefit[i].value, room * m.standard[i])
    new = new_cells(m)
    m.NEW_CELLS = pyo.Set(initialize=new, dimen=4, ordered=True)
    m.most_if_covered = pyo.Param(
        m.NEW_CELLS,
        initialize={i: m.most_benefit[i].value / m.opened[i] for i in new},
        doc="currency units per person",
    )
    rows(
        m,
        "paid_if_covered",
        m.NEW_CELLS,
        lambda m, r, g, p, t: m.benefit[r, g, p, t] <= m.most_if_covered[r, g, p, t] * m.coverage_share[r, g, p, t],
    )


def _most_money(m: pyo.ConcreteModel, effects: list[Effects]) -> dict[Index, float]:
    """The most each fund can spend on benefits in each year, money."""
    paid = {
        (received, f, t): sum(_most_paid(m, paid, r, f, t) for r in m.REGIONS if (r, f, t) in m.LEDGER)
        for received, paid in PAID_TO.items()
        for f, t in dict.fromkeys((f, t) for _, f, t in m.LEDGER)
    }
    money: dict[Index, float] = {}
    opening: dict[Index, float] = {}
    for t in m.YEARS:
        year = [i for i in m.LEDGER if i[2] == t]
        income = {i: _income(m, i, opening.get((i[0], i[1]), m.opening[i]), effects, paid) for i in year}
        for r, f, _ in year:
            most = income[r, f, t]
            if math.isinf(most):  # a lever that states no bound can at most move what others have
                most = sum(value for (_, fund, _), value in income.items() if fund == f and not math.isinf(value))
            least = sum(m.eligible[r, g, p, t] * _low(m.benefit[r, g, p, t]) for g, p in m.PAYS[r, f, t])
            money[r, f, t] = most - (m.closing[r, f, t].lb or 0.0)
            opening[r, f] = max(0.0, most - least * m.per_head.value)
    return money


def _income(
    m: pyo.ConcreteModel, index: Index, opening: float, effects: list[Effects], paid: Mapping[Index, float]
) -> float:
    """The most a fund has for benefits and reserves in a year, money."""
    most: float = opening + m.base[index] * _high(m.rate[index]) + m.other_revenue[index] - m.other_spending[index]
    most += _high(m.own[index]) + _high(m.unfunded[index])
    most += m.central[index].value if m.central[index].fixed else m.size.get(m.central[index], math.inf)
    for received in PAID_TO:
        var = m.component(received)[index]
        most += var.value if var.fixed else paid[received, index[1], index[2]]
    for effect in effects:
        if effect.inflow is not None:
            most += max(0.0, _bounds(effect.inflow(m, *index, opening))[1])
        if effect.outflow is not None:
            most -= min(0.0, _bounds(effect.outflow(m, *index, opening))[0])
    return most


def _most_paid(m: pyo.ConcreteModel, flow: str, r: str, f: str, t: int) -> float:
    """The most a region hands over, money."""
    var = m.component(flow)[r, f, t]
    if var.fixed or var.ub is not None:
        return _high(var)
    return float(m.size.get(var, math.inf) + m.base[r, f, t] * _high(m.rate[r, f, t]))  # its cap follows the rate


def _high(var: Any) -> float:
    if var.fixed:
        return float(var.value)
    return math.inf if var.ub is None else float(var.ub)


def _low(var: Any) -> float:
    if var.fixed:
        return float(var.value)
    return -math.inf if var.lb is None else float(var.lb)


def _bounds(expression: Any) -> tuple[float, float]:
    """Least and largest value of a linear expression, from the bounds of its variables."""
    repn = generate_standard_repn(expression)
    low = high = float(pyo.value(repn.constant))
    for factor, var in zip(repn.linear_coefs, repn.linear_vars, strict=True):
        ends = (factor * _low(var), factor * _high(var)) if factor else (0.0, 0.0)
        low, high = low + min(ends), high + max(ends)
    return low, high

"""One Pyomo model of a case: the core, a block for each lever, a block for each gap, the ledger and the objectives.

The objectives are the stages of a solve, in order: `unfunded` and `floors` (money), `gap`, then `cuts` against
today's benefits and `moved` money. All but the gap are deactivated, so the model as built is a plain Pyomo model that
any Pyomo solver can minimise; `optimizer.highs` compiles all of them at once.
"""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyomo.core.base.constraint as pyomo_constraint
import pyomo.environ as pyo
from pydantic import BaseModel

from commonweal.instances import Instance
from commonweal.models.core import FLOWS, build_core, open_benefits, rows
from commonweal.models.coverage import bound_benefits
from commonweal.models.parts import Curves, Effects, Link, gaps, levers
from commonweal.models.weights import Weights, block_weights

STAGES = ("unfunded", "floors", "gap", "cuts", "moved")
ROOM = 1e-6  # of a fund's obligations
EARLY = 1e-3  # an obligation unmet this year weighs so much more than one unmet a year later


@dataclass(frozen=True)
class Built:
    """A model and what the search must know of it: how each gap is kept, and the curves it can refine."""

    model: pyo.ConcreteModel
    keep: Mapping[str, str]
    curves: tuple[Curves, ...]
    effects: Mapping[str, Effects]


def build_model(
    instance: Instance,
    chosen_levers: Mapping[str, BaseModel],
    chosen_gaps: Mapping[str, BaseModel],
    weights: Weights,
    *,
    templates: bool = True,
) -> Built:
    """Build the whole model. `templates=False` builds plain rows (a test compares the matrices)."""
    with _fast(templates):
        m = build_core(instance)
        m.lever = pyo.Block(list(chosen_levers))
        if any("benefit" in levers()[name].module.OPENS for name in chosen_levers):
            open_benefits(m)
        effects: dict[str, Effects] = {}
        for name, settings in ((name, chosen_levers[name]) for name in sorted(chosen_levers, key=_turn)):
            effects[name] = levers()[name].module.add(m.lever[name], m, instance, settings)
            _links(m.lever[name], m, effects[name].links)
        _bound_unfunded(m, list(effects.values()))
        bound_benefits(m, effects.values())
        _ledger(m, list(effects.values()))
        m.gap = pyo.Block(list(chosen_gaps))
        blocks = block_weights(instance, weights)
        value: Any = 0.0
        curves = []
        for name, settings in chosen_gaps.items():
            weighted = {block: settings.weight * share for block, share in blocks.items()}  # type: ignore[attr-defined]
            expressed = gaps()[name].module.express(m.gap[name], m, instance, settings, weighted)
            value += expressed.value
            if expressed.curves is not None:
                curves.append(expressed.curves)
        _objectives(m, value, list(effects.values()))
    keep = {name: gaps()[name].module.KEEP for name in chosen_gaps}
    return Built(m, keep, tuple(curves), effects)


def _turn(name: str) -> int:
    """Levers that others read go first: rates (a pool cap follows the plan's rate), then coverage."""
    opens = levers()[name].module.OPENS
    return next((turn for turn, what in enumerate(("rate", "coverage")) if what in opens), 2)


@contextmanager
def _fast(templates: bool) -> Iterator[None]:
    """Collector paused, constraint templates on: halves the build time; both put back whatever happens."""
    before, collecting = pyomo_constraint.TEMPLATIZE_CONSTRAINTS, gc.isenabled()
    pyomo_constraint.TEMPLATIZE_CONSTRAINTS = templates
    gc.disable()
    try:
        yield
    finally:
        pyomo_constraint.TEMPLATIZE_CONSTRAINTS = before
        if collecting:
            gc.enable()


def _links(block: pyo.Block, m: pyo.ConcreteModel, links: tuple[Link, ...]) -> None:
    """National rows, one constraint component for each rule name."""
    for rule in dict.fromkeys(link.rule for link in links):
        rows = {link.index: link for link in links if link.rule == rule}
        constraint = pyo.Constraint(pyo.Any)
        block.add_component(rule, constraint)
        for index, link in rows.items():
            total = pyo.quicksum(link.term(r) for r in m.REGIONS)
            if not isinstance(total, int | float):
                constraint[index] = total == link.limit if link.equal else total <= link.limit


def _bound_unfunded(m: pyo.ConcreteModel, effects: list[Effects]) -> None:
    """Only today's obligations may stay unfunded: new promises need money, or the scenario is impossible.

    A fund may leave unmet what the year's revenue, at the least rate the plan may choose, lacks for today's benefits,
    other spending, the locked accrual and what levers oblige it to set aside.
    """
    for r, f, t in m.LEDGER:
        rate = m.rate[r, f, t]
        benefits = m.per_head.value * sum(m.eligible[r, g, p, t] * m.before[r, g, p, t] for g, p in m.PAYS[r, f, t])
        owed = benefits + m.other_spending[r, f, t] + m.accrual[r, f, t]
        owed += sum(effect.obligations.get((r, f, t), 0.0) for effect in effects)
        revenue = m.base[r, f, t] * (rate.value if rate.fixed else rate.lb) + m.other_revenue[r, f, t]
        # Room for rounding: chains of reserves that are met exactly would otherwise miss by the last digit.
        m.unfunded[r, f, t].setub(max(0.0, owed * (1 + ROOM) - revenue))


def _ledger(m: pyo.ConcreteModel, effects: list[Effects]) -> None:
    """The fund balances, last: they hold what the core and the active levers declared."""
    inflows = [effect.inflow for effect in effects if effect.inflow is not None]
    outflows = [effect.outflow for effect in effects if effect.outflow is not None]

    def balance(r: str, f: str, t: int, opening: Any) -> Any:
        return (
            opening
            + m.base[r, f, t] * m.rate[r, f, t]
            + m.other_revenue[r, f, t]
            + m.own[r, f, t]
            + m.central[r, f, t]
            + m.horizontal_received[r, f, t]
            + m.pool_received[r, f, t]
            + m.unfunded[r, f, t]
            + _added(inflows, m, r, f, t, opening)
        ) == (
            m.per_head * sum(m.eligible[r, g, p, t] * m.benefit[r, g, p, t] for g, p in m.PAYS[r, f, t])
            + m.other_spending[r, f, t]
            + m.pool_paid[r, f, t]
            + _added(outflows, m, r, f, t, opening)
            + m.closing[r, f, t]
        )

    rows(m, "balance_first", m.OPENING_YEAR, lambda m, r, f, t: balance(r, f, t, m.opening[r, f, t]))
    rows(m, "balance", m.LATER_YEARS, lambda m, r, f, t: balance(r, f, t, m.closing[r, f, t - 1]))


def _added(flows: list[Callable[..., Any]], m: pyo.ConcreteModel, r: str, f: str, t: int, opening: Any) -> Any:
    """The sum of what levers add; a loop, because constraint templates take over `sum` of a generator."""
    total: Any = 0.0
    for flow in flows:
        total = total + flow(m, r, f, t, opening)
    return total


def _objectives(m: pyo.ConcreteModel, gap: Any, effects: list[Effects]) -> None:
    m.cut = pyo.Var(m.CELLS, bounds=(0, None), doc="cut against today's benefit, currency units per eligible person")
    m.OPEN_CELLS = pyo.Set(
        initialize=[i for i in m.CELLS if not m.benefit[i].fixed and m.before[i] > 0], dimen=4, ordered=True
    )
    rows(
        m,
        "cut_from_today",
        m.OPEN_CELLS,
        lambda m, r, g, p, t: m.cut[r, g, p, t] + m.benefit[r, g, p, t] >= m.before[r, g, p, t],
    )
    early = {t: 1 + EARLY * (len(m.YEARS) - 1 - k) for k, t in enumerate(m.YEARS)}
    expressions = {
        "unfunded": pyo.quicksum(early[i[2]] * m.unfunded[i] for i in m.LEDGER),
        "floors": pyo.quicksum(e.shortfall for e in effects if e.shortfall is not None),
        "gap": gap,
        "cuts": pyo.quicksum(m.eligible[i] * m.per_head.value * m.cut[i] for i in m.OPEN_CELLS),
        "moved": pyo.quicksum(m.component(name)[i] for name in FLOWS for i in m.LEDGER if name in MOVED),
    }
    m.stage = pyo.Objective(STAGES, rule=lambda m, stage: expressions[stage] + 0.0, sense=pyo.minimize)
    for stage in STAGES:
        if stage != "gap":
            m.stage[stage].deactivate()


MOVED = ("central", "horizontal_paid", "pool_paid")

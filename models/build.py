"""One Pyomo model of a case: the core, a block for each lever, a block for each gap, the ledger and the objectives.

The objectives are the stages of a solve, in order: `unfunded` and `floors` (money), `gap` (and `gap 2`, ... where gaps
have an order), then `cuts` against today's benefits and `moved` money. All but the gap are deactivated, so the model as built is a plain Pyomo model that
any Pyomo solver can minimise; `optimizer.highs` compiles all of them at once.
"""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Literal

import pyomo.core.base.constraint as pyomo_constraint
import pyomo.core.base.objective as pyomo_objective
import pyomo.environ as pyo
from pydantic import BaseModel

from commonweal.instances import Instance
from commonweal.language import _
from commonweal.models.core import build_core, open_benefits, rows
from commonweal.models.coverage import bound_benefits
from commonweal.models.parts import Curves, Effects, Expressed, Link, Ranked, RefusedError, gaps, levers
from commonweal.models.weights import Weights, block_weights, gap_orders

STAGES = ("unfunded", "floors", "gap", "cuts", "moved")
ROOM = 1e-6  # of a fund's obligations or contributions
EARLY = 1e-3  # an obligation unmet this year weighs so much more than one unmet a year later


@dataclass(frozen=True)
class GapStage:
    """The gaps of one order, minimised together as the objective `stage`.

    keep: how later stages hold what it reached ("benefits" where every gap says so). curves, ranked: what the search
    refines. over: the objective that `stage` is divided by, for a relative gap.
    """

    stage: str
    names: tuple[str, ...]
    keep: Literal["benefits", "value"]
    curves: tuple[Curves, ...]
    ranked: tuple[Ranked, ...]
    over: str | None


@dataclass(frozen=True)
class Built:
    """A model and what the search must know of it: the stages of its gaps, in order, and what levers declared."""

    model: pyo.ConcreteModel
    gaps: tuple[GapStage, ...]
    effects: Mapping[str, Effects]


def build_model(
    instance: Instance,
    chosen_levers: Mapping[str, BaseModel],
    chosen_gaps: Mapping[str, BaseModel],
    weights: Weights,
    *,
    templates: bool = True,
    room: float = 1.0,
    blocks: Mapping[str, Mapping[tuple[str, int], float]] | None = None,
) -> Built:
    """Build the whole model. `templates=False` builds as Pyomo does by default (a test compares the matrices).

    `blocks`: what a programme and year counts in each gap, by default by `weights`; in some regions alone, their share.
    `room`: how many times the money there is the bounds derived from it allow (`models.coverage`).
    """
    with _templates() if templates else nullcontext():
        m = build_core(instance)
        m.lever = pyo.Block(list(chosen_levers))
        if any("benefit" in levers()[name].module.OPENS for name in chosen_levers):
            open_benefits(m)
        effects: dict[str, Effects] = {}
        for name, settings in ((name, chosen_levers[name]) for name in sorted(chosen_levers, key=_turn)):
            effects[name] = levers()[name].module.add(m.lever[name], m, instance, settings)
            _links(m.lever[name], m, effects[name].links)
        _bound_unfunded(m, list(effects.values()))
        _release(m)
        bound_benefits(m, effects.values(), room)
        _ledger(m, list(effects.values()))
        if blocks is None:
            blocks = dict.fromkeys(chosen_gaps, block_weights(instance, weights))
        stages, values = _gaps(m, instance, chosen_gaps, blocks)
        _objectives(m, values, list(effects.values()))
    return Built(m, stages, effects)


def _gaps(
    m: pyo.ConcreteModel,
    instance: Instance,
    chosen: Mapping[str, BaseModel],
    blocks: Mapping[str, Mapping[tuple[str, int], float]],
) -> tuple[tuple[GapStage, ...], dict[str, Any]]:
    """A block for each gap, and the stages with their objectives. Error: RefusedError."""
    m.gap = pyo.Block(list(chosen))
    stages, values = [], {"gap": 0.0}
    for k, names in enumerate(gap_orders(chosen)):
        stage, found = ("gap" if k == 0 else f"gap {k + 1}"), {}
        for name in names:
            weighted = {block: chosen[name].weight * share for block, share in blocks[name].items()}  # type: ignore[attr-defined]
            found[name] = gaps()[name].module.express(m.gap[name], m, instance, chosen[name], weighted)
        values[stage] = _sum(list(found.values()))
        over = next((name for name in names if found[name].over is not None), None)
        if over is not None:
            if len(names) > 1 or len(blocks[over]) > 1:
                raise RefusedError(
                    _(
                        "A relative gap is a quotient, and a sum of quotients cannot be minimised exactly: {over} "
                        "would be added up over {gaps} gaps and {blocks} programmes and years",
                        over=over,
                        gaps=len(names),
                        blocks=len(blocks[over]),
                    ),
                    _(
                        "gaps.{over}.relative = false, or an order of its own in a case of one programme and year",
                        over=over,
                    ),
                )
            values[f"{stage}: mean"] = found[over].over
        stages.append(
            GapStage(
                stage,
                names,
                "benefits" if all(gaps()[name].module.KEEP == "benefits" for name in names) else "value",
                tuple(e.curves for e in found.values() if e.curves is not None),
                tuple(ranked for e in found.values() for ranked in e.ranked),
                None if over is None else f"{stage}: mean",
            )
        )
    return tuple(stages), values


def _sum(parts: list[Expressed]) -> Any:
    """What a stage minimises: an expression, or a rule where a measure has one, so that Pyomo can keep a template."""
    value = pyo.quicksum(part.value for part in parts)
    rules = [part.rule for part in parts if part.rule is not None]

    def total(_: pyo.Block) -> Any:
        expression = value
        for rule in rules:
            expression = expression + rule()
        return expression

    return total if rules else value


def _turn(name: str) -> tuple[int, bool]:
    """Levers that others read go first: rates (a pool cap follows the plan's rate), then coverage.

    Among those that open rates, one that leaves alone what others have ruled (`YIELDS`) goes last.
    """
    module = levers()[name].module
    turn = next((turn for turn, what in enumerate(("rate", "coverage")) if what in module.OPENS), 2)
    return turn, getattr(module, "YIELDS", False)


@contextmanager
def collector_paused() -> Iterator[None]:
    """No garbage collection: a model is a million objects and no garbage, and every round looks at all of them."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@contextmanager
def _templates() -> Iterator[None]:
    """Rows and objectives are kept as templates, the collector is paused; all put back whatever happens."""
    before = pyomo_constraint.TEMPLATIZE_CONSTRAINTS, pyomo_objective.TEMPLATIZE_OBJECTIVES
    pyomo_constraint.TEMPLATIZE_CONSTRAINTS = pyomo_objective.TEMPLATIZE_OBJECTIVES = True
    try:
        with collector_paused():
            yield
    finally:
        pyomo_constraint.TEMPLATIZE_CONSTRAINTS, pyomo_objective.TEMPLATIZE_OBJECTIVES = before


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

    A fund may leave unmet what the year's revenue lacks for today's benefits, other spending, the locked accrual, the
    rise of the reserve that it may not go below, and what levers oblige it to set aside. Where the plan decides the
    rate: what the largest rate leaves unmet, and what the fund loses by a lower one.
    """
    most: dict[tuple[Any, ...], float] = {}
    for r, f, t in m.LEDGER:
        guarded = m.closing[r, f, t].lb - (
            m.closing[r, f, t - 1].lb if (r, f, t - 1) in m.LEDGER else m.opening[r, f, t]
        )
        rate = m.rate[r, f, t]
        benefits = m.per_head.value * sum(m.eligible[r, g, p, t] * m.before[r, g, p, t] for g, p in m.PAYS[r, f, t])
        owed = benefits + m.other_spending[r, f, t] + max(m.accrual[r, f, t], guarded)
        owed += sum(effect.obligations.get((r, f, t), 0.0) for effect in effects)
        # Room for rounding: chains of reserves that are met exactly would otherwise miss by the last digit.
        lacking = owed * (1 + ROOM) - m.other_revenue[r, f, t]
        largest, least = (rate.value, rate.value) if rate.fixed else (rate.ub, rate.lb)
        m.unfunded[r, f, t].setub(max(0.0, lacking - m.base[r, f, t] * least))
        if least < largest and m.base[r, f, t] > 0:
            most[r, f, t] = max(lacking, m.base[r, f, t] * largest * (1 + ROOM))  # the rate's own bound binds first
    m.OPEN_RATES = pyo.Set(initialize=list(most), dimen=3, ordered=True)
    m.most_unmet = pyo.Param(m.OPEN_RATES, initialize=most, doc="unfunded money and contributions together, money")
    rows(
        m,
        "unfunded_by_rate",
        m.OPEN_RATES,
        lambda m, r, f, t: m.unfunded[r, f, t] + m.base[r, f, t] * m.rate[r, f, t] <= m.most_unmet[r, f, t],
    )


def _release(m: pyo.ConcreteModel) -> None:
    """Lower the floors of reserves by what a lever released, locked parts apart."""
    locked: dict[tuple[Any, ...], float] = {}
    for r, f, t in sorted(m.LEDGER, key=lambda i: i[2]):
        locked[r, f, t] = locked.get((r, f, t - 1), m.locked[r, f, t]) + m.accrual[r, f, t]
        floor, released = m.closing[r, f, t].lb, pyo.value(m.released[r, f, t])
        if released > 0:
            m.closing[r, f, t].setlb(max(floor - released, min(floor, locked[r, f, t]), 0.0))


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


def _objectives(m: pyo.ConcreteModel, gap_values: Mapping[str, Any], effects: list[Effects]) -> None:
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
        **gap_values,
        "cuts": lambda m: sum(m.per_head * m.eligible[r, g, p, t] * m.cut[r, g, p, t] for r, g, p, t in m.OPEN_CELLS),
        "moved": lambda m: sum(
            m.central[r, f, t] + m.horizontal_paid[r, f, t] + m.pool_paid[r, f, t] for r, f, t in m.LEDGER
        ),
    }
    m.stage = {}
    for stage, expression in expressions.items():
        rule = expression if isinstance(expression, FunctionType) else None  # expressions are callable, too
        m.stage[stage] = pyo.Objective(rule=rule)
        m.add_component(f"minimise {stage}", m.stage[stage])
        if rule is None:
            m.stage[stage].set_value(expression + 0.0)
        if stage != "gap":
            m.stage[stage].deactivate()

"""Both sides of a price, and the limits between which it holds.

The price of a rule is the derivative of the smallest gap by the rule's limit. Where several sets of prices are optimal
together it differs by side: `optimizer.tangent` finds the two, exactly. While the same rules bind, the gap is one
quadratic function of a limit (a straight line for gaps made of lines), and `optimizer.binding` finds how far that goes:
inside these limits a price p changes by a constant bend b,

    gap(limit + h) = gap + p * h + b / 2 * h^2

Prices are those of the gap stage. With yes-or-no decisions they are given the decisions of the plan.
"""

from collections.abc import Sequence

import numpy as np

from commonweal.models.build import Built
from commonweal.optimizer.binding import BindingSet, Motion
from commonweal.optimizer.errors import SolverFailed
from commonweal.optimizer.highs import Solution, Solver
from commonweal.optimizer.refine import Knots
from commonweal.optimizer.rules import Kind, Price, Rule, binds, rules_of, slack_of
from commonweal.optimizer.tangent import Shift, Tangent

STEPS = 40  # changes of what binds that leave the function as it is
AHEAD = 1e-7  # relative to a limit, at least absolute: how far beyond a change the next state is looked for
SAME = 1e-6  # relative: prices and bends closer than this are the same

Prices = dict[tuple[Kind, int], Price]


def price_rules(
    built: Built,
    solver: Solver,
    knots: Sequence[Knots],
    found: Solution,
    binding: BindingSet | None,
    *,
    everything: bool,
) -> Prices:
    """Prices right after the gap stage; `binding` is settled there, None if it does not settle.

    Of all rules with the limits between which they hold; or, quickly, both sides of national rules alone.
    """
    lower, upper = (bound.copy() for bound in solver.given)
    whole = np.flatnonzero(solver.integer[: len(lower)])
    lower[whole] = upper[whole] = np.round(found.x[whole])
    tangent = Tangent(solver, knots, found, (lower, upper))
    activity = solver.matrix @ found.x[: solver.matrix.shape[1]]
    prices: Prices = {}
    for rule in rules_of(built, solver):
        if everything or rule.region == "":
            slack = slack_of(rule, solver, found, activity)
            value = rule.limit - slack if _is_most(rule, solver) else rule.limit + slack
            if not binds(rule, slack):
                ends = (value, np.inf) if _is_most(rule, solver) else (-np.inf, value)
                prices[rule.kind, rule.at] = Price(0.0, 0.0, *ends)
            elif (price := _binding(rule, tangent, binding if everything else None)) is not None:
                prices[rule.kind, rule.at] = price
    return prices


def _is_most(rule: Rule, solver: Solver) -> bool:
    """Is the limit, as users say it, an upper one."""
    if rule.kind != "row":
        return rule.kind == "upper"
    return bool(solver.kinds[rule.at] * rule.sense == 1)


def _binding(rule: Rule, tangent: Tangent, binding: BindingSet | None) -> Price | None:
    """The price of a rule that binds; None if it cannot be found."""
    unit = {rule.at: float(rule.sense)}
    shift = Shift(rows=unit) if rule.kind == "row" else Shift(**{rule.kind: {rule.at: 1.0}})
    try:
        less, more = tangent.slope(shift, -1.0), tangent.slope(shift, 1.0)
    except SolverFailed:
        return None
    left = None if less is None else -less + 0.0
    right = None if more is None else more + 0.0
    if binding is None:
        return Price(left, right, np.nan, np.nan)
    low = high = 0.0
    if left is not None and right is not None and _same(left, right, max(abs(left), abs(right))):
        down, up = (_reach(binding, rule, side) for side in (-1, 1))
        low, high = (up, down) if rule.sense < 0 else (down, up)
    return Price(left, right, rule.limit - low, rule.limit + high)


def _reach(binding: BindingSet, rule: Rule, side: int) -> float:
    """How far the limit as written can move while the gap stays the same function of it."""
    state = binding.copy()
    motion = _motion(state, rule)
    if motion is None:
        return 0.0
    start, bend, far = state.price(rule.kind, rule.at), motion.bend, 0.0
    ahead = AHEAD * max(1.0, abs(rule.limit))
    for _ in range(STEPS):
        step = state.reach(motion, side)
        far += step
        if not np.isfinite(step):
            return far
        state.move(rule.kind, rule.at, side * (step + ahead))
        if not state.settle():
            return far
        motion = _motion(state, rule)
        size = max(abs(start), abs(bend) * max(far, ahead))
        if motion is None or not _same(motion.bend * far, bend * far, size):
            return far
        if not _same(state.price(rule.kind, rule.at), start + side * bend * (far + ahead), size):
            return far
        far += ahead
    return far


def _motion(state: BindingSet, rule: Rule) -> Motion | None:
    if not state.holds(rule.kind, rule.at):
        return None
    return state.motion(row=rule.at) if rule.kind == "row" else state.motion(column=rule.at)


def _same(one: float, other: float, size: float) -> bool:
    return abs(one - other) <= SAME * size

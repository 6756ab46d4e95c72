"""The exact curve between two budgets: where the set of binding rules changes, and what changes there.

While the same rules bind, the smallest gap is a quadratic function of the budget (a straight line for gaps made of
lines). From the plan at the lowest budget `optimizer.binding` says how far that reaches; there one rule gives way to
another, and so on to the highest budget. Steps that do not change the function are passed over: they only exchange
plans that are equally good.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from commonweal.optimizer.binding import FREE, HIGH, LOW, BindingSet, Flags
from commonweal.optimizer.errors import SolverFailed
from commonweal.optimizer.kept import Kept
from commonweal.optimizer.language import ENGLISH, _, mark, speaking
from commonweal.optimizer.names import names
from commonweal.optimizer.stages import Progress, knots_of, minimise_gap

STEP = 1e-8  # of the factor: how far beyond a change the next state is looked for
MOST = 5000  # steps
SPOKEN = {
    "benefit": mark("benefits"),
    "central": mark("central grants"),
    "horizontal_received": mark("receipts from other regions"),
    "horizontal_paid": mark("payments to other regions"),
    "pool_received": mark("receipts from the pool"),
    "pool_paid": mark("payments to the pool"),
    "closing": mark("reserves"),
    "unfunded": mark("unfunded obligations"),
    "rate": mark("contribution rates"),
}
SAME = 1e-7  # relative: slopes and bends closer than this are the same


@dataclass(frozen=True)
class Piece:
    """Factors from `low` to `high` in which the same rules bind.

    gap(f) = gap + slope * (f - low) + bend / 2 * (f - low)^2. changes: what is new at `low`, in English words; told: the
    same in the language spoken.
    """

    low: float
    high: float
    gap: float
    slope: float
    bend: float
    changes: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    def value(self, factor: float) -> float:
        """The smallest gap at a factor of this piece."""
        step = factor - self.low
        return self.gap + self.slope * step + self.bend / 2 * step**2

    @property
    def slope_at_high(self) -> float:
        """Change of the gap per unit of factor where the piece ends."""
        return self.slope + self.bend * (self.high - self.low)


def pieces(kept: Kept, low: float, high: float, progress: Progress) -> list[Piece]:
    """The pieces of the curve from `low` to `high`, in order.

    Errors: Infeasible, Stopped, SolverFailed (what binds does not become clear).
    """
    found: list[Piece] = []
    for piece in _steps(kept, low, high):
        progress(_("exact curve: {n} pieces, {high:.6g} times the budget", n=len(found), high=piece.high))
        last = found[-1] if found else None
        if last is not None and _same(last, piece):
            found[-1] = replace(last, high=piece.high)
        else:
            found.append(piece)
    return found


def _same(last: Piece, piece: Piece) -> bool:
    """Does the function go on unchanged."""
    size = abs(last.slope) + abs(last.bend)
    return (
        abs(last.slope_at_high - piece.slope) <= SAME * size
        and abs(last.bend - piece.bend) <= SAME * max(abs(last.bend), SAME * size)
    )  # fmt: skip


def _steps(kept: Kept, low: float, high: float) -> Iterator[Piece]:
    """One piece for each state of what binds."""
    state, gap = _solved(kept, low + STEP)
    at, ahead, step, before = low, low + STEP, STEP, None
    for _piece in range(MOST):
        motion = state.motion(column=kept.column)
        if motion is None:
            raise SolverFailed(_("At {at:.10g} times the budget it is not clear which rules bind.", at=at))
        slope = float(state.prices()[1][kept.column]) - motion.bend * (ahead - at)
        if before is None:
            gap -= slope * (ahead - at)
        reach = ahead + state.reach(motion, 1)
        with speaking(ENGLISH):
            changes = tuple(_changes(kept, state, before))
        told = tuple(_changes(kept, state, before))
        piece = Piece(at, min(reach, high), gap, slope, motion.bend, changes, told)
        yield piece
        if reach >= high:
            return
        step = STEP if reach > ahead + step else 2 * step  # many changes at one budget: look further ahead
        before = (state.state.copy(), state.bound.copy())
        at, gap, ahead = piece.high, piece.value(piece.high), piece.high + step
        state.hold(kept.column, kept.value(ahead))
        if not state.settle():
            state, _gap = _solved(kept, ahead)
    raise SolverFailed(_("More than {MOST} changes of what binds: ask for a shorter interval.", MOST=MOST))


def _solved(kept: Kept, factor: float) -> tuple[BindingSet, float]:
    """What binds at a factor, from a fresh solve; and the gap there."""
    kept.first(factor)
    knots = knots_of(kept.built, kept.solver)
    gap = minimise_gap(kept.solver, knots, kept.scenario.solver.tolerance, lambda _: None)
    state = BindingSet(kept.solver, knots, gap.best)
    if not state.settle():
        raise SolverFailed(_("At {factor:.10g} times the budget it is not clear which rules bind.", factor=factor))
    return state, gap.best.objective


def _changes(kept: Kept, state: BindingSet, before: tuple[Flags, Flags] | None) -> Iterator[str]:
    """What binds now and did not, or no longer does, in words."""
    if before is None or len(before[1]) != len(state.bound):
        return
    for row in np.flatnonzero(before[1] != state.bound).tolist():
        data = kept.solver.rows[row] if row < len(kept.solver.rows) else None
        if data is not None and data.parent_block().parent_component().local_name == "lever":
            lever = str(data.parent_block().index())
            rule = _(lever.replace("_", " ")), _(data.parent_component().local_name.replace("_", " "))
            words = (
                mark("{rule} ({place}) no longer binds") if state.bound[row] == FREE else mark("{rule} ({place}) binds")
            )
            yield _(words, rule=_("{lever} {rule}", lever=rule[0], rule=rule[1]), place=_place(kept, data))
    for at in np.flatnonzero(before[0] != state.state).tolist():
        column = int(state.columns[at])
        if column < len(kept.solver.variables):
            data = kept.solver.variables[column]
            name, zero = data.parent_component().local_name, bool(state.lower[at] == 0)
            moved = _moved(name, int(before[0][at]), int(state.state[at]), zero)
            if moved:
                yield _(moved, what=_(SPOKEN.get(name, "")), place=_place(kept, data))


def _moved(name: str, before: int, now: int, zero: bool) -> str | None:
    """What a variable does from here on; None for those that only help to write the model."""
    if name == "segment":
        if now == HIGH:
            return mark("benefits reach the line ({place})")
        if now == LOW:
            return mark("benefits end ({place})")
        return mark("benefits fall below the line ({place})") if before == HIGH else mark("benefits begin ({place})")
    if name not in SPOKEN:
        return None
    if now == FREE and before == LOW:
        return mark("{what} ({place}) begin") if zero else mark("{what} ({place}) leave their least")
    if now == FREE:
        return mark("{what} ({place}) leave their most")
    if now == LOW:
        return mark("{what} ({place}) end") if zero else mark("{what} ({place}) are at their least")
    return mark("{what} ({place}) are at their most")


def _place(kept: Kept, data: Any) -> str:
    """What a row or a variable speaks of; regions by name."""
    index = data.index() if isinstance(data.index(), tuple) else (data.index(),)
    if data.parent_component().local_name == "segment":
        index = index[:-1]
    regions = names(kept.case, "region")
    return ", ".join(regions.get(part, str(part)) for part in index if part is not None)

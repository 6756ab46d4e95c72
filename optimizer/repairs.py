"""Settings that make an impossible scenario possible: the least change of each, found by solving again.

A number of a lever's settings is moved, alone, in the direction that helps: a factor where it is not zero, an
amount where it is; a date by whole years; or the rule starts some plan years later. The change is stated
rounded up to five figures, and both claims are checked by solving the whole scenario once more: with it there
is a plan, and with 0.1 % less of it there is none (with dates: with one year less).
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from commonweal.instances import Instance, InstanceError, YearPath
from commonweal.models.build import build_model
from commonweal.optimizer.errors import Infeasible, Stopped, UsageError
from commonweal.optimizer.highs import Solver
from commonweal.optimizer.language import _
from commonweal.optimizer.scenario import Scenario, from_document

LESS = 1e-3  # of a stated change: with so much less there is no plan
FIGURES = 5
SMALLEST, LARGEST = 0.01, 1000.0  # changes tried, as a share of the setting or in its unit
YEARS = 10  # a date moves at most so far
NO_POLICY = ("since", "interest", "loss")  # what nobody can decide
GROWING = {"amount", "growth", "since"}  # the keys of an amount that grows
PATH: TypeAdapter[YearPath] = TypeAdapter(YearPath)
Path = tuple[str, ...]


@dataclass(frozen=True)
class Repair:
    """One change of settings. before, after: the setting; change: of a number, as a share or in its unit.

    works, less_works: whether there is a plan with it, and with 0.1 % (one year) less of it; None if not
    tried. money: what it costs, or what the rule gives up, in money; None where that is not money.
    """

    setting: str
    before: Any
    after: Any
    change: float | int | None
    money: float | None
    works: bool
    less_works: bool | None


class Trials:
    """Scenarios that differ from one in single settings, each solved for feasibility alone."""

    def __init__(self, case: Instance, scenario: Scenario, late: Callable[[], bool]) -> None:
        """`late` says when to stop looking."""
        self.case, self.scenario, self.late = case, scenario, late
        self.document = scenario.document()

    def possible(self, changes: Mapping[Path, Any]) -> bool:
        """Is there a plan with these settings; False also for settings that make no sense. Error: Stopped."""
        if self.late():
            raise Stopped(_("The time for repairs is over."))
        try:
            scenario = from_document(_changed(self.document, changes))
            model = build_model(self.case, scenario.levers, {}, scenario.weights)
            solver = Solver(model.model, scenario.solver)
            solver.minimise_costs(np.zeros(len(solver.lower)))
        except (UsageError, InstanceError, Infeasible):
            return False
        return True


def repairs(trials: Trials, levers: tuple[str, ...]) -> Iterator[Repair]:
    """Every single change that works, lever by lever; ends early when the time is over."""
    try:
        for lever in levers:
            found = list(_of_lever(trials, lever))
            yield from found
            if trials.possible({("levers", lever): False}):
                yield Repair(f"levers.{lever}", True, False, None, None, True, None)
    except Stopped:
        return


def _of_lever(trials: Trials, lever: str) -> Iterator[Repair]:
    settings = trials.document["levers"][lever]
    for path, value in _numbers(settings, ("levers", lever)):
        if path[-1] in NO_POLICY:
            continue
        repair = (
            _dated(trials, path, value) if isinstance(value, int) and value >= 1000 else _moved(trials, path, value)
        )
        if repair is not None:
            yield repair
    for path, value in _numbers(settings, ("levers", lever)):
        if path[-1] == "amount" and (later := _later(trials, path, value)) is not None:
            yield later


def _numbers(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Numbers among settings, and lists of numbers, with where they stand."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers(item, (*path, key))
    elif _is_number(value) or (isinstance(value, list) and value and all(map(_is_number, value))):
        yield path, value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _moved(trials: Trials, path: Path, value: Any) -> Repair | None:
    """The least factor (or, of a zero, the least amount) that helps."""
    zero = not any(value) if isinstance(value, list) else value == 0

    def after(change: float) -> Any:
        if isinstance(value, list):
            return [number + change if zero else number * (1 + change) for number in value]
        return value + change if zero else value * (1 + change)

    def possible(change: float) -> bool:
        return trials.possible({path: after(change)})

    least = _least(possible, -1.0) or _least(possible, 1.0)
    if least is None:
        return None
    works, less_works = possible(least), possible(least * (1 - LESS))
    return Repair(".".join(path), value, after(least), least, None, works, less_works)


def _least(possible: Callable[[float], bool], sign: float) -> float | None:
    """The least change in one direction with which there is a plan, rounded up; None if there is none."""
    high = SMALLEST
    while not possible(sign * high):
        high *= 4
        if sign < 0 and high >= 1:  # all of it gone
            high = 1.0
            if not possible(-1.0):
                return None
            break
        if high > LARGEST:
            return None
    low = 0.0 if high == SMALLEST else high / 4
    while high - low > LESS / 20 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if possible(sign * middle) else (middle, high)
    return sign * min(_up(high), 1.0) if sign < 0 else _up(high)


def _up(value: float) -> float:
    """Rounded up to five figures."""
    unit = 10.0 ** (math.floor(math.log10(value)) - FIGURES + 1)
    return round(math.ceil(value / unit - 1e-9) * unit, 15)


def _dated(trials: Trials, path: Path, value: int) -> Repair | None:
    """The nearest later (or else earlier) year that helps."""
    for sign in (1, -1):
        for years in range(1, YEARS + 1):
            if trials.possible({path: value + sign * years}):
                less = trials.possible({path: value + sign * (years - 1)})
                return Repair(".".join(path), value, value + sign * years, sign * years, None, True, less)
    return None


def _later(trials: Trials, path: Path, value: Any) -> Repair | None:
    """An amount that is asked for only from a later plan year on."""
    growing = set(_at(trials.document, path[:-1])) <= GROWING
    holder = path[:-1] if growing else path
    before = _at(trials.document, holder)
    amounts = list(trials.case.amounts(PATH.validate_python(before)).values())
    for years in range(1, len(amounts)):
        after = [0.0] * years + amounts[years:]
        if trials.possible({holder: after}):
            less = years > 1 and trials.possible({holder: [0.0] * (years - 1) + amounts[years - 1 :]})
            return Repair(".".join(holder), before, after, years, None, True, less)
    return None


def _at(document: Mapping[str, Any], path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


def _changed(document: Mapping[str, Any], changes: Mapping[Path, Any]) -> dict[str, Any]:
    """A copy of nested tables with some values replaced."""
    result = dict(document)
    for (first, *rest), value in changes.items():
        result[first] = _changed(result.get(first, {}), {tuple(rest): value}) if rest else value
    return result

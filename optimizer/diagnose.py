"""Why nothing is possible, and what would help: conflicts between levers, money that is missing, and repairs.

In this order: sums that single rows already contradict (`arithmetic`); the least money from nowhere that
makes the scenario possible, exact (`elastic`); the smallest set of levers that cannot hold together, with the
rules that matter and the places where they bite (`conflicts`); changes of single settings that repair it,
each solved again (`repairs`).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pyomo.environ import Constraint
from pyomo.repn.standard_repn import generate_standard_repn

from commonweal.instances import Instance, project
from commonweal.models.build import Built
from commonweal.optimizer.arithmetic import Shortage, shortages
from commonweal.optimizer.conflicts import Conflict, build, conflicts
from commonweal.optimizer.elastic import Elastic, Key, Missed
from commonweal.optimizer.errors import Infeasible, Stopped
from commonweal.optimizer.highs import Solver
from commonweal.optimizer.language import _
from commonweal.optimizer.repairs import LESS, PATH, Repair, Trials, repairs
from commonweal.optimizer.scenario import Scenario, load_scenario

TIME = 120.0  # seconds for everything
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Member:
    """A lever in a conflict. rules: those that matter; none for a lever that only fixes something.

    amount: the least by which its rules together must give way, money; None where that is not money or does
    not help. misses: the least by which each rule alone must, in money where `money`, else in the unit of its
    rows.
    """

    lever: str
    rules: tuple[str, ...]
    money: bool
    amount: float | None
    misses: Mapping[str, Missed]


@dataclass(frozen=True)
class Diagnosis:
    """What was found. case: the instance in the plan years.

    against_data: rows (lever, rule, place) that no decision can change and that the data contradict.
    shortages: what single rows already show. missing: least money from nowhere by fund and year, None if no
    money helps. enough, less_is_not: whether there is a plan with it, and none with 0.1 % less. conflicts:
    each with its members. repairs: ranked by money. finished: False if the time was over before the end.
    """

    possible: bool
    case: Instance
    scenario: Scenario
    against_data: tuple[tuple[str, str, Any], ...] = ()
    shortages: tuple[Shortage, ...] = ()
    missing: Missed | None = None
    enough: bool | None = None
    less_is_not: bool | None = None
    conflicts: tuple[tuple[Member, ...], ...] = ()
    repairs: tuple[Repair, ...] = ()
    finished: bool = True

    @property
    def money(self) -> float | None:
        """Least money that makes the scenario possible; None if no money does."""
        return None if self.missing is None else self.missing.total


def diagnose(
    instance: Instance,
    scenario: Scenario | None = None,
    progress: Progress | None = None,
    seconds: float = TIME,
    *,
    repair: bool = True,
) -> Diagnosis:
    """Find out why `instance` (as read) has no plan under `scenario`; `repair=False` skips the search for
    repairs.

    Errors: SolverFailed; InstanceError for a setting that names what the instance does not have.
    """
    tell = progress or (lambda _: None)
    end = time.monotonic() + seconds
    scenario = scenario or load_scenario(instance)
    scenario = scenario.model_copy(update={"solver": scenario.solver.model_copy(update={"time_limit": seconds})})
    case = instance if scenario.projection is None else project(instance, scenario.projection)
    tell(_("building the model"))
    built = build(case, scenario)
    found = Diagnosis(possible=False, case=case, scenario=scenario)
    try:
        elastic = Elastic(built, scenario.solver)
    except Infeasible:
        found = replace(found, against_data=_against_data(built))
        elastic = Elastic(built, scenario.solver)
    every = list(elastic.rules)
    try:
        if elastic.possible(every):
            return replace(found, possible=not found.against_data)
        found = replace(found, shortages=tuple(shortages(Solver(built.model, scenario.solver))))
        tell(_("least money that makes it possible"))
        found = _with_money(found, elastic, every)
        tell(_("levers in conflict"))
        sets = conflicts(elastic, case, scenario)
        found = replace(found, conflicts=tuple(_members(elastic, conflict, sets) for conflict in sets))
        if repair:
            tell(_("repairs"))
            found = replace(found, repairs=_repairs(found, sets, lambda: time.monotonic() > end))
    except Stopped:
        return replace(found, finished=False)
    return replace(found, finished=time.monotonic() <= end)


def _against_data(built: Built) -> tuple[tuple[str, str, Any], ...]:
    """Rows of levers without any decision that do not hold; taken out, so that the rest can be solved."""
    wrong = []
    for lever in built.effects:
        for row in built.model.lever[lever].component_data_objects(Constraint, active=True):
            body = generate_standard_repn(row.body, compute_values=True)
            if body.linear_vars:
                continue
            low, high = row.lb, row.ub
            room = 1e-9 * max(1.0, abs(float(body.constant)))
            if (low is not None and body.constant < low - room) or (high is not None and body.constant > high + room):
                wrong.append((lever, row.parent_component().local_name, row.index()))
                row.deactivate()
    return tuple(wrong)


def _with_money(found: Diagnosis, elastic: Elastic, every: list[Key]) -> Diagnosis:
    """Least money, checked by solving again with it and with 0.1 % less of it."""
    missing = elastic.least_money(every)
    if missing is None:
        return found
    given = {miss.place: miss.amount * (1 + 1e-9) for misses in missing.by_rule.values() for miss in misses}
    less = {place: amount * (1 - LESS) for place, amount in given.items()}
    return replace(
        found,
        missing=missing,
        enough=elastic.possible_with(every, given),
        less_is_not=not elastic.possible_with(every, less),
    )


def _members(elastic: Elastic, conflict: Conflict, sets: tuple[Conflict, ...]) -> tuple[Member, ...]:
    """Every lever of a conflict with the least by which it must give way so that all rules of other levers
    hold.

    The levers of the other conflicts are lifted meanwhile.
    """
    others = {lever for other in sets if other is not conflict for lever in other.levers}
    held = elastic.of(set(elastic.levers) - others)
    members = []
    for lever in conflict.levers:
        keys, rules = elastic.of([lever]), conflict.rules[lever]
        together = elastic.least(keys, held) if rules else None
        alone = {rule: elastic.least([(lever, rule)], held) for rule in rules}
        money = elastic.money(keys)
        amount = together.total if together is not None and money else None
        misses = {rule: missed for rule, missed in alone.items() if missed is not None}
        members.append(Member(lever, rules, money, amount, misses))
    return tuple(members)


def _repairs(found: Diagnosis, sets: tuple[Conflict, ...], late: Callable[[], bool]) -> tuple[Repair, ...]:
    """Changes of single settings, cheapest first; one change cannot mend two conflicts."""
    if len(sets) != 1:
        return ()
    worth = {member.lever: member.amount for members in found.conflicts for member in members}
    listed = []
    for fix in repairs(Trials(found.case, found.scenario, late), sets[0].levers):
        lever = fix.setting.split(".")[1]
        money = _budget(found, fix) if ".budget." in fix.setting else worth[lever]
        listed.append(replace(fix, money=None if fix.after is False else money))
    return tuple(sorted(listed, key=lambda fix: (fix.after is False, fix.money is None, fix.money or 0.0)))


def _budget(found: Diagnosis, fix: Repair) -> float:
    """Money that a change of a budget adds over all years."""
    path = fix.setting.removesuffix(".amount").split(".")
    before: Any = found.scenario.document()
    for key in path:
        before = before[key]
    after = (
        {**before, "amount": fix.after} if isinstance(before, dict) and not isinstance(fix.after, list) else fix.after
    )
    totals = [sum(found.case.amounts(PATH.validate_python(value)).values()) for value in (before, after)]
    return totals[1] - totals[0]

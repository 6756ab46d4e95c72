"""Which levers cannot hold together: the smallest sets, and within them the rules.

A deletion filter over levers: lift one after the other; if there is still no plan, it stays lifted. What is
left is irreducible: without any one of them there is a plan. A smaller set, if there is one, is looked for
among single levers and pairs. Inside the set the same filter over rules names those that matter. A lever
without rows of its own (a fixed rate, a date) cannot be lifted; it belongs to the conflict if there is a plan
without it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from commonweal.instances import Instance
from commonweal.models.build import Built, build_model
from commonweal.optimizer.elastic import Elastic, Key
from commonweal.optimizer.errors import Infeasible
from commonweal.optimizer.scenario import Scenario

ROOM = 100.0  # times the money there is
SMALLER = 2  # sets up to this size are searched one by one


@dataclass(frozen=True)
class Conflict:
    """Levers that cannot hold together, and the rules of each that matter (none if it only fixes something)."""

    rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def levers(self) -> tuple[str, ...]:
        """The levers, by name."""
        return tuple(sorted(self.rules))

    @property
    def keys(self) -> tuple[Key, ...]:
        """Every lever and rule that matters."""
        return tuple((lever, rule) for lever in self.levers for rule in self.rules[lever])


def build(case: Instance, scenario: Scenario, without: Collection[str] = ()) -> Built:
    """A projected case without gaps, which do not matter here, and with room for more money."""
    levers = {name: settings for name, settings in scenario.levers.items() if name not in without}
    return build_model(case, levers, {}, scenario.weights, room=ROOM)


def conflicts(elastic: Elastic, case: Instance, scenario: Scenario) -> tuple[Conflict, ...]:
    """Conflicts without a common lever, until what is left is possible; none if the scenario is possible.

    Errors: Stopped when the time limit passes, SolverFailed.
    """
    found: list[Conflict] = []
    open_ = set(elastic.levers)
    while not elastic.possible(elastic.of(open_)):
        conflict = _conflict(elastic, case, scenario, open_)
        found.append(conflict)
        if not open_.intersection(conflict.levers):
            break
        open_.difference_update(conflict.levers)
    return tuple(found)


def _conflict(elastic: Elastic, case: Instance, scenario: Scenario, among: Collection[str]) -> Conflict:
    levers = _irreducible(elastic, sorted(among))
    levers = _smaller(elastic, sorted(among), levers)
    rules = _filtered(elastic, elastic.of(levers))
    named = {lever: tuple(rule for name, rule in rules if name == lever) for lever in levers}
    fixed = [name for name in sorted(scenario.levers) if name not in levers and _needed(case, scenario, name, rules)]
    return Conflict(
        {
            **{lever: _meant(elastic, lever, found) for lever, found in named.items()},
            **dict.fromkeys(fixed, ()),
        }
    )


def _irreducible(elastic: Elastic, among: list[str]) -> list[str]:
    kept = list(among)
    for lever in among:
        fewer = [name for name in kept if name != lever]
        if not elastic.possible(elastic.of(fewer)):
            kept = fewer
    return kept


def _smaller(elastic: Elastic, among: list[str], levers: list[str]) -> list[str]:
    for size in range(1, min(len(levers), SMALLER + 1)):
        for fewer in combinations(among, size):
            if not elastic.possible(elastic.of(fewer)):
                return list(fewer)
    return levers


def _filtered(elastic: Elastic, rules: list[Key]) -> list[Key]:
    kept = list(rules)
    for rule in rules:
        fewer = [key for key in kept if key != rule]
        if not elastic.possible(fewer):
            kept = fewer
    return kept


def _meant(elastic: Elastic, lever: str, rules: tuple[str, ...]) -> tuple[str, ...]:
    """Rules a person can change; rows that only say what a word means are left out if others remain."""
    meant = tuple(rule for rule in rules if not elastic.rules[lever, rule].definition)
    return meant or rules


def _needed(case: Instance, scenario: Scenario, lever: str, held: Collection[Key]) -> bool:
    """Would the rules hold together if this lever, which is not among them, were switched off?"""
    try:
        elastic = Elastic(build(case, scenario, without=(lever,)), scenario.solver)
    except Infeasible:
        return False
    return elastic.possible([key for key in held if key in elastic.rules])

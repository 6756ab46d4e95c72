"""The register: no rule without a case in which it binds, no setting without an effect, no side effect.

`tests/models/levers/test_<lever>.py` keeps, for each rule of the lever, cases in which it binds (`BINDING`); so does
`tests/models/test_core.py` for the core. Here each rule is taken out of the model: the optimum must change. A rule is
a constraint of the lever's block, a declared bound, or a variable of the core that the lever fixes at another value.
"""

import importlib.util
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import pyomo.environ as pyo
import pytest
from cases import Case, Document, built, differences, outcome

from commonweal.models.build import STAGES, Built
from commonweal.models.core import FLOWS
from commonweal.models.parts import levers
from commonweal.optimizer.errors import Infeasible

HERE = Path(__file__).parent
CORE = ("benefit", "rate", "closing", *FLOWS)
RECEIPTS = ("own", "central", "horizontal_received", "pool_received")
Rules = dict[str, list[Callable[[], object]]]


def module_of(path: str) -> ModuleType:
    """A test module by its file."""
    file = HERE / path
    spec = importlib.util.spec_from_file_location(f"register_{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def binding(lever: str) -> dict[str, list[tuple[Case, Document]]]:
    """The register of a lever; empty when nobody wrote one, which a test below does not let pass."""
    path = f"models/levers/test_{lever}.py"
    return getattr(module_of(path), "BINDING", {}) if (HERE / path).is_file() else {}


BINDING = {lever: binding(lever) for lever in levers()}

# Levers that work and are checked in plans, but whose cases for this register are still to be written.
TO_COME = {
    "downturn",
    "equal_entitlement",
    "extension",
    "full_coverage",
    "maternity_for_all",
    "platform_priority",
    "platform_recognition",
    "residence_opening",
}
REGISTERED = [lever for lever in levers() if BINDING[lever] or lever not in TO_COME]
EVERY = [
    pytest.param(lever, rule, k, id=f"{lever}-{rule}-{k}")
    for lever, rules in BINDING.items()
    for rule, entries in rules.items()
    for k in range(len(entries))
]


def without(document: Document, lever: str) -> Document:
    return {**document, "levers": {k: v for k, v in document["levers"].items() if k != lever}}


def release(data: Any, side: str) -> None:
    """Take a bound away; what is left is that nothing is negative."""
    if side == "lower":
        data.setlb(0)
    else:
        data.setub(None)


def rules_of(model: Built, bare: Built, lever: str) -> Rules:
    """Every rule of a lever, with what takes it out; `bare` is the same model without the lever."""
    found: Rules = {}
    for row in model.model.lever[lever].component_objects(pyo.Constraint):
        found.setdefault(row.local_name, []).append(row.deactivate)
    for bound in model.effects[lever].bounds:
        for index in bound.indices:
            data = bound.var[index]
            found.setdefault(bound.rule, []).append(lambda data=data, side=bound.side: release(data, side))
    for name in CORE:
        before = bare.model.component(name)
        for index, data in model.model.component(name).items():
            if data.fixed and data.value != before[index].value:
                value = before[index].value
                found.setdefault(f"fixed {name}", []).append(lambda data=data, value=value: data.fix(value))
    return found


def undeclared(model: Built, bare: Built, lever: str) -> Iterator[tuple[Any, Any]]:
    """Core variables whose bounds the lever changed without saying so, with their variable in the bare model."""
    told = {(id(b.var[i]), b.side) for b in model.effects[lever].bounds for i in b.indices}
    for name in CORE:
        before = bare.model.component(name)
        for index, data in model.model.component(name).items():
            changed = {"lower": data.lb != before[index].lb, "upper": data.ub != before[index].ub}
            if not data.fixed and any(is_new and (id(data), side) not in told for side, is_new in changed.items()):
                yield data, before[index]


def put_back(model: Built, bare: Built, lever: str) -> None:
    """The bounds that a lever does not declare, as they are without it."""
    for data, before in list(undeclared(model, bare, lever)):
        data.setlb(before.lb)
        data.setub(before.ub)


@pytest.mark.parametrize("lever", REGISTERED)
def test_every_rule_of_a_lever_is_in_its_register_and_nothing_else_is(lever: str):
    found = set()
    for entries in BINDING[lever].values():
        for case, document in entries:
            found |= rules_of(built(case, document), built(case, without(document, lever)), lever).keys()
    assert BINDING[lever], f"tests/models/levers/test_{lever}.py must keep a BINDING: its rules at work"
    assert found == set(BINDING[lever]), "rules of the model and rules with a binding case"


@pytest.mark.parametrize(("lever", "rule", "k"), EVERY)
def test_a_rule_taken_away_changes_the_optimum_for_the_better(lever: str, rule: str, k: int):
    case, document = BINDING[lever][rule][k]
    kept = outcome(built(case, document))
    model, bare = built(case, document), built(case, without(document, lever))
    rules = rules_of(model, bare, lever)
    assert rule in rules, f"the case has no such rule; it has {sorted(rules)}"
    put_back(model, bare, lever)
    for take_away in rules[rule]:
        take_away()
    free = outcome(model)
    changed = list(differences(kept, free))
    assert changed, "the rule does not bind in this case"
    stages = [stage for stage in STAGES if stage in changed]
    if stages and not rule.startswith("fixed"):
        assert free[stages[0]] < kept[stages[0]]  # fewer rules, no worse an optimum


@pytest.mark.parametrize("lever", levers())
def test_a_bound_that_a_lever_does_not_declare_follows_from_its_rules(lever: str):
    for entries in BINDING[lever].values():
        for case, document in entries:
            model, bare = built(case, document), built(case, without(document, lever))
            if any(undeclared(model, bare, lever)):
                kept = outcome(built(case, document))
                put_back(model, bare, lever)
                assert list(differences(kept, outcome(model))) == []


def leaves(table: dict[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every setting of a lever that a document gives, as a path."""
    for key, value in table.items():
        yield (*at, key)
        if isinstance(value, dict):
            yield from leaves(value, (*at, key))


def fields(settings: type[Any]) -> Iterator[tuple[str, bool]]:
    """(name, required) of a lever's settings, those of nested models included."""
    for name, field in settings.model_fields.items():
        yield name, field.is_required()
        for part in str(field.annotation).split("[")[1:]:
            nested = getattr(importlib.import_module(settings.__module__), part.split(".")[-1].rstrip("]"), None)
            if hasattr(nested, "model_fields"):
                yield from fields(nested)


@pytest.mark.parametrize("lever", [lever for lever in REGISTERED if BINDING[lever]])
def test_every_setting_of_a_lever_changes_the_plan_in_some_case_of_its_register(lever: str):
    found = dict(fields(levers()[lever].module.Settings))
    matters = set()
    for entries in BINDING[lever].values():
        for case, document in entries:
            given = document["levers"][lever]
            paths = [path for path in leaves(given) if path[-1] in found]
            matters |= {path[-1] for path in paths if found[path[-1]]}  # without a required one there is no plan
            optional = [path for path in paths if not found[path[-1]] and path[-1] not in matters]
            kept = outcome(built(case, document)) if optional else {}
            for path in optional:
                other = deepcopy(document)
                table = other["levers"][lever]
                for key in path[:-1]:
                    table = table[key]
                del table[path[-1]]
                if changes(kept, case, other):
                    matters.add(path[-1])
    assert matters == set(found), "settings that no case of the register shows at work"


def changes(kept: dict[str, float], case: Case, document: Document) -> bool:
    """Does a document lead to another optimum; one that is refused or impossible is another one as well."""
    try:
        return any(differences(kept, outcome(built(case, document))))
    except Exception as error:
        assert hasattr(error, "exit_code"), error
        return True


@pytest.mark.parametrize("lever", levers())
def test_a_lever_moves_only_the_flows_it_opens(lever: str):
    opens = set(levers()[lever].module.OPENS) | {"benefit", "closing", "unfunded"}  # these close the balance
    for entries in BINDING[lever].values():
        for case, document in entries:
            today = outcome(built(case, {**document, "levers": {}}))
            try:
                alone = outcome(built(case, {**document, "levers": {lever: document["levers"][lever]}}))
            except Infeasible:
                continue  # a lever that asks for money which another one brings
            moved = {name.split("(")[0] for name in differences(today, alone)} - set(STAGES)
            assert moved <= opens


@pytest.mark.parametrize("lever", levers())
def test_a_lever_switched_off_is_a_lever_never_named(lever: str):
    for case, document in [entry for entries in BINDING[lever].values() for entry in entries][:1]:
        off = {**document, "levers": {**document["levers"], lever: False}}
        assert list(differences(outcome(built(case, off)), outcome(built(case, without(document, lever))))) == []


def test_every_rule_of_the_core_is_in_its_register_and_changes_the_optimum():
    register = module_of("models/test_core.py").BINDING
    for rule, (case, document) in register.items():
        model = built(case, document)
        found = core_rules(model.model)
        assert found.keys() <= register.keys()
        found[rule]()
        free = outcome(model)
        try:
            kept = outcome(built(case, document))
        except Infeasible:  # with the rule there is no plan at all
            continue
        assert any(differences(kept, free)), f"{rule} does not bind in its case"


def core_rules(model: pyo.ConcreteModel) -> dict[str, Callable[[], object]]:
    """Constraints of the core, and what keeps its variables: fixed at today's value, or bounded.

    Payments out of a region are left out: nothing is gained by one that no lever carries to somebody else.
    """
    rows = {row.local_name: row.deactivate for row in model.component_objects(pyo.Constraint, descend_into=False)}

    def each(name: str, change: Callable[[Any], object]) -> Callable[[], object]:
        return lambda: [change(data) for data in model.component(name).values()]

    fixed = {f"fixed {name}": each(name, lambda data: data.unfix()) for name in ("benefit", "rate", *RECEIPTS)}
    return {
        **rows,
        **fixed,
        "reserve path": each("closing", lambda data: data.setlb(0)),
        "unfunded limit": each("unfunded", lambda data: data.setub(None)),
    }

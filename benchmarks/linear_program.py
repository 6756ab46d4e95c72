"""From a case to the optimum of its gap stage: commonweal's way against plain Pyomo with its own HiGHS interface.

Both build the same model with the same code. Plain means as Pyomo does it by default: no constraint templates, the
garbage collector running, and the `appsi_highs` interface to load the model. Both minimise unfunded obligations
first and hold them; the gap stage that is timed comes next. The two optima must agree.
"""

from dataclasses import dataclass

import pyomo.environ as pyo
from pyomo.contrib.appsi.solvers.highs import Highs

from benchmarks.parts import Step, timed
from commonweal.instances import Instance, project
from commonweal.models.build import Built, build_model
from commonweal.optimizer import load_scenario
from commonweal.optimizer.highs import Solver
from commonweal.optimizer.scenario import Scenario

AGAINST = "plain Pyomo with appsi_highs"
COST_SIZE = 1e6  # a gap's slopes are far below the solver's tolerances: unscaled, the interface stops too early
SLACK = 1e-9  # room for the solver's own tolerance in the stage that is held, as in the product


@dataclass(frozen=True)
class Problem:
    """A case in its plan years and its scenario."""

    instance: Instance
    scenario: Scenario

    def build(self, templates: bool) -> Built:
        """The whole model."""
        scenario = self.scenario
        return build_model(self.instance, scenario.levers, scenario.gaps, scenario.weights, templates=templates)


def problem(instance: Instance, *scenarios: str) -> Problem:
    """The case under its own scenario and bundled ones on top."""
    scenario = load_scenario(instance, scenarios)
    return Problem(instance if scenario.projection is None else project(instance, scenario.projection), scenario)


def side_by_side(problem: Problem) -> list[Step]:
    """One run of both ways. Error: RuntimeError when the two optima differ."""
    build, built = timed(lambda: problem.build(templates=True))
    kept, solver = timed(lambda: Solver(built.model, problem.scenario.solver))
    unfunded = solver.minimise("unfunded").objective
    solver.keep("unfunded", unfunded + SLACK * max(1.0, abs(unfunded)))
    solver.forget()  # as the product does: presolve is faster than the basis of the stage before
    gap, found = timed(lambda: solver.minimise("gap"))

    plain_build, plain = timed(lambda: problem.build(templates=False))
    interface = Highs()
    interface.highs_options = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
    plain.model.stage["gap"].set_value(COST_SIZE * plain.model.stage["gap"].expr)
    plain_load, _ = timed(lambda: interface.set_instance(plain.model))
    hold_unfunded(plain.model, interface)
    plain_gap, result = timed(lambda: interface.solve(plain.model))
    other = result.best_feasible_objective / COST_SIZE
    if abs(found.objective - other) > 1e-6 * abs(found.objective):
        raise RuntimeError(f"two optima: {found.objective} and {other}")
    return [
        Step("build", build, plain_build),
        Step("compile", solver.compile_seconds),
        Step("load", kept - solver.compile_seconds),
        Step("compile and load", kept, plain_load),
        Step("all before the solver", build + kept, plain_build + plain_load),
        Step("gap stage, first solve", gap, plain_gap),
    ]


def hold_unfunded(model: pyo.ConcreteModel, interface: Highs) -> None:
    """Solve the first stage and keep its value as a row."""
    model.stage["gap"].deactivate()
    model.stage["unfunded"].activate()
    value = interface.solve(model).best_feasible_objective
    model.hold = pyo.Constraint(expr=model.stage["unfunded"].expr <= value + SLACK * max(1.0, abs(value)))
    model.stage["unfunded"].deactivate()
    model.stage["gap"].activate()

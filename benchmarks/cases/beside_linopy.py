"""generated nations of 31 and 342 regions x 2 groups x 7 programmes, beside linopy.

From a case in its plan years to HiGHS, and to the optimum of the gap's first linear program. linopy has the same model,
written by hand in whole arrays (`benchmarks/in_linopy.py`), and hands it over by its direct interface to HiGHS. Both
sides make their own data from the same tables and hold the same value of unfunded obligations. Rows, columns and
non-zeros must be as many, and the optima the same to 1e-6, or the benchmark fails.
"""

from dataclasses import dataclass
from typing import Any

import highspy

from benchmarks.generate import generate
from benchmarks.in_linopy import Written, write
from benchmarks.linear_program import COST_SIZE, SLACK, Problem, problem
from benchmarks.parts import Step, timed
from commonweal.optimizer.highs import Solver

AGAINST = "linopy, direct interface to HiGHS"
RUNS = 3
SIZES = ((31, 10), (342, 3))  # regions, plan years
CLOSE = 1e-6  # relative


@dataclass(frozen=True)
class Sized:
    """A case, and what it is called in the table."""

    name: str
    problem: Problem


def prepare(tiny: bool) -> list[Sized]:
    """Invented nations; the tiny one has six regions and two programmes."""
    if tiny:
        return [Sized("6 regions", problem(generate(6, 2, 2, 2)))]
    return [Sized(f"{r} regions, {t} years", problem(generate(r, 2, 7, t))) for r, t in SIZES]


def measure(prepared: list[Sized]) -> list[Step]:
    """One run of both sides for every size. Error: RuntimeError when they are not the same model."""
    return [step for sized in prepared for step in _beside(sized)]


def _beside(sized: Sized) -> list[Step]:
    case = sized.problem
    build, built = timed(lambda: case.build(templates=True))
    load, solver = timed(lambda: Solver(built.model, case.scenario.solver))
    unfunded = solver.minimise("unfunded").objective
    solver.keep("unfunded", unfunded + SLACK * max(1.0, abs(unfunded)))
    solver.forget()  # as the product does: presolve is faster than the basis of the stage before
    gap, found = timed(lambda: solver.minimise("gap"))

    other_build, written = timed(lambda: write(case.instance, case.scenario))
    other_load, highs = timed(lambda: _handed_over(written, written.unfunded))
    _same(solver.matrix, highs)
    value = _minimum(highs)
    written.model.add_constraints(written.unfunded <= value + SLACK * max(1.0, abs(value)), name="hold")
    highs = _handed_over(written, COST_SIZE * written.gap)
    other_gap, least = timed(lambda: _minimum(highs))
    other = least / COST_SIZE + written.nothing
    if abs(found.objective - other) > CLOSE * abs(found.objective):
        raise RuntimeError(f"two optima: {found.objective} and {other}")
    rows, columns = solver.matrix.shape
    return [
        Step(f"{sized.name}: build", build, other_build, f"{rows:,} rows, {columns:,} columns"),
        Step(f"{sized.name}: to HiGHS", load, other_load),
        Step(f"{sized.name}: all before the solver", build + load, other_build + other_load),
        Step(f"{sized.name}: gap stage, first solve", gap, other_gap),
    ]


def _handed_over(written: Written, objective: Any) -> highspy.Highs:
    """The model in HiGHS with an objective."""
    written.model.add_objective(objective, overwrite=True)
    return written.model.to_highspy()


def _same(matrix: Any, highs: highspy.Highs) -> None:
    ours, other = (*matrix.shape, matrix.nnz), (highs.getNumRow(), highs.getNumCol(), highs.getNumNz())
    if ours != other:
        raise RuntimeError(f"two models: {ours} and {other} rows, columns and non-zeros")


def _minimum(highs: highspy.Highs) -> float:
    """The optimum, to the tolerances that every side has. Error: RuntimeError without one."""
    for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
        highs.setOptionValue(name, 1e-9)
    highs.setOptionValue("output_flag", False)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"HiGHS stopped with {highs.getModelStatus()}")
    return highs.getInfo().objective_function_value

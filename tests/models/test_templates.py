"""Constraint templates are a private door of Pyomo: the matrix they give must be the one that plain rows give.

Pyomo 6.10 loses the factor of a row that is nothing but a factor times a sum, silently; a rule written that way fails
here. Every case in which a rule of a lever binds is built both ways.
"""

from math import isclose, isinf

import pytest
from cases import Case, Document, built
from test_register import BINDING

from commonweal.models.parts import levers
from commonweal.optimizer.highs import Solver, SolverOptions

CASES = [
    pytest.param(case, document, id=f"{lever}-{rule}-{k}")
    for lever in levers()
    for rule, entries in BINDING[lever].items()
    for k, (case, document) in enumerate(entries)
]


def entries(case: Case, document: Document, templates: bool) -> dict[tuple[str, str], float]:
    """Every entry of the matrix by row and column, and the limits; rows "at least" as "at most" of their negative."""
    solver = Solver(built(case, document, templates=templates).model, SolverOptions())
    matrix = solver.matrix.tocoo()
    sign = [-1.0 if isinf(upper) else 1.0 for upper in solver.highs.getLp().row_upper_]
    found = {
        (solver.rows[i].name, solver.variables[j].name): sign[i] * float(value)
        for i, j, value in zip(matrix.row, matrix.col, matrix.data, strict=True)
        if value != 0
    }
    limits = zip(solver.rows, sign, solver.limits, strict=True)
    return found | {(row.name, ""): side * float(limit) for row, side, limit in limits}


@pytest.mark.parametrize(("case", "document"), CASES)
def test_templates_and_plain_rows_give_the_same_matrix(case: Case, document: Document):
    fast, plain = entries(case, document, True), entries(case, document, False)
    assert fast.keys() == plain.keys()
    assert {key: (fast[key], plain[key]) for key in plain if not isclose(fast[key], plain[key], rel_tol=1e-12)} == {}

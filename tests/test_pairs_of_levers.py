"""Every pair of levers together: a plan, or a clean refusal, never a crash. One year of `five-provinces`, to the gap.

A lever alone often asks for money that only reserves or grants can bring: 102 of the 276 pairs have no plan.
"""

from itertools import combinations

import pytest

from commonweal.instances import Instance, project, read
from commonweal.models.build import build_model
from commonweal.models.parts import levers
from commonweal.optimizer.errors import Infeasible
from commonweal.optimizer.highs import Solver
from commonweal.optimizer.scenario import Scenario, from_document
from commonweal.optimizer.stages import keep_stage
from docs.effects import CASE, MECHANISMS, documents


def settings() -> dict[str, object]:
    """Each lever as the table of mechanisms switches it on."""
    return {
        lever: documents(code)[1]["levers"][lever]
        for code, told in MECHANISMS.items()
        for lever in told.get("levers", [])
    }


SETTINGS = settings()


def scenario(*chosen: str) -> Scenario:
    """These levers and no others."""
    return from_document({**documents("M1")[1], "levers": {lever: SETTINGS[lever] for lever in chosen}})


@pytest.fixture(scope="module")
def case() -> Instance:
    projection = scenario().projection
    assert projection is not None
    return project(read(CASE), projection)


def gap(case: Instance, chosen: Scenario) -> float | None:
    """Obligations, floors, then the gap; None where the rules leave no plan."""
    try:
        built = build_model(case, chosen.levers, chosen.gaps, chosen.weights)
        solver = Solver(built.model, chosen.solver)
        for stage in ("unfunded", "floors"):
            keep_stage(solver, stage)
        return solver.minimise("gap").objective
    except Infeasible as refused:
        assert str(refused).startswith("No plan satisfies all rules")
        return None


@pytest.mark.parametrize("first", levers())
def test_every_pair_with_this_lever_has_a_plan_or_is_cleanly_refused(case: Instance, first: str) -> None:
    for one, other in combinations(levers(), 2):
        if one == first:
            found = gap(case, scenario(one, other))
            assert found is None or 0 <= found < 1, f"{one} and {other}"

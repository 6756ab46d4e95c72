"""The way that fits the size: `single` as long as one model is quick, `decompose` above that where it can be.

A nation of more than `search.benefits` benefits is planned in parts, unless something in its scenario cannot be split yet;
then it is planned whole, and the progress says why.
"""

from typing import Any

from pydantic import Field

from commonweal.instances import Instance
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import _
from commonweal.optimizer.planning import Tabled
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.searches import decompose, single
from commonweal.optimizer.stages import Progress
from commonweal.optimizer.walk import Solved

GAPS = True


class Settings(decompose.Settings):
    """Settings of the automatic choice."""

    benefits: int = Field(default=60_000, ge=0, description="more benefits than this are planned in parts")
    tolerance: float = Field(
        default=5e-4,
        gt=0,
        description="proven relative distance that is enough in parts, if solver.tolerance is smaller",
    )


def search(
    case: Instance, scenario: Scenario, before: float, progress: Progress, *, prices: bool = False
) -> Solved | Tabled:
    """As `single` or `decompose`, with their errors."""
    if not splits(case, scenario, progress):
        return single.search(case, scenario, before, progress, prices=prices)
    settings: Any = scenario.search
    enough = max(scenario.solver.tolerance, settings.tolerance)
    solver = scenario.solver.model_copy(update={"tolerance": enough})
    return decompose.search(case, scenario.model_copy(update={"solver": solver}), before, progress, prices=prices)


def splits(case: Instance, scenario: Scenario, progress: Progress = lambda _: None) -> bool:
    """Whether `case`, in its plan years, is planned in parts; `progress` is told why a large one is not."""
    settings: Any = scenario.search
    if len(case.people) <= settings.benefits:
        return False
    from commonweal.optimizer.decompose.split import refuse

    try:
        refuse(case, scenario)
    except UsageError as error:
        progress(_("planned whole: {error}", error=error))
        return False
    return True

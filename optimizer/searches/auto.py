"""The way that fits the size: `single` as long as one model is quick, `decompose` above that where it can be.

It is what a scenario uses that names no search. A nation of more than `search.benefits` benefits is planned in parts, unless
something in its scenario cannot be split yet; then it is planned whole, and the progress says why. With `search.cluster` a
nation of any size is planned in parts, and what cannot be split is refused by name.
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

    benefits: int = Field(default=25_000, ge=0, description="more benefits than this are planned in parts")
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
    try:
        return decompose.search(case, scenario.model_copy(update={"solver": solver}), before, progress, prices=prices)
    except UsageError as error:  # obligations that no money meets, say: they show only on the way
        if settings.cluster:
            raise
        progress(_("planned whole: {error}", error=error))
        return single.search(case, scenario, before, progress, prices=prices)


def splits(case: Instance, scenario: Scenario, progress: Progress = lambda _: None) -> bool:
    """Whether `case`, in its plan years, is planned in parts; `progress` is told why a large one is not.

    Error: UsageError for what is meant for a cluster and cannot be split.
    """
    settings: Any = scenario.search
    if len(case.people) <= settings.benefits and not settings.cluster:
        return False
    from commonweal.optimizer.decompose.split import refuse

    try:
        refuse(case, scenario)
    except UsageError as error:
        if settings.cluster:
            raise
        progress(_("planned whole: {error}", error=error))
        return False
    return True

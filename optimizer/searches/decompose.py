"""A large nation, split by region and price: the same plan as `single` within a proven distance, region by region.

Regions are planned on their own, in parts, with money from outside at a price; prices are moved until what all use
together is what there is. `solver.tolerance` is the relative distance from the best plan at which that may stop: 5e-4
is reached in a few sweeps. What cannot be split yet is refused by name. Where parts live changes nothing but the time.
"""

from dataclasses import replace
from typing import Any

from pydantic import Field

from commonweal.instances import Instance
from commonweal.optimizer.decompose.whole import decompose
from commonweal.optimizer.executors_dask import executor_for
from commonweal.optimizer.planning import Tabled
from commonweal.optimizer.scenario import Scenario, Search
from commonweal.optimizer.stages import Progress

GAPS = True


class Settings(Search):
    """Settings of the search by parts."""

    processes: int = Field(
        default=0, ge=0, description="processes that share the parts; 1: this process alone; 0: one for each core"
    )
    cluster: str = Field(
        default="", description="address of a Dask scheduler whose workers hold the parts; none: processes"
    )


def search(case: Instance, scenario: Scenario, before: float, progress: Progress, *, prices: bool = False) -> Tabled:
    """Split, price, settle. National rules have the prices of the loop, others those of their region, on one side only.

    Errors: UsageError for what cannot be split, Infeasible, SolverFailed.
    """
    search: Any = scenario.search
    with executor_for(search.processes, search.cluster) as executor:
        found = decompose(case, scenario, executor, progress)
        return replace(found, more={**found.more, "processes": executor.places})

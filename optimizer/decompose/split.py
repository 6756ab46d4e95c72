"""Which regions make a part, what a part counts in the gap of the nation, and what cannot be split yet."""

from collections.abc import Sequence

from commonweal.instances import Instance
from commonweal.models.parts import levers
from commonweal.models.weights import Weights, block_weights
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import _
from commonweal.optimizer.scenario import Scenario

PARTS = 8  # at least so many, if there are regions for them, so that there is work for several processes
MOST = 96  # regions in a part
SPLIT = frozenset(
    {"benefit_rigidity", "floors", "fund_pool", "horizontal_transfers", "own_effort", "reserves", "vertical_transfers"}
)
"""Levers of which a test says that their rows are the same in some regions alone as in the nation."""


def parts_of(case: Instance) -> list[tuple[str, ...]]:
    """The regions in parts, by sorted id: the same parts whatever the order of the data and the number of processes."""
    regions = sorted(case.regions["region"].tolist())
    count = min(len(regions), max(PARTS, -(-len(regions) // MOST)))
    return [tuple(regions[k::count]) for k in range(count)]


def shares(part: Instance, weights: Weights) -> dict[tuple[str, int], float]:
    """What each programme and year of a part counts in the nation: the weight times the part's share of the eligible."""
    national: dict[tuple[str, int], float] = {}
    for key, persons in part.nation.items():
        if key[0] == "people.eligible":
            block = (str(key[2]), int(key[3]))
            national[block] = national.get(block, 0.0) + persons
    own = part.people.groupby(["programme", "year"])["eligible"].sum()
    return {
        block: weight * float(own.get(block, 0.0)) / national[block] if national[block] > 0 else 0.0
        for block, weight in block_weights(part.whole, weights).items()
    }


def refuse(case: Instance, scenario: Scenario) -> None:
    """Raise UsageError, with a sentence that names it, for whatever cannot be split yet."""
    for name, settings in scenario.levers.items():
        if name not in SPLIT:
            scope = levers()[name].module.SCOPE
            raise _unsplit(_("lever {name} (its rows reach over: {scope})", name=name, scope=scope))
        if name == "floors" and getattr(settings, "mode", "hard") == "soft":
            raise _unsplit("levers.floors.mode = soft")
        if name == "fund_pool" and getattr(settings, "surplus", "today") == "current":
            raise _unsplit("levers.fund_pool.surplus = current")
    if scenario.solver.time_limit is not None:
        raise _unsplit("solver.time_limit")
    for name, settings in scenario.gaps.items():
        if name != "squared_shortfall":
            raise _unsplit(_("gap {name}", name=name))
        if getattr(settings, "weights", "persons") != "persons":
            raise _unsplit(f"gaps.{name}.weights = {getattr(settings, 'weights', '')}")
    if len(scenario.gaps) != 1:
        raise _unsplit(_("a plan without a gap, or with several"))
    persons = case.people.groupby(["programme", "year"], as_index=False)["eligible"].sum()
    nobody = persons[persons["eligible"] <= 0]
    if empty := [f"{p} in {t}" for p, t in zip(nobody["programme"], nobody["year"], strict=True)]:
        raise _unsplit(_("a programme without eligible persons ({names})", names=", ".join(empty)))


def _unsplit(what: str) -> UsageError:
    return UsageError(_("The search decompose cannot take {what} yet. Use search.name = single.", what=what))


def sample(case: Instance, size: int) -> list[str]:
    """One region of every stratum by revenue per inhabitant: those in the middle, by sorted id where equal."""
    first = case.budgets[case.budgets["year"] == case.years[0]]
    wealth = first.assign(wealth=first["own_revenue"] / first["population"].clip(lower=1e-9))
    ranked: Sequence[str] = wealth.sort_values(["wealth", "region"])["region"].tolist()
    size = min(size, len(ranked))
    return [ranked[(2 * k + 1) * len(ranked) // (2 * size)] for k in range(size)]


def need(case: Instance) -> float:
    """Money that today's benefits lack to reach the standard, over all years: what budgets of a sample are scaled by."""
    cells = case.people.merge(case.schemes, on=["programme", "group", "year"])
    lack = (cells["standard"] - cells["benefit"]).clip(lower=0.0)
    return float((cells["eligible"] * lack).sum()) * case.per_head

"""Which regions make a part, what a part counts in the gap of the nation, and what cannot be split yet."""

from collections.abc import Sequence
from typing import Any

from commonweal.instances import Instance
from commonweal.models.parts import gaps, levers
from commonweal.models.weights import block_weights, gap_cells, gap_orders, masses_by_region
from commonweal.optimizer.decompose.messages import Shares, Spec
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import _
from commonweal.optimizer.scenario import Scenario

PARTS = 8  # at least so many, if there are regions for them, so that there is work for several processes
MOST = 96  # regions in a part
NATIONAL = frozenset({"central_adjustment", "fund_pool", "horizontal_transfers", "unified_rate", "vertical_transfers"})
"""Levers over regions that join them by links, or by decisions that all regions share, alone. Of these, and of every lever of SCOPE region, a test says that their
other rows are the same in some regions alone as in the nation."""

SEPARATE = frozenset({"regional", "shortfall", "squared_shortfall", "urban_rural"})
"""Gaps that are sums over regions, each of what happens there alone."""


def parts_of(case: Instance, scenario: Scenario) -> list[tuple[str, ...]]:
    """The regions in parts, by sorted id: the same parts whatever the order of the data and the number of processes.

    Regions that decide together stay together.
    """
    units: dict[str, list[str]] = {}
    for region, unit in sorted(together(case, scenario).items()):
        units.setdefault(unit, []).append(region)
    count = min(len(units), max(PARTS, -(-len(case.regions) // MOST)))
    parts: list[list[str]] = [[] for _ in range(count)]
    for unit in sorted(units, key=lambda name: (-len(units[name]), name)):
        min(parts, key=len).extend(units[unit])
    return [tuple(sorted(part)) for part in parts]


def together(case: Instance, scenario: Scenario) -> dict[str, str]:
    """The unit of each region: itself, or its parent where some lever lets the regions of a parent decide together."""
    parent = dict(zip(case.regions["region"].tolist(), case.regions["parent"].tolist(), strict=True))
    by_parent = any(_reach(name, settings) == "parent" for name, settings in scenario.levers.items())
    return {region: (above or region) if by_parent else region for region, above in parent.items()}


def _reach(name: str, settings: object) -> str:
    """Over which regions rows of a lever reach that are no links."""
    module: Any = levers()[name].module
    if hasattr(module, "reach"):
        return str(module.reach(settings))
    return "region" if name in NATIONAL else str(module.SCOPE)


def specs(case: Instance, scenario: Scenario, parts: Sequence[Sequence[str]]) -> list[Spec]:
    """What parts are built from."""
    counts = shares(case, scenario, parts)
    return [Spec(case, scenario, tuple(part), own) for part, own in zip(parts, counts, strict=True)]


def shares(case: Instance, scenario: Scenario, parts: Sequence[Sequence[str]]) -> list[Shares]:
    """What each programme and year of each part counts in the nation, by gap.

    That is its weight times the part's share of whatever the gap weighs: persons, regions, or cells.
    """
    cells, national = gap_cells(case), block_weights(case, scenario.weights)
    found: list[dict[str, dict[tuple[str, int], float]]] = [{} for _ in parts]
    for name, settings in scenario.gaps.items():
        own = getattr(gaps()[name].module, "masses", None)
        mass = masses_by_region(cells, settings.weights) if own is None else own(cells, settings)  # type: ignore[attr-defined]
        total = mass.sum(axis=1)
        for part, counts in zip(parts, found, strict=True):
            share = (mass.reindex(columns=list(part), fill_value=0.0).sum(axis=1) / total).fillna(0.0)
            counts[name] = {block: weight * float(share.get(block, 0.0)) for block, weight in national.items()}
    return list(found)


def refuse(case: Instance, scenario: Scenario) -> None:
    """Raise UsageError, with a sentence that names it, for whatever cannot be split yet."""
    for name, settings in scenario.levers.items():
        scope = _reach(name, settings)
        if scope not in ("region", "parent"):
            raise _unsplit(_("lever {name} (its rows reach over: {scope})", name=name, scope=scope))
        if name == "fund_pool" and getattr(settings, "surplus", "today") == "current":
            raise _unsplit("levers.fund_pool.surplus = current")
    if scenario.solver.time_limit is not None:
        raise _unsplit("solver.time_limit")
    for name, settings in scenario.gaps.items():
        if name not in SEPARATE:
            raise _unsplit(_("gap {name}", name=name))
        if getattr(settings, "relative", False):
            raise _unsplit(f"gaps.{name}.relative = true")
        if getattr(settings, "against", "standard") != "standard":
            raise _unsplit(f"gaps.{name}.against = {getattr(settings, 'against', '')}")
    if "squared_shortfall" not in scenario.gaps:
        raise _unsplit(_("a plan without the gap squared_shortfall"))
    if len(gap_orders(scenario.gaps)) > 1:
        raise _unsplit(_("gaps of several orders"))
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

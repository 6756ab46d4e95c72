"""Commonweal: proven-optimal social-security transfers and benefits.

Given regions, groups, programmes, funds and years, commonweal chooses central and inter-regional transfers, contribution
rates and benefit levels so that urban-rural and regional gaps are as small as money and rules allow.

For a notebook::

    import commonweal

    case = commonweal.read("china-2024")
    plan = commonweal.solve(case)
    plan.benefits

The names are loaded on first use, so that ``import commonweal`` stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from commonweal.instances import Instance, change, read
    from commonweal.optimizer import Plan, load_scenario, solve
    from commonweal.optimizer.frontier import frontier
    from commonweal.optimizer.near_optimal import near_optimal

__all__ = ["Instance", "Plan", "change", "frontier", "load_scenario", "near_optimal", "read", "solve"]

_HOME = {
    "Instance": "commonweal.instances",
    "change": "commonweal.instances",
    "read": "commonweal.instances",
    "Plan": "commonweal.optimizer",
    "load_scenario": "commonweal.optimizer",
    "solve": "commonweal.optimizer",
    "frontier": "commonweal.optimizer.frontier",
    "near_optimal": "commonweal.optimizer.near_optimal",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module the first time it is asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'commonweal' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """The public names too, which a notebook completes."""
    return sorted({*globals(), *__all__})

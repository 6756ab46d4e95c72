"""What is done with a model: scenarios, solving, plans, exports and checks.

The names are loaded on first use: checking a run folder must load neither model nor solver.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from commonweal.instances import read
    from commonweal.optimizer.plan import Plan
    from commonweal.optimizer.planning import solve
    from commonweal.optimizer.scenario import Scenario, load_scenario

__all__ = ["Plan", "Scenario", "load_scenario", "read", "solve"]

_HOME = {
    "read": "commonweal.instances",
    "Plan": "commonweal.optimizer.plan",
    "solve": "commonweal.optimizer.planning",
    "Scenario": "commonweal.optimizer.scenario",
    "load_scenario": "commonweal.optimizer.scenario",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module the first time it is asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'commonweal.optimizer' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)

"""Ways to walk a model; found by folder.

A file with a function `search` can be named in a scenario, [search] name = "single". It has besides

    Settings   what else [search] can say; a kind of `commonweal.optimizer.scenario.Search`
    GAPS       whether it minimises the gaps of the scenario, or has an order of its own
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any


@cache
def searches() -> dict[str, Any]:
    """The modules of all searches that a scenario can name."""
    modules = {info.name: import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__)}
    return {name: module for name, module in sorted(modules.items()) if hasattr(module, "search")}

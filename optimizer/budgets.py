"""Budgets as scenarios: the same scenario with more or less money.

`central` multiplies the central budget of every fund and year, `horizontal` the most that every donor pays, `both`
both. Nothing else of the scenario changes, so a plan of the scaled scenario is an ordinary plan.
"""

from typing import Literal

from commonweal.instances import GrowingAmount, Instance, YearPath
from commonweal.models.levers import horizontal_transfers, vertical_transfers
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.scenario import Scenario

Scale = Literal["central", "horizontal", "both"]
LEVER = {"central": "vertical_transfers", "horizontal": "horizontal_transfers"}


def scaled(scenario: Scenario, factor: float, scale: Scale = "central") -> Scenario:
    """`scenario` with its money times `factor`. UsageError if it has no such money."""
    levers = dict(scenario.levers)
    for lever in levers_of(scenario, scale):
        settings = levers[lever]
        if isinstance(settings, vertical_transfers.Settings):
            budget = {fund: _times(path, factor) for fund, path in settings.budget.items()}
            levers[lever] = settings.model_copy(update={"budget": budget})
        elif isinstance(settings, horizontal_transfers.Settings):
            share = settings.share_of_revenue
            shares = {
                "share_of_capacity": settings.share_of_capacity * factor,
                "share_of_revenue": None if share is None else share * factor,
            }
            levers[lever] = settings.model_copy(update=shares)
    title = f"{scenario.title}, {factor:.10g} times the {WORDS[scale]}".removeprefix(", ")
    return scenario.model_copy(update={"levers": levers, "title": title})


WORDS = {
    "central": mark("central budget"),
    "horizontal": mark("payments between regions"),
    "both": mark("central budget and payments between regions"),
}


def money(case: Instance, scenario: Scenario, scale: Scale = "central") -> float:
    """What `scaled` multiplies: money over all funds and years of the projected `case`, money units."""
    total = 0.0
    for lever in levers_of(scenario, scale):
        settings = scenario.levers[lever]
        if isinstance(settings, vertical_transfers.Settings):
            total += sum(sum(case.amounts(path).values()) for path in settings.budget.values())
        elif isinstance(settings, horizontal_transfers.Settings):
            total += sum(horizontal_transfers.caps(case, settings).values())
    return total


def _times(path: YearPath, factor: float) -> YearPath:
    if isinstance(path, GrowingAmount):
        return path.model_copy(update={"amount": path.amount * factor})
    return [amount * factor for amount in path] if isinstance(path, list) else path * factor


def levers_of(scenario: Scenario, scale: Scale) -> list[str]:
    """The levers that hold the money; UsageError if one is off."""
    wanted = [LEVER[kind] for kind in (("central", "horizontal") if scale == "both" else (scale,))]
    for lever in wanted:
        if lever not in scenario.levers:
            raise UsageError(
                _(
                    "There is no budget to vary: the scenario has no lever '{lever}'. Switch it on with "
                    "--set levers.{lever}..., or choose another --scale.",
                    lever=lever,
                )
            )
    return wanted

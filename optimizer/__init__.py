"""What is done with a model: scenarios, solving, plans, exports and checks."""

from commonweal.instances import read
from commonweal.optimizer.plan import Plan
from commonweal.optimizer.scenario import Scenario, load_scenario
from commonweal.optimizer.solve import solve

__all__ = ["Plan", "Scenario", "load_scenario", "read", "solve"]

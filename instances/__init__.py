"""What is given: regions, groups, programmes, funds and their money - read, checked, frozen and projected."""

from commonweal.instances.faults import Fault, InstanceError
from commonweal.instances.instance import Instance
from commonweal.instances.paths import GrowingAmount, Growth, YearPath
from commonweal.instances.project import Projection, project
from commonweal.instances.read import bundled, change, read, scenario_faults

__all__ = [
    "Fault",
    "GrowingAmount",
    "Growth",
    "Instance",
    "InstanceError",
    "Projection",
    "YearPath",
    "bundled",
    "change",
    "project",
    "read",
    "scenario_faults",
]

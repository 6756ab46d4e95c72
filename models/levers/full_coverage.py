"""Full coverage: from a date on, a programme reaches everybody.

    coverage_share[r, g, p, t] = 1                          for every region r, group g, year t >= date of programme p
    benefit >= benefit_before + package * standard * (coverage_share - share_today)

Nobody is covered in name only: the newly covered get at least the package. Before the date coverage is as today, unless
another lever decides it.

Source: paper 2.3, "it is necessary to achieve full coverage of social security as soon as possible".
"""

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Instance
from commonweal.models.coverage import add_package, incomplete, require_coverage
from commonweal.models.parts import Effects, known

SCOPE = "region"
OPENS = ("benefit", "coverage")


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the full coverage."""

    dates: dict[str, int] = Field(description="year from which a programme reaches everybody, by programme")
    groups: list[str] | None = Field(default=None, description="groups it holds for; default all")
    package: float = Field(default=0.0, ge=0, description="least benefit of the newly covered, share of the standard")


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """Complete coverage and its least benefit from the date on."""
    known(instance, "programme", settings.dates)
    known(instance, "group", settings.groups or [])
    cells = [
        (r, g, p, t)
        for r, g, p, t in incomplete(model)
        if t >= settings.dates.get(p, instance.years[-1] + 1) and (settings.groups is None or g in settings.groups)
    ]
    require_coverage(model, dict.fromkeys(cells, 1.0))
    add_package(lever, model, dict.fromkeys(cells, settings.package))
    return Effects()

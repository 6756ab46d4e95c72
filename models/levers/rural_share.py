"""Rural share: of what the nation spends on a programme, rural groups get at least a set share.

    sum over r, rural g of spending[r, g, p, t] >= share[p, t] * sum over r, g of spending[r, g, p, t]
                                                                         for every named programme p, year t

spending = eligible * benefit * per_head.

Source: paper 4.3, "optimize the urban and rural expenditure structure of social security funds, and increase financial
support for rural social security, especially in pensions, medical security, and care security".
"""

import pyomo.environ as pyo
from pydantic import BaseModel, Field

from commonweal.instances import Fault, Instance, InstanceError, YearPath
from commonweal.language import _
from commonweal.models.parts import Effects, Link, known

SCOPE = "nation"
OPENS = ("benefit",)


class Settings(BaseModel, extra="forbid", frozen=True):
    """Settings of the rural share."""

    shares: dict[str, YearPath] = Field(description="least share of rural groups in the spending on each programme")
    groups: list[str] | None = Field(
        default=None, description="groups that count as rural; default those of area rural"
    )


def add(lever: pyo.Block, model: pyo.ConcreteModel, instance: Instance, settings: Settings) -> Effects:
    """One national row for each programme and year."""
    known(instance, "programme", settings.shares)
    known(instance, "group", settings.groups or [])
    groups = instance.groups
    rural = set(settings.groups or groups.loc[groups["area"] == "rural", "group"])
    if not rural:
        expected = _("a group of area rural, to which rural_share gives its share")
        raise InstanceError([Fault("groups.csv", None, "area", None, expected, _("Name them in rural_share.groups"))])
    cells: dict[tuple[str, str, int], list[str]] = {}
    for r, g, p, t in model.CELLS:
        cells.setdefault((r, p, t), []).append(g)

    def least(programme: str, year: int, share: float) -> Link:
        def missing(r: str) -> pyo.Expression | float:
            return pyo.quicksum(
                ((share - 1.0) if g in rural else share)
                * model.per_head.value
                * model.eligible[r, g, programme, year]
                * model.benefit[r, g, programme, year]
                for g in cells.get((r, programme, year), [])
            )

        return Link(rule="least_share", index=(programme, year), term=missing, limit=0.0)

    return Effects(
        links=tuple(
            least(programme, year, share)
            for programme, path in settings.shares.items()
            for year, share in instance.amounts(path).items()
        )
    )

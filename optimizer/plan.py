"""A plan: what was decided, as plain tables with the columns of a run folder."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from commonweal.instances import Instance
from commonweal.optimizer.scenario import Scenario


class Tables(Mapping[str, pd.DataFrame]):
    """Tables by name. One that is given as a function is made when it is first looked at, and kept."""

    def __init__(self, parts: Mapping[str, pd.DataFrame | Callable[[], pd.DataFrame]]) -> None:
        self._parts = dict(parts)

    def __getitem__(self, name: str) -> pd.DataFrame:
        part = self._parts[name]
        if not isinstance(part, pd.DataFrame):
            part = self._parts[name] = part()
        return part

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def but(self, **changed: pd.DataFrame | Callable[[], pd.DataFrame]) -> "Tables":
        """The same tables, some of them others."""
        return Tables({**self._parts, **changed})

    def __reduce__(self) -> tuple[type["Tables"], tuple[dict[str, pd.DataFrame]]]:
        """A copy, or what goes to another process, holds frames only."""
        return Tables, (dict(self),)


@dataclass(frozen=True)
class Plan:
    """A solved case. Tables are plain frames; `commonweal.optimizer.dictionary` says what each column means.

    status: "optimal" (proven within the tolerance) or "stopped" (at a limit). objective: total gap of the plan
    (dimensionless). lower_bound: no plan under the same rules has a smaller gap. relative_gap: their distance over the
    objective. instance: the case as read (not projected). info: what run.json holds besides.
    """

    status: str
    objective: float
    lower_bound: float
    relative_gap: float
    tables: Mapping[str, pd.DataFrame]
    scenario: Scenario
    instance: Instance
    info: Mapping[str, Any]

    def __repr__(self) -> str:
        """In one line, and the tables there are."""
        told = f"{self.status}, gap {self.objective:.6g}, proven to be at least {self.lower_bound:.6g}"
        return f"<Plan of {self.instance.meta.name}: {told}; tables {', '.join(self.tables)}>"

    @property
    def benefits(self) -> pd.DataFrame:
        """Benefits before and after, currency units per eligible person and year."""
        return self.tables["benefits"]

    @property
    def transfers(self) -> pd.DataFrame:
        """Money by region, fund and year: own, central, horizontal, pool, net."""
        return self.tables["transfers"]

    @property
    def pairs(self) -> pd.DataFrame:
        """Who pays whom, money."""
        return self.tables["pairs"]

    @property
    def funds(self) -> pd.DataFrame:
        """The ledger of every fund, money."""
        return self.tables["funds"]

    @property
    def rates(self) -> pd.DataFrame:
        """Actual contribution rates before and after, shares of the base."""
        return self.tables["rates"]

    @property
    def coverage(self) -> pd.DataFrame:
        """Covered persons before and after."""
        return self.tables["coverage"]

    @property
    def gaps(self) -> pd.DataFrame:
        """Every gap before and after, with its weight; the total in the last row."""
        return self.tables["gaps"]

    @property
    def indicators(self) -> pd.DataFrame:
        """What analysts look at, before and after."""
        return self.tables["indicators"]

    @property
    def rules(self) -> pd.DataFrame:
        """Every rule with its price in the gap stage, its slack and whether it binds."""
        return self.tables["rules"]

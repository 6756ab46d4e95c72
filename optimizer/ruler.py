"""The gaps of one set of cells, measured on any benefits: what does not depend on benefits is looked up once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from commonweal.instances import Instance
from commonweal.models.parts import gaps
from commonweal.models.weights import block_weights, gap_orders
from commonweal.optimizer.scenario import Scenario

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Part:
    """One gap in one programme and year, and its weight in the total."""

    gap: str
    programme: str
    year: int
    weight: float
    settings: Any


class Ruler:
    """Measures gaps on a column of benefits in the order of the rows of `benefits`, of which it reads all else."""

    def __init__(self, benefits: pd.DataFrame, instance: Instance, scenario: Scenario) -> None:
        """`benefits`: region, group, programme, year, eligible, recipients, standard."""
        area = instance.groups.set_index("group")["area"]
        self._cells = benefits.rename(columns={"eligible": "persons"}).reset_index(drop=True)
        self._cells = self._cells.assign(area=self._cells["group"].map(area), attainment=0.0)
        self._standard = benefits["standard"].to_numpy(dtype=float)
        self._parts = list(_parts(instance, scenario))
        self._rows = {
            block: np.flatnonzero((benefits["programme"] == block[0]) & (benefits["year"] == block[1]))
            for block in {(part.programme, part.year): None for part in self._parts}
        }
        self._blocks = {block: self._cells.iloc[rows] for block, rows in self._rows.items()}
        self._turns = {name: k for k, name in enumerate(scenario.search.turns)}

    def values(self, benefit: Floats) -> list[float]:
        """Every gap, in the order of `frame`; `benefit`: currency units per eligible person, one for each row."""
        attainment = benefit / self._standard
        cells = {block: frame.copy(deep=False) for block, frame in self._blocks.items()}
        for block, rows in self._rows.items():
            cells[block]["attainment"] = attainment[rows]
        measures = {name: part.module.measure for name, part in gaps().items()}
        return [measures[p.gap](cells[p.programme, p.year], p.settings) for p in self._parts]

    def frame(self, benefit: Floats) -> pd.DataFrame:
        """gap, programme, year, weight, value; gaps of a later order have no weight."""
        rows = [
            (part.gap, part.programme, part.year, part.weight, value)
            for part, value in zip(self._parts, self.values(benefit), strict=True)
        ]
        frame = pd.DataFrame(rows, columns=["gap", "programme", "year", "weight", "value"])
        return frame.astype({"gap": str, "programme": str, "year": int, "weight": float, "value": float})

    def total(self, benefit: Floats) -> float:
        """What a search minimises first: the weighted gaps of the lowest order, or how far the worst-off are from 1."""
        if self._parts:
            weights = np.array([part.weight for part in self._parts])
            return float((weights * np.array(self.values(benefit), dtype=float)).sum())
        cells = self._cells[(self._cells["persons"] > 0) & (self._cells["recipients"] > 0)]
        turn = cells["programme"].map(self._turns).fillna(len(self._turns))
        shares = (benefit / self._standard)[cells.index[turn == turn.min()]]
        return max(0.0, 1.0 - float(shares.min())) if len(shares) else 0.0


def _parts(instance: Instance, scenario: Scenario) -> Iterator[_Part]:
    """Gaps of a later order have no weight in the total: they choose among plans that are equal in the first."""
    first = next(iter(gap_orders(scenario.gaps)), ())
    weights = block_weights(instance, scenario.weights)
    for name, settings in scenario.gaps.items():
        own = float(settings.weight) if name in first else 0.0  # type: ignore[attr-defined]
        for (programme, year), weight in weights.items():
            yield _Part(name, programme, year, own * weight, settings)

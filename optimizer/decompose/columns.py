"""Which columns of a part bring money in or out, what a unit of each uses of the links, and menus.

Columns with the same entries in every row of the part are one and the same to it: money for the same account, whatever
its source. One of them then stands for all, priced as the menu of its sources; the coordinator fills the menu.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
from scipy.sparse import csc_array, csr_array

from commonweal.optimizer.decompose.messages import Ask, Bools, Floats, Link, Menu, Source
from commonweal.optimizer.highs import Ints, Solver


@dataclass(frozen=True)
class Columns:
    """The money columns of a part.

    uses: what a unit of each column uses of each link or takes from each menu, shape (links + menus, columns).
    capped, caps: columns that need a largest value while they are priced. unit: of every column; count: of units.
    """

    links: tuple[Link, ...]
    menus: tuple[Menu, ...]
    uses: csr_array
    capped: Ints
    caps: Floats
    unit: Ints
    count: int

    @classmethod
    def of(
        cls, solver: Solver, model: pyo.ConcreteModel, rows: Mapping[Link, int], unit: Ints, count: int
    ) -> "Columns":
        """Read from the matrix; how large a flow can be at all, the model knows."""
        links = tuple(sorted(rows, key=repr))
        number = {rows[link]: link for link in links}
        matrix = csc_array(solver.matrix)
        groups: dict[tuple[tuple[int, float], ...], list[tuple[int, Source]]] = {}
        for column in np.unique(csr_array(matrix)[[rows[link] for link in links]].indices).tolist():
            start, stop = matrix.indptr[column], matrix.indptr[column + 1]
            entries = sorted(
                zip(matrix.indices[start:stop].tolist(), matrix.data[start:stop].tolist(), strict=True)
            )  # fmt: skip
            source = tuple(sorted(((number[i], v) for i, v in entries if i in number), key=repr))
            own = tuple((i, v) for i, v in entries if i not in number)
            alike = own and np.isinf(solver.upper[column]) and solver.lower[column] == 0
            groups.setdefault(own if alike else ((-1, float(column)),), []).append((column, source))
        return cls._priced(solver, model, links, groups, unit, count)

    @classmethod
    def _priced(
        cls,
        solver: Solver,
        model: pyo.ConcreteModel,
        links: tuple[Link, ...],
        groups: Mapping[tuple[tuple[int, float], ...], list[tuple[int, Source]]],
        unit: Ints,
        count: int,
    ) -> "Columns":
        """One column of each group is priced, the others stay at zero."""
        sources = {key: tuple(sorted({source for _, source in group}, key=repr)) for key, group in groups.items()}
        menus = tuple(sorted({menu for menu in sources.values() if len(menu) > 1}, key=repr))
        names: list[Link | Menu] = [*links, *menus]
        at = {name: k for k, name in enumerate(names)}
        entries: list[tuple[int, int, float]] = []
        caps: dict[int, float] = {}
        for key, group in groups.items():
            first, source = group[0]
            for column, _ in group[1:]:
                caps[column] = 0.0
            if np.isinf(solver.upper[first]):
                caps[first] = sum(float(model.size[solver.variables[column]]) for column, _ in group)
            several = sources[key]
            entries += [(at[several], first, 1.0)] if len(several) > 1 else [(at[link], first, v) for link, v in source]
        row, place, value = np.array(entries, dtype=float).reshape(-1, 3).T
        uses = csr_array((value, (row.astype(np.int64), place.astype(np.int64))), shape=(len(at), len(unit)))
        capped = np.fromiter(caps, dtype=np.int32)
        return cls(links, menus, uses, capped, np.fromiter(caps.values(), dtype=float), unit, count)

    def prices(self, ask: Ask) -> Floats:
        """Of links and menus, in their order here."""
        return ask.prices(self.links, self.menus)

    def touches(self) -> Bools:
        """Which units use which links and menus, shape (units, links + menus)."""
        entries = self.uses.tocoo()
        found = np.zeros((self.count, self.uses.shape[0]), dtype=bool)
        found[self.unit[entries.col], entries.row] = True
        return found

    def used(self, x: Floats) -> Floats:
        """What every unit uses of each link and takes from each menu, shape (units, links + menus)."""
        entries = self.uses.tocoo()
        cell = self.unit[entries.col] * self.uses.shape[0] + entries.row
        flat: Floats = np.bincount(cell, entries.data * x[entries.col], self.count * self.uses.shape[0]).astype(float)
        return flat.reshape(self.count, self.uses.shape[0])

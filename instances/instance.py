"""The frozen Instance: what is given, with units, and nothing that is decided.

Derived, in the data year and kept by every projection:

    people.today[r, g, p]          = benefit
    accounts.spending_today[r, f]  = sum of eligible * benefit * per_head over the cells that fund f pays
    accounts.surplus_today[r, f]   = rate * base + other_revenue - other_spending - spending_today

for every region r, group g, programme p and fund f; per_head = persons / money turns currency into money.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import tomli_w

from commonweal.instances.faults import Fault, InstanceError, advice
from commonweal.instances.paths import GrowingAmount, YearPath
from commonweal.instances.rows import TABLES, Meta
from commonweal.language import _


@dataclass(frozen=True, eq=False)
class Instance:
    """A case: frames with the plain columns of `rows.py`, sorted by key, `year` present where a table has it.

    `nation` holds the sums over all regions of the full case, also after `restrict`; its keys are
    ("accounts.base", fund, year), ("people.eligible", group, programme, year), ("budgets.population", year)
    and so on, with "people.spending" (of benefits) and "accounts.contributions" (rate * base) added.
    """

    meta: Meta
    regions: pd.DataFrame
    groups: pd.DataFrame
    programmes: pd.DataFrame
    funds: pd.DataFrame
    schemes: pd.DataFrame
    people: pd.DataFrame
    accounts: pd.DataFrame
    budgets: pd.DataFrame
    growth: pd.DataFrame
    bands: pd.DataFrame
    totals: pd.DataFrame
    scenario: dict[str, object]
    files: dict[str, str]
    data_year: int
    years: tuple[int, ...]
    nation: Mapping[tuple[str | int, ...], float]
    origin: "Instance | None" = None

    @property
    def whole(self) -> "Instance":
        """The full case that this one was restricted from; itself if it was not."""
        return self if self.origin is None else self.origin

    @property
    def per_head(self) -> float:
        """Units of money that one currency unit for one unit of persons costs."""
        return self.meta.persons / self.meta.money

    def __repr__(self) -> str:
        """In one line: frames show themselves."""
        counts = ", ".join(
            f"{name} {len(getattr(self, name))}" for name in ("regions", "groups", "programmes", "funds")
        )
        return f"<Instance {self.meta.name}: {counts}, years {', '.join(map(str, self.years))}>"

    def __eq__(self, other: object) -> bool:
        """Same content; where the bytes came from (`files`) does not matter."""
        if not isinstance(other, Instance):
            return NotImplemented
        pairs = [(getattr(self, f.name), getattr(other, f.name)) for f in fields(self) if f.name != "files"]
        return all(a.equals(b) if isinstance(a, pd.DataFrame) else a == b for a, b in pairs)

    @property
    def stale(self) -> bool:
        """Whether a table was changed in place or replaced, so that what is derived from it no longer fits it."""
        people = self.people[self.people["year"] == self.data_year]
        accounts = self.accounts[self.accounts["year"] == self.data_year]
        spent = float((people["eligible"] * people["benefit"]).sum()) * self.per_head
        flow = accounts["rate"] * accounts["base"] + accounts["other_revenue"] - accounts["other_spending"]
        fits = (
            np.array_equal(people["today"], people["benefit"]),
            np.isclose(accounts["spending_today"].sum(), spent, rtol=1e-9, atol=1e-9),
            np.allclose(accounts["surplus_today"], flow - accounts["spending_today"], rtol=1e-9, atol=1e-9),
        )
        return not all(fits)

    def restrict(self, regions: Iterable[str]) -> "Instance":
        """The same case for these regions, without check sums; `nation` stays. Unknown ids: InstanceError."""
        wanted = set(regions)
        known = list(self.regions["region"])
        if unknown := sorted(wanted - set(known)):
            raise InstanceError(
                [Fault("regions.csv", None, "region", name, "a region", advice(name, known)) for name in unknown]
            )

        def keep(frame: pd.DataFrame) -> pd.DataFrame:
            return frame[frame["region"].isin(wanted)].reset_index(drop=True)

        growth = self.growth[self.growth["region"].isin(wanted | {""})].reset_index(drop=True)
        return replace(
            self,
            regions=keep(self.regions),
            people=keep(self.people),
            accounts=keep(self.accounts),
            budgets=keep(self.budgets),
            growth=growth,
            bands=keep(self.bands),
            totals=self.totals.iloc[:0],
            origin=self.whole,
        )

    def write(self, folder: str | Path) -> None:
        """Write the tables as read into `folder`; unless restricted, `read` gives an equal Instance."""
        if self.years != tuple(self.meta.years):
            raise ValueError(_("a projected instance is not input: write the one as read, the scenario projects it"))
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        for table in TABLES:
            frame: pd.DataFrame = getattr(self, table.TABLE)
            if table.OPTIONAL and frame.empty:
                continue
            text = frame[list(table.model_fields)].to_csv(index=False, lineterminator="\n")
            (target / f"{table.TABLE}.csv").write_text(text, encoding="utf-8", newline="\n")
        (target / "instance.toml").write_bytes(tomli_w.dumps(self.meta.model_dump(exclude_defaults=True)).encode())
        if self.scenario:
            (target / "scenario.toml").write_bytes(tomli_w.dumps(self.scenario).encode())

    @cached_property
    def _rates(self) -> dict[tuple[str, str], float]:
        keys = zip(self.growth["series"], self.growth["region"], strict=True)
        return dict(zip(keys, self.growth["rate"].tolist(), strict=True))

    def growth_rate(self, growth: float | str, region: str = "") -> float:
        """Yearly rate of a number or a series; a region's own row goes before the nation's (region "")."""
        if not isinstance(growth, str):
            return growth
        for place in (region, ""):
            if (growth, place) in self._rates:
                return self._rates[growth, place]
        known = sorted({series for series, place in self._rates if place in ("", region)})
        where = _("region '{region}'", region=region) if region else _("the whole nation (region blank)")
        expected = _("a growth series with a rate for {where}", where=where)
        raise InstanceError([Fault("growth.csv", None, "series", growth, expected, advice(growth, known))])

    def growth_factor(self, growth: float | str, region: str, year: int) -> float:
        """(1 + rate) ** (year - data_year)."""
        return float((1 + self.growth_rate(growth, region)) ** (year - self.data_year))

    def amounts(self, path: YearPath) -> dict[int, float]:
        """The amount of a path in every plan year. A list of another length: InstanceError."""
        if isinstance(path, GrowingAmount):
            rate = self.growth_rate(path.growth)
            since = self.years[0] if path.since is None else path.since
            return {year: path.amount * (1 + rate) ** (year - since) for year in self.years}
        if not isinstance(path, list):
            return dict.fromkeys(self.years, float(path))
        if len(path) != len(self.years):
            expected = _(
                "one amount for each of the {n} plan years {first}-{last}",
                n=len(self.years),
                first=self.years[0],
                last=self.years[-1],
            )
            remedy = _("Give that many, one number for all, or {amount, growth}")
            raise InstanceError([Fault("scenario", None, None, str(path), expected, remedy)])
        return dict(zip(self.years, map(float, path), strict=True))

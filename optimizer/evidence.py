"""What a verification works on, and how it says what it found.

A rule compares two columns of a table, row by row, and becomes a `Finding`: how many rows were examined and
which of them are broken. A row is broken if it misses by more than 1e-6 of its natural size (the larger of
the two numbers, or the column `size` where the row is a sum of larger ones) and by more than 1e-9, in the
unit of the row. What is not a number is broken.
"""

import math
import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from commonweal.instances import Growth, Instance, YearPath
from commonweal.optimizer.amounts import said
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.names import names

RELATIVE, ABSOLUTE = 1e-6, 1e-9

MONEY, BENEFIT, PERSONS = "{money}", "{benefit}", "{persons}"
RATE, SHARE, NUMBER = mark("of the contribution base"), mark("of the standard"), ""
OF_COLUMNS = (
    mark("{table}.csv has the rows of the inputs"),
    mark("{column} in {table}.csv is the input"),
    mark("{column} in lever_flows.csv only from active levers"),
    mark("{column} in accounts.csv"),
    mark("{column} is the same in transfers.csv and funds.csv"),
    mark("what a region {verb} in pairs.csv is what it {verb} in transfers.csv"),
    mark("{column} is zero: no active lever opens it"),
    mark("{column} is not negative"),
    mark("{column} is yes or no"),
    mark("lower deductible: {amount}"),
    mark("total gap {side}"),
    mark("gap {side}"),
    mark("effects {side}"),
    mark("the {kind} has an independent check"),
)
"""Names of rules that hold the name of a table, a column or the like."""

CELL = ["region", "group", "programme", "year"]
LEDGER = ["region", "fund", "year"]
KEYS = {"region", "group", "programme", "fund"}
NAMED = ("region", "group", "programme", "fund", "gap", "scope")  # the words that say where, in this order
PATH: TypeAdapter[YearPath] = TypeAdapter(YearPath)

Sense = Literal["at most", "at least", "exactly"]
SENSES: Mapping[Sense, str] = {
    "at most": mark("is {found:,.9g}, should be at most {bound:,.9g}, off by {off:,.6g} {unit}"),
    "at least": mark("is {found:,.9g}, should be at least {bound:,.9g}, off by {off:,.6g} {unit}"),
    "exactly": mark("is {found:,.9g}, should be exactly {bound:,.9g}, off by {off:,.6g} {unit}"),
}


def rule_in_words(name: str) -> str:
    """The name of a rule in the language spoken."""
    for words in OF_COLUMNS:
        found = re.fullmatch(re.sub(r"\\{(\w+)\\}", _group, re.escape(words)), name)
        if found is not None:
            return _(words, **{key: _(value) for key, value in found.groupdict().items()})
    return _(name)


def _group(place: re.Match[str]) -> str:
    """A named place as a pattern; where it stands again, the same must stand."""
    before = place.string[: place.start()]
    return f"(?P={place[1]})" if f"{{{place[1]}\\}}" in before else f"(?P<{place[1]}>.+?)"


@dataclass(frozen=True)
class Violation:
    """One broken row: what it breaks, where, and by how much (in the unit that `message` names)."""

    lever: str
    rule: str
    region: str
    group_or_fund: str
    year: int | None
    amount: float
    message: str


@dataclass(frozen=True)
class Finding:
    """One rule examined: the rows looked at and what was wrong with them."""

    lever: str
    rule: str
    rows: int
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """A run folder as read: the instance in the plan years, the tables, the scenario and run.json."""

    instance: Instance
    tables: Mapping[str, pd.DataFrame]
    scenario: Mapping[str, Any]
    run: Mapping[str, Any]

    @property
    def levers(self) -> Mapping[str, Mapping[str, Any]]:
        """Settings of every active lever."""
        return {name: settings for name, settings in self.scenario["levers"].items() if settings is not False}

    def growth(self, growth: Growth, regions: "pd.Series[str]") -> "pd.Series[float]":
        """Yearly growth rate of a setting (a rate or the name of a series) in every region of a column."""
        return regions.map({region: self.instance.growth_rate(growth, region) for region in set(regions)}).astype(float)

    def amounts(self, path: object) -> dict[int, float]:
        """The amounts of a setting in every plan year, in the unit of the setting."""
        return self.instance.amounts(PATH.validate_python(path))

    def flows(self, lever: str) -> pd.DataFrame:
        """Money a lever moves: every ledger row with inflow and outflow, zero where lever_flows.csv has no row."""
        flows = self.tables["lever_flows"]
        flows = flows.loc[flows["lever"] == lever, [*LEDGER, "inflow", "outflow"]]
        rows = self.instance.accounts[LEDGER].merge(flows, on=LEDGER, how="left")
        return rows.fillna({"inflow": 0.0, "outflow": 0.0})

    def decisions(self, lever: str, decision: str) -> pd.DataFrame:
        """What a lever decided: region, year, value; `decision` as decisions.csv calls it."""
        rows = self.tables["decisions"]
        rows = rows[(rows["lever"] == lever) & (rows["decision"] == decision)]
        return rows[["region", "year", "value"]].reset_index(drop=True)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Inputs of every cell (people.csv and schemes.csv; benefit_before) and the plan's benefit."""
        people = self.instance.people.rename(columns={"benefit": "benefit_before"})
        return people.merge(self.instance.schemes, on=["programme", "group", "year"]).merge(
            self.tables["benefits"][[*CELL, "benefit"]], on=CELL
        )

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """Every cell with people: `cells`, the shares of the eligible who are covered today and in the plan.

        `progress`: the part of those not covered today whom the plan covers, zero where everybody is; `lacking`:
        whether somebody is not; `newly`: persons newly covered.
        """
        planned = self.tables["coverage"][[*CELL, "covered"]].rename(columns={"covered": "planned"})
        rows = self.cells[self.cells["eligible"] > 0].merge(planned, on=CELL)
        rows = rows.assign(share_today=rows["covered"] / rows["eligible"], share=rows["planned"] / rows["eligible"])
        missing = 1 - rows["share_today"]
        newly = rows["planned"] - rows["covered"]
        progress = (rows["share"] - rows["share_today"]) / missing.where(missing > ABSOLUTE)
        return rows.assign(lacking=missing > ABSOLUTE, newly=newly, progress=progress.fillna(0.0))

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """Inputs of every fund row (data_ before a name the plan has too), the plan's rate, flows and
        reserves.

        `spending_before`: what the benefits without the plan would cost, money.
        """
        taken = {
            column: f"data_{column}" for column in ("rate", "opening", "locked", "other_revenue", "other_spending")
        }
        before = self.cells["eligible"] * self.cells["benefit_before"] * self.instance.per_head
        spending = self.cells.assign(spending_before=before).groupby(LEDGER, as_index=False)["spending_before"].sum()
        rows = self.instance.accounts.rename(columns=taken).merge(spending, on=LEDGER, how="left")
        rows = rows.fillna({"spending_before": 0.0}).merge(self.tables["rates"][[*LEDGER, "rate"]], on=LEDGER)
        kept = ["opening", "interest", "lever_inflow", "lever_outflow", "unfunded", "spending", "closing"]
        rows = rows.merge(self.tables["funds"][[*LEDGER, *kept]], on=LEDGER)
        return rows.merge(self.tables["transfers"].drop(columns="net"), on=LEDGER)


@dataclass(frozen=True)
class Rule:
    """One rule of a lever (or of the ledger, the data, ...); its unit is a template over `Units`."""

    lever: str
    name: str
    unit: str

    def at_most(self, evidence: Evidence, rows: pd.DataFrame, value: str, limit: str) -> Finding:
        """The column `value` of every row is at most the column `limit`."""
        return self._judge(evidence, rows, value, "at most", limit)

    def at_least(self, evidence: Evidence, rows: pd.DataFrame, value: str, limit: str) -> Finding:
        """The column `value` of every row is at least the column `limit`."""
        return self._judge(evidence, rows, value, "at least", limit)

    def equal(self, evidence: Evidence, rows: pd.DataFrame, value: str, limit: str) -> Finding:
        """The column `value` of every row equals the column `limit`."""
        return self._judge(evidence, rows, value, "exactly", limit)

    def zero(self, evidence: Evidence, rows: pd.DataFrame, value: str) -> Finding:
        """The column `value` of every row is zero."""
        return self.equal(evidence, rows.assign(zero=0.0), value, "zero")

    def not_negative(self, evidence: Evidence, rows: pd.DataFrame, value: str) -> Finding:
        """The column `value` of no row is below zero."""
        return self.at_least(evidence, rows.assign(zero=0.0), value, "zero")

    def finding(self, rows: int, violations: Iterable[Violation]) -> Finding:
        """What was found by other means than comparing two columns."""
        return Finding(self.lever, self.name, rows, tuple(violations))

    def fault(self, words: str) -> Violation:
        """Something that concerns no row."""
        return Violation(
            self.lever,
            self.name,
            "",
            "",
            None,
            math.nan,
            _("{part}, {rule}: {words}", part=_(self.lever), rule=rule_in_words(self.name), words=words),
        )

    def broken(
        self, instance: Instance, row: Mapping[Hashable, Any], words: str, amount: float = math.nan
    ) -> Violation:
        """A row that breaks the rule, told with the names of its region, group, programme, fund, and year."""
        who = {key: str(row[key]) for key in NAMED if row.get(key)}
        who |= {key: names(instance, key).get(who[key], who[key]) for key in KEYS & who.keys()}
        year = int(row["year"]) if "year" in row and pd.notna(row["year"]) else None
        place = ", ".join([*who.values(), *([str(year)] if year is not None else [])]) or _("whole plan")
        told = {"part": _(self.lever), "rule": rule_in_words(self.name), "place": place}
        message = _("{part}, {rule}: {place}: {words}.", **told, words=words)
        region = who.pop("region", "")
        return Violation(self.lever, self.name, region, " / ".join(who.values()), year, amount, message)

    def _judge(self, evidence: Evidence, rows: pd.DataFrame, value: str, sense: Sense, limit: str) -> Finding:
        found, bound = rows[value].to_numpy(float), rows[limit].to_numpy(float)
        over = found - bound
        off = {"at most": over, "at least": -over, "exactly": np.abs(over)}[sense]
        size = rows["size"].to_numpy(float) if "size" in rows else np.maximum(np.abs(found), np.abs(bound))
        wrong = np.flatnonzero(~(off <= np.maximum(ABSOLUTE, RELATIVE * size))).tolist()
        if not wrong:
            return self.finding(len(rows), ())
        unit = said(evidence.instance).text(_(self.unit))

        def words(i: int) -> str:
            return _(SENSES[sense], found=found[i], bound=bound[i], off=off[i], unit=unit).rstrip()

        broken = (
            self.broken(evidence.instance, row, words(i), float(off[i]))
            for i, row in zip(wrong, rows.iloc[wrong].to_dict("records"), strict=True)
        )
        return self.finding(len(rows), broken)

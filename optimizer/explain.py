"""Why a region or a cell of a plan gets what it gets, in sentences; every number stands in a table of the
run.

For a region in one year: what it gives and receives, what becomes of its benefits and why one stays
unchanged, who is in the same position, which limits bind, and what the next unit of money would do. For the
whole run: the gap, the national limits, and who gives and receives most.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from commonweal.models.parts import levers
from commonweal.optimizer.blocks import show
from commonweal.optimizer.dictionary import Units, units
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.names import names
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary_words import MOVED, tiny

NAMED = 6  # regions of a list that are named
FLOWS = {
    "central": "{} in central grants",
    "horizontal_received": "{} from other regions",
    "pool_received": "{} from the common pool",
    "own": "{} of its own effort",
}
GIVEN = {"horizontal_paid": "{} to other regions", "pool_paid": "{} into the common pool"}


@dataclass(frozen=True)
class Reference:
    """Where a number stands: table, the keys of its row, column, and the number in full."""

    table: str
    keys: Mapping[str, Any]
    column: str
    value: float


@dataclass(frozen=True)
class Sentence:
    """A sentence and where its numbers stand, in the order of the text."""

    text: str
    references: tuple[Reference, ...] = ()


@dataclass
class _Words:
    """A sentence in the making: every number comes in through `cite`."""

    references: list[Reference] = field(default_factory=list)

    def cite(self, table: str, row: Mapping[Any, Any], column: str, style: Any = "number") -> str:
        """The number as text, its place noted."""
        keys = (
            "region",
            "donor",
            "recipient",
            "group",
            "programme",
            "fund",
            "gap",
            "lever",
            "rule",
            "indicator",
            "scope",
            "year",
        )
        place = {
            key: _key(row[key]) for key in keys if key in row and not pd.isna(row[key]) and row[key] != ""
        }
        self.references.append(Reference(table, place, column, float(row[column])))
        return show(float(row[column]), style)

    def say(self, text: str) -> Sentence:
        return Sentence(text, tuple(self.references))


def _key(value: Any) -> Any:
    return value if isinstance(value, str) else int(value)


def explain(
    run: Run,
    region: str | None = None,
    group: str | None = None,
    programme: str | None = None,
    year: int | None = None,
) -> list[Sentence]:
    """Sentences about the whole run, a region, or its cells of one group or programme; `year` is by default
    the last.

    `region`, `group` and `programme` are ids or names. Error: UsageError for an unknown one.
    """
    years = sorted(run.tables["benefits"]["year"].unique().tolist())
    if year is not None and year not in years:
        raise UsageError(f"The plan has no year {year}: it covers {years[0]} to {years[-1]}.")
    at = _Place(run, years[-1] if year is None else year, units(run.instance))
    if region is None:
        if group is not None or programme is not None:
            raise UsageError("A group or a programme is explained for one region: add --region.")
        return [*at.whole()]
    return [
        *at.region(_id(run, "region", region), _id(run, "group", group), _id(run, "programme", programme))
    ]


def _id(run: Run, kind: str, word: str | None) -> str:
    """The id of something named by id or name, or ""."""
    if word is None:
        return ""
    known = {**{name: i for i, name in names(run.instance, kind, local=True).items()}}
    known |= {name.casefold(): i for i, name in names(run.instance, kind).items()}
    known |= {i: i for i in names(run.instance, kind)}
    found = known.get(word, known.get(word.casefold()))
    if found is None:
        from commonweal.instances.faults import advice

        raise UsageError(f"No {kind} '{word}'. {advice(word, list(names(run.instance, kind)))}.")
    return found


@dataclass(frozen=True)
class _Place:
    """One year of a run."""

    run: Run
    year: int
    unit: Units

    def rows(self, table: str, **keys: str) -> list[dict[str, Any]]:
        """The rows of the year with these keys."""
        frame = self.run.tables[table]
        if "year" in frame:
            frame = frame[(frame["year"] == self.year).fillna(False)]
        for key, value in keys.items():
            frame = frame[frame[key] == value]
        return [{str(k): value for k, value in row.items()} for row in frame.to_dict("records")]

    def name(self, kind: str, key: str) -> str:
        return names(self.run.instance, kind).get(key, key)

    # -- a region -------------------------------------------------------------------------------------------

    def region(self, region: str, group: str, programme: str) -> Iterator[Sentence]:
        cells = [
            cell
            for cell in self.rows("benefits", region=region)
            if cell["group"] == (group or cell["group"])
            and cell["programme"] == (programme or cell["programme"])
        ]
        if not cells:
            raise UsageError(f"{self.name('region', region)} has no such cell in {self.year}.")
        if not group and not programme:
            yield from self._money(region)
        for cell in cells:
            yield self._benefit(cell)
            yield from self._why(cell)
            yield from self._alike(cell)
        yield from self._limits(region, cells)
        yield from self._next(region, cells)

    def _money(self, region: str) -> Iterator[Sentence]:
        """What it gives and receives, fund by fund."""
        smallest = tiny(self.run.tables["transfers"][[*FLOWS, *GIVEN]].abs().max(axis=1))
        moved = False
        for row in self.rows("transfers", region=region):
            words = _Words()
            gets = [
                text.format(words.cite("transfers", row, flow))
                for flow, text in FLOWS.items()
                if row[flow] > smallest
            ]
            gives = [
                text.format(words.cite("transfers", row, flow))
                for flow, text in GIVEN.items()
                if row[flow] > smallest
            ]
            if not gets and not gives:
                continue
            moved = True
            does = [
                f"{verb} {_listed(parts)}" for verb, parts in (("receives", gets), ("gives", gives)) if parts
            ]
            net = words.cite("transfers", row, "net", "change")
            fund = self.name("fund", row["fund"])
            yield words.say(
                f"{self.name('region', region)} {' and '.join(does)} for {fund} in {self.year} "
                f"({self.unit.money}); net {net}."
            )
            yield from self._pairs(region, row["fund"], smallest)
        if not moved:
            yield Sentence(f"{self.name('region', region)} neither gives nor receives money in {self.year}.")

    def _pairs(self, region: str, fund: str, smallest: float) -> Iterator[Sentence]:
        for mine, other, verb in (("donor", "recipient", "pays to"), ("recipient", "donor", "is paid by")):
            pairs = [
                row for row in self.rows("pairs", fund=fund, **{mine: region}) if row["amount"] > smallest
            ]
            if not pairs:
                continue
            words = _Words()
            first = sorted(pairs, key=lambda row: (-row["amount"], row[other]))[:NAMED]
            parts = [
                f"{self.name('region', row[other])} {words.cite('pairs', row, 'amount')}" for row in first
            ]
            rest = " and others" if len(pairs) > NAMED else ""
            yield words.say(
                f"Split by rule among regions, it {verb} {_listed(parts)}{rest} ({self.unit.money})."
            )

    def _benefit(self, cell: Mapping[str, Any]) -> Sentence:
        words = _Words()
        who = self._who(cell)
        share = words.cite("benefits", cell, "share_of_standard", "share")
        after = words.cite("benefits", cell, "benefit")
        if _unchanged(cell):
            return words.say(
                f"{who}: the benefit stays at {after} {self.unit.benefit}, {share} of the standard."
            )
        before = words.cite("benefits", cell, "benefit_before")
        way = "rises" if cell["benefit"] > cell["benefit_before"] else "falls"
        return words.say(
            f"{who}: the benefit {way} from {before} to {after} {self.unit.benefit}, {share} of the standard."
        )

    def _why(self, cell: Mapping[str, Any]) -> Iterator[Sentence]:
        """Why a benefit stays as it is."""
        if not _unchanged(cell):
            return
        if cell["recipients"] == 0:
            yield Sentence("It is unchanged because nobody is covered.")
            return
        caps = [rule for rule in self._binding(cell["region"]) if rule["rule"].startswith("max_growth")]
        if any(_names(rule["rule"], cell) for rule in caps):
            yield Sentence("It is unchanged because its growth is capped (benefit_rigidity, max growth).")
            return
        words = _Words()
        standard = words.cite("benefits", cell, "standard")
        if cell["share_of_standard"] >= 1:
            yield words.say(
                f"It is unchanged because it has the standard, {standard}, or more: "
                "more of it narrows no gap."
            )
            return
        words = _Words()
        same = [
            other for other in self.rows("benefits", programme=cell["programme"]) if other["recipients"] > 0
        ]
        lowest = min(same, key=lambda other: (other["share_of_standard"], other["region"], other["group"]))
        if lowest["share_of_standard"] < cell["share_of_standard"] * (1 - MOVED):
            share = words.cite("benefits", lowest, "share_of_standard", "share")
            yield words.say(
                f"It is unchanged because others stand lower, down to {share} of the standard "
                f"({self._who(lowest)}): money that lifts them narrows the gap more."
            )
        else:
            yield Sentence("It is unchanged although none stands lower: the limits below leave it no money.")

    def _alike(self, cell: Mapping[str, Any]) -> Iterator[Sentence]:
        """Regions whose same cell stands at the same share of the standard, or is as unchanged."""
        others = [
            other
            for other in self.rows("benefits", group=cell["group"], programme=cell["programme"])
            if other["region"] != cell["region"] and other["recipients"] > 0
        ]
        level = [
            o
            for o in others
            if abs(o["share_of_standard"] - cell["share_of_standard"]) <= MOVED * cell["share_of_standard"]
        ]
        if level:
            words = _Words()
            share = words.cite("benefits", cell, "share_of_standard", "share")
            yield words.say(f"At the same {share} of the standard stand also {self._regions(level)}.")
        elif _unchanged(cell) and (same := [o for o in others if _unchanged(o)]):
            yield Sentence(f"Unchanged are also {self._regions(same)}.")

    def _limits(self, region: str, cells: list[dict[str, Any]]) -> Iterator[Sentence]:
        """Limits of the region that bind; with their price where moving them would change the gap."""
        everything = {(cell["group"], cell["programme"]) for cell in self.rows("benefits", region=region)}
        others = everything - {(cell["group"], cell["programme"]) for cell in cells}
        for rule in self._binding(region):
            if any(
                _names(rule["rule"], {"group": group, "programme": programme}) for group, programme in others
            ):
                continue
            lever = levers()[rule["lever"]].summary.split(":")[0]
            words = _Words()
            yield words.say(
                f"Binding: {lever}, {self._rule(rule['rule'])} ({rule['lever']}){self._price(words, rule)}."
            )

    def _next(self, region: str, cells: list[dict[str, Any]]) -> Iterator[Sentence]:
        """What one more unit of money would do here."""
        funds = {row["fund"] for row in self.rows("transfers", region=region) if row["central"] > 0}
        schemes = self.run.case.schemes
        for rule in self.rows("rules", lever="vertical_transfers", region=""):
            fund = rule["rule"].partition(": ")[2]
            if not rule["rule"].startswith("budget"):
                continue
            words = _Words()
            if not rule["binding"]:
                idle = words.cite("rules", rule, "slack")
                yield words.say(
                    f"More budget for {self.name('fund', fund)} would change nothing: "
                    f"{idle} {self.unit.money} are not used."
                )
                continue
            if fund not in funds:
                yield Sentence(
                    f"It gets none of the budget for {self.name('fund', fund)}: "
                    "the next money goes elsewhere first."
                )
                continue
            paid = schemes[(schemes["fund"] == fund) & (schemes["year"] == self.year)]
            pairs = set(zip(paid["group"], paid["programme"], strict=True))
            mine = [cell for cell in cells if (cell["group"], cell["programme"]) in pairs]
            price = words.cite("rules", rule, "price", "change")
            shared = [
                f"{words.cite('benefits', cell, 'eligible')} {self.unit.persons} ({self._who(cell)})"
                for cell in mine
            ]
            whom = f"; here it would be shared by {_listed(shared)}" if shared else ""
            yield words.say(
                f"The next {self.unit.money} of the budget for {self.name('fund', fund)} "
                f"would change the gap by {price}{whom}."
            )

    # -- the whole ------------------------------------------------------------------------------------------

    def whole(self) -> Iterator[Sentence]:
        """The gap, national limits with their price, who gives and who receives most."""
        gaps = self.run.tables["gaps"]
        total = gaps[gaps["gap"] == "total"].to_dict("records")[0]
        words = _Words()
        before, after = (words.cite("gaps", total, column) for column in ("before", "after"))
        bound = words.cite("gaps", total, "lower_bound")
        yield words.say(
            f"The gap is {after} instead of {before}; no plan under these rules has less than {bound}."
        )
        for rule in self._binding(""):
            words = _Words()
            yield words.say(
                f"Binding in {self.year}: {self._rule(rule['rule'])} ({rule['lever']})"
                f"{self._price(words, rule)}."
            )
        flows = self.rows("transfers")
        for pick, verb in ((max, "receives"), (min, "gives")):
            row = pick(flows, key=lambda row: (row["net"], row["region"]))
            words = _Words()
            net = words.cite("transfers", row, "net", "change")
            if row["net"] * (1 if pick is max else -1) > tiny(self.run.tables["transfers"]["net"]):
                where = f"{self.name('region', row['region'])}, {self.name('fund', row['fund'])}"
                yield words.say(f"Most {verb} {where}: net {net} {self.unit.money} in {self.year}.")
        cells = [cell for cell in self.rows("benefits") if cell["recipients"] > 0]
        lowest = min(cells, key=lambda cell: (cell["share_of_standard"], cell["region"]))
        yield self._benefit(lowest)
        yield from self._alike(lowest)

    # -- words ----------------------------------------------------------------------------------------------

    def _who(self, cell: Mapping[str, Any]) -> str:
        parts = [self.name(kind, cell[kind]) for kind in ("region", "group", "programme")]
        return ", ".join(parts if len(self.run.instance.programmes) > 1 else parts[:2])

    def _regions(self, cells: list[dict[str, Any]]) -> str:
        regions = sorted({self.name("region", cell["region"]) for cell in cells})
        return _listed(regions[:NAMED] + (["others"] if len(regions) > NAMED else []))

    def _binding(self, region: str) -> list[dict[str, Any]]:
        """Rules that bind, of a region or of the nation, accounts apart; those with a price first."""
        rules = [
            rule
            for rule in self.rows("rules", region=region)
            if rule["binding"] and "balance" not in rule["rule"]
        ]
        return sorted(rules, key=lambda rule: (-abs(rule["price"]), rule["lever"], rule["rule"]))

    def _rule(self, rule: str) -> str:
        """A rule with names instead of ids."""
        name, _, about = rule.partition(": ")
        ids = [part for part in about.split(", ") if part]
        kinds = ("group", "programme") if len(ids) > 1 else ("programme", "fund")
        known = {key: word for kind in kinds for key, word in names(self.run.instance, kind).items()}
        parts = [known.get(part, part) for part in ids]
        return f"{name.removesuffix('_first').replace('_', ' ')}{' for ' if parts else ''}{', '.join(parts)}"

    def _price(self, words: _Words, rule: Mapping[str, Any]) -> str:
        if rule["price"] == 0:
            return ""
        apart = [rule[side] for side in ("price_from", "price_to") if not pd.isna(rule[side])]
        if len(apart) == 2 and abs(apart[0] - apart[1]) > 1e-6 * abs(rule["price"]):
            ends = [words.cite("rules", rule, side, "change") for side in ("price_from", "price_to")]
            return f"; one more unit of this limit would change the gap by {' to '.join(ends)}"
        price = words.cite("rules", rule, "price", "change")
        return f"; one more unit of this limit would change the gap by {price}"


def _unchanged(cell: Mapping[str, Any]) -> bool:
    return bool(
        abs(cell["benefit"] - cell["benefit_before"]) <= MOVED * max(cell["benefit"], cell["benefit_before"])
    )


def _names(rule: str, cell: Mapping[str, Any]) -> bool:
    """Does a rule speak of this cell's group and programme."""
    return rule.partition(": ")[2] == f"{cell['group']}, {cell['programme']}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

"""Why a region or a cell of a plan gets what it gets, in sentences; every number stands in a table of the
run.

For a region in one year: what it gives and receives, what becomes of its benefits and why one stays
unchanged, who is in the same position, which limits bind, and what the next unit of money would do. For the
whole run: the gap, the national limits, and who gives and receives most.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from commonweal.instances.faults import advice
from commonweal.models.parts import levers
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.explain_words import NAMED, Place, Sentence, Words, speaks_of, unchanged
from commonweal.optimizer.names import names
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary_words import MOVED, listed, tiny

FLOWS = {
    "central": "{} in central grants",
    "horizontal_received": "{} from other regions",
    "pool_received": "{} from the common pool",
    "own": "{} of its own effort",
}
GIVEN = {"horizontal_paid": "{} to other regions", "pool_paid": "{} into the common pool"}


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
    at = _Explained(run, years[-1] if year is None else year, units(run.instance))
    if region is None:
        if group is not None or programme is not None:
            raise UsageError("A group or a programme is explained for one region: add --region.")
        return [*at.whole()]
    return [*at.region(_id(run, "region", region), _id(run, "group", group), _id(run, "programme", programme))]


def _id(run: Run, kind: str, word: str | None) -> str:
    """The id of something named by id or name, or ""."""
    if word is None:
        return ""
    known = {**{name: i for i, name in names(run.instance, kind, local=True).items()}}
    known |= {name.casefold(): i for i, name in names(run.instance, kind).items()}
    known |= {i: i for i in names(run.instance, kind)}
    found = known.get(word, known.get(word.casefold()))
    if found is None:
        raise UsageError(f"No {kind} '{word}'. {advice(word, list(names(run.instance, kind)))}.")
    return found


class _Explained(Place):
    """What is said of a region and of the whole."""

    def region(self, region: str, group: str, programme: str) -> Iterator[Sentence]:
        cells = [
            cell
            for cell in self.rows("benefits", region=region)
            if cell["group"] == (group or cell["group"]) and cell["programme"] == (programme or cell["programme"])
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
            words = Words()
            gets = [
                text.format(words.cite("transfers", row, flow)) for flow, text in FLOWS.items() if row[flow] > smallest
            ]
            gives = [
                text.format(words.cite("transfers", row, flow)) for flow, text in GIVEN.items() if row[flow] > smallest
            ]
            if not gets and not gives:
                continue
            moved = True
            does = [f"{verb} {listed(parts)}" for verb, parts in (("receives", gets), ("gives", gives)) if parts]
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
            pairs = [row for row in self.rows("pairs", fund=fund, **{mine: region}) if row["amount"] > smallest]
            if not pairs:
                continue
            words = Words()
            first = sorted(pairs, key=lambda row: (-row["amount"], row[other]))[:NAMED]
            parts = [f"{self.name('region', row[other])} {words.cite('pairs', row, 'amount')}" for row in first]
            rest = " and others" if len(pairs) > NAMED else ""
            yield words.say(f"Split by rule among regions, it {verb} {listed(parts)}{rest} ({self.unit.money}).")

    def _benefit(self, cell: Mapping[str, Any]) -> Sentence:
        words = Words()
        who = self.who(cell)
        share = words.cite("benefits", cell, "share_of_standard", "share")
        after = words.cite("benefits", cell, "benefit")
        if unchanged(cell):
            return words.say(f"{who}: the benefit stays at {after} {self.unit.benefit}, {share} of the standard.")
        before = words.cite("benefits", cell, "benefit_before")
        way = "rises" if cell["benefit"] > cell["benefit_before"] else "falls"
        return words.say(
            f"{who}: the benefit {way} from {before} to {after} {self.unit.benefit}, {share} of the standard."
        )

    def _why(self, cell: Mapping[str, Any]) -> Iterator[Sentence]:
        """Why a benefit stays as it is."""
        if not unchanged(cell):
            return
        if cell["recipients"] == 0:
            yield Sentence("It is unchanged because nobody is covered.")
            return
        caps = [rule for rule in self.binding(cell["region"]) if rule["rule"].startswith("max_growth")]
        if any(speaks_of(rule["rule"], cell) for rule in caps):
            yield Sentence("It is unchanged because its growth is capped (benefit_rigidity, max growth).")
            return
        words = Words()
        standard = words.cite("benefits", cell, "standard")
        if cell["share_of_standard"] >= 1:
            yield words.say(
                f"It is unchanged because it has the standard, {standard}, or more: more of it narrows no gap."
            )
            return
        words = Words()
        same = [other for other in self.rows("benefits", programme=cell["programme"]) if other["recipients"] > 0]
        lowest = min(same, key=lambda other: (other["share_of_standard"], other["region"], other["group"]))
        if lowest["share_of_standard"] < cell["share_of_standard"] * (1 - MOVED):
            share = words.cite("benefits", lowest, "share_of_standard", "share")
            yield words.say(
                f"It is unchanged because others stand lower, down to {share} of the standard "
                f"({self.who(lowest)}): money that lifts them narrows the gap more."
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
            words = Words()
            share = words.cite("benefits", cell, "share_of_standard", "share")
            yield words.say(f"At the same {share} of the standard stand also {self.regions(level)}.")
        elif unchanged(cell) and (same := [o for o in others if unchanged(o)]):
            yield Sentence(f"Unchanged are also {self.regions(same)}.")

    def _limits(self, region: str, cells: list[dict[str, Any]]) -> Iterator[Sentence]:
        """Limits of the region that bind; with their price where moving them would change the gap."""
        everything = {(cell["group"], cell["programme"]) for cell in self.rows("benefits", region=region)}
        others = everything - {(cell["group"], cell["programme"]) for cell in cells}
        for rule in self.binding(region):
            if any(speaks_of(rule["rule"], {"group": group, "programme": programme}) for group, programme in others):
                continue
            lever = levers()[rule["lever"]].summary.split(":")[0]
            words = Words()
            yield words.say(f"Binding: {lever}, {self.rule(rule['rule'])} ({rule['lever']}){self.price(words, rule)}.")

    def _next(self, region: str, cells: list[dict[str, Any]]) -> Iterator[Sentence]:
        """What one more unit of money would do here."""
        funds = {row["fund"] for row in self.rows("transfers", region=region) if row["central"] > 0}
        schemes = self.run.case.schemes
        for rule in self.rows("rules", lever="vertical_transfers", region=""):
            fund = rule["rule"].partition(": ")[2]
            if not rule["rule"].startswith("budget"):
                continue
            words = Words()
            if not rule["binding"]:
                idle = words.cite("rules", rule, "slack")
                yield words.say(
                    f"More budget for {self.name('fund', fund)} would change nothing: "
                    f"{idle} {self.unit.money} are not used."
                )
                continue
            if fund not in funds:
                yield Sentence(
                    f"It gets none of the budget for {self.name('fund', fund)}: the next money goes elsewhere first."
                )
                continue
            paid = schemes[(schemes["fund"] == fund) & (schemes["year"] == self.year)]
            pairs = set(zip(paid["group"], paid["programme"], strict=True))
            mine = [cell for cell in cells if (cell["group"], cell["programme"]) in pairs]
            price = words.cite("rules", rule, "price", "change")
            shared = [
                f"{words.cite('benefits', cell, 'eligible')} {self.unit.persons} ({self.who(cell)})" for cell in mine
            ]
            whom = f"; here it would be shared by {listed(shared)}" if shared else ""
            yield words.say(
                f"The next {self.unit.money} of the budget for {self.name('fund', fund)} "
                f"would change the gap by {price}{whom}."
            )

    def whole(self) -> Iterator[Sentence]:
        """The gap, national limits with their price, who gives and who receives most."""
        gaps = self.run.tables["gaps"]
        total = gaps[gaps["gap"] == "total"].to_dict("records")[0]
        words = Words()
        before, after = (words.cite("gaps", total, column) for column in ("before", "after"))
        bound = words.cite("gaps", total, "lower_bound")
        yield words.say(f"The gap is {after} instead of {before}; no plan under these rules has less than {bound}.")
        for rule in self.binding(""):
            words = Words()
            yield words.say(
                f"Binding in {self.year}: {self.rule(rule['rule'])} ({rule['lever']}){self.price(words, rule)}."
            )
        flows = self.rows("transfers")
        for pick, verb in ((max, "receives"), (min, "gives")):
            row = pick(flows, key=lambda row: (row["net"], row["region"]))
            words = Words()
            net = words.cite("transfers", row, "net", "change")
            if row["net"] * (1 if pick is max else -1) > tiny(self.run.tables["transfers"]["net"]):
                where = f"{self.name('region', row['region'])}, {self.name('fund', row['fund'])}"
                yield words.say(f"Most {verb} {where}: net {net} {self.unit.money} in {self.year}.")
        cells = [cell for cell in self.rows("benefits") if cell["recipients"] > 0]
        lowest = min(cells, key=lambda cell: (cell["share_of_standard"], cell["region"]))
        yield self._benefit(lowest)
        yield from self._alike(lowest)

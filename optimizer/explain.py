"""Why a region or a cell of a plan gets what it gets, in sentences; every number stands in a table of the
run.

For a region in one year: what it gives and receives, what becomes of its benefits and why one stays
unchanged, who is in the same position, which limits bind, and what the next unit of money would do. For the
whole run: the gap, the national limits, and who gives and receives most.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from commonweal.instances.faults import advice
from commonweal.optimizer.amounts import amounts
from commonweal.optimizer.blocks import show
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.explain_words import NAMED, Place, Sentence, lever_title, speaks_of, unchanged
from commonweal.optimizer.language import _, mark
from commonweal.optimizer.names import given, names
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary_words import MOVED, listed, tiny

FLOWS = {
    "central": mark("{amount} in central grants"),
    "horizontal_received": mark("{amount} from other regions"),
    "pool_received": mark("{amount} from the common pool"),
    "own": mark("{amount} of its own effort"),
}
GIVEN = {"horizontal_paid": mark("{amount} to other regions"), "pool_paid": mark("{amount} into the common pool")}


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
        raise UsageError(
            _("The plan has no year {year}: it covers {first} to {last}.", year=year, first=years[0], last=years[-1])
        )
    at = _Explained(run, years[-1] if year is None else year, amounts(run.instance))
    if region is None:
        if group is not None or programme is not None:
            raise UsageError(_("A group or a programme is explained for one region: add --region."))
        return [*at.whole()]
    return [*at.region(_id(run, "region", region), _id(run, "group", group), _id(run, "programme", programme))]


def _id(run: Run, kind: str, word: str | None) -> str:
    """The id of something named by id or name, or ""."""
    if word is None:
        return ""
    known = {**{name: i for i, name in given(run.instance, kind, local=True).items()}}
    known |= {name.casefold(): i for i, name in given(run.instance, kind).items()}
    known |= {i: i for i in names(run.instance, kind)}
    found = known.get(word, known.get(word.casefold()))
    if found is None:
        raise UsageError(
            _(
                "No {kind} '{word}'. {advice}.",
                kind=_(kind),
                word=word,
                advice=advice(word, list(names(run.instance, kind))),
            )
        )
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
            raise UsageError(
                _("{region} has no such cell in {year}.", region=self.name("region", region), year=self.year)
            )
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
            words = self.words()
            gets, gives = (
                [
                    _(text, amount=words.cite("transfers", row, flow))
                    for flow, text in flows.items()
                    if row[flow] > smallest
                ]
                for flows in (FLOWS, GIVEN)
            )
            if not gets and not gives:
                continue
            moved = True
            does = [_("receives {parts}", parts=listed(gets))] if gets else []
            does += [_("gives {parts}", parts=listed(gives))] if gives else []
            yield words.say(
                _(
                    "{region} {does} for {fund} in {year} ({unit}); net {net}.",
                    region=self.name("region", region),
                    does=listed(does),
                    fund=self.name("fund", row["fund"]),
                    year=self.year,
                    unit=self.unit.money,
                    net=words.cite("transfers", row, "net", "change"),
                )
            )
            yield from self._pairs(region, row["fund"], smallest)
        if not moved:
            name = self.name("region", region)
            yield Sentence(_("{region} neither gives nor receives money in {year}.", region=name, year=self.year))

    def _pairs(self, region: str, fund: str, smallest: float) -> Iterator[Sentence]:
        sides = (
            ("donor", "recipient", mark("Split by rule among regions, it pays to {regions} ({unit}).")),
            ("recipient", "donor", mark("Split by rule among regions, it is paid by {regions} ({unit}).")),
        )
        for mine, other, text in sides:
            pairs = [row for row in self.rows("pairs", fund=fund, **{mine: region}) if row["amount"] > smallest]
            if not pairs:
                continue
            words = self.words()
            first = sorted(pairs, key=lambda row: (-row["amount"], row[other]))[:NAMED]
            parts = [f"{self.name('region', row[other])} {words.cite('pairs', row, 'amount')}" for row in first]
            shown = _("{regions} and others", regions=listed(parts)) if len(pairs) > NAMED else listed(parts)
            yield words.say(_(text, regions=shown, unit=self.unit.money))

    def _benefit(self, cell: Mapping[str, Any]) -> Sentence:
        words = self.words()
        share = words.cite("benefits", cell, "share_of_standard", "share")
        after = words.cite("benefits", cell, "benefit")
        told = {"who": self.who(cell), "after": after, "unit": self.unit.benefit, "share": share}
        if unchanged(cell):
            return words.say(_("{who}: the benefit stays at {after} {unit}, {share} of the standard.", **told))
        told["before"] = words.cite("benefits", cell, "benefit_before")
        if cell["benefit"] > cell["benefit_before"]:
            return words.say(
                _("{who}: the benefit rises from {before} to {after} {unit}, {share} of the standard.", **told)
            )
        return words.say(
            _("{who}: the benefit falls from {before} to {after} {unit}, {share} of the standard.", **told)
        )

    def _why(self, cell: Mapping[str, Any]) -> Iterator[Sentence]:
        """Why a benefit stays as it is."""
        if not unchanged(cell):
            return
        if cell["recipients"] == 0:
            yield Sentence(_("It is unchanged because nobody is covered."))
            return
        caps = [rule for rule in self.binding(cell["region"]) if rule["rule"].startswith("max_growth")]
        if any(speaks_of(rule["rule"], cell) for rule in caps):
            yield Sentence(_("It is unchanged because its growth is capped (benefit_rigidity, max growth)."))
            return
        words = self.words()
        standard = words.cite("benefits", cell, "standard")
        if cell["share_of_standard"] >= 1:
            yield words.say(
                _(
                    "It is unchanged because it has the standard, {standard}, or more: more of it narrows no gap.",
                    standard=standard,
                )
            )
            return
        words = self.words()
        same = [other for other in self.rows("benefits", programme=cell["programme"]) if other["recipients"] > 0]
        lowest = min(same, key=lambda other: (other["share_of_standard"], other["region"], other["group"]))
        if lowest["share_of_standard"] < cell["share_of_standard"] * (1 - MOVED):
            share = words.cite("benefits", lowest, "share_of_standard", "share")
            yield words.say(
                _(
                    "It is unchanged because others stand lower, down to {share} of the standard ({who}): money that lifts "
                    "them narrows the gap more.",
                    share=share,
                    who=self.who(lowest),
                )
            )
        else:
            yield Sentence(_("It is unchanged although none stands lower: the limits below leave it no money."))

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
            words = self.words()
            share = words.cite("benefits", cell, "share_of_standard", "share")
            text = _(
                "At the same {share} of the standard stand also {regions}.", share=share, regions=self.regions(level)
            )
            yield words.say(text)
        elif unchanged(cell) and (same := [o for o in others if unchanged(o)]):
            yield Sentence(_("Unchanged are also {regions}.", regions=self.regions(same)))

    def _limits(self, region: str, cells: list[dict[str, Any]]) -> Iterator[Sentence]:
        """Limits of the region that bind; with their price where moving them would change the gap."""
        everything = {(cell["group"], cell["programme"]) for cell in self.rows("benefits", region=region)}
        others = everything - {(cell["group"], cell["programme"]) for cell in cells}
        for rule in self.binding(region):
            if any(speaks_of(rule["rule"], {"group": group, "programme": programme}) for group, programme in others):
                continue
            words = self.words()
            yield words.say(
                _(
                    "Binding: {title}, {rule} ({lever}){price}.",
                    title=lever_title(rule["lever"]),
                    rule=self.rule(rule["rule"]),
                    lever=rule["lever"],
                    price=self.price(words, rule),
                )
            )

    def _next(self, region: str, cells: list[dict[str, Any]]) -> Iterator[Sentence]:
        """What one more unit of money would do here."""
        funds = {row["fund"] for row in self.rows("transfers", region=region) if row["central"] > 0}
        schemes = self.run.case.schemes
        for rule in self.rows("rules", lever="vertical_transfers", region=""):
            fund = rule["rule"].partition(": ")[2]
            if not rule["rule"].startswith("budget"):
                continue
            words, name = self.words(), self.name("fund", fund)
            if not rule["binding"]:
                words.cite("rules", rule, "slack")
                idle = self.unit.of_money(float(rule["slack"]))
                yield words.say(
                    _("More budget for {fund} would change nothing: {money} are not used.", fund=name, money=idle)
                )
                continue
            if fund not in funds:
                yield Sentence(
                    _("It gets none of the budget for {fund}: the next money goes elsewhere first.", fund=name)
                )
                continue
            paid = schemes[(schemes["fund"] == fund) & (schemes["year"] == self.year)]
            pairs = set(zip(paid["group"], paid["programme"], strict=True))
            mine = [cell for cell in cells if (cell["group"], cell["programme"]) in pairs]
            words.cite("rules", rule, "price", "change")
            price = show(float(rule["price"]) / self.unit.money_times, "change")
            shared = [
                _(
                    "{number} {unit} ({who})",
                    number=words.cite("benefits", cell, "eligible"),
                    unit=self.unit.persons,
                    who=self.who(cell),
                )
                for cell in mine
            ]
            told = {"unit": self.unit.money, "fund": name, "price": price}
            if shared:
                yield words.say(
                    _(
                        "The next {unit} of the budget for {fund} would change the gap by {price}; here it would be shared "
                        "by {whom}.",
                        **told,
                        whom=listed(shared),
                    )
                )
            else:
                yield words.say(_("The next {unit} of the budget for {fund} would change the gap by {price}.", **told))

    def whole(self) -> Iterator[Sentence]:
        """The gap, national limits with their price, who gives and who receives most."""
        gaps = self.run.tables["gaps"]
        total = gaps[gaps["gap"] == "total"].to_dict("records")[0]
        words = self.words()
        before, after = (words.cite("gaps", total, column) for column in ("before", "after"))
        bound = words.cite("gaps", total, "lower_bound")
        yield words.say(
            _(
                "The gap is {after} instead of {before}; no plan under these rules has less than {bound}.",
                after=after,
                before=before,
                bound=bound,
            )
        )
        for rule in self.binding(""):
            words = self.words()
            yield words.say(
                _(
                    "Binding in {year}: {rule} ({lever}){price}.",
                    year=self.year,
                    rule=self.rule(rule["rule"]),
                    lever=rule["lever"],
                    price=self.price(words, rule),
                )
            )
        flows = self.rows("transfers")
        most = mark("Most receives {region}, {fund}: net {net} {unit} in {year}.")
        least = mark("Most gives {region}, {fund}: net {net} {unit} in {year}.")
        for pick, text in ((max, most), (min, least)):
            row = pick(flows, key=lambda row: (row["net"], row["region"]))
            words = self.words()
            net = words.cite("transfers", row, "net", "change")
            if row["net"] * (1 if pick is max else -1) > tiny(self.run.tables["transfers"]["net"]):
                yield words.say(
                    _(
                        text,
                        region=self.name("region", row["region"]),
                        fund=self.name("fund", row["fund"]),
                        net=net,
                        unit=self.unit.money,
                        year=self.year,
                    )
                )
        cells = [cell for cell in self.rows("benefits") if cell["recipients"] > 0]
        lowest = min(cells, key=lambda cell: (cell["share_of_standard"], cell["region"]))
        yield self._benefit(lowest)
        yield from self._alike(lowest)

"""A diagnosis in the words of policy: levers by what they are, places by name, money with its unit."""

from collections.abc import Iterator, Sequence

from commonweal.models.parts import Index, levers
from commonweal.optimizer.blocks import show
from commonweal.optimizer.diagnose import Diagnosis, Member
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.elastic import Missed
from commonweal.optimizer.names import names
from commonweal.optimizer.repairs import Repair
from commonweal.optimizer.summary_words import count, listed

NAMED = 4  # regions told by name


def sentences(found: Diagnosis) -> Iterator[str]:
    """What is wrong, in one sentence each, the most telling first."""
    if found.possible:
        yield "There is a plan: all rules can hold together."
        return
    yield "No plan satisfies all rules together."
    for lever, rule, place in found.against_data:
        where = _place(found, place if isinstance(place, tuple) else (place,))
        yield f"{title(lever)} ({lever}: {plain(rule)}), {where}: the data contradict it, whatever the plan."
    for members in found.conflicts:
        yield conflict(members)
        for member in members:
            yield from _bites(found, member)
    if found.conflicts or not found.against_data:
        yield from money(found)


def conflict(members: Sequence[Member]) -> str:
    """Which levers cannot hold together."""
    who = [f"{title(m.lever)} ({m.lever}{': ' if m.rules else ''}{', '.join(map(plain, m.rules))})" for m in members]
    if len(who) == 1 and len(members[0].rules) < 2:
        return f"{who[0]} cannot hold with the money there is."
    if len(who) == 1:
        return f"Rules of one lever cannot hold together: {who[0]}."
    return f"These cannot hold together: {listed(who)}. Without any one of them there is a plan."


def money(found: Diagnosis) -> Iterator[str]:
    """The least money that would do, and where."""
    unit = units(found.case).money
    if found.missing is None:
        if found.finished:
            yield "More money does not help: no amount makes it possible."
        return
    yield f"At least {show(found.money)} {unit} more would make it possible: {places(found, found.missing)}."


def _bites(found: Diagnosis, member: Member) -> Iterator[str]:
    for rule, missed in member.misses.items():
        unit = f" {units(found.case).money}" if member.money else ""
        yield f"- {member.lever}, {plain(rule)}: {show(missed.total)}{unit} short, {places(found, missed)}."


def repair(found: Diagnosis, fix: Repair) -> str:
    """What to change, from what to what."""
    if fix.after is False:
        return f"Switch {fix.setting.removeprefix('levers.')} off: --set {fix.setting}=false"
    if isinstance(fix.change, int):
        way = "later" if fix.change > 0 else "earlier"
        change = f"{count(abs(fix.change), 'year')} {way}"
    elif fix.change is not None and _zero(fix.before):
        change = f"{fix.change:+.5g}"
    else:
        change = f"{100 * (fix.change or 0.0):+.5g} %"
    return f"{fix.setting} from {_value(fix.before)} to {_value(fix.after)} ({change})"


def _zero(value: object) -> bool:
    return not any(value) if isinstance(value, list) else value == 0


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def title(lever: str) -> str:
    """A lever's name in words: what its description says before the colon."""
    return levers()[lever].summary.split(":")[0]


def plain(rule: str) -> str:
    """A rule's name as words."""
    return rule.replace("_", " ")


def places(found: Diagnosis, missed: Missed) -> str:
    """Regions by name and years: "Gansu and Guizhou, 2026"; "nationwide" where no region is named."""
    regions = names(found.case, "region")
    by_year: dict[int | None, list[str]] = {}
    misses = [miss for misses in missed.by_rule.values() for miss in misses]
    for miss in sorted(misses, key=lambda miss: (-round(miss.amount, 9), str(miss.place))):
        region, year = _where(found, miss.place)
        name = regions[region] if region else "nationwide"
        named = by_year.setdefault(year, [])
        if name not in named:
            named.append(name)
    parts = []
    for year, named in sorted(by_year.items(), key=lambda item: item[0] or 0):
        rest = len(named) - NAMED
        words = [*named[:NAMED], f"{rest} others"] if rest > 1 else named
        parts.append(listed(words) + (f", {year}" if year is not None else ""))
    return ("for instance in " if missed.elsewhere else "") + "; ".join(parts)


def _where(found: Diagnosis, place: Index) -> tuple[str, int | None]:
    year = next((part for part in reversed(place) if isinstance(part, int)), None)
    region = place[0] if place and place[0] in names(found.case, "region") else ""
    return str(region), year


def _place(found: Diagnosis, place: Index) -> str:
    known = {
        key: name for kind in ("region", "group", "programme", "fund") for key, name in names(found.case, kind).items()
    }
    return ", ".join(known.get(part, str(part)) for part in place)

"""A diagnosis in the words of policy: levers by what they are, places by name, money with its unit."""

from collections.abc import Iterator, Sequence

from commonweal.models.parts import Index
from commonweal.optimizer.amounts import amounts
from commonweal.optimizer.blocks import percent, show
from commonweal.optimizer.diagnose import Diagnosis, Member
from commonweal.optimizer.elastic import Missed
from commonweal.optimizer.explain_words import lever_title
from commonweal.optimizer.language import _, plural
from commonweal.optimizer.names import names
from commonweal.optimizer.repairs import Repair
from commonweal.optimizer.summary_words import listed

NAMED = 4  # regions told by name


def sentences(found: Diagnosis) -> Iterator[str]:
    """What is wrong, in one sentence each, the most telling first."""
    if found.possible:
        yield _("There is a plan: all rules can hold together.")
        return
    yield _("No plan satisfies all rules together.")
    for lever, rule, place in found.against_data:
        where = _place(found, place if isinstance(place, tuple) else (place,))
        yield _(
            "{title} ({lever}: {rule}), {place}: the data contradict it, whatever the plan.",
            title=lever_title(lever),
            lever=lever,
            rule=plain(rule),
            place=where,
        )
    for members in found.conflicts:
        yield conflict(members)
        for member in members:
            yield from _bites(found, member)
    if found.conflicts or not found.against_data:
        yield from money(found)


def conflict(members: Sequence[Member]) -> str:
    """Which levers cannot hold together."""
    who = [
        f"{lever_title(m.lever)} ({m.lever}{': ' if m.rules else ''}{', '.join(map(plain, m.rules))})" for m in members
    ]
    if len(who) == 1 and len(members[0].rules) < 2:
        return _("{lever} cannot hold with the money there is.", lever=who[0])
    if len(who) == 1:
        return _("Rules of one lever cannot hold together: {lever}.", lever=who[0])
    return _("These cannot hold together: {levers}. Without any one of them there is a plan.", levers=listed(who))


def money(found: Diagnosis) -> Iterator[str]:
    """The least money that would do, and where."""
    if found.missing is None:
        if found.finished:
            yield _("More money does not help: no amount makes it possible.")
        return
    yield _(
        "At least {money} more would make it possible: {places}.",
        money=amounts(found.case).of_money(found.money or 0.0),
        places=places(found, found.missing),
    )


def _bites(found: Diagnosis, member: Member) -> Iterator[str]:
    for rule, missed in member.misses.items():
        amount = amounts(found.case).of_money(missed.total) if member.money else show(missed.total)
        yield _(
            "- {lever}, {rule}: {amount} short, {places}.",
            lever=member.lever,
            rule=plain(rule),
            amount=amount,
            places=places(found, missed),
        )


def repair(found: Diagnosis, fix: Repair) -> str:
    """What to change, from what to what."""
    if fix.after is False:
        lever = fix.setting.removeprefix("levers.")
        return _("Switch {lever} off: {option}", lever=lever, option=f"--set {fix.setting}=false")
    if isinstance(fix.change, int):
        n = abs(fix.change)
        later, earlier = (
            plural("{n} year later", "{n} years later", n),
            plural("{n} year earlier", "{n} years earlier", n),
        )
        change = later if fix.change > 0 else earlier
    elif fix.change is not None and _zero(fix.before):
        change = f"{fix.change:+.5g}"
    else:
        change = percent(f"{100 * (fix.change or 0.0):+.5g}")
    return _(
        "{setting} from {before} to {after} ({change})",
        setting=fix.setting,
        before=_value(fix.before),
        after=_value(fix.after),
        change=change,
    )


def _zero(value: object) -> bool:
    return not any(value) if isinstance(value, list) else value == 0


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def plain(rule: str) -> str:
    """A rule's name as words."""
    return _(rule.replace("_", " "))


def places(found: Diagnosis, missed: Missed) -> str:
    """Regions by name and years: "Gansu and Guizhou, 2026"; "nationwide" where no region is named."""
    regions = names(found.case, "region")
    by_year: dict[int | None, list[str]] = {}
    misses = [miss for misses in missed.by_rule.values() for miss in misses]
    for miss in sorted(misses, key=lambda miss: (-round(miss.amount, 9), str(miss.place))):
        region, year = _where(found, miss.place)
        name = regions[region] if region else _("nationwide")
        named = by_year.setdefault(year, [])
        if name not in named:
            named.append(name)
    parts = []
    for year, named in sorted(by_year.items(), key=lambda item: item[0] or 0):
        rest = len(named) - NAMED
        words = [*named[:NAMED], plural("{n} other", "{n} others", rest)] if rest > 1 else named
        parts.append(listed(words) + (f"{_(', ')}{year}" if year is not None else ""))
    where = _("; ").join(parts)
    return _("for instance in {places}", places=where) if missed.elsewhere else where


def _where(found: Diagnosis, place: Index) -> tuple[str, int | None]:
    year = next((part for part in reversed(place) if isinstance(part, int)), None)
    region = place[0] if place and place[0] in names(found.case, "region") else ""
    return str(region), year


def _place(found: Diagnosis, place: Index) -> str:
    known = {
        key: name for kind in ("region", "group", "programme", "fund") for key, name in names(found.case, kind).items()
    }
    return _(", ").join(known.get(part, str(part)) for part in place)

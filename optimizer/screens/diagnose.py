"""The screen of `commonweal diagnose`: what conflicts, what is missing, what would help."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from commonweal.optimizer.amounts import amounts
from commonweal.optimizer.blocks import Block, Head, show
from commonweal.optimizer.diagnose import Diagnosis
from commonweal.optimizer.diagnose_words import conflict, repair, sentences
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.language import _
from commonweal.optimizer.screens.console import draw


def show_diagnosis(screen: Console, found: Diagnosis) -> None:
    """Print the sentences, then the repairs, the cheapest first."""
    first, *rest = sentences(found)
    screen.print(Text(first, style="bold green" if found.possible else "bold red"))
    for sentence in rest:
        screen.print(Text(sentence))
    if found.repairs:
        draw(screen, _repairs(found))
    elif len(found.conflicts) > 1:
        screen.print(Text(_("Several conflicts: mend one of them, then ask again.")))
    if not found.finished:
        screen.print(Text(_("The time was over before everything was tried: give more with --time-limit.")))


def _repairs(found: Diagnosis) -> Block:
    words = amounts(found.case)
    rows = tuple(
        (repair(found, fix), "" if fix.money is None else show(fix.money * words.money_times)) for fix in found.repairs
    )
    notes = (
        _(
            "Each one alone is enough: solved again, there is a plan with it, and none with 0.1 % (or a year) less of it."
        ),
        _("{unit}: what a budget costs more, or what a rule gives up at least.", unit=words.money),
    )
    return Block(_("Repairs, the cheapest first"), (Head(_("change")), Head(words.money, "number")), rows, notes)


def document(found: Diagnosis) -> dict[str, Any]:
    """What --json prints: every number in full."""
    return {
        "possible": found.possible,
        "finished": found.finished,
        "sentences": list(sentences(found)),
        "unit": units(found.case).money,
        "against_data": [
            {"lever": lever, "rule": rule, "place": list(place) if isinstance(place, tuple) else [place]}
            for lever, rule, place in found.against_data
        ],
        "shortages": [asdict(shortage) for shortage in found.shortages],
        "least_money": found.money,
        "with_it_possible": found.enough,
        "with_less_possible": None if found.less_is_not is None else not found.less_is_not,
        "missing": None if found.missing is None else asdict(found.missing),
        "conflicts": [
            {
                "sentence": conflict(members),
                "levers": [
                    {
                        "lever": member.lever,
                        "rules": list(member.rules),
                        "amount": member.amount,
                        "misses": {rule: asdict(missed) for rule, missed in member.misses.items()},
                    }
                    for member in members
                ],
            }
            for members in found.conflicts
        ],
        "repairs": [{**asdict(fix), "sentence": repair(found, fix)} for fix in found.repairs],
    }

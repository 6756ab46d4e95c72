"""The screen of `commonweal verify`: accepted or not, what was examined, and each rule that is broken."""

import math
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from commonweal.optimizer.blocks import Block, Head
from commonweal.optimizer.evidence import rule_in_words
from commonweal.optimizer.language import _
from commonweal.optimizer.screens.console import draw
from commonweal.optimizer.verify import Verdict

MOST = 5  # violations told one by one, for each rule; --json has them all


def show(screen: Console, verdict: Verdict) -> None:
    """Print the verdict first, then its evidence."""
    broken = verdict.violations
    if verdict.accepted:
        screen.print(
            Text(
                _("Verified: {folder} keeps every rule, recomputed from its files.", folder=verdict.folder),
                "bold green",
            )
        )
    elif not verdict.complete:
        screen.print(Text(_("NOT verified: {folder} is not a whole run folder.", folder=verdict.folder), "bold red"))
    elif broken:
        text = _("NOT verified: {n} rows of {folder} break a rule.", n=len(broken), folder=verdict.folder)
        screen.print(Text(text, "bold red"))
    else:
        text = _(
            "NOT verified: the rules hold, but the inputs in {folder} are not those of the plan.", folder=verdict.folder
        )
        screen.print(Text(text, "bold red"))
    for finding in verdict.findings:
        for violation in finding.violations[:MOST]:
            screen.print(Text(f"- {violation.message}"))
        if len(finding.violations) > MOST:
            more = len(finding.violations) - MOST
            which = _("{part}, {rule}", part=_(finding.lever), rule=rule_in_words(finding.rule))
            screen.print(Text(_("  ... and {n} more of {rule}; --json has all.", n=f"{more:,d}", rule=which)))
    for sentence in verdict.hash_mismatches:
        screen.print(Text(f"- {sentence}"))
    draw(screen, _examined(verdict))


def _examined(verdict: Verdict) -> Block:
    """Rules, rows and broken rows of each lever and of each part of the ledger."""
    levers = dict.fromkeys(finding.lever for finding in verdict.findings)
    rows = []
    for lever in levers:
        findings = [finding for finding in verdict.findings if finding.lever == lever]
        counts = (sum(f.rows for f in findings), sum(len(f.violations) for f in findings))
        rows.append((_(lever), len(findings), *counts))
    heads = (
        Head(_("part")),
        Head(_("rules"), "number"),
        Head(_("rows examined"), "number"),
        Head(_("rows broken"), "number"),
    )
    notes = (_("Not proven again: that no better plan exists, and the prices in rules.csv."),)
    return Block(_("What was recomputed"), heads, tuple(rows), notes)


def document(verdict: Verdict) -> dict[str, Any]:
    """What --json prints: the verdict, every rule examined and every violation."""
    violations = [asdict(violation) for violation in verdict.violations]
    for violation in violations:
        if math.isnan(violation["amount"]):
            violation["amount"] = None
    return {
        "folder": str(verdict.folder),
        "accepted": verdict.accepted,
        "complete": verdict.complete,
        "rows": verdict.rows,
        "rules": [
            {"lever": f.lever, "rule": f.rule, "rows": f.rows, "broken": len(f.violations)} for f in verdict.findings
        ],
        "violations": violations,
        "hash_mismatches": list(verdict.hash_mismatches),
    }

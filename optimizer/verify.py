"""Verification: is a plan what it says it is? Recomputed from the run folder alone, without solver and
without model.

Every rule of every active lever, every balance, every derived number and the objective are computed again
from the inputs and the scenario that lie in the folder. Hashes are compared too, but they are not the proof:
they also notice a change of an input that no rule of the plan feels. Not proven again: that no better plan
exists, and the prices.

    verdict = verify(Path("my-run"))
    verdict.accepted, [violation.message for violation in verdict.violations]
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from commonweal.instances import InstanceError
from commonweal.optimizer import checks
from commonweal.optimizer.evidence import NUMBER, Evidence, Finding, Rule, Violation
from commonweal.optimizer.gather import gather
from commonweal.optimizer.language import _, mark


@dataclass(frozen=True)
class Verdict:
    """What a verification found.

    findings: every rule examined, with the number of rows it looked at and what is wrong with them.
    hash_mismatches: one sentence for each input file that is not the one the plan was made from.
    complete: whether all rules were examined; not so if the folder is not whole.
    """

    folder: Path
    findings: tuple[Finding, ...]
    hash_mismatches: tuple[str, ...]
    complete: bool

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Every broken row."""
        return tuple(violation for finding in self.findings for violation in finding.violations)

    @property
    def rows(self) -> int:
        """Rows examined, over all rules."""
        return sum(finding.rows for finding in self.findings)

    @property
    def accepted(self) -> bool:
        """Everything was examined, nothing is broken, and the inputs are those the plan was made from."""
        return self.complete and not self.violations and not self.hash_mismatches


def verify(folder: str | Path) -> Verdict:
    """Examine a run folder. Never raises for what the folder holds: that is what the verdict is for."""
    folder = Path(folder)
    evidence, findings = gather(folder)
    if evidence is None:
        return Verdict(folder, tuple(findings), (), complete=False)
    findings += [*_settings(evidence), *_examined(evidence)]
    return Verdict(folder, tuple(findings), tuple(_mismatches(folder, evidence.run)), complete=True)


def _settings(evidence: Evidence) -> Iterator[Finding]:
    """Every lever and gap of the scenario has an independent check, which knows all of its settings."""
    for kind, parts, find in (
        ("lever", evidence.levers, checks.lever),
        ("gap", evidence.scenario["gaps"], checks.gap),
    ):
        for name, settings in parts.items():
            rule = Rule(name, f"the {kind} has an independent check", NUMBER)
            found = find(name)
            if found is None:
                faults = [rule.fault(_("there is none for this {kind}, so the plan cannot be verified.", kind=_(kind)))]
            else:
                unknown = sorted(set(settings) - found.SETTINGS)
                faults = [
                    rule.fault(_("the check does not know the setting '{setting}'.", setting=setting))
                    for setting in unknown
                ]
            yield rule.finding(1, faults)


def _examined(evidence: Evidence) -> Iterator[Finding]:
    for core in checks.core():
        yield from _guarded("settings", partial(core.check, evidence))
    for name, settings in evidence.levers.items():
        if (found := checks.lever(name)) is not None:
            yield from _guarded(name, partial(found.check, evidence, settings))


def _guarded(lever: str, examine: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """A scenario that lacks a setting, or has one of a wrong kind, is a broken plan, not a broken program."""
    try:
        return list(examine())
    except (KeyError, TypeError, ValueError, AttributeError, InstanceError) as error:
        rule = Rule(lever, mark("settings in scenario.toml"), NUMBER)
        fault = rule.fault(
            _(
                "the rules cannot be computed with them ({kind}: {error}).",
                kind=type(error).__name__,
                error=error,
            )
        )
        return [rule.finding(1, [fault])]


def _mismatches(folder: Path, run: Mapping[str, Any]) -> Iterator[str]:
    """Input files that differ from what run.json says the plan was made from."""
    stated = run.get("inputs")
    stated = stated if isinstance(stated, dict) else {}
    present = {path.name: path for path in sorted((folder / "inputs").iterdir()) if path.is_file()}
    for name in sorted(stated.keys() | present.keys()):
        if name not in present:
            yield _("inputs/{name} is gone; the plan was made from it.", name=name)
        elif name not in stated:
            yield _("inputs/{name} was not there when the plan was made.", name=name)
        elif hashlib.sha256(present[name].read_bytes()).hexdigest() != stated[name]:
            yield _("inputs/{name} has changed since the plan was made.", name=name)

"""Benefits and coverage agree with themselves, for every region, group, programme and year.

spending = eligible * benefit * per_head           benefit_per_recipient * recipients = eligible * benefit
share_of_standard = benefit / standard             recipients = covered
covered_before <= covered <= eligible, and covered = covered_before unless a lever opens that cell's coverage
benefit = 0 where nobody is covered; nothing is negative
"""

from collections.abc import Iterator

from commonweal.optimizer import checks
from commonweal.optimizer.evidence import BENEFIT, CELL, MONEY, PERSONS, SHARE, Evidence, Finding, Rule


def check(evidence: Evidence) -> Iterator[Finding]:
    """Recompute every derived column of benefits.csv and coverage.csv."""
    coverage = evidence.tables["coverage"]
    rows = evidence.tables["benefits"].merge(coverage, on=CELL)
    paid = rows["eligible"] * rows["benefit"]
    rows = rows.assign(
        cost=paid * evidence.instance.per_head,
        per_recipient=(paid / rows["recipients"]).where(rows["recipients"] > 0, 0.0),
        share=rows["benefit"] / rows["standard"],
    )

    def rule(name: str, unit: str) -> Rule:
        return Rule("benefits", name, unit)

    yield rule("spending = eligible * benefit", MONEY).equal(evidence, rows, "spending", "cost")
    yield rule("benefit_per_recipient = eligible * benefit / recipients", BENEFIT).equal(
        evidence, rows, "benefit_per_recipient", "per_recipient"
    )
    yield rule("share_of_standard = benefit / standard", SHARE).equal(evidence, rows, "share_of_standard", "share")
    yield rule("recipients are those covered", PERSONS).equal(evidence, rows, "recipients", "covered")
    cells = evidence.coverage
    closed = cells[~checks.claimed(evidence, cells)]
    yield rule("covered as before: no active lever opens it", PERSONS).equal(evidence, closed, "planned", "covered")
    yield rule("nobody loses coverage", PERSONS).at_least(evidence, cells, "planned", "covered")
    yield rule("at most the eligible are covered", PERSONS).at_most(evidence, cells, "planned", "eligible")
    yield rule("the uncovered are paid nothing", BENEFIT).zero(evidence, rows[rows["covered"] == 0], "benefit")
    yield rule("benefit is not negative", BENEFIT).not_negative(evidence, rows, "benefit")

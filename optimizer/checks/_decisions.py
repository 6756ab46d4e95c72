"""A yes-or-no decision is a yes or a no.

value = 0 or 1        for every row of decisions.csv that is marked as a whole number
"""

from collections.abc import Iterator

from commonweal.optimizer.evidence import NUMBER, Evidence, Finding, Rule


def check(evidence: Evidence) -> Iterator[Finding]:
    """Whole decisions, named after their levers."""
    decisions = evidence.tables["decisions"]
    whole = decisions[decisions["integer"].astype(str) == "True"]
    whole = whole.assign(nearest=whole["value"].round().clip(0.0, 1.0))
    for (lever, decision), rows in whole.groupby(["lever", "decision"]):
        yield Rule(str(lever), f"{decision} is yes or no", NUMBER).equal(evidence, rows, "value", "nearest")

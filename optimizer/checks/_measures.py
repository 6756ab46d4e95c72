"""measures.csv holds every gap measure at the benefits of benefits.csv, with the settings that run.json names.

Measures that the scenario minimises have the scenario's own settings. A measure that is not defined has no row.
"""

from collections.abc import Iterator

import pandas as pd

from commonweal.optimizer import checks
from commonweal.optimizer.evidence import NUMBER, Evidence, Finding, Rule
from commonweal.optimizer.language import _


def check(evidence: Evidence) -> Iterator[Finding]:
    """Recompute both sides of every row."""
    table, settings = evidence.tables["measures"], evidence.run.get("measures", {})
    cells = evidence.cells.merge(evidence.instance.groups[["group", "area"]], on="group")
    unlike = [name for name, own in evidence.scenario["gaps"].items() if settings.get(name) != own]
    rule = Rule("measures", "a minimised measure is reported with the settings it was minimised with", NUMBER)
    yield rule.finding(len(evidence.scenario["gaps"]), (rule.fault(_("{name} is not.", name=name)) for name in unlike))
    for name, rows in table.groupby("measure"):
        rule = Rule("measures", str(name), NUMBER)
        found = checks.gap(str(name))
        if found is None or name not in settings:
            yield rule.finding(
                1, [rule.fault(_("there is no independent formula, or run.json has no settings for it."))]
            )
            continue
        due = []
        for (programme, year), block in cells.groupby(["programme", "year"]):
            sides = (
                found.gap(block.assign(attainment=block[side] / block["standard"]), settings[str(name)])
                for side in ("benefit_before", "benefit")
            )
            due.append((programme, year, *sides))
        both = rows.merge(pd.DataFrame(due, columns=["programme", "year", "due_before", "due_after"]))
        for side in ("before", "after"):
            stated = both[both[side].notna() | both[f"due_{side}"].notna()]
            yield rule.equal(evidence, stated, side, f"due_{side}")

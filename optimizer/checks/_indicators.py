"""The indicators are those of the tables: each is computed again from benefits.csv, transfers.csv and
rates.csv.

Rows that other parts add to indicators.csv are left alone; a row that is missing is a violation.
"""

from collections.abc import Iterator

from commonweal.optimizer.evidence import Evidence, Finding, Rule
from commonweal.optimizer.indicators import INDICATORS, indicators
from commonweal.optimizer.indicators_standard import IndicatorSettings

KEY = ["indicator", "scope", "year"]


def check(evidence: Evidence) -> Iterator[Finding]:
    """One comparison for each indicator and side; a value that is not defined stays blank on both."""
    tables = evidence.tables
    settings = IndicatorSettings.model_validate(evidence.scenario.get("indicators", {}))
    due = indicators(tables["benefits"], tables["transfers"], tables["rates"], evidence.instance, settings)
    rows = due.merge(tables["indicators"], on=KEY, how="left", suffixes=("_due", ""))
    for name, same in rows.groupby("indicator"):
        for side in ("before", "after"):
            stated = same[same[side].notna() | same[f"{side}_due"].notna()]
            rule = Rule("indicators", f"{name} {side}", INDICATORS[str(name)][1])
            yield rule.equal(evidence, stated, side, f"{side}_due")

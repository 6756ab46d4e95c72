"""Every data column of the tables is the input of that year.

benefits: eligible, benefit_before, standard      coverage: covered_before       rates: rate_before
funds: other_revenue, other_spending, locked = locked at the start + accrual so far, first opening = input
"""

from collections.abc import Iterator

from commonweal.optimizer.evidence import BENEFIT, CELL, LEDGER, MONEY, PERSONS, RATE, Evidence, Finding, Rule


def check(evidence: Evidence) -> Iterator[Finding]:
    """Compare with the instance, projected to the plan years."""
    tables, accounts = evidence.tables, evidence.instance.accounts
    cells = evidence.cells.drop(columns="benefit")
    for table, column, given, unit in (
        ("benefits", "eligible", "eligible", PERSONS),
        ("benefits", "benefit_before", "benefit_before", BENEFIT),
        ("benefits", "standard", "standard", BENEFIT),
        ("coverage", "covered_before", "covered", PERSONS),
    ):
        rows = cells[[*CELL, given]].rename(columns={given: "input"}).merge(tables[table][[*CELL, column]], on=CELL)
        yield Rule("data", f"{column} in {table}.csv is the input", unit).equal(evidence, rows, column, "input")
    locked = accounts["locked"] + accounts.sort_values("year").groupby(["region", "fund"])["accrual"].cumsum()
    accounts = accounts.assign(locked=locked)
    first = accounts[accounts["year"] == evidence.instance.years[0]]
    for table, column, given, unit, source in (
        ("rates", "rate_before", "rate", RATE, accounts),
        ("funds", "other_revenue", "other_revenue", MONEY, accounts),
        ("funds", "other_spending", "other_spending", MONEY, accounts),
        ("funds", "locked", "locked", MONEY, accounts),
        ("funds", "opening", "opening", MONEY, first),
    ):
        rows = source[[*LEDGER, given]].rename(columns={given: "input"})
        rows = rows.merge(tables[table][[*LEDGER, column]], on=LEDGER)
        yield Rule("data", f"{column} in {table}.csv is the input", unit).equal(evidence, rows, column, "input")

"""The tables of transfers agree with each other, for every region, fund and year.

every flow of transfers.csv is that of funds.csv
net = central + horizontal_received - horizontal_paid + pool_received - pool_paid
sum of pairs by recipient = horizontal_received + pool_received
sum of pairs by donor     = horizontal_paid * (1 - loss) + pool_paid     (a pair's amount is what arrives)
"""

from collections.abc import Iterator

from commonweal.optimizer.evidence import LEDGER, MONEY, Evidence, Finding, Rule

SHARED = ("own", "central", "horizontal_received", "pool_received", "pool_paid")


def check(evidence: Evidence) -> Iterator[Finding]:
    """Compare transfers.csv with funds.csv and pairs.csv."""
    transfers = evidence.tables["transfers"]
    both = transfers.merge(evidence.tables["funds"], on=LEDGER, suffixes=("", "_booked"))
    for column in SHARED:
        rule = Rule("transfers", f"{column} is the same in transfers.csv and funds.csv", MONEY)
        yield rule.equal(evidence, both, column, f"{column}_booked")
    yield Rule("transfers", "horizontal_paid is not negative", MONEY).not_negative(
        evidence, transfers, "horizontal_paid"
    )
    gross = ["central", "horizontal_received", "horizontal_paid", "pool_received", "pool_paid"]
    sums = transfers.assign(
        sum=transfers["central"]
        + transfers["horizontal_received"]
        - transfers["horizontal_paid"]
        + transfers["pool_received"]
        - transfers["pool_paid"],
        size=transfers[gross].abs().max(axis=1),
    )
    yield Rule("transfers", "net adds up", MONEY).equal(evidence, sums, "net", "sum")
    yield from _pairs(evidence)


def _pairs(evidence: Evidence) -> Iterator[Finding]:
    pairs, transfers = evidence.tables["pairs"], evidence.tables["transfers"]
    horizontal = evidence.levers.get("horizontal_transfers", {})
    lost = (transfers["fund"] == horizontal.get("fund")) * float(horizontal.get("loss", 0.0))
    due = transfers.assign(
        donor=transfers["horizontal_paid"] * (1 - lost) + transfers["pool_paid"],
        recipient=transfers["horizontal_received"] + transfers["pool_received"],
    )
    for side, verb in (("donor", "pays"), ("recipient", "receives")):
        given = pairs.rename(columns={side: "region"}).groupby(LEDGER, as_index=False)["amount"].sum()
        rows = due[[*LEDGER, side]].merge(given, on=LEDGER, how="outer").fillna(0.0)
        rule = Rule("pairs", f"what a region {verb} in pairs.csv is what it {verb} in transfers.csv", MONEY)
        yield rule.equal(evidence, rows, "amount", side)
    named = pairs.assign(region=pairs["donor"])
    yield Rule("pairs", "amounts are not negative", MONEY).not_negative(evidence, named, "amount")
    itself = named[named["donor"] == named["recipient"]]
    yield Rule("pairs", "nobody pays itself", MONEY).zero(evidence, itself, "amount")

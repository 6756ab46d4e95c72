"""The data dictionary of a run folder: what every column of every table means, and in which unit.

It is also the register of column kinds: a run folder is read back by it, so that a region called "007" or
"NA" stays text. Units are words built from the instance ("bn yuan", "million persons"), never assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from commonweal.instances import Instance, rows

Kind = Literal["text", "integer", "number", "yes/no"]

SHARE = "share (1 = 100 %)"
SCALE_WORDS = {1e12: "trillion", 1e9: "bn", 1e6: "million", 1e3: "thousand", 1.0: ""}


@dataclass(frozen=True)
class Column:
    """One column: its meaning, its unit (a template over `Units`) and the kind of its values."""

    meaning: str
    unit: str = ""
    kind: Kind = "text"


@dataclass(frozen=True)
class Units:
    """The unit words of one instance, for instance "yuan", "bn yuan" and "million persons"."""

    currency: str
    money: str
    persons: str
    benefit: str  # of benefits, standards and floors: always plain currency units

    def text(self, template: str) -> str:
        """Fill {currency}, {money}, {persons} and {benefit} into a unit template."""
        return template.format(currency=self.currency, money=self.money, persons=self.persons, benefit=self.benefit)


def units(instance: Instance) -> Units:
    """The unit words of `instance` in English, for files; `optimizer.amounts` has those for people."""
    meta = instance.meta
    currency = meta.currency_plural or meta.currency
    return Units(
        currency=currency,
        money=_scaled(meta.money, currency),
        persons=_scaled(meta.persons, "persons"),
        benefit=f"{currency} per person and year",
    )


def _scaled(scale: float, word: str) -> str:
    """`scale` in words before `word`: 1e9 gives "bn yuan", 1e8 "100 million yuan", 1 "yuan"."""
    size, name = next(((size, name) for size, name in SCALE_WORDS.items() if scale >= size), (1.0, ""))
    count = f"{scale / size:,g}"
    return " ".join(part for part in ("" if count == "1" else count, name, word) if part)


_REGION = Column("id of the region, see inputs/regions.csv")
_GROUP = Column("id of the group of people, see inputs/groups.csv")
_PROGRAMME = Column("id of the programme, see inputs/programmes.csv")
_FUND = Column("id of the fund, see inputs/funds.csv")
_YEAR = Column("year of the plan", "year", "integer")


def _money(meaning: str) -> Column:
    return Column(meaning, "{money}", "number")


def _benefit(meaning: str) -> Column:
    return Column(meaning, "{benefit}", "number")


def _persons(meaning: str) -> Column:
    return Column(meaning, "{persons}", "number")


def _number(meaning: str) -> Column:
    return Column(meaning, "", "number")


def _share(meaning: str) -> Column:
    return Column(meaning, SHARE, "number")


_OWN = _money("the region's own effort, paid from its budget")
_CENTRAL = _money("central grant decided by this plan (comes on top of what is already in today's revenue)")
_HORIZONTAL_RECEIVED = _money("received from other regions' budgets")
_POOL_RECEIVED = _money("received from the common pool of the fund")
_POOL_PAID = _money("paid into the common pool of the fund")
_CONTRIBUTIONS = _money("contributions: rate times contribution base")
_SPENDING = _money("spending on benefits")

TABLES: Mapping[str, Mapping[str, Column]] = {
    "benefits": {
        "region": _REGION,
        "group": _GROUP,
        "programme": _PROGRAMME,
        "year": _YEAR,
        "eligible": _persons("persons entitled to the programme"),
        "recipients": _persons("persons covered: those who are paid"),
        "benefit_before": _benefit("spending per eligible person without the plan; the uncovered count as 0"),
        "benefit": _benefit("spending per eligible person in the plan; the uncovered count as 0"),
        "benefit_per_recipient": _benefit("spending per covered person in the plan"),
        "standard": _benefit("the standard that benefits are measured against"),
        "share_of_standard": _share("benefit as a share of the standard"),
        "spending": _SPENDING,
    },
    "transfers": {
        "region": _REGION,
        "fund": _FUND,
        "year": _YEAR,
        "own": _OWN,
        "central": _CENTRAL,
        "horizontal_received": _HORIZONTAL_RECEIVED,
        "horizontal_paid": _money("paid by the region's budget to other regions, for this fund"),
        "pool_received": _POOL_RECEIVED,
        "pool_paid": _POOL_PAID,
        "net": _money(
            "what the region gets, less what it gives: central + horizontal_received - horizontal_paid "
            "+ pool_received - pool_paid"
        ),
    },
    "pairs": {
        "donor": Column("id of the region that pays"),
        "recipient": Column("id of the region that receives"),
        "fund": _FUND,
        "year": _YEAR,
        "amount": _money("amount paid by the donor to the recipient"),
    },
    "funds": {
        "region": _REGION,
        "fund": _FUND,
        "year": _YEAR,
        "opening": _money("reserve at the start of the year"),
        "contributions": _CONTRIBUTIONS,
        "other_revenue": _money("other revenue of the fund, subsidies of today included"),
        "interest": _money("interest on the opening reserve"),
        "own": _OWN,
        "central": _CENTRAL,
        "horizontal_received": _HORIZONTAL_RECEIVED,
        "pool_received": _POOL_RECEIVED,
        "pool_paid": _POOL_PAID,
        "unfunded": _money("obligations that no money was found for"),
        "spending": _SPENDING,
        "other_spending": _money("other spending of the fund"),
        "locked": _money("part of the reserve that may not be spent"),
        "closing": _money("reserve at the end of the year"),
        "lever_inflow": _money("money that levers bring into the fund (lever_flows.csv), interest apart"),
        "lever_outflow": _money("money that levers take out of the fund (lever_flows.csv)"),
    },
    "lever_flows": {
        "lever": Column("policy lever"),
        "region": _REGION,
        "fund": _FUND,
        "year": _YEAR,
        "inflow": _money("money the lever brings into the fund"),
        "outflow": _money("money the lever takes out of the fund"),
    },
    "decisions": {
        "lever": Column("policy lever that decides"),
        "decision": Column("what is decided, and for what"),
        "region": Column("id of the region; empty for a national decision"),
        "year": Column("year of the plan; empty for a decision over all years", "year", "integer"),
        "value": Column("the decision", "as the lever says", "number"),
        "integer": Column("whether only whole numbers are allowed", "", "yes/no"),
    },
    "rates": {
        "region": _REGION,
        "fund": _FUND,
        "year": _YEAR,
        "rate_before": _share("actual contribution rate without the plan, of the contribution base"),
        "rate": _share("actual contribution rate in the plan, of the contribution base"),
        "contributions": _CONTRIBUTIONS,
    },
    "coverage": {
        "region": _REGION,
        "group": _GROUP,
        "programme": _PROGRAMME,
        "year": _YEAR,
        "covered_before": _persons("persons covered without the plan"),
        "covered": _persons("persons covered in the plan"),
    },
    "gaps": {
        "gap": Column("name of the gap measure, or total"),
        "programme": Column("id of the programme; empty for the total"),
        "year": Column("year of the plan; empty for the total", "year", "integer"),
        "weight": Column("weight in the total gap; 0 for a gap of a later order", "", "number"),
        "before": Column("gap without the plan", "", "number"),
        "after": Column("gap in the plan", "", "number"),
        "lower_bound": Column("proven: no plan under these rules has a smaller gap", "", "number"),
    },
    "measures": {
        "measure": Column("name of the gap measure; docs/gaps.md says what each means"),
        "programme": _PROGRAMME,
        "year": _YEAR,
        "minimised": Column("whether the plan minimises it", "", "yes/no"),
        "before": Column("value without the plan; empty where it is not defined", "", "number"),
        "after": Column("value in the plan; empty where it is not defined", "", "number"),
    },
    "indicators": {
        "indicator": Column("what is measured"),
        "scope": Column("for whom, or compared with what"),
        "year": Column("year of the plan; empty for all years together", "year", "integer"),
        "before": Column("value without the plan", "as the indicator says", "number"),
        "after": Column("value in the plan", "as the indicator says", "number"),
    },
    "accounts": {
        "payer": Column("who pays: employers, workers, contributors, region, centre, other regions, reserve, ..."),
        "region": _REGION,
        "fund": _FUND,
        "year": _YEAR,
        "use": Column("what is paid: benefits, other spending, other regions, services, or reserve (saved)"),
        "group": Column("group that is paid benefits; empty for other uses"),
        "programme": Column("programme that pays the benefits; empty for other uses"),
        "before": _money("money of the payer for the use, without the plan"),
        "amount": _money("money of the payer for the use, in the plan"),
    },
    "redistribution": {
        "account": Column("between whom: regions, vertical, groups, generations, need, life cycle, ..."),
        "side": Column("who pays and receives"),
        "year": Column("year of the plan; empty for present values over all years", "year", "integer"),
        "paid_before": _money("what the side pays without the plan"),
        "received_before": _money("what the side receives without the plan"),
        "paid": _money("what the side pays in the plan"),
        "received": _money("what the side receives in the plan"),
    },
    "effects": {
        "effect": Column("income, expectation, industry or employment, by the scenario's multipliers"),
        "scope": Column("group, industry or programme"),
        "year": _YEAR,
        "before": Column("effect of the benefits without the plan", "{money}; persons for employment", "number"),
        "after": Column("effect of the benefits in the plan", "{money}; persons for employment", "number"),
    },
    "rules": {
        "lever": Column("policy lever the rule belongs to"),
        "rule": Column("the rule"),
        "region": Column("id of the region; empty for a national rule"),
        "year": Column("year of the plan; empty for a rule over all years", "year", "integer"),
        "price": Column("change of the total gap for one more unit of the rule's limit", "gap per unit", "number"),
        "price_from": Column(
            "price when the limit is lowered; blank beside a price_to if no plan allows that", "gap per unit", "number"
        ),
        "price_to": Column(
            "price when the limit is raised; blank beside a price_from if no plan allows that", "gap per unit", "number"
        ),
        "valid_from": Column("lowest limit at which the price holds", "unit of the limit", "number"),
        "valid_to": Column("highest limit at which the price holds", "unit of the limit", "number"),
        "slack": Column("room left before the rule binds", "unit of the limit", "number"),
        "binding": Column("whether the rule binds", "", "yes/no"),
        "limit": Column("the limit the rule sets", "unit of the limit", "number"),
        "unit": Column("unit of the limit; empty where it has no name"),
    },
    "frontier": {
        "scenario": Column("name of the curve"),
        "factor": _number("the budget as a multiple of the scenario's"),
        "budget": _money("the budget over all funds and years"),
        "gap": _number("smallest gap with this budget: that of the plan in the folder named after the factor"),
        "gap_lower": _number("proven: no plan with this budget has a smaller gap"),
        "gap_upper": _number("gap of the best plan known with this budget"),
        "marginal_left": Column(
            "change of the gap for a little less money, per unit of it", "gap per {money}", "number"
        ),
        "marginal_right": Column(
            "change of the gap for a little more money, per unit of it", "gap per {money}", "number"
        ),
        "unfunded": _money("obligations that no money was found for"),
        "status": Column("optimal (proven), stopped (at a limit), infeasible or failed"),
        "floors_missing": _money("what benefits lack to soft floors"),
        "decisions": Column("which set of yes-or-no decisions the plan has, from 1", "", "integer"),
        "claim": Column("what the gap is: the smallest; with money still missing; or that of the best decisions found"),
        "note": Column("why there is no plan, or what is wrong with it"),
    },
    "outlooks": {
        "outlook": Column("name of the outlook"),
        "probability": _number("how likely it is"),
        "share_of_aim": _number("how much it makes up of what is minimised: the expected gap, the worst or the tail"),
        "before": _number("gap before the plan"),
        "gap": _number("gap of the plan in this outlook, with the first decisions shared by all"),
        "gap_alone": _number("smallest gap, had one known that it comes"),
        "regret": _number("gap less gap_alone"),
        "unfunded": _money("obligations that no money meets"),
    },
    "ranges": {
        "what": Column("net: a region's net transfer for one fund; benefit: of one group and programme"),
        "region": _REGION,
        "group": _GROUP,
        "programme": _PROGRAMME,
        "fund": _FUND,
        "year": Column("year of the plan; empty for all years together", "year", "integer"),
        "plan": Column("the amount in the best plan", "{money}; for a benefit {benefit}", "number"),
        "least": Column("the least that a plan attains", "{money}; for a benefit {benefit}", "number"),
        "most": Column("the most that a plan attains", "{money}; for a benefit {benefit}", "number"),
        "least_proven": Column("proven: no plan has less", "{money}; for a benefit {benefit}", "number"),
        "most_proven": Column("proven: no plan has more", "{money}; for a benefit {benefit}", "number"),
    },
    "kinks": {
        "scenario": Column("name of the curve"),
        "factor": _number("budget at which the set of binding rules changes, as a multiple of the scenario's"),
        "budget": _money("the same over all funds and years"),
        "gap": _number("smallest gap with this budget"),
        "marginal_left": Column("change of the gap per unit of money just below", "gap per {money}", "number"),
        "marginal_right": Column("change of the gap per unit of money just above", "gap per {money}", "number"),
        "bend_left": Column(
            "change of the marginal value per unit of money just below", "gap per {money} squared", "number"
        ),
        "bend_right": Column(
            "change of the marginal value per unit of money just above", "gap per {money} squared", "number"
        ),
        "changes": Column("what binds from here on, or no longer does"),
    },
    "dictionary": {
        "table": Column("table, or file, of the run folder"),
        "column": Column("column of the table"),
        "meaning": Column("what the column holds"),
        "unit": Column("unit of the column's values"),
    },
}

_KEYS = ("region", "donor", "recipient", "group", "programme", "fund")
NAMES: Mapping[str, Column] = {  # what exports add beside the ids
    **{f"{key}_name": Column(f"name of the {key}") for key in _KEYS},
    **{f"{key}_name_local": Column(f"local name of the {key}") for key in _KEYS},
    "lever_name": Column("name of the policy lever"),
    "rule_name": Column("the rule in words"),
    "gap_name": Column("name of the gap measure"),
    "measure_name": Column("name of the gap measure"),
    "indicator_meaning": Column("what the indicator measures"),
    "indicator_unit": Column("unit of the indicator; empty for a pure number"),
}


def describe(table: str, column: str) -> Column:
    """What is known of a column; raises KeyError for one that is not described."""
    return NAMES[column] if column in NAMES else TABLES[table][column]


def dictionary(tables: Mapping[str, pd.DataFrame], instance: Instance) -> pd.DataFrame:
    """Meaning and unit of every column of `tables`: a frame of table, column, meaning, unit.

    Raises KeyError for a column that is not described here.
    """
    words = units(instance)
    described = [(table, name, describe(table, str(name))) for table, frame in tables.items() for name in frame.columns]
    return pd.DataFrame(
        [(table, name, column.meaning, words.text(column.unit)) for table, name, column in described],
        columns=["table", "column", "meaning", "unit"],
        dtype="str",
    )


def input_dictionary(instance: Instance) -> pd.DataFrame:
    """The same for the tables in inputs/: a frame of table, column, meaning, unit."""
    words = units(instance)
    spoken = {
        "money": words.money,
        "persons": words.persons,
        "currency units per person and year": words.benefit,
    }
    return pd.DataFrame(
        [
            (f"inputs/{table.TABLE}", column.name, column.description, spoken.get(column.unit, column.unit))
            for table in rows.TABLES
            for column in table.columns()
        ],
        columns=["table", "column", "meaning", "unit"],
        dtype="str",
    )

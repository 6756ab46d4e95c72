"""A plan's tables: those that follow from others are made when they are looked at, and are the same whenever that is."""

import pickle

import pandas as pd
import pytest

from commonweal import instances
from commonweal.optimizer import Plan, solve
from commonweal.optimizer.plan import Tables


@pytest.fixture(scope="module")
def plan() -> Plan:
    return solve(instances.read("two-regions"))


def test_a_table_is_made_when_it_is_first_looked_at_and_then_kept() -> None:
    made = []

    def make() -> pd.DataFrame:
        made.append("now")
        return pd.DataFrame({"x": [1.0]})

    tables = Tables({"here": pd.DataFrame(), "later": make})
    assert list(tables) == ["here", "later"]
    assert made == []
    assert tables["later"] is tables["later"]
    assert made == ["now"]


def test_a_plan_that_went_to_another_process_has_the_same_tables(plan: Plan) -> None:
    back = pickle.loads(pickle.dumps(plan))
    assert list(back.tables) == list(plan.tables)
    for name, frame in plan.tables.items():
        pd.testing.assert_frame_equal(back.tables[name], frame)


def test_what_a_reader_does_to_one_table_changes_no_other() -> None:
    one, two = (solve(instances.read("two-regions")) for _ in range(2))
    for name in ("benefits", "transfers", "rates", "funds", "lever_flows"):
        one.tables[name]["fund"] = "mine"
        one.tables[name]["year"] = 1
    for name in ("pairs", "gaps", "measures", "indicators", "accounts", "redistribution", "effects"):
        pd.testing.assert_frame_equal(one.tables[name], two.tables[name])

"""Every gap measure found by folder: what is minimised is what is measured, and no split of the money is better.

The case of `cases.py` with new money for the farmers' fund: North gets some of it, South the rest, and some may stay
unspent. 125 splits are tried by hand, with the measure alone.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from cases import TINY, Case, scenario
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.models.parts import gaps
from commonweal.optimizer import Plan, solve
from commonweal.optimizer.errors import CommonwealError

Chosen = dict[str, dict[str, object]]
MINIMISED = [name for name, part in gaps().items() if part.exact]
RELATIVE = [name for name in MINIMISED if "relative" in gaps()[name].module.Settings.model_fields]
EACH: list[Chosen] = [{name: {}} for name in MINIMISED] + [{name: {"relative": True}} for name in RELATIVE]


def titled(chosen: object) -> str:
    return str(chosen).replace("{}", "")


def plan(case: Case, budget: float, chosen: Chosen) -> Plan:
    levers = {"vertical_transfers": {"budget": {"f": budget}}, "benefit_rigidity": {}}
    return solve(case.read(), scenario(levers, gaps=chosen))


def worth(chosen: Chosen, benefits: pd.DataFrame) -> float:
    """The weighted sum of measures, computed without the model."""
    cells = benefits.merge(TINY.tables["groups"], on="group").rename(columns={"eligible": "persons"})
    cells = cells.assign(attainment=cells["benefit"] / cells["standard"])
    total = 0.0
    for name, own in chosen.items():
        module = gaps()[name].module
        known = module.Settings(**own)
        total += known.weight * float(module.measure(cells, known))
    return total


def by_hand(measure: Callable[[pd.DataFrame], float], benefits: pd.DataFrame, budget: float) -> float:
    """The smallest gap over splits of the budget, with money left over; 100 thousand farmers in each region."""
    best = np.inf
    farmers = {r: ((benefits["region"] == r) & (benefits["group"] == "farmers")).to_numpy() for r in ("n", "s")}
    before = benefits["benefit_before"].to_numpy(dtype=float)
    for spent in np.linspace(0, budget, 5):
        for north in np.linspace(0, spent, 25):
            paid = before + farmers["n"] * north / 0.1 + farmers["s"] * (spent - north) / 0.1
            best = min(best, measure(benefits.assign(benefit=paid)))
    return best


def minimised(found: Plan) -> float:
    """What the linear program says of its gap."""
    return next(float(stage["value"]) for stage in found.info["stages"] if stage["stage"] == "gap")


@pytest.mark.parametrize("chosen", EACH, ids=titled)
@settings(max_examples=2, deadline=None)
@given(budget=st.integers(1, 150), north=st.integers(1, 900), south=st.integers(1, 900))
def test_what_is_minimised_is_what_is_measured_and_no_split_is_better(
    chosen: Chosen, budget: float, north: float, south: float
) -> None:
    case = TINY.put("people", region="n", group="farmers", benefit=north)
    case = case.put("people", region="s", group="farmers", benefit=south)
    for region, level in (("n", north), ("s", south)):
        case = case.put("accounts", region=region, fund="f", other_revenue=level / 10)
    found = plan(case, budget, chosen)
    assert found.status == "optimal"
    value = worth(chosen, found.benefits)
    assert minimised(found) == pytest.approx(value, rel=1e-7, abs=1e-10)
    assert found.lower_bound == pytest.approx(value, rel=1e-6, abs=1e-9)
    best = by_hand(lambda benefits: worth(chosen, benefits), found.benefits, budget)
    assert found.objective <= best + 1e-6 * best
    assert found.lower_bound <= best + 1e-12


@pytest.mark.parametrize("chosen", EACH, ids=titled)
def test_more_budget_never_worsens_a_gap_and_a_gap_never_grows(chosen: Chosen) -> None:
    found = [plan(TINY, budget, chosen) for budget in (20.0, 200.0)]
    values = [float(each.gaps.iloc[-1]["after"]) for each in found]
    assert values[0] <= float(found[0].gaps.iloc[-1]["before"]) * (1 + 1e-9)
    assert all(more <= less * (1 + 1e-6) for less, more in pairwise(values))


@pytest.mark.parametrize("name", [name for name in gaps() if name not in MINIMISED])
def test_an_indicator_is_refused_as_a_goal(name: str) -> None:
    with pytest.raises(CommonwealError, match=name):
        plan(TINY, 60.0, {name: {}})


TOGETHER: list[Chosen] = [
    {"gini": {"weight": 2.0}, "urban_rural": {"weight": 0.5}},
    {"squared_shortfall": {}, "range": {"weight": 0.1}, "regional": {"weight": 3.0}},
    {"theil": {}, "atkinson": {"aversion": 2.0, "weight": 0.2}},
]


@pytest.mark.parametrize("chosen", TOGETHER, ids=titled)
def test_several_gaps_are_minimised_together_by_their_weights(chosen: Chosen) -> None:
    found = plan(TINY, 60.0, chosen)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(worth(chosen, found.benefits), rel=1e-9)
    best = by_hand(lambda benefits: worth(chosen, benefits), found.benefits, 60.0)
    assert found.objective <= best * (1 + 1e-6)
    assert found.lower_bound == pytest.approx(found.objective, rel=1e-6)
    total = found.gaps.iloc[-1]["after"]
    parts = found.gaps[found.gaps["gap"] != "total"]
    assert (parts["weight"] * parts["after"]).sum() == pytest.approx(total)


@pytest.mark.parametrize(("first", "second"), [("shortfall", "gini"), ("range", "shortfall"), ("shortfall", "theil")])
def test_a_gap_of_a_later_order_chooses_among_the_best_of_the_first(first: str, second: str) -> None:
    alone = plan(TINY, 60.0, {first: {}})
    found = plan(TINY, 60.0, {first: {}, second: {"order": 2}})
    assert found.status == "optimal"
    assert [stage["stage"] for stage in found.info["stages"]][2:4] == ["gap", "gap 2"]
    assert found.objective == pytest.approx(alone.objective, rel=1e-6)
    assert worth({second: {}}, found.benefits) <= worth({second: {}}, alone.benefits) + 1e-7

    def among_the_best(benefits: pd.DataFrame) -> float:
        kept = worth({first: {}}, benefits) <= alone.lower_bound * (1 + 1e-6)
        return worth({second: {}}, benefits) if kept else np.inf

    best = by_hand(among_the_best, found.benefits, 60.0)
    assert best < np.inf
    assert worth({second: {}}, found.benefits) <= best + 1e-6

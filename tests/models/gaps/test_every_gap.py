"""Every gap measure found by folder: what is minimised is what is measured, and no split of the money is better.

The case of `cases.py` with 60 million for the farmers' fund; North gets some of it, South the rest. 61 splits are
tried by hand, with the measure alone.
"""

import numpy as np
import pandas as pd
import pytest
from cases import TINY, scenario

from commonweal.models.parts import gaps
from commonweal.optimizer import solve
from commonweal.optimizer.errors import CommonwealError

BUDGET = 60.0
LEVERS = {"vertical_transfers": {"budget": {"f": BUDGET}}, "benefit_rigidity": {}}
MINIMISED = [name for name, part in gaps().items() if hasattr(part.module, "express")]


def measured(name: str, benefits: pd.DataFrame) -> float:
    cells = benefits.merge(TINY.tables["groups"], on="group").rename(columns={"eligible": "persons"})
    cells = cells.assign(attainment=cells["benefit"] / cells["standard"])
    module = gaps()[name].module
    return float(module.measure(cells, module.Settings()))


def by_hand(name: str, benefits: pd.DataFrame) -> float:
    """The smallest gap over all splits of the budget, money left over included where a gap would grow with it."""
    best = np.inf
    farmers = {r: (benefits["region"] == r) & (benefits["group"] == "farmers") for r in ("n", "s")}
    for spent in (BUDGET, 0.0):
        for north in np.linspace(0, spent, 61) if spent else [0.0]:
            paid = benefits["benefit_before"].astype(float).copy()
            paid[farmers["n"]] += north / 0.1
            paid[farmers["s"]] += (spent - north) / 0.1
            best = min(best, measured(name, benefits.assign(benefit=paid)))
    return best


@pytest.mark.parametrize("name", MINIMISED)
def test_what_is_minimised_is_what_is_measured_and_no_split_is_better(name: str) -> None:
    found = solve(TINY.read(), scenario(LEVERS, gaps={name: {}}))
    assert found.status == "optimal"
    assert found.objective == pytest.approx(measured(name, found.benefits), rel=1e-9, abs=1e-12)
    assert found.lower_bound <= found.objective + 1e-12
    assert found.objective <= by_hand(name, found.benefits) + 1e-6
    assert found.lower_bound <= by_hand(name, found.benefits) + 1e-6


@pytest.mark.parametrize("name", MINIMISED)
def test_a_gap_never_grows(name: str) -> None:
    found = solve(TINY.read(), scenario(LEVERS, gaps={name: {}}))
    total = found.gaps[found.gaps["gap"] == "total"].iloc[0]
    assert total["after"] <= total["before"] + 1e-9


@pytest.mark.parametrize("name", [name for name in gaps() if name not in MINIMISED])
def test_an_indicator_is_refused_as_a_goal(name: str) -> None:
    with pytest.raises(CommonwealError, match=name):
        solve(TINY.read(), scenario(LEVERS, gaps={name: {}}))

"""Leximin: hand-solved cases, brute force on small ones, and what it must never do."""

import numpy as np
import pytest
from cases import FARMERS_GET, TINY, benefit, deficit, joint, money, plan

from benchmarks.generate import generate
from commonweal.instances import Instance, project, read
from commonweal.models.build import build_model
from commonweal.optimizer import load_scenario, solve
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.highs import ABSENT, Solver
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.stages import keep_stage

LEXIMIN = {"name": "leximin"}
RIGID = {"benefit_rigidity": {}}


def brute_force(instance: Instance, scenario: Scenario) -> np.ndarray:
    """Shares of the standard in rising order, by testing every cell in every round: no duals, no parts, no halving."""
    case = instance if scenario.projection is None else project(instance, scenario.projection)
    m = build_model(case, scenario.levers, {}, scenario.weights).model
    solver = Solver(m, scenario.solver)
    for stage in ("unfunded", "floors"):
        keep_stage(solver, stage)
    cells = [i for i in m.CELLS if not m.benefit[i].fixed and m.eligible[i] > 0]
    column = solver.columns(m.benefit, cells)
    unit = np.array([m.standard[i] for i in cells])
    assert (column != ABSENT).all()
    free, reached = np.ones(len(cells), dtype=bool), np.zeros(len(cells))

    def best(costs: dict[int, float]) -> float:
        vector = np.zeros(len(solver.lower))
        vector[list(costs)] = [-value for value in costs.values()]
        return -solver.minimise_costs(vector).objective

    while free.any():
        level = int(solver.add_columns(1, 0.0, np.inf)[0])
        at = column[free]
        entries = np.stack([1 / unit[free], -np.ones(len(at))], axis=1)
        pairs = np.stack([at, np.full(len(at), level)], axis=1).astype(np.int32)
        rows = solver.add_rows(pairs, entries, np.zeros(len(at)))
        highest = best({level: 1.0})
        solver.free_rows(rows)
        held = np.flatnonzero(free)
        solver.set_bounds(at, np.maximum(solver.lower[at], (highest - 1e-10) * unit[free]), solver.upper[at])
        stuck = [k for k in held.tolist() if best({int(column[k]): 1 / unit[k]}) <= highest + 1e-7]
        assert stuck
        reached[stuck], free[stuck] = highest, False
    return np.sort(reached)


def found(instance: Instance, scenario: Scenario) -> np.ndarray:
    """The same from the plan."""
    cells = solve(instance, scenario).benefits
    return np.sort(cells["share_of_standard"][(cells["eligible"] > 0) & (cells["recipients"] > 0)].to_numpy())


def test_the_poorest_is_lifted_until_the_money_is_gone_or_it_meets_the_next():
    # 20 million for 100 thousand farmers of the South: 200 crowns more, 200 -> 400; the North stays at 600
    lifted = plan(TINY, FARMERS_GET | RIGID, search=LEXIMIN)
    assert benefit(lifted, "s", "farmers") == pytest.approx(400)
    assert benefit(lifted, "n", "farmers") == pytest.approx(600)
    # 60 million: 40 bring the South to 600, the other 20 lift both by 100
    both = plan(TINY, {"vertical_transfers": {"budget": {"f": 60.0}}} | RIGID, search=LEXIMIN)
    assert [benefit(both, r, "farmers") for r in ("n", "s")] == pytest.approx([700, 700])


def test_money_that_no_longer_helps_the_lowest_goes_on_to_the_next():
    # South's farmers may rise by half only, 200 -> 300, for 10 of 20 million; the other 10 lift the North by 100
    caps = {"benefit_rigidity": {"groups": {"*": {"min_growth": 0.0}, "farmers": {"max_growth": 0.5}}}}
    found = plan(TINY, FARMERS_GET | caps, search=LEXIMIN)
    assert benefit(found, "s", "farmers") == pytest.approx(300)
    assert benefit(found, "n", "farmers") == pytest.approx(700)
    assert money(found, "central", "n", "f") + money(found, "central", "s", "f") == pytest.approx(20)


def test_nobody_is_lifted_above_the_line_of_the_search():
    # both farmers to half the standard at most: South 200 -> 500 takes 30, North is above; 30 of 60 stay unspent
    search = {"name": "leximin", "line": 0.5}
    found = plan(TINY, {"vertical_transfers": {"budget": {"f": 60.0}}} | RIGID, search=search)
    assert benefit(found, "s", "farmers") == pytest.approx(500)
    assert money(found, "central", "s", "f") == pytest.approx(30)


def test_programmes_named_first_are_served_first():
    # a second programme for the farmers, where the South stands lower still: served only after pensions
    case = TINY.add("programmes", "care,Care").add("schemes", "care,farmers,f,1000")
    case = case.add("people", "n,farmers,care,100,100,0\ns,farmers,care,100,100,0")
    budget = {"vertical_transfers": {"budget": {"f": 20.0}}}
    together = plan(case, budget | RIGID, search=LEXIMIN)
    first = plan(case, budget | RIGID, search={"name": "leximin", "programmes": ["pension"]})
    care = together.benefits[together.benefits["programme"] == "care"]["benefit"]
    # 20 million over two cells of 100 thousand at zero: 100 crowns each
    assert care.tolist() == pytest.approx([100, 100])
    pension = first.benefits[(first.benefits["programme"] == "pension") & (first.benefits["group"] == "farmers")]
    assert pension.set_index("region")["benefit"].to_dict() == pytest.approx({"n": 600, "s": 400})


@pytest.mark.parametrize(
    "case", [TINY, deficit(), joint(), TINY.years(2030, 2031)], ids=["tiny", "deficit", "joint", "years"]
)
@pytest.mark.parametrize(
    "levers",
    [
        FARMERS_GET,
        FARMERS_GET | RIGID,
        FARMERS_GET | {"benefit_rigidity": {"groups": {"*": {"min_growth": -0.2, "max_growth": 0.3}}}},
        FARMERS_GET | {"horizontal_transfers": {"fund": "f", "share_of_capacity": 0.05}},
        FARMERS_GET | RIGID | {"reserves": {"funds": {"f": {"months": 1}, "w": {"months": 1}}}},
        {"fund_pool": {"fund": "w", "share": 0.5, "surplus": "current"}, "reserves": {"funds": {"w": {"months": 1}}}},
    ],
    ids=["budget", "rigid", "capped", "horizontal", "reserves", "pool"],
)
def test_leximin_equals_brute_force_on_tiny_cases(case, levers):
    instance = case.read()
    scenario = load_scenario(instance, (), (), ("leximin",)).model_copy(
        update={"levers": plan_levers(levers)},
    )
    assert found(instance, scenario) == pytest.approx(brute_force(instance, scenario), abs=1e-6)


def plan_levers(levers):
    from commonweal.optimizer.scenario import from_document

    return from_document({"levers": levers}).levers


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("regions", "groups", "programmes", "years"), [(6, 2, 1, 1), (4, 3, 2, 1), (4, 2, 1, 3)])
def test_leximin_equals_brute_force_on_generated_cases(seed, regions, groups, programmes, years):
    instance = generate(regions, groups, programmes, years, seed=seed + 1)
    scenario = load_scenario(instance, (), (), ("leximin",))
    assert found(instance, scenario) == pytest.approx(brute_force(instance, scenario), abs=1e-6)


def test_many_growth_caps_are_found_together():
    # 300 regions whose farmers may each rise by 5 %: hundreds of different ends, a handful of rounds
    instance = generate(300, 2, 1, 1)
    caps = ("levers.benefit_rigidity.groups.group-2.max_growth=0.05",)
    solved = solve(instance, load_scenario(instance, (), caps, ("leximin",)))
    rounds = next(stage["rounds"] for stage in solved.info["stages"] if stage["stage"] == "leximin")
    assert rounds <= 6


def test_with_unlimited_levels_no_central_money_stays_idle_while_somebody_can_be_lifted():
    instance = read("china-2024")
    solved = solve(instance, load_scenario(instance, (), (), ("leximin",)))
    assert solved.transfers["central"].sum() == pytest.approx(99.20595, rel=1e-6)


def test_leximin_gives_the_same_benefits_as_the_squared_shortfall_on_the_real_case():
    instance = read("china-2024")
    ours, theirs = (solve(instance, load_scenario(instance, (), (), gap)).benefits for gap in (("leximin",), ()))
    assert ours["benefit"].to_numpy() == pytest.approx(theirs["benefit"].to_numpy(), abs=0.05)


def test_leximin_is_an_order_of_its_own_and_is_not_added_to_gaps():
    instance = read("two-regions")
    with pytest.raises(UsageError, match="leximin is an order of its own"):
        load_scenario(instance, (), (), ("leximin", "gini"))


def test_a_gap_named_on_the_command_line_replaces_a_leximin_search():
    instance = read("brazil-fundeb-2019")
    assert load_scenario(instance).search.name == "leximin"
    assert load_scenario(instance).gaps == {}
    replaced = load_scenario(instance, (), (), ("gini",))
    assert replaced.search.name == "auto"
    assert list(replaced.gaps) == ["gini"]


def test_the_total_is_how_far_the_worst_off_are_from_the_standard():
    solved = plan(TINY, FARMERS_GET | RIGID, search=LEXIMIN)
    total = solved.gaps.iloc[-1]
    # South's farmers: 0.2 of the standard before, 0.4 after
    assert total["before"] == pytest.approx(0.8)
    assert solved.objective == pytest.approx(0.6)
    assert solved.lower_bound == pytest.approx(0.6)
    assert solved.status == "optimal"


def test_an_unknown_search_is_answered_with_the_known_ones():
    with pytest.raises(UsageError, match="leximin"):
        load_scenario(read("two-regions"), (), ("search.name=leximax",))

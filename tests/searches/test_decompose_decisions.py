"""Yes-or-no decisions of a nation that is planned in parts, and what its idle units and mixes of plans are."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.generate import generate
from commonweal.instances import Instance
from commonweal.optimizer import Plan, load_scenario, run_folder, solve
from commonweal.optimizer.decompose.balance import balanced
from commonweal.optimizer.decompose.decisions import _choose
from commonweal.optimizer.decompose.groups import groups_of
from commonweal.optimizer.decompose.master import Master
from commonweal.optimizer.decompose.messages import Answer, Ask, Blend, Decision, Described, Floats, Limit
from commonweal.optimizer.decompose.part import Part
from commonweal.optimizer.decompose.split import parts_of, refuse, specs
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.verify import verify

WITHIN = 5e-4
MONEY = ("lever", "budget", (2030,))
POOL = ("lever", "pool", (2030,))

RULES = {
    "alone": "levers.extension={programmes={programme-2={package=0.5,setup=10.0}}}",
    "with their parent": "levers.extension={level='parent',programmes={programme-2={package=0.2,setup=1.0}}}",
    "at a speed": "levers.extension={programmes={programme-2={package=0.2,speed=0.4}}}",
}


def plans(case: Instance, rule: str) -> tuple[Plan, Plan]:
    """Whole, and in parts."""
    sets = (f"solver.tolerance={WITHIN}", rule)
    whole = load_scenario(case, (), ("search.name=single", *sets))
    parts = load_scenario(case, (), ("search.name=decompose", "search.processes=1", *sets))
    return solve(case, whole), solve(case, parts)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_decisions_of_parts_are_whole_and_the_best_ones_lie_between_the_bounds(rule: str, tmp_path: Path) -> None:
    whole, split = plans(generate(12, 2, 2, 2), rule)
    assert split.lower_bound <= whole.objective * (1 + 1e-9)
    assert whole.lower_bound <= split.objective * (1 + 1e-9)
    decisions = split.tables["decisions"]
    chosen = decisions.loc[decisions["integer"], "value"].to_numpy()
    assert len(chosen) == split.info["integer"]["decisions"] > 0
    assert np.allclose(chosen, np.round(chosen), atol=1e-9)
    assert split.info["integer"]["distance"] < 0.01
    verdict = verify(run_folder.write(split, tmp_path / "run"))
    assert verdict.accepted, [violation.message for violation in verdict.violations]


def test_regions_that_decide_together_are_in_one_part() -> None:
    case = generate(40, 2, 2, 1)
    parent = dict(zip(case.regions["region"], case.regions["parent"], strict=True))
    parts = parts_of(case, load_scenario(case, (), (RULES["with their parent"],)))
    homes = [{parent[region] for region in part} for part in parts]
    assert sorted(region for part in parts for region in part) == sorted(parent)
    assert sum(map(len, homes)) == len(set(parent.values())) > 1
    assert len(parts_of(case, load_scenario(case))) == 8  # without such a rule, regions are dealt out one by one


@pytest.mark.parametrize(
    "rule",
    [
        RULES["alone"].replace("{programmes", "{level='nation',programmes"),
        "levers.maternity_for_all={programme='programme-2',allowance=0.1}",
    ],
)
def test_a_decision_of_the_whole_nation_is_refused_by_name(rule: str) -> None:
    case = generate(4, 2, 2, 1)
    with pytest.raises(UsageError, match=r"extension|maternity_for_all"):
        refuse(case, load_scenario(case, (), (rule,)))


def test_decisions_that_exceed_a_limit_together_are_chosen_among_the_known_ones_unit_by_unit() -> None:
    # Yes uses 6 of 10 and has gap 1; no uses nothing and has gap 3 in the first unit and 2 in the second. Both cannot be yes:
    # a yes saves 2 / 6 in the first and 1 / 6 in the second, so the first is yes, and of the second 4 / 6 would be.
    # Of two halves that which uses less is taken: no.
    part = Described(2, (MONEY,), (), (Limit(10.0, False),), 1.0)
    yes, no = np.array([[6.0], [6.0]]), np.zeros((2, 1))
    known = [
        [Decision(0.0, np.array([1.0, 1.0]), yes, yes, 2)],
        [Decision(0.0, np.array([3.0, 2.0]), no, no, 2)],
    ]
    ask = Ask({MONEY: 0.0}, {}, 1.0)
    chosen, over = _choose([part], known, ask, {MONEY: 10.0})
    assert (chosen[0].tolist(), over) == ([1, 1], [])  # the last ones exceed nothing
    chosen, over = _choose([part], known[::-1], ask, {MONEY: 10.0})
    assert (chosen[0].tolist(), over) == ([1, 0], [])
    assert _choose([part], known[:1], ask, {MONEY: 10.0})[1] == [MONEY]  # nothing else is known


# -- units whose gap money cannot change ---------------------------------------------------------------------------


def test_only_units_that_no_link_joins_to_others_are_idle() -> None:
    # Two units are idle by themselves; the second uses money, too, which the third wants.
    touches = np.array([[False, True], [True, True], [True, False]])
    part = Described(
        3,
        (MONEY, POOL),
        (),
        (Limit(1.0, False), Limit(0.0, True)),
        1.0,
        touches=touches,
        idle=np.array([True, True, False]),
    )
    busy, idle = groups_of([part])
    assert (busy.parts[0].units, idle.parts[0].units) == (3, 0)
    alone = Described(2, (MONEY, POOL), (), part.limits, 1.0, touches=touches[[0, 2]], idle=np.array([True, False]))
    busy, idle = groups_of([alone])
    assert (busy.parts[0].links, idle.parts[0].links) == ((MONEY,), (POOL,))
    answer = Answer(np.array([2.0, 3.0]), np.array([2.0, 3.5]), np.array([[0.0, 5.0], [7.0, 0.0]]), fixed=1.0)
    (own,), (other,) = busy.answers([answer]), idle.answers([answer])
    assert (own.cost.tolist(), own.used.tolist(), own.fixed) == ([3.0], [[7.0]], 3.0)
    assert (other.used.tolist(), other.fixed) == ([[5.0]], 4.0)


def pool(low: float, high: float) -> tuple[Described, Answer, Answer]:
    """A unit that may pay into or draw from a pool between these: what it is, and its plans at either price."""
    told = Described(1, (POOL,), (), (Limit(0.0, True),), 1.0, touches=np.ones((1, 1), bool), idle=np.ones(1, bool))
    dear, cheap = (Answer(np.zeros(1), np.array([value]), np.array([[value]])) for value in (low, high))
    return told, dear, cheap


def test_money_of_idle_units_adds_up_or_a_proof_says_that_it_cannot() -> None:
    # One may draw from -3 (pay 3) to 1, the other has to draw from 1 to 5: together nought at -1 and 1, say.
    def found(units: list[tuple[Described, Answer, Answer]]) -> tuple[float, float]:
        group = groups_of([told for told, *_ in units])[1]
        proofs = []

        def ask(_: Master, prices: Floats) -> list[Answer]:
            return [
                Answer(np.zeros(1), plan.used[0] * prices[0], plan.used)
                for plan in (dear if prices[0] > 0 else cheap for _, dear, cheap in units)
            ]

        money = balanced(group, ask, lambda proof, _: proofs.append(proof))
        return sum(own[POOL] for own in money), max(proofs)

    total, proof = found([pool(-3.0, 1.0), pool(1.0, 5.0)])
    assert total == pytest.approx(0.0, abs=1e-9)
    assert proof <= 0.0
    with pytest.raises(UsageError):
        found([pool(0.5, 1.0), pool(1.0, 5.0)])


def test_a_mix_of_plans_has_a_smaller_gap_than_the_mix_of_their_gaps_and_no_smaller_one_than_the_bound() -> None:
    case = generate(8, 2, 2, 1)
    part = Part(specs(case, load_scenario(case), [sorted(case.regions["region"])])[0])
    told = part.describe()
    dear, cheap = (part.price(Ask(dict.fromkeys(told.links, price), {}, 1e-6)) for price in (1e-3, 1e-7))
    units = np.arange(told.units)
    alone = [part.blend(Blend(units, np.full(told.units, k), np.ones(told.units))) for k in (dear.number, cheap.number)]
    assert alone == pytest.approx([dear.cost.sum() + dear.fixed, cheap.cost.sum() + cheap.fixed], rel=1e-9)
    both = np.concatenate([units, units]), np.repeat([dear.number, cheap.number], told.units)
    half = part.blend(Blend(*both, np.full(2 * told.units, 0.5)))
    assert min(alone) <= half <= sum(alone) / 2
    assert half < sum(alone) / 2 * (1 - 1e-3)  # benefits differ, and squares are curved

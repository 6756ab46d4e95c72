"""Accounts by hand on the case of `cases.py`, and that every account closes on a case with all kinds of money."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from cases import FARMERS_GET, TINY, at, deficit, plan

from commonweal.instances import InstanceError, read
from commonweal.optimizer import Plan, load_scenario, run_folder, solve
from commonweal.optimizer.verify import verify

RELATIVE = 1e-6
SPLIT = replace(TINY, tables={**TINY.tables, "accounts": TINY.tables["accounts"].assign(employer_share=0.75)})
# South's workers' fund lacks 50 a year, North's gains 50: half of that is pooled.
POOLED = {
    "fund_pool": {"fund": "w", "share": 0.5},
    "reserves": {"funds": {"w": {"months": 0}}},
    "benefit_rigidity": {},
    **FARMERS_GET,
}
SHORT = deficit(SPLIT).put("accounts", region="s", fund="w", locked=50)


def paid(found: Plan, payer: str, region: str, fund: str) -> float:
    rows = found.tables["accounts"].query("payer == @payer and region == @region and fund == @fund")
    return float(rows["amount"].sum())


def side(found: Plan, account: str, name: str, column: str) -> float:
    return at(found.tables["redistribution"].query("account == @account"), column, side=name)


@pytest.fixture(scope="module")
def provinces() -> Plan:
    case = read("five-provinces")
    return solve(case, load_scenario(case, ["central-adjustment"]))


def test_contributions_are_split_between_employers_and_workers():
    # 0.2 x 1,000 = 200, three quarters of it from employers.
    found = plan(SPLIT, FARMERS_GET)
    assert paid(found, "employers", "n", "w") == pytest.approx(150)
    assert paid(found, "workers", "n", "w") == pytest.approx(50)
    assert paid(plan(TINY, FARMERS_GET), "contributors", "n", "w") == pytest.approx(200)


def test_a_lower_rate_is_the_employers_gain():
    found = plan(SPLIT, {"employer_burden": {"cap": 0.2}, "benefit_rigidity": {}})
    # South's 0.3 is 0.225 of employers and 0.075 of workers; 0.2 and 0.075 remain, on 500.
    assert paid(found, "employers", "s", "w") == pytest.approx(100, rel=1e-6)
    assert paid(found, "workers", "s", "w") == pytest.approx(37.5, rel=1e-6)


def test_a_use_is_paid_by_all_payers_of_its_fund_in_proportion():
    # South's farmers get 40: 20 of other revenue and 20 of the grant.
    rows = plan(TINY, FARMERS_GET).tables["accounts"].query("region == 's' and fund == 'f' and use == 'benefits'")
    assert rows.set_index("payer")["amount"].to_dict() == pytest.approx({"centre": 20, "other revenue": 20}, rel=1e-6)
    assert rows.set_index("payer")["before"].to_dict() == pytest.approx({"centre": 0, "other revenue": 20})


def test_money_of_the_pool_comes_from_other_regions_and_the_rest_is_unfunded():
    found = plan(SHORT, POOLED)
    assert paid(found, "other regions", "s", "w") == pytest.approx(25, rel=1e-5)
    assert paid(found, "unfunded", "s", "w") == pytest.approx(25, rel=1e-5)
    given = found.tables["accounts"].query("region == 'n' and use == 'other regions'")
    assert given["amount"].sum() == pytest.approx(25, rel=1e-5)


def test_regions_pay_contributions_and_receive_benefits():
    # North: 0.25 x 1,000 paid; workers' 200 and farmers' 60 received. South: 100 paid, 150 and 40 received.
    found = plan(SHORT, POOLED)
    assert side(found, "regions", "n", "paid") == pytest.approx(250, rel=1e-6)
    assert side(found, "regions", "n", "received") == pytest.approx(260, rel=1e-6)
    assert side(found, "regions", "s", "paid") == pytest.approx(100, rel=1e-6)
    assert side(found, "regions", "s", "received") == pytest.approx(190, rel=1e-6)
    assert side(found, "regions", "public budgets", "paid") == pytest.approx(80 + 20, rel=1e-6)


def test_labour_and_capital_groups_and_generations():
    found = plan(SHORT, POOLED)
    assert side(found, "labour and capital", "capital", "paid") == pytest.approx(0.75 * 350, rel=1e-6)
    assert side(found, "labour and capital", "labour", "received") == pytest.approx(450, rel=1e-6)
    assert side(found, "groups", "workers", "paid") == pytest.approx(350, rel=1e-6)
    assert side(found, "groups", "farmers", "received") == pytest.approx(100, rel=1e-6)
    assert side(found, "generations", "elderly", "received") == pytest.approx(450, rel=1e-6)
    assert side(found, "life cycle", "w", "received") == pytest.approx(350, rel=1e-6)


def test_horizontal_money_is_paid_by_the_donor_and_what_is_lost_is_told():
    # North pays at most 0.1 x 500 = 50, a fifth of it is lost.
    found = plan(TINY, {"horizontal_transfers": {"fund": "f", "share_of_capacity": 0.1, "loss": 0.2}})
    assert side(found, "regions", "n", "paid") == pytest.approx(200 + 50, rel=1e-6)
    assert side(found, "regions", "lost on the way", "received") == pytest.approx(10, rel=1e-6)


def test_effects_are_multipliers_times_spending():
    settings = {
        "consumption": {"farmers": 0.8, "*": 0.5},
        "expectation": {"farmers": 0.1},
        "industries": {"pension": {"care": 0.2}},
        "jobs": {"pension": 2.0},
    }
    effects = plan(TINY, FARMERS_GET, accounts=settings).tables["effects"]
    assert at(effects.query("effect == 'income'"), "before", scope="farmers") == pytest.approx(0.8 * 80)
    assert at(effects.query("effect == 'income'"), "after", scope="farmers") == pytest.approx(0.8 * 100, rel=1e-6)
    assert at(effects.query("effect == 'income'"), "after", scope="workers") == pytest.approx(0.5 * 350)
    assert at(effects.query("effect == 'expectation'"), "after", scope="farmers") == pytest.approx(10, rel=1e-6)
    assert at(effects, "after", effect="industry", scope="care") == pytest.approx(0.2 * 450, rel=1e-6)
    assert at(effects, "after", effect="employment", scope="pension") == pytest.approx(900, rel=1e-6)


def test_multipliers_for_a_group_that_is_not_there_are_refused():
    with pytest.raises(InstanceError, match="group"):
        plan(TINY, FARMERS_GET, accounts={"consumption": {"farmer": 0.8}})


@pytest.mark.parametrize("side", ["before", "amount"])
def test_the_matrix_closes_by_payer_and_by_use(provinces: Plan, side: str):
    matrix, funds = provinces.tables["accounts"], provinces.funds.set_index(["region", "fund", "year"])
    keys = ["region", "fund", "year"]
    assert (matrix[["before", "amount"]] >= 0).all(axis=None)
    cost = matrix[matrix["use"] == "benefits"].groupby([*keys, "group", "programme"])[side].sum()
    due = provinces.benefits.merge(provinces.instance.schemes[["group", "programme", "fund"]].drop_duplicates())
    due = due.assign(before=due["eligible"] * due["benefit_before"] / 1000, amount=due["spending"])
    due = due.set_index(cost.index.names)[side]
    assert (cost.reindex(due.index, fill_value=0.0) - due).abs().max() <= RELATIVE * due.max()
    if side == "amount":
        for payer, column in (("centre", "central"), ("region", "own"), ("unfunded", "unfunded")):
            found = matrix[matrix["payer"] == payer].groupby(keys)["amount"].sum().reindex(funds.index, fill_value=0.0)
            assert (found - funds[column]).abs().max() <= RELATIVE * funds["spending"].max()


def test_every_account_closes(provinces: Plan):
    rows = provinces.tables["redistribution"].fillna({"year": 0})
    sums = rows.groupby(["account", "year"])[["paid_before", "received_before", "paid", "received"]].sum()
    assert len(sums) == 7 * 3 + 1
    assert (sums["paid"] / sums["received"] - 1).abs().max() <= RELATIVE
    assert (sums["paid_before"] / sums["received_before"] - 1).abs().max() <= RELATIVE


def test_accounts_that_are_spoilt_are_not_accepted(provinces: Plan, tmp_path: Path):
    folder = tmp_path / "run"
    run_folder.write(provinces, folder)
    assert verify(folder).accepted
    for table, column in (("accounts", "amount"), ("redistribution", "paid"), ("effects", "after")):
        frame = pd.read_csv(folder / f"{table}.csv")
        whole = frame.copy()
        frame.loc[frame[column].idxmax(), column] *= 1.001
        frame.to_csv(folder / f"{table}.csv", index=False)
        assert {v.lever for v in verify(folder).violations} == {"accounts"}
        whole.to_csv(folder / f"{table}.csv", index=False)

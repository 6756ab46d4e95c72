"""Every rule of every lever, and every identity of the tables, is broken once and must be found and named.

Where a rule has a setting, the setting is tightened and the plan left alone, so that this rule alone
breaks. The numbers of the plan, and their arithmetic, are in conftest.py.
"""

import pandas as pd
import pytest

from commonweal.optimizer import checks
from commonweal.optimizer.verify import verify

VERTICAL, HORIZONTAL = "levers/vertical_transfers", "levers/horizontal_transfers"
RATE, POOL, RIGIDITY = "levers/unified_rate", "levers/fund_pool", "levers/benefit_rigidity/groups"
FLOORS, RESERVES = "levers/floors", "levers/reserves"


def broken(run) -> list[tuple[str, str, str, int | None, float]]:
    """Lever, rule, region, year and rounded amount of every violation."""
    found = verify(run.folder).violations
    return [(v.lever, v.rule, v.region, v.year, round(v.amount, 9)) for v in found]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        # 30 + 210 = 240 granted in 2031
        (f"{VERTICAL}/budget", {"f": [239.0, 250.0]}, [("budget", "", 2031, 1.0)]),
        # 31 + 215 = 246 in 2032, and 1.02 x 240 = 244.8
        (f"{VERTICAL}/budget", {"f": {"amount": 240.0, "growth": "prices"}}, [("budget", "", 2032, 1.2)]),
        # North is not favoured: 31 against (1 - 0.88) x 250 = 30; 30 against 28.8
        (f"{VERTICAL}/tilt", 0.88, [("tilt", "", 2031, 1.2), ("tilt", "", 2032, 1.0)]),
        # 355 crowns x 600 thousand x 0.001 = 213 for South, which gets 210 and 215
        (f"{VERTICAL}/per_head_floor", {"hills": 355.0}, [("floor per head", "South", 2031, 3.0)]),
        # North 30 to 31 against 30 x 1.03 = 30.9
        (f"{VERTICAL}/stability", 0.03, [("largest yearly rise", "North", 2032, 0.1)]),
        # North pays 60; 0.02 x 2400 = 48, 0.011 x 5000 = 55
        (
            f"{HORIZONTAL}/share_of_capacity",
            0.02,
            [("cap of a donor", "North", 2031, 12.0), ("cap of a donor", "North", 2032, 12.0)],
        ),
        (
            f"{HORIZONTAL}/share_of_revenue",
            0.011,
            [("cap of a donor", "North", 2031, 5.0), ("cap of a donor", "North", 2032, 5.0)],
        ),
        (
            f"{HORIZONTAL}/donors",
            ["s"],
            [("cap of a donor", "North", 2031, 60.0), ("cap of a donor", "North", 2032, 60.0)],
        ),
        # South adds min(0.009 x 1500, 20) = 13.5 and not 15
        (
            "levers/own_effort/share_of_revenue",
            0.009,
            [("own money", "South", 2031, 1.5), ("own money", "South", 2032, 1.5)],
        ),
        # at once to 0.2 in 2031: North 0.195, South 0.212
        (
            f"{RATE}/phase_in",
            1,
            [
                ("path to the common rate", "North", 2031, 0.005),
                ("path to the common rate", "South", 2031, 0.012),
            ],
        ),
        # 0.39 x 50 x 1.02 = 19.89 in 2031, x 1.02 = 20.2878 in 2032; 20 is paid
        (f"{POOL}/share", 0.39, [("share of the surplus", "North", 2031, 0.11)]),
        # workers follow prices: 12000 x 1.02 = 12240, 9000 x 1.02 = 9180, every year
        (
            f"{RIGIDITY}/workers/min_growth",
            "prices",
            [
                ("least growth", "North", 2031, 240.0),
                ("least growth", "North", 2032, 240.0),
                ("least growth", "South", 2031, 180.0),
                ("least growth", "South", 2032, 180.0),
            ],
        ),
        # farmers by "*": North 2400 to 3000 is 25 %, then 3020 against 3750; South 1200 to 2920, then 3000
        (
            f"{RIGIDITY}/*",
            {"max_growth": 0.2},
            [("largest growth", "North", 2031, 120.0), ("largest growth", "South", 2031, 1480.0)],
        ),
        (
            f"{RIGIDITY}/*",
            {"min_growth": 0.02, "programmes": ["pension"]},
            [("least growth", "North", 2032, 40.0)],
        ),
        # South's farmers have 2920 in 2031
        (f"{FLOORS}/amount", 2950.0, [("floor", "South", 2031, 30.0)]),
        (f"{FLOORS}/amount", [2900.0, 3010.0], [("floor", "South", 2032, 10.0)]),
        (f"{FLOORS}/share", 0.49, [("floor", "South", 2031, 20.0)]),
        # no longer their own 0.6 months: 438 / 12 = 36.5 against 30.09
        (f"{RESERVES}/funds/f/own_months", False, [("months of spending", "South", 2031, 6.41)]),
        # South's own 4.44 months: 2 / 12 x 540 = 90 against 74.52
        (f"{RESERVES}/funds/w/months", 2.0, [("months of spending", "South", 2032, 15.48)]),
        # 1.1 x 24 = 26.4 against 24.4824
        (f"{RESERVES}/funds/f/keep", 1.1, [("kept to the end", "North", 2032, 1.9176)]),
    ],
)
def test_a_tightened_setting_breaks_its_rule_and_no_other(run_by_hand, key, value, expected):
    found = broken(run_by_hand.set(key, value))
    lever = key.split("/")[1]
    assert sorted(found) == sorted((lever, *row) for row in expected)


@pytest.mark.parametrize(
    ("key", "value", "lever", "rule"),
    [
        (f"{VERTICAL}/budget", {"w": 500.0}, "vertical_transfers", "budget"),
        (f"{HORIZONTAL}/loss", 0.2, "horizontal_transfers", "received is what arrives of paid"),
        (f"{HORIZONTAL}/fund", "w", "horizontal_transfers", "only for the named fund"),
        (f"{HORIZONTAL}/fund", "w", "horizontal_transfers", "cap of a donor"),
        ("levers/own_effort/fund", "w", "own_effort", "own money"),
        (f"{RATE}/fund", "f", "unified_rate", "other funds keep today's rate"),
        (f"{RATE}/target", 0.21, "unified_rate", "path to the common rate"),
        (f"{POOL}/fund", "f", "fund_pool", "only in the named fund"),
        (f"{POOL}/fund", "f", "fund_pool", "share of the surplus"),
        (f"{RESERVES}/interest", 0.02, "reserves", "interest on the opening reserve"),
    ],
)
def test_a_setting_changed_breaks_the_rule_it_belongs_to(run_by_hand, key, value, lever, rule):
    assert (lever, rule) in {row[:2] for row in broken(run_by_hand.set(key, value))}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # a free common rate is read off the plan: 0.2
        ({"target": "free", "bounds": [0.15, 0.25]}, []),
        ({"target": "free", "bounds": [0.21, 0.25]}, [("unified_rate", "least common rate", "", None, 0.01)]),
        (
            {"target": "free", "bounds": [0.15, 0.19]},
            [("unified_rate", "largest common rate", "", None, 0.01)],
        ),
    ],
)
def test_a_free_common_rate_is_one_for_all_and_within_bounds(run_by_hand, changes, expected):
    for key, value in changes.items():
        run_by_hand.set(f"{RATE}/{key}", value)
    assert broken(run_by_hand) == expected


def test_a_region_off_the_path_to_a_free_rate_is_named(run_by_hand):
    run_by_hand.set(f"{RATE}/target", "free").set(f"{RATE}/bounds", [0.0, 1.0])
    run_by_hand.change("rates", "rate", lambda rate: rate + 0.01, region="s", fund="w", year=2032)
    rows = {row[:4] for row in broken(run_by_hand)}
    assert ("unified_rate", "path to the common rate", "South", 2032) in rows


def test_a_pool_by_current_surplus_follows_the_rates_of_the_plan(run_by_hand):
    # North: 0.195 x 6000 + 120 - 10 - 1200 = 80 in 2031 and 110 in 2032; a quarter of 80 is the 20 paid
    run_by_hand.set(f"{POOL}/surplus", "current").set(f"{POOL}/share", 0.25)
    assert broken(run_by_hand) == []
    run_by_hand.set(f"{POOL}/share", 0.24)
    assert broken(run_by_hand) == [("fund_pool", "share of the surplus", "North", 2031, 0.8)]


def test_what_the_pool_receives_is_what_it_is_paid(run_by_hand):
    for table in ("transfers", "funds"):
        run_by_hand.change(table, "pool_received", lambda _: 19.0, region="s", fund="w", year=2031)
    assert ("fund_pool", "received = paid", "", 2031, 1.0) in broken(run_by_hand)


def test_a_yearly_fall_of_grants_is_held_to_stability(run_by_hand):
    # 28 after 36 in the first year: at least 0.9 x 36 = 32.4; 31 is less
    for table in ("transfers", "funds"):
        run_by_hand.change(table, "central", lambda _: 36.0, region="n", fund="f", year=2031)
    assert ("vertical_transfers", "largest yearly fall", "North", 2032, 1.4) in broken(run_by_hand)


def test_a_donor_that_receives_is_named(run_by_hand):
    run_by_hand.change("inputs/budgets", "donor_cap", lambda _: 10.0, region="s")
    rule = "donors receive nothing"
    expected = [("horizontal_transfers", rule, "South", year, 54.0) for year in (2031, 2032)]
    assert broken(run_by_hand) == expected


def test_own_effort_is_capped_by_the_effort_that_is_lacking(run_by_hand):
    run_by_hand.change("inputs/budgets", "own_effort", lambda _: 14.0, region="s")
    assert broken(run_by_hand) == [("own_effort", "own money", "South", year, 1.0) for year in (2031, 2032)]


def test_the_locked_part_of_a_reserve_stays(run_by_hand):
    # 25 locked and 1 a year more: 26 and 27 against 24.24 and 24.4824
    run_by_hand.change("inputs/accounts", "locked", lambda _: 25.0, region="n", fund="f")
    found = [row for row in broken(run_by_hand) if row[0] == "reserves"]
    assert found == [
        ("reserves", "locked part", "North", 2031, 1.76),
        ("reserves", "locked part", "North", 2032, 2.5176),
    ]


def test_a_fund_the_reserves_do_not_name_keeps_to_the_path_it_takes_today(run_by_hand):
    # South's workers today: 200 + 560 - 600 = 160, then 120; the plan has 152 and 74.52
    run_by_hand.set(f"{RESERVES}/funds/w", None)
    rule = "reserve not below the path it takes today"
    assert broken(run_by_hand) == [
        ("status quo", rule, "South", 2031, 8.0),
        ("status quo", rule, "South", 2032, 45.48),
    ]


def test_the_path_of_today_never_falls_below_zero(status_quo_by_hand):
    # South's workers lose 40 a year; from an opening of 30 the path is 0 and 0, not -10 and -50
    status_quo_by_hand.change("inputs/accounts", "opening", lambda _: 30.0, region="s", fund="w")
    for year, opening, unfunded in ((2031, 30.0, 10.0), (2032, 0.0, 40.0)):
        where = {"region": "s", "fund": "w", "year": year}
        for column, value in (("opening", opening), ("unfunded", unfunded), ("closing", 0.0)):
            status_quo_by_hand.change("funds", column, lambda _, value=value: value, **where)
    assert broken(status_quo_by_hand) == []


def test_a_soft_floor_demands_nothing(run_by_hand):
    run_by_hand.set(f"{FLOORS}/amount", 5000.0).set(f"{FLOORS}/mode", "soft")
    assert broken(run_by_hand) == []


def test_a_floor_for_all_groups_and_programmes_looks_at_all_cells(run_by_hand):
    run_by_hand.set(f"{FLOORS}/groups", None).set(f"{FLOORS}/amount", 9500.0)
    assert {row[2] for row in broken(run_by_hand)} == {"North", "South"}
    assert broken(run_by_hand.set(f"{FLOORS}/programmes", [])) == []


@pytest.mark.parametrize(
    ("lever", "columns"),
    [
        ("vertical_transfers", ["central"]),
        ("horizontal_transfers", ["horizontal_received", "horizontal_paid"]),
        ("own_effort", ["own"]),
        ("fund_pool", ["pool_received", "pool_paid"]),
        ("reserves", ["interest"]),
    ],
)
def test_a_flow_that_no_active_lever_opens_must_be_zero(run_by_hand, lever, columns):
    rules = {row[1] for row in broken(run_by_hand.set(f"levers/{lever}", None)) if row[0] == "status quo"}
    assert {f"{column} is zero: no active lever opens it" for column in columns} <= rules


def test_a_lever_switched_off_by_false_is_off(run_by_hand):
    found = {row[1] for row in broken(run_by_hand.set("levers/own_effort", False))}
    assert found == {"own is zero: no active lever opens it"}


@pytest.mark.parametrize("column", ["lever_inflow", "lever_outflow"])
def test_money_of_a_lever_that_none_opens_or_that_no_lever_accounts_for_is_named(run_by_hand, column):
    run_by_hand.change("funds", column, lambda _: 5.0, region="s", fund="f", year=2031)
    flow = column.removeprefix("lever_")
    booked = "interest + lever_inflow" if flow == "inflow" else "lever_outflow"
    assert {row for row in broken(run_by_hand) if row[2:4] == ("South", 2031)} >= {
        ("status quo", f"{column} is zero: no active lever opens it", "South", 2031, 5.0),
        ("balance", f"{booked} = {flow}s in lever_flows.csv", "South", 2031, 5.0),
        ("balance", "inflow = outflow", "South", 2031, 5.0),
    }


def test_flows_and_decisions_of_levers_that_are_not_active_are_named(run_by_hand):
    run_by_hand.edit("lever_flows.csv", lambda text: text.replace("reserves", "lottery", 1))
    run_by_hand.edit("decisions.csv", lambda text: text + "lottery,prize,n,2031,1.0,False\n")
    found = {row[:4] for row in broken(run_by_hand)}
    assert ("balance", "inflow in lever_flows.csv only from active levers", "North", 2031) in found
    assert ("status quo", "only active levers decide", "North", 2031) in found


def test_rates_stay_as_today_without_a_unified_rate(run_by_hand):
    found = [row for row in broken(run_by_hand.set("levers/unified_rate", None)) if row[0] == "status quo"]
    rule = "rate as today: no active lever opens it"
    assert sorted(found) == [
        ("status quo", rule, "North", 2031, 0.005),
        ("status quo", rule, "North", 2032, 0.01),
        ("status quo", rule, "South", 2031, 0.012),
        ("status quo", rule, "South", 2032, 0.024),
    ]


def test_benefits_stay_as_before_without_any_lever(status_quo_by_hand):
    where = {"region": "n", "group": "farmers", "year": 2032}
    status_quo_by_hand.change("benefits", "benefit", lambda _: 2500.0, **where)
    rule = "benefit as before: there is no lever"
    assert ("status quo", rule, "North", 2032, 100.0) in broken(status_quo_by_hand)


NUMBERS = {
    "benefits": "eligible recipients benefit_before benefit benefit_per_recipient standard share_of_standard spending",
    "transfers": "own central horizontal_received horizontal_paid pool_received pool_paid net",
    "pairs": "amount",
    "funds": "opening contributions other_revenue interest own central horizontal_received "
    "pool_received pool_paid unfunded spending other_spending locked closing",
    "lever_flows": "inflow",
    "rates": "rate_before rate contributions",
    "coverage": "covered_before covered",
    "gaps": "weight before after lower_bound",
    "indicators": "before after",
}


@pytest.mark.parametrize(("table", "column"), [(t, c) for t, columns in NUMBERS.items() for c in columns.split()])
def test_no_number_of_any_table_can_change_by_one_per_cent(run_by_hand, table, column):
    path = run_by_hand.folder / f"{table}.csv"
    frame = pd.read_csv(path)
    rows = frame[column].abs()
    if table == "gaps" and column == "weight":
        rows = rows[frame["gap"] != "total"]  # the total has no weight of its own
    smallest = rows[rows > 0].idxmin()
    frame[column] = frame[column].astype(float)
    frame.loc[smallest, column] *= 0.99
    frame.to_csv(path, index=False)
    found = broken(run_by_hand)
    assert found
    if "region" in frame:
        names = {"n": "North", "s": "South"}
        assert (names[frame["region"][smallest]], frame["year"][smallest]) in {row[2:4] for row in found}


@pytest.mark.parametrize(
    ("where", "lacking"),
    [
        # revenue 40 + 80; benefits before 120, accrual 1; the month held, 10, is in the opening 24
        ({"region": "n", "fund": "f", "year": 2031}, 1.0),
        # revenue 30 + 150; benefits before 180, accrual 2; 0.6 months held, 9, are in the opening 9
        ({"region": "s", "fund": "f", "year": 2031}, 2.0),
        # revenue 0.2 x 2500; benefits before 540, other spending 60
        ({"region": "s", "fund": "w", "year": 2032}, 100.0),
        # revenue 0.195 x 6000 + 120 = 1290 is more than benefits 1200 and other spending 10
        ({"region": "n", "fund": "w", "year": 2031}, 0.0),
    ],
)
def test_only_todays_obligations_may_stay_unfunded(run_by_hand, where, lacking):
    run_by_hand.change("funds", "unfunded", lambda _: lacking + 3.0, **where)
    region = {"n": "North", "s": "South"}[where["region"]]
    assert ("unfunded", "only today's obligations", region, where["year"], 3.0) in broken(run_by_hand)
    run_by_hand.change("funds", "unfunded", lambda _: lacking, **where)
    assert "unfunded" not in {row[0] for row in broken(run_by_hand)}


def test_what_a_reserve_must_set_aside_may_stay_unfunded_too(run_by_hand):
    # 3 months of the benefits before, 30, are 6 more than North's opening 24; South's workers keep 1.2 x 200
    # at the end: 240, less the 1.5 months, 67.5, of the year before
    run_by_hand.set(f"{RESERVES}/funds/f/months", 3.0).set(f"{RESERVES}/funds/f/own_months", False)
    run_by_hand.set(f"{RESERVES}/funds/w/keep", 1.2)
    for region, fund, year, lacking in (("n", "f", 2031, 1 + 6), ("s", "w", 2032, 100 + 172.5)):
        run_by_hand.change("funds", "unfunded", lambda _, u=lacking: u + 1, region=region, fund=fund, year=year)
    found = [row[2:] for row in broken(run_by_hand) if row[0] == "unfunded"]
    assert sorted(found) == [("North", 2031, 1.0), ("South", 2032, 1.0)]


def test_a_free_common_rate_counts_no_revenue_towards_obligations(run_by_hand):
    run_by_hand.set(f"{RATE}/target", "free").set(f"{RATE}/bounds", [0.0, 1.0])
    run_by_hand.change("funds", "unfunded", lambda _: 601.0, region="s", fund="w", year=2032)
    found = [row for row in broken(run_by_hand) if row[0] == "unfunded"]
    assert found == [("unfunded", "only today's obligations", "South", 2032, 1.0)]


@pytest.mark.parametrize(
    ("table", "column", "rule"),
    [
        ("funds", "unfunded", "unfunded is not negative"),
        ("funds", "closing", "closing is not negative"),
        ("funds", "pool_paid", "pool_paid is not negative"),
        ("transfers", "horizontal_paid", "horizontal_paid is not negative"),
    ],
)
def test_no_money_is_negative(run_by_hand, table, column, rule):
    run_by_hand.change(table, column, lambda _: -0.5, region="s", fund="w", year=2032)
    assert {row[1:] for row in broken(run_by_hand)} >= {(rule, "South", 2032, 0.5)}


def test_a_region_that_pays_itself_and_a_negative_pair_are_named(run_by_hand):
    run_by_hand.edit("pairs.csv", lambda text: text + "n,n,f,2031,1\nn,s,w,2031,-1\n".replace("n,s,w", "s,n,w"))
    rules = {row[1] for row in broken(run_by_hand)}
    assert {"nobody pays itself", "amounts are not negative"} <= rules


def test_the_uncovered_are_paid_nothing(run_by_hand):
    where = {"region": "s", "group": "farmers"}
    for column in ("covered", "benefit"):
        run_by_hand.change("inputs/people", column, lambda _: 0.0, **where)
    for column in ("covered_before", "covered"):
        for year in (2031, 2032):
            run_by_hand.change("coverage", column, lambda _: 0.0, year=year, **where)
    assert ("benefits", "the uncovered are paid nothing", "South", 2031, 2920.0) in broken(run_by_hand)


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("status", "perfect", "status"),
        ("objective", 0.5, "objective in run.json = total gap"),
        ("objective", None, "objective in run.json = total gap"),
        ("lower_bound", 0.9, "lower_bound in run.json"),
        ("lower_bound", 0.1, "distance of an optimal plan"),
        ("lower_bound", None, "lower_bound in run.json"),
        ("relative_gap", 1e-8, "relative_gap in run.json"),
        ("relative_gap", 2e-6, "distance of an optimal plan"),
    ],
)
def test_run_json_must_agree_with_the_gaps(run_by_hand, key, value, rule):
    run_by_hand.state(key, value)
    if key == "lower_bound" and value == 0.1:
        run_by_hand.state("relative_gap", 0.85)
    assert ("objective", rule) in {row[:2] for row in broken(run_by_hand)}


def test_a_stopped_plan_may_be_far_from_its_bound_or_have_none(run_by_hand):
    run_by_hand.set("solver/tolerance", 1e-9)
    assert {row[1] for row in broken(run_by_hand)} == {"distance of an optimal plan"}
    assert broken(run_by_hand.state("status", "stopped")) == []
    assert broken(run_by_hand.state("lower_bound", None).state("relative_gap", None)) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("gaps/squared_shortfall/line", 1.1),
        ("gaps/squared_shortfall/weight", 2.0),
        ("gaps/squared_shortfall/weights", "equal"),
        ("gaps/squared_shortfall/weights", "regions"),
        ("gaps/urban_rural/weights", "equal"),
        ("gaps/urban_rural/urban", "farmers"),
        ("weights/discount", 0.9),
    ],
)
def test_every_setting_of_the_objective_changes_the_gap_that_is_recomputed(run_by_hand, key, value):
    assert {row[0] for row in broken(run_by_hand.set(key, value).rewrite_indicators())} == {"objective"}


def test_gaps_of_a_later_order_have_no_weight_in_the_objective(run_by_hand):
    assert broken(run_by_hand.set("gaps/urban_rural/order", 1).rewrite_indicators()) == []
    found = broken(run_by_hand.set("gaps/urban_rural/order", 2).rewrite_indicators())
    assert {row[:2] for row in found} >= {("objective", "weight"), ("objective", "objective in run.json = total gap")}


CELLS = pd.DataFrame(
    {
        "region": ["n", "n", "s", "s"],
        "group": ["u", "v", "u", "v"],
        "area": ["urban", "rural", "urban", "rural"],
        "eligible": [100.0, 50.0, 60.0, 150.0],
        "attainment": [2.0, 0.4, 1.5, 0.2],
    }
)


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("squared_shortfall", {"line": 1.0, "weights": "persons"}, (50 * 0.36 + 150 * 0.64) / 720),
        ("squared_shortfall", {"line": 1.0, "weights": "equal"}, (0.36 + 0.64) / 8),
        # inside North 1/3, inside South 150 / 210 = 5/7; each region half
        ("squared_shortfall", {"line": 1.0, "weights": "regions"}, (0.36 / 3 + 0.64 * 5 / 7) / 4),
        # line 1.6 also counts South's urban group: 0.1
        ("squared_shortfall", {"line": 1.6, "weights": "equal"}, (1.2**2 + 0.1**2 + 1.4**2) / 8),
        ("urban_rural", {"weights": "persons"}, (150 * 1.6 + 210 * 1.3) / 360),
        ("urban_rural", {"weights": "equal"}, (1.6 + 1.3) / 2),
        ("urban_rural", {"weights": "regions"}, (1.6 + 1.3) / 2),
        ("urban_rural", {"weights": "persons", "urban": "v", "rural": "u"}, (150 * 1.6 + 210 * 1.3) / 360),
        ("urban_rural", {"weights": "persons", "urban": "nobody"}, 0.0),
    ],
)
def test_the_independent_gap_formulas_give_the_numbers_found_by_hand(name, settings, expected):
    assert checks.gap(name).gap(CELLS, settings) == pytest.approx(expected, rel=1e-12)

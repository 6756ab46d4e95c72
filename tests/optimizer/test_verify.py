"""Verification of whole run folders: what is accepted and what is refused, with neither solver nor model."""

import subprocess
import sys
from pathlib import Path

import pytest

from commonweal.optimizer.verify import verify


def messages(run) -> str:
    return "\n".join(violation.message for violation in verify(run.folder).violations)


def test_a_correct_folder_is_accepted_and_every_rule_looked_at_some_row(run_by_hand):
    verdict = verify(run_by_hand.folder)
    assert [v.message for v in verdict.violations] == []
    assert verdict.accepted
    assert verdict.complete
    examined = {finding.lever for finding in verdict.findings if finding.rows > 0}
    levers = {"vertical_transfers", "horizontal_transfers", "own_effort", "unified_rate", "fund_pool"}
    levers |= {"benefit_rigidity", "floors", "reserves"}
    core = {"folder", "data", "benefits", "balance", "transfers", "pairs", "objective", "indicators"}
    assert levers | core <= examined
    assert verdict.rows == sum(finding.rows for finding in verdict.findings) > 300


def test_without_levers_the_status_quo_is_accepted(status_quo_by_hand):
    assert verify(status_quo_by_hand.folder).accepted, messages(status_quo_by_hand)


def test_verification_loads_neither_model_nor_solver(run_by_hand):
    code = (
        "import sys; from commonweal.optimizer.verify import verify;"
        f"assert verify({str(run_by_hand.folder)!r}).accepted;"
        "found = [m for m in sys.modules if m.startswith(('commonweal.models', 'pyomo', 'highspy'))];"
        "assert not found, found[:3]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("table", "column", "where", "lever", "region", "year", "unit"),
    [
        (
            "transfers",
            "central",
            {"region": "s", "fund": "f", "year": 2031},
            "transfers",
            "South",
            2031,
            "crown",
        ),
        ("pairs", "amount", {"fund": "w", "year": 2032}, "pairs", "North", 2032, "million crown"),
        (
            "benefits",
            "benefit",
            {"region": "s", "group": "farmers", "year": 2032},
            "benefits",
            "South",
            2032,
            "crown per person and year",
        ),
        ("rates", "rate", {"region": "n", "fund": "w", "year": 2031}, "unified_rate", "North", 2031, "base"),
        (
            "funds",
            "closing",
            {"region": "n", "fund": "f", "year": 2032},
            "balance",
            "North",
            2032,
            "million crown",
        ),
        (
            "funds",
            "closing",
            {"region": "s", "fund": "w", "year": 2031},
            "balance",
            "South",
            2032,
            "million crown",
        ),
        (
            "inputs/people",
            "eligible",
            {"region": "s", "group": "farmers"},
            "data",
            "South",
            2031,
            "thousand persons",
        ),
        ("inputs/people", "benefit", {"region": "n", "group": "farmers"}, "data", "North", 2031, "crown"),
        ("inputs/accounts", "base", {"region": "s", "fund": "f"}, "balance", "South", 2032, "million crown"),
        ("inputs/accounts", "opening", {"region": "n", "fund": "w"}, "data", "North", 2031, "million crown"),
        ("inputs/budgets", "own_revenue", {"region": "s"}, "own_effort", "South", 2031, "million crown"),
    ],
)
@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_one_number_changed_by_one_per_cent_is_found_and_named(
    run_by_hand, table, column, where, lever, region, year, unit, factor
):
    run_by_hand.change(table, column, lambda value: value * factor, **where)
    verdict = verify(run_by_hand.folder)
    assert not verdict.accepted
    named = [v for v in verdict.violations if (v.lever, v.region, v.year) == (lever, region, year)]
    assert named, messages(run_by_hand)
    assert all(v.lever in v.message and region in v.message and str(year) in v.message for v in named)
    assert any(unit in v.message and v.amount > 0 for v in named)
    assert bool(verdict.hash_mismatches) == table.startswith("inputs")


def test_an_input_no_rule_feels_is_noticed_by_its_hash_alone(run_by_hand):
    run_by_hand.change("inputs/budgets", "transfers", lambda value: value + 1, region="n")
    verdict = verify(run_by_hand.folder)
    assert verdict.violations == ()
    assert verdict.hash_mismatches == ("inputs/budgets.csv has changed since the plan was made.",)
    assert not verdict.accepted


def test_input_files_that_came_or_went_are_named(run_by_hand):
    (run_by_hand.folder / "inputs" / "totals.csv").write_text("table,column,where,total,tolerance\n", encoding="utf-8")
    run_by_hand.state("inputs", {"regions.csv": "0", "gone.csv": "1"})
    sentences = "\n".join(verify(run_by_hand.folder).hash_mismatches)
    assert "inputs/totals.csv was not there" in sentences
    assert "inputs/gone.csv is gone" in sentences
    assert "inputs/regions.csv has changed" in sentences


TABLES = ("benefits", "transfers", "pairs", "funds", "lever_flows", "rates", "coverage", "decisions", "gaps")


@pytest.mark.parametrize(
    "file", ["run.json", "scenario.toml", "inputs/people.csv", *(f"{table}.csv" for table in TABLES)]
)
@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b"a,b\n1,2\n"])
def test_a_missing_or_unreadable_file_is_a_violation_and_not_a_traceback(run_by_hand, file, content):
    path = run_by_hand.folder / file
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    verdict = verify(run_by_hand.folder)
    assert verdict.violations
    assert not verdict.accepted
    if not file.startswith("inputs"):
        assert file in messages(run_by_hand) or content == b""


def test_a_folder_that_is_not_there_is_refused_in_words(tmp_path: Path):
    verdict = verify(tmp_path / "nowhere")
    assert not verdict.complete
    assert any("run.json" in v.message for v in verdict.violations)


def test_a_row_too_many_too_few_or_twice_is_named(run_by_hand):
    run_by_hand.edit("benefits.csv", lambda text: text.replace("s,farmers,pension,2032", "s,farmers,pension,2033"))
    text = messages(run_by_hand)
    assert "South, Farmers, Pension, 2032: is missing" in text
    assert "South, Farmers, Pension, 2033: should not be there" in text
    run_by_hand.edit("rates.csv", lambda text: text + text.splitlines()[-1] + "\n")
    assert "South, Farmers' fund, 2032: stands there twice" in messages(run_by_hand)


def test_a_pair_with_an_unknown_region_or_given_twice_is_named(run_by_hand):
    run_by_hand.edit("pairs.csv", lambda text: text.replace("n,s,f,2031", "x,s,f,2031"))
    assert "x, Farmers' fund, 2031: is a donor but has no such account" in messages(run_by_hand)
    run_by_hand.edit("pairs.csv", lambda text: text + text.splitlines()[-1] + "\n")
    assert "pays a region twice" in messages(run_by_hand)


@pytest.mark.parametrize("bad", ["", "abc", "nan", "inf"])
def test_a_cell_that_is_no_number_is_named_with_file_line_and_column(run_by_hand, bad):
    run_by_hand.edit("funds.csv", lambda text: text.replace("n,w,2032,969.0", f"n,w,2032,{bad}", 1))
    assert "funds.csv: cannot be read: line 3, column opening" in messages(run_by_hand)


def test_every_fault_of_the_inputs_is_told(run_by_hand):
    run_by_hand.change("inputs/people", "eligible", lambda _: -1.0, region="n", group="farmers")
    run_by_hand.change("inputs/accounts", "rate", lambda _: 7.0, region="n", fund="w")
    text = messages(run_by_hand)
    assert "people.csv" in text
    assert "accounts.csv" in text


def test_a_lever_without_an_independent_check_is_itself_a_violation(run_by_hand):
    run_by_hand.set("levers/lottery", {"prize": 1.0})
    assert "lottery, the lever has an independent check: there is none" in messages(run_by_hand)


def test_a_gap_without_an_independent_formula_is_itself_a_violation(run_by_hand):
    extra = "envy,pension,2031,0,0,0,\nenvy,pension,2032,0,0,0,\n"
    run_by_hand.set("gaps/envy", {"weight": 0.0}).edit("gaps.csv", lambda text: text + extra)
    assert "envy, the gap has an independent check: there is none" in messages(run_by_hand)


def test_a_setting_the_check_does_not_know_is_a_violation(run_by_hand):
    run_by_hand.set("levers/floors/for_whom", "everybody")
    assert "does not know the setting 'for_whom'" in messages(run_by_hand)


@pytest.mark.parametrize(
    ("key", "value", "lever"),
    [
        ("levers/reserves/funds", None, "reserves"),
        ("levers/fund_pool/growth", "nonsense", "fund_pool"),
        ("levers/vertical_transfers/budget", {"f": [1.0, 2.0, 3.0]}, "vertical_transfers"),
        ("levers/own_effort/share_of_revenue", "much", "own_effort"),
        ("gaps/squared_shortfall/line", None, "settings"),
    ],
)
def test_a_setting_that_is_missing_or_senseless_is_a_violation_of_its_lever(run_by_hand, key, value, lever):
    found = verify(run_by_hand.set(key, value).folder).violations
    assert any(v.lever == lever and v.rule == "settings in scenario.toml" for v in found)

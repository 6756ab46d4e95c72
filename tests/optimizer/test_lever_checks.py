"""The independent checks of the levers that a hand-made folder does not hold: accepted as solved, and what is spoilt is named.

Every case in which a rule of such a lever binds (its register) is solved, written and accepted. Then the setting is
tightened in scenario.toml, or a table changed, and the check must name the rule that is broken.
"""

import shutil
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tomli_w
from cases import Case, Document
from test_register import BINDING

from commonweal.optimizer import run_folder, solve
from commonweal.optimizer.scenario import from_document
from commonweal.optimizer.verify import verify

BY_HAND = (
    "vertical_transfers", "horizontal_transfers", "own_effort", "unified_rate", "fund_pool", "benefit_rigidity", "floors",
    "reserves",
)  # fmt: skip
EVERY = [
    pytest.param(case, document, id=f"{lever}-{rule}-{k}")
    for lever, rules in BINDING.items()
    if lever not in BY_HAND
    for rule, entries in rules.items()
    for k, (case, document) in enumerate(entries)
]


def run(case: Case, document: Document, folder: Path) -> Path:
    """The solved case as a folder."""
    return run_folder.write(solve(case.read(), from_document(document)), folder)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """The first case in which a rule of a lever binds, as a folder; solved once."""

    @cache
    def solved(lever: str, rule: str) -> Path:
        return run(*BINDING[lever][rule][0], tmp_path_factory.mktemp(lever) / "run")

    return solved


def setting(*path: str, value: Any) -> Callable[[Path], None]:
    """Set levers.<path> in scenario.toml."""

    def change(folder: Path) -> None:
        document = tomllib.loads((folder / "scenario.toml").read_text(encoding="utf-8"))
        table = document["levers"]
        for key in path[:-1]:
            table = table[key]
        table[path[-1]] = value
        (folder / "scenario.toml").write_text(tomli_w.dumps(document), encoding="utf-8")

    return change


def decision(name: str, change: Callable[[float], float]) -> Callable[[Path], None]:
    """Change a decision in decisions.csv."""

    def spoil(folder: Path) -> None:
        frame = pd.read_csv(folder / "decisions.csv")
        chosen = frame["decision"] == name
        assert chosen.any()
        frame.loc[chosen, "value"] = [change(value) for value in frame.loc[chosen, "value"]]
        frame.to_csv(folder / "decisions.csv", index=False)

    return spoil


@pytest.mark.parametrize(("case", "document"), EVERY)
def test_a_solved_plan_is_accepted(case: Case, document: Document, tmp_path: Path):
    verdict = verify(run(case, document, tmp_path / "run"))
    assert [v.message for v in verdict.violations] == []
    assert verdict.accepted


@pytest.mark.parametrize(
    ("lever", "rule", "change", "broken"),
    [
        ("central_adjustment", "largest rate", setting("central_adjustment", "most", value=0.05), {"largest rate"}),
        ("central_adjustment", "largest rate", setting("central_adjustment", "share_of_base", value=0.6), {"paid", "received"}),
        ("central_adjustment", "largest rate", setting("central_adjustment", "rate", value=0.04), {"rate as set"}),
        ("national_pooling", "balance", setting("national_pooling", "cost", value=20.0), {"received = paid", "paid is not negative"}),
        ("national_pooling", "balance", setting("national_pooling", "from_year", value=2031), {"starts in the year set", "paid"}),
        ("national_pooling", "once", decision("start", lambda value: 0.5), {"start is 0 or 1"}),
        ("national_pooling", "once", decision("start", lambda value: 1.0), {"starts once"}),
        ("employer_burden", "cap", setting("employer_burden", "cap", value=0.11), {"cap"}),
        ("rural_share", "least_share", setting("rural_share", "shares", "pension", value=0.6), {"least share"}),
        ("medical_cap", "beyond", setting("medical_cap", "cap", value=0.4), {"largest cap", "least cap"}),
        ("medical_cap", "beyond", setting("medical_cap", "own_share", value=0.9), {"the fund pays the part beyond"}),
        ("major_disease_fund", "balance", setting("major_disease_fund", "premium", value=9.0), {"largest premium"}),
        ("major_disease_fund", "at_most", setting("major_disease_fund", "most_share", value=0.4), {"largest compensation"}),
        ("major_disease_fund", "at_least", setting("major_disease_fund", "least_share", value=0.09), {"least compensation"}),
        ("major_disease_fund", "balance", decision("compensation", lambda value: value + 1), {"received"}),
        ("active_assistance", "least", setting("active_assistance", "least", "training", value=0.6), {"least spending"}),
        ("active_assistance", "least", setting("active_assistance", "psychological", value=0.2), {"psychological help"}),
        ("active_assistance", "ratio", setting("active_assistance", "ratio", value=0.2), {"help for each unit of cash"}),
        ("redistribution", "vertical", setting("redistribution", "vertical", value=0.45), {"vertical"}),
        ("redistribution", "horizontal", setting("redistribution", "horizontal", value=0.6), {"horizontal"}),
        ("redistribution", "life_cycle", setting("redistribution", "life_cycle", "w", value=1.0), {"life cycle"}),
    ],
)  # fmt: skip
def test_a_rule_that_is_broken_is_named(
    lever: str,
    rule: str,
    change: Callable[[Path], None],
    broken: set[str],
    runs: Callable[[str, str], Path],
    tmp_path: Path,
):
    folder = Path(shutil.copytree(runs(lever, rule), tmp_path / "run"))
    change(folder)
    found = {v.rule for v in verify(folder).violations if v.lever == lever}
    assert found & broken

"""docs/mechanisms.md: every mechanism of the paper has a row, is written as its file says, and is alive.

A lever or a data path changes the plan, an account is not nought and moves with its input, and the order of stages
changes what is reached first. The levers of every mechanism are solved with all stages on `five-provinces` on the way.
"""

from pathlib import Path

import pytest

from commonweal.models.parts import levers
from docs import mechanisms
from docs.effects import CASE, MECHANISMS, Effect, effect
from docs.mechanisms import PAGE

ROOT = Path(__file__).resolve().parents[1]


def rows() -> dict[str, list[str]]:
    """The cells of every row of the overview, by code."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| [M")]
    return {line[3:].split("]")[0]: [cell.strip() for cell in line.split("|")[1:-1]] for line in lines}


def test_all_29_mechanisms_have_a_row_and_every_lever_belongs_to_one() -> None:
    assert list(rows()) == list(MECHANISMS) == [f"M{k}" for k in range(1, 30)]
    assert {name for told in MECHANISMS.values() for name in told.get("levers", [])} == set(levers())


@pytest.mark.parametrize("code", MECHANISMS)
def test_a_row_leads_from_the_papers_words_to_formula_file_and_test(code: str) -> None:
    assert mechanisms.sentence(code).startswith("paper ") and '"' in mechanisms.sentence(code)
    assert len(mechanisms.formula(code)) > 20
    paths = [*mechanisms.files(code), *mechanisms.tests(code)]
    assert len(paths) >= 2 and [path for path in paths if not (ROOT / path).is_file()] == []


def test_the_page_is_what_the_program_writes() -> None:
    blank = Effect((0.0, 0.0), (0.0, 0.0), "", alive=True)
    written = mechanisms.page(dict.fromkeys(MECHANISMS, blank))
    told = PAGE.read_text(encoding="utf-8")
    assert mechanisms.without_effects(told) == mechanisms.without_effects(written), "run `python -m docs.mechanisms`"


@pytest.mark.parametrize("code", MECHANISMS)
def test_every_mechanism_is_alive_and_does_what_the_page_says(code: str) -> None:
    found = effect(code)
    assert found.alive, f"{code} changes nothing in {CASE}: {found.words}"
    told = [float(number) for number in rows()[code][4].split(" → ")]
    assert list(found.gap) == pytest.approx(told, abs=2e-4), "run `python -m docs.mechanisms`"

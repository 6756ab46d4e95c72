"""docs/gaps.md is what docs/gaps.py writes, and shows every measure."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from commonweal.models.parts import gaps

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gaps_document", DOCS / "gaps.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page() -> str:
    return (DOCS / "gaps.md").read_text(encoding="utf-8")


def test_what_the_measures_say_of_themselves_is_what_the_page_says(writer: ModuleType, page: str) -> None:
    assert page.startswith(writer.static()), "write it anew: python docs/gaps.py"


def test_every_measure_has_a_section_with_its_formula_and_a_row_of_promises(writer: ModuleType) -> None:
    static = writer.static()
    for name in [*gaps(), "leximin"]:
        section = static.partition(f"\n### {name}\n")[2].partition("\n### ")[0]
        assert "```text\n" in section, name
        assert f"| [{name}](#{name}) |" in static, name
    for name, part in gaps().items():
        assert (f"--gap {name}`" in static) == part.exact


def test_the_plans_under_every_measure_stand_side_by_side_and_in_the_picture(writer: ModuleType, page: str) -> None:
    measured = page.partition(writer.MEASURED)[2]
    drawn = (DOCS / "gaps.svg").read_text(encoding="utf-8")
    for name in [*(name for name, part in gaps().items() if part.exact), "leximin"]:
        assert measured.count(f"\n| {name} |") >= 2, name
        assert name in drawn, name

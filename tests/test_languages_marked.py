"""No text for people is forgotten: two words in a row that no catalogue knows are found in the code itself.

A sentence that ends in an error, a help text, a progress line, a note of a workbook: whatever it is, it stands in the code
as a text, and is either looked up (`_`, `plural`), marked (`mark`), or in a register that `catalogues/texts.py` reads. What
is neither must be in `UNSPOKEN`, with its reason.
"""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from catalogues import catalogue, unmarked
from commonweal.optimizer.evidence import OF_COLUMNS

ROOT = Path(__file__).resolve().parents[1]
CODE = [
    ROOT / "cli.py",
    ROOT / "language.py",
    *(path for folder in ("instances", "models", "optimizer") for path in sorted((ROOT / folder).rglob("*.py"))),
]
SCRIPTS = {"convert.py", "make.py"}  # how a bundled case was made
UNSPOKEN = {
    "models/core.py": ".*",  # what the model's components are, for whoever reads the model
    "instances/read.py": r"\(\?<=Unknown setting.*",  # a pattern
    "models/gaps/regional.py": 'regional against = "mean"',  # a setting, as it is written
    "language.py": r"No language '\{\}'.*",  # said before a language is chosen
    "optimizer/__init__.py": "module .* has no attribute.*",  # a mistake in code
    "optimizer/plan.py": ".*",  # how Python shows a plan
    "instances/instance.py": "<Instance .*",  # how Python shows a case
    "models/build.py": r"(gap|minimise) \{\}",  # parts of the model, by name
    "models/outlooks.py": r"\{\} of \{\}",  # a stage of the solver, by name
    "optimizer/decompose/split.py": r"\{\} in \{\}",  # a programme and a year
    "optimizer/checks/residence_opening.py": r"(reached|built): \{\}",  # a decision, as the tables name it
    "optimizer/workers.py": r"Connection\[Task, object\]",  # a type
    "optimizer/dictionary.py": r"(local )?name of the \{\}|\{\} per person and year",  # in the register when composed
    "optimizer/indicators.py": ".*",  # parts of texts that are in the register when composed
    "optimizer/budgets.py": ".* times the .*",  # the title of a run, looked up by its parts
    "optimizer/names.py": "of the contribution base",  # a key, marked where it stands
    "optimizer/report/budget.py": "`commonweal report.*",  # a command
    "optimizer/report/page.py": "<code>commonweal verify</code>",  # a command
    "optimizer/report/words.py": "The lowest share|Not the best|Benefits rise|The national line",  # how a text begins
    "optimizer/searches/outlooks.py": r"(gap|\{\}) of \{\}",  # a stage of the solver, by name
    "optimizer/tail.py": r"gap of \{\}",  # the same
    "optimizer/screens/solve.py": "commonweal export.*",  # a command
}
STYLE = re.compile("bold (green|red|underline)")


@pytest.fixture(scope="module")
def known() -> set[str]:
    template: Catalog = catalogue.extract()
    ids = (part for found in template for part in (found.id if isinstance(found.id, tuple) else (found.id,)))
    return {" ".join(str(part).split()) for part in ids}


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_of_the_code_is_spoken_in_the_language_of_the_reader(path: Path, known: set[str]) -> None:
    if path.name in SCRIPTS and path.parent.parent.name == "instances":
        return
    place = str(path.relative_to(ROOT))
    spared = re.compile(UNSPOKEN.get(place, r"(?!)"), re.DOTALL)
    rules = {re.sub(r"\{\w+\}", "{}", words) for words in OF_COLUMNS}
    forgotten = [
        f"{place}:{line}: {text}"
        for line, text in unmarked.texts(path)
        if " ".join(text.split()) not in known | rules and not spared.fullmatch(text) and not STYLE.fullmatch(text)
    ]
    assert forgotten == [], "put _() around them, or mark(), and run `make languages`"


def test_an_error_without_a_translation_would_be_found(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text('raise UsageError(f"No {thing} is there.")\nraise UsageError(_("Spoken in any language."))\n')
    assert list(unmarked.texts(file)) == [(1, "No {} is there.")]

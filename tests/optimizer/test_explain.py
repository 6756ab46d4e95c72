"""Explanations: every number of every sentence stands in a table of the run; the reasons are right."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from cases import FARMERS_GET, TINY, Case, plan
from click.testing import CliRunner

from commonweal.cli import main
from commonweal.optimizer import run_folder
from commonweal.optimizer.blocks import show
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.explain import explain
from commonweal.optimizer.explain_words import Reference, Sentence
from commonweal.optimizer.run_folder import Run

NUMBER = re.compile(r"(?<![\w.])[+-]?\d+(?:,\d{3})*(?:\.\d+)?(?: %)?")


@pytest.fixture(scope="module")
def china(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "china"
    result = CliRunner().invoke(main, ["solve", "china-2024", "-o", str(folder), "-q"])
    assert result.exit_code == 0
    return folder


def tiny(levers: dict, tmp_path: Path, case: Case = TINY) -> Run:
    return run_folder.read(run_folder.write(plan(case, levers), tmp_path / "run"))


def stands(folder: Path, reference: Reference) -> bool:
    """Is the number in the CSV file of the run, in the row and column that the reference names."""
    frame = pd.read_csv(folder / f"{reference.table}.csv", dtype=str, keep_default_na=False)
    for key, value in reference.keys.items():
        frame = frame[frame[key] == str(value)]
    return len(frame) == 1 and float(frame[reference.column].iloc[0]) == reference.value


def untraced(sentence: Sentence, year: int) -> list[str]:
    """Numbers of the text that are neither the year nor a cited number."""
    styles = ("number", "change", "share")
    cited = {show(reference.value, style) for reference in sentence.references for style in styles}
    return [text for text in NUMBER.findall(sentence.text) if text not in cited | {str(year)}]


def test_every_number_in_every_sentence_traces_to_a_table(china: Path) -> None:
    run = run_folder.read(china)
    regions = [None, *run.instance.regions["region"].tolist()]
    count = 0
    for region in regions:
        for sentence in explain(run, region):
            assert untraced(sentence, 2024) == [], sentence.text
            count += len(sentence.references)
    assert count > 300
    references = {
        (r.table, tuple(r.keys.items()), r.column): r
        for region in (None, "gansu", "guangdong", "shanghai")
        for sentence in explain(run, region)
        for r in sentence.references
    }
    assert all(stands(china, reference) for reference in references.values())


def texts(run: Run, *words: str) -> str:
    return "\n".join(sentence.text for sentence in explain(run, *words))


def test_a_region_is_told_what_it_receives_and_what_the_next_unit_does(tmp_path: Path) -> None:
    # 20 million lift South's 100 thousand farmers from 200 to 400 crowns
    run = tiny(FARMERS_GET, tmp_path)
    text = texts(run, "s")
    assert "South receives 20.00 in central grants for Farmers' fund in 2030 (million crown); net +20.00." in text
    assert "the benefit rises from 200.0 to 400.0 crown per person and year, 40.0 % of the standard" in text
    price = run.tables["rules"].query("rule == 'budget: f'")["price"].iloc[0]
    # d gap / d money = -1/4 * (1 - 0.4) * 0.01 per million = -0.0015
    assert price == pytest.approx(-0.0015, rel=1e-4)
    assert (
        "The next million crown of the budget for Farmers' fund would change the gap by " + show(price, "change")
        in text
    )
    assert "shared by 100.0 thousand persons (South, Farmers)" in text


def test_why_a_benefit_is_unchanged(tmp_path: Path) -> None:
    run = tiny(FARMERS_GET, tmp_path)
    north = texts(run, "North", "farmers")
    assert "stays at 600.0" in north
    assert "because others stand lower, down to 40.0 % of the standard (South, Farmers)" in north
    assert "gets none of the budget for Farmers' fund" in north
    assert "because it has the standard, 1,000, or more" in texts(run, "n", "workers")


def test_a_growth_cap_and_missing_coverage_are_reasons_too(tmp_path: Path) -> None:
    levers = {**FARMERS_GET, "benefit_rigidity": {"groups": {"farmers": {"max_growth": 0.0}}}}
    text = texts(tiny(levers, tmp_path / "cap"), "s", "farmers")
    assert "because its growth is capped" in text
    assert "More budget for Farmers' fund would change nothing: 20.00 million crown are not used." in text
    none = TINY.put("people", region="s", group="farmers", covered=0, benefit=0)
    assert "because nobody is covered" in texts(tiny(FARMERS_GET, tmp_path / "none", none), "s", "farmers")


def test_regions_in_the_same_position_are_named(tmp_path: Path) -> None:
    # 60 million lift South to 600 (40), then both to 700 crowns
    run = tiny({"vertical_transfers": {"budget": {"f": 60.0}}}, tmp_path)
    assert "At the same 70.0 % of the standard stand also North." in texts(run, "s", "farmers")


def test_limits_that_bind_are_named_with_their_price(tmp_path: Path) -> None:
    run = tiny({**FARMERS_GET, "horizontal_transfers": {"fund": "f", "share_of_capacity": 0.02}}, tmp_path)
    assert "Binding: Horizontal transfers, cap for Farmers' fund (horizontal_transfers); one more unit" in texts(
        run, "n"
    )
    assert "North gives 10.00 to other regions for Farmers' fund in 2030" in texts(run, "n")
    assert "it is paid by North 10.00" in texts(run, "s")


def test_unknown_names_are_answered_with_the_nearest(tmp_path: Path) -> None:
    run = tiny(FARMERS_GET, tmp_path)
    with pytest.raises(UsageError, match="No region 'sooth'"):
        explain(run, "sooth")
    with pytest.raises(UsageError, match="covers 2030 to 2030"):
        explain(run, "s", year=2031)
    with pytest.raises(UsageError, match="add --region"):
        explain(run, group="farmers")


def test_the_command_prints_sentences_and_json_with_references(china: Path) -> None:
    text = CliRunner().invoke(main, ["explain", str(china), "--region", "甘肃"]).stdout
    assert "Gansu receives" in text
    document = json.loads(CliRunner().invoke(main, ["explain", str(china), "--region", "Gansu", "--json"]).stdout)
    first = document["sentences"][0]
    assert first["text"].startswith("Gansu receives")
    assert first["references"][0]["table"] == "transfers"
    assert first["references"][0]["keys"] == {"region": "gansu", "fund": "residents", "year": 2024}

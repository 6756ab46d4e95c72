"""Catalogues are whole and true to the code; a language is chosen, and another is one more catalogue."""

import os
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from click.testing import CliRunner

from catalogues import catalogue
from commonweal import language
from commonweal.cli import main
from commonweal.instances import read
from commonweal.language import _, plural, speaking
from commonweal.optimizer.amounts import amounts, said
from commonweal.optimizer.names import labels, names

PLACE = re.compile(r"\{[^{}]*\}")
STEPS = "1e12 trillion; 1e9 bn; 1e6 million; 1e3 thousand"


def strings(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, tuple) else [message.string]


@pytest.fixture(scope="module")
def template() -> Catalog:
    return catalogue.extract()


def test_the_template_is_what_the_code_says(template: Catalog) -> None:
    assert catalogue.TEMPLATE.read_bytes() == catalogue.text(template), "run `make languages`"


@pytest.mark.parametrize("lang", catalogue.languages())
def test_every_text_is_translated_and_none_that_is_gone_is_kept_as_live(lang: str, template: Catalog) -> None:
    found = catalogue.read(lang)
    assert [message.id for message in catalogue.missing(found)] == []
    assert {str(message.id) for message in found} == {str(message.id) for message in template}


@pytest.mark.parametrize("lang", catalogue.languages())
def test_what_is_compiled_is_the_catalogue(lang: str) -> None:
    compiled = catalogue.source(lang).with_suffix(".mo").read_bytes()
    assert compiled == catalogue.compiled(catalogue.read(lang)), "run `make languages`"


@pytest.mark.parametrize("lang", catalogue.languages())
def test_a_translation_has_the_places_of_its_text(lang: str) -> None:
    for message in catalogue.read(lang):
        if message.id and message.string:
            texts = message.id if isinstance(message.id, tuple) else (message.id,)
            for said_ in strings(message):
                assert set(PLACE.findall(said_)) == set(PLACE.findall(texts[-1])), texts


def test_english_is_spoken_unless_another_language_is_chosen() -> None:
    assert language.language() == "en"
    assert _("The gap") == "The gap"
    with speaking("zh"):
        assert _("The gap") == "差距"
    assert language.language() == "en"


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"No language 'xx'\. Choose one of en, zh\."), speaking("xx"):
        pass
    done = CliRunner().invoke(main, ["--lang", "xx", "list"])
    assert (done.exit_code, "'zh'" in done.output) == (2, True)


def test_the_environment_chooses_a_language_and_the_option_goes_first() -> None:
    spoken = {"COMMONWEAL_LANG": "zh"}
    assert "情景" in CliRunner().invoke(main, ["list", "scenarios"], env=spoken).output
    assert "Scenarios" in CliRunner().invoke(main, ["--lang", "en", "list", "scenarios"], env=spoken).output
    assert os.environ.get(language.VARIABLE) is None, "what a command speaks is forgotten when it ends"


def test_another_language_is_one_more_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    latin = Catalog(locale="la", fuzzy=False)
    latin.add("The gap", "Intervallum")
    latin.add(("{n} region", "{n} regions"), ("{n} regio", "{n} regiones"))
    home = tmp_path / "la" / "LC_MESSAGES"
    home.mkdir(parents=True)
    with (home / "commonweal.mo").open("wb") as file:
        write_mo(file, latin)
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    assert language.languages() == ("en", "la")
    with speaking("la"):
        assert _("The gap") == "Intervallum"
        assert plural("{n} region", "{n} regions", 1) == "1 regio"
        assert plural("{n} region", "{n} regions", 2000) == "2,000 regiones"
        assert _("Nobody translated this {what}.", what="yet") == "Nobody translated this yet."


def test_chinese_counts_in_wan_and_yi_and_english_in_the_units_of_the_data() -> None:
    china, tiny = read("china-2024"), read("two-regions")
    assert amounts(china).of_money(116.11) == "116.1 bn yuan"
    assert amounts(china).of_persons(12.3) == "12.30 million persons"
    with speaking("zh"):
        # 116.11 bn = 1,161.1 times 1e8; 12.3 m = 1,230 times 1e4
        assert amounts(china).of_money(116.11, decimals=1) == "1,161.1 亿元"
        assert amounts(china).of_persons(12.3) == "1,230 万人"
        # 240 million crowns = 2.4 times 1e8; 1,000 thousand persons = 100 times 1e4
        assert amounts(tiny).of_money(240.0) == "2.40 亿克朗"
        assert amounts(tiny).of_persons(1000.0) == "100.0 万人"
        assert (said(china).money, said(china).persons) == ("10 亿元", "100 万人"), "tables keep the unit of the data"


def test_names_are_those_of_the_language_spoken() -> None:
    china = read("china-2024")
    assert (names(china, "region")["gansu"], labels(china, "region")["gansu"]) == ("Gansu", "Gansu 甘肃")
    with speaking("zh"):
        assert (names(china, "region")["gansu"], labels(china, "region")["gansu"]) == ("甘肃", "甘肃")
        assert names(read("two-regions"), "group")["farmers"] == "农民", "names of a bundled case are in the catalogue"


def test_money_is_told_in_the_plural_of_its_currency() -> None:
    assert amounts(read("two-regions")).of_money(6000.0) == "6,000 million crowns"
    assert amounts(read("china-2024")).of_money(1.0) == "1.00 bn yuan"

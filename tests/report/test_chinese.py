"""The page in Chinese: whatever a reader can see, point at or hear has no English left, and numbers are written as there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chinese import WORD, english, ids

from commonweal.language import speaking
from commonweal.optimizer.report import page

READ = """
    const found = [document.title];
    for (const node of document.querySelectorAll('body *:not(script):not(style):not(code)')) {
        for (const child of node.childNodes) if (child.nodeType === 3) found.push(child.textContent);
        for (const name of ['aria-label', 'title', 'alt', 'placeholder', 'aria-valuetext'])
            if (node.hasAttribute(name)) found.push(node.getAttribute(name));
    }
    return [...new Set(found.map(text => text.trim()).filter(text => text))];
"""
POINT = """
    const [id, series, item, done] = arguments;
    const chart = commonweal.charts.get(id);
    chart.dispatchAction({ type: 'showTip', seriesIndex: series, dataIndex: item });
    setTimeout(() => done(chart.getDom().lastElementChild.innerText || ''), 60);
"""
MADE = ("china", "curve")
HEX = re.compile(r"\\b[0-9a-f]{64}\\b")


@pytest.fixture(scope="module", params=MADE)
def chinese(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(folder of the run or of the curve, its page in Chinese)."""
    folder = request.getfixturevalue(request.param).folder
    html = tmp_path_factory.mktemp("zh") / "page.html"
    with speaking("zh"):
        page.write(folder, html)
    return folder, html


def technical(folder: Path) -> set[str]:
    """Words that are no language: ids, and what run.json says of programs, machine and inputs."""
    found = ids() | {folder.name}
    for path in folder.rglob("run.json"):
        info = json.loads(path.read_text(encoding="utf-8"))
        found |= info.keys()
        told = (info[key] for key in ("versions", "solver", "machine", "inputs", "started"))
        found |= {word for part in told for word in WORD.findall(json.dumps(part))}
    return found | {"SHA", "Apache", "ECharts", "Copyright", "The", "Software", "Foundation", "License"}


def seen(browser: Any) -> Iterator[str]:
    """Every text of the page for every choice that it offers."""
    yield from browser.driver.execute_script(READ)
    for dim, values in browser.ask("commonweal.page.choices").items():
        for value, _ in values:
            browser.ask("commonweal.choose(arguments[0], arguments[1])", dim, value)
            yield from browser.driver.execute_script(READ)


def test_nothing_that_can_be_read_is_left_in_english(browser: Any, chinese: tuple[Path, Path]) -> None:
    folder, html = chinese
    known = technical(folder)
    browser.open(html)
    assert browser.ask("document.documentElement.lang") == "zh"
    left = {text: words for text in set(seen(browser)) if (words := english(HEX.sub("", text), known))}
    assert left == {}
    assert browser.errors() == []


def test_what_charts_say_when_pointed_at_is_chinese(browser: Any, chinese: tuple[Path, Path]) -> None:
    folder, html = chinese
    known, said = technical(folder), []
    browser.open(html)
    for name in browser.ask("[...commonweal.charts.keys()]"):
        count = browser.ask("commonweal.charts.get(arguments[0]).getOption().series.length", name)
        answers = [browser.driver.execute_async_script(POINT, name, series, 0) for series in range(count)]
        assert any(answers), name
        said += answers
    assert {text for text in said if english(text, known)} == set()


def test_numbers_are_written_as_in_china(browser: Any, chinese: tuple[Path, Path]) -> None:
    """Shares without a blank before %, money in 亿, the ends of long axes in 万."""
    folder, html = chinese
    browser.open(html)
    text = browser.ask("document.body.innerText")
    assert re.search(r"[0-9]%", text)
    assert not re.search(r"[0-9] %", text)
    assert re.search(r"[0-9] 亿(元|克朗)", text)
    if "china" in folder.name:
        ends = browser.ask("[...document.querySelectorAll('#ladder svg text')].map(t => t.textContent)")
        assert [end for end in ends if re.fullmatch(r"[0-9.]+ 万", end)]
        assert not [end for end in ends if re.fullmatch(r"[0-9]{2,},[0-9]{3}", end)]

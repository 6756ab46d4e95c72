"""Real runs, the pages made of them, and a real browser that looks at them."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from selenium import webdriver

from benchmarks.generate import generate
from commonweal import instances
from commonweal.optimizer import frontier, load_scenario, run_folder, solve
from commonweal.optimizer.curves import Ask
from commonweal.optimizer.report import page


@dataclass(frozen=True)
class Made:
    """A run folder, or a folder of several budgets, and its page."""

    folder: Path
    html: Path

    def table(self, name: str, budget: str = "") -> pd.DataFrame:
        """A CSV file of the run, or of the run of one budget, read by nothing of ours."""
        return pd.read_csv(self.folder / budget / f"{name}.csv", keep_default_na=False)


@pytest.fixture(scope="session")
def china(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The real case over five years."""
    folder = tmp_path_factory.mktemp("report")
    case = instances.read("china-2024")
    run_folder.write(solve(case, load_scenario(case, ["five-years"])), folder / "china")
    return Made(folder / "china", page.write(folder / "china", folder / "china.html"))


@pytest.fixture(scope="session")
def curve(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The case that is solved by hand, under three budgets."""
    folder = tmp_path_factory.mktemp("report")
    found = frontier.frontier(instances.read("two-regions"), None, Ask(low=0.5, high=1.5, points=3))
    frontier.write(found, folder / "curve", True, 1, lambda _: None)
    return Made(folder / "curve", page.write(folder / "curve", folder / "curve.html"))


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Four hundred invented regions of a number of provinces, solved: more than a chart can show one by one."""
    folder = tmp_path_factory.mktemp("report")
    case = generate(400, 2, 1, 1)
    run_folder.write(solve(case, load_scenario(case)), folder / "many")
    return Made(folder / "many", page.write(folder / "many", folder / "many.html"))


@dataclass(frozen=True)
class Browser:
    """Headless Chromium, without a network to speak of: whatever it asks for is written down."""

    driver: webdriver.Chrome

    def open(self, html: Path, *, wide: int = 1200, dark: bool = False, hash_: str = "") -> None:
        """Show a page in a window of this width, in light or dark."""
        for log in ("browser", "performance"):
            self.driver.get_log(log)
        size = {"width": wide, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        wanted = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})
        self.driver.get("about:blank")
        self.driver.get(html.as_uri() + hash_)

    def ask(self, script: str, *arguments: object) -> Any:
        """The value of a JavaScript expression."""
        return self.driver.execute_script(f"return {script}", *arguments)

    def errors(self) -> list[str]:
        """What the console complained about since the page was opened."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> set[str]:
        """Every scheme but file: and data: that was asked for since the page was opened."""
        asked = {
            word
            for entry in self.driver.get_log("performance")
            if '"Network.requestWillBeSent"' in entry["message"]
            for word in entry["message"].split('"')
            if "://" in word
        }
        return {url for url in asked if not url.startswith("file://")}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as `.ci/browser` installs it; without it the tests fail and say so."""
    paths = [shutil.which(name) for name in ("chromium", "chromedriver")]
    assert all(paths), "chromium and chromedriver are needed: run .ci/browser"
    options = webdriver.ChromeOptions()
    options.binary_location = str(paths[0])
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(str(paths[1])))
    yield Browser(driver)
    driver.quit()

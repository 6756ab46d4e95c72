"""The picture in README.md: the top of the report of china-2024, as Chromium shows it.

python docs/picture.py     takes it anew, and puts its headline beside it; a test compares the headline with a new plan
"""

import base64
import re
import shutil
import tempfile
from pathlib import Path

from selenium import webdriver

from commonweal.instances import read
from commonweal.optimizer import load_scenario, run_folder, solve
from commonweal.optimizer.report import page
from commonweal.optimizer.summary import headline as sentences

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "report.webp"
README = ROOT / "README.md"
PLACE = re.compile(r"!\[The report: ([^\]]*)\]\(docs/report\.webp\)")
WIDE, HIGH, QUALITY = 1180, 1110, 62


def planned(folder: Path) -> Path:
    """A run folder of the plan as it is found today, in `folder`."""
    case = read("china-2024")
    return run_folder.write(solve(case, load_scenario(case)), folder / "china-2024")


def headline(run: Path) -> str:
    """The sentences at the top of the report of a run."""
    return " ".join(sentences(run_folder.read(run)))


def shown() -> str:
    """What README.md says that the picture shows. Error: ValueError when the picture is not there."""
    found = PLACE.search(README.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError("README.md does not show docs/report.webp")
    return found[1]


def picture(html: Path) -> bytes:
    """The top of a page as WebP; nothing in it moves."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(word)
    driver = webdriver.Chrome(options, webdriver.ChromeService(str(shutil.which("chromedriver"))))
    size = {"width": WIDE, "height": HIGH, "deviceScaleFactor": 1, "mobile": False}
    still = [{"name": "prefers-reduced-motion", "value": "reduce"}, {"name": "prefers-color-scheme", "value": "light"}]
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": still})
    driver.get(html.as_uri())
    found = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    driver.quit()
    return base64.b64decode(found["data"])


def main() -> None:
    """Take the picture and write its headline into README.md."""
    shown()
    with tempfile.TemporaryDirectory() as scratch:
        run = planned(Path(scratch))
        PICTURE.write_bytes(picture(page.write(run, Path(scratch) / "report.html")))
        told = headline(run)
    text = README.read_text(encoding="utf-8")
    README.write_text(PLACE.sub(lambda _: f"![The report: {told}](docs/report.webp)", text), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The page as PDF, printed by a Chromium that is installed; commonweal brings no browser of its own."""

import os
import shutil
import subprocess
from pathlib import Path

from commonweal.optimizer.atomic import whole
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.language import _

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
PATIENCE = 120.0  # seconds
DRAWN = 10_000  # milliseconds of the browser's own clock that charts have to be drawn


def browser() -> str | None:
    """The path of the first Chromium found, None without one."""
    return next((path for name in BROWSERS if (path := shutil.which(name)) is not None), None)


def write(page: Path, path: Path) -> Path:
    """Print the HTML file `page` to `path`. Raises UsageError without a browser, or if it fails."""
    program = browser()
    if program is None:
        raise UsageError(
            _(
                "There is no Chromium to write a PDF with (looked for {browsers}). Install one, or open {page} in any "
                "browser and print it: the first two pages are made for A4.",
                browsers=", ".join(BROWSERS),
                page=page,
            )
        )
    with whole(path) as fresh:
        command = [
            program,
            "--headless=new",
            "--disable-gpu",
            "--no-pdf-header-footer",
            f"--virtual-time-budget={DRAWN}",
            f"--user-data-dir={fresh.parent / 'browser'}",
            f"--print-to-pdf={fresh}",
            f"{page.resolve().as_uri()}#paper",
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium refuses to run as root with its sandbox
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired as error:
            raise UsageError(
                _(
                    "{program} took longer than {seconds} s to print {page}.",
                    program=program,
                    seconds=f"{PATIENCE:.0f}",
                    page=page,
                )
            ) from error
        if not fresh.is_file():
            last = done.stderr.strip().splitlines()[-1:] or [_("it said nothing")]
            raise UsageError(_("{program} wrote no PDF: {said}", program=program, said=last[0]))
    return path

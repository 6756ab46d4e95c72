"""The screen in README.md: the real output of `commonweal solve china-2024`, shortened where it says [...].

python docs/screen.py      puts the current output into README.md; a test compares the two
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
COMMAND = ["solve", "china-2024", "-o", "runs/china-2024"]
# Blocks that are shown, by how they begin; the first block, with the headline, always is.
SHOWN = (
    "The money",
    "Against",
    "Run folder",
)
PLACE = re.compile(r"(?<=<!-- screen -->\n```text\n).*?(?=```\n<!-- end of screen -->)", re.DOTALL)


def current() -> str:
    """What the command prints now, in 100 columns, as the README shows it."""
    code = "import sys; from commonweal.cli import main; main(sys.argv[1:])"
    plain = {"COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-c", code, *COMMAND]
        done = subprocess.run(words, cwd=folder, env={**os.environ, **plain}, check=True, capture_output=True)
    lines = [line.rstrip() for line in done.stdout.decode("utf-8").splitlines()]
    return f"$ commonweal {' '.join(COMMAND)}\n{shortened(chr(10).join(lines))}\n"


def shortened(text: str) -> str:
    """Only the blocks of SHOWN; [...] stands for those left out."""
    first, *others = text.strip().split("\n\n")
    blocks = [first]
    for block in others:
        if block.startswith(SHOWN):
            blocks.append(block)
        elif blocks[-1] != "[...]":
            blocks.append("[...]")
    return "\n\n".join(blocks)


def shown() -> str:
    """The screen that stands in README.md. Error: ValueError when its place is not there."""
    found = PLACE.search(README.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError("README.md has no block between <!-- screen --> and <!-- end of screen -->")
    return found.group()


def main() -> None:
    """Put the current output into README.md."""
    screen = current()
    README.write_text(PLACE.sub(lambda _: screen, README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

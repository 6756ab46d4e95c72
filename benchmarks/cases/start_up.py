"""commonweal --help, and china-2024 solved in all.

The command starts Python and parses; it must load nothing heavy. What it is held against is Python doing nothing.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.parts import Step, timed

AGAINST = "python -c pass"


def prepare(tiny: bool) -> list[str]:
    """The case that is solved."""
    return ["two-regions" if tiny else "china-2024"]


def measure(prepared: list[str]) -> list[Step]:
    """Wall clock of whole processes."""
    nothing, _ = timed(lambda: _run("pass"))
    help_, _ = timed(lambda: _run("import sys; sys.argv[1:] = ['--help']; from commonweal.cli import main; main()"))
    with tempfile.TemporaryDirectory() as folder:
        words = ["solve", *prepared, "-q", "-o", str(Path(folder) / "run")]
        solve, _ = timed(lambda: _run(f"import sys; sys.argv[1:] = {words!r}; from commonweal.cli import main; main()"))
    return [Step("commonweal --help", help_, nothing), Step("commonweal solve, whole process", solve)]


def _run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)

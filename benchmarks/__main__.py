"""Run every benchmark case and print one table: median seconds, and ratios measured side by side in this run.

    python -m benchmarks [--quick] [--tiny] [--case NAME]... [--write docs/benchmarks.md]

Seconds depend on the machine; the ratios are the result.
"""

import argparse
import os
import platform
import statistics
import sys
from collections import defaultdict
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.parts import Case, Step, cases

RUNS = 7
PACKAGES = ("commonweal", "highspy", "pyomo", "pandas", "numpy", "scipy")
WORDED = 3  # the first columns hold words
HEADS = ("case", "step", "held against", "commonweal, s", "other, s", "times faster")
WORDS = """\
# Benchmarks

Made by `make bench`. Every step is timed in one process, commonweal and what it is held against one after the other;
a row holds the medians, and the ratio of the medians is what counts: seconds depend on the machine.

- **build, compile, load, gap stage**: from a case to the optimum of its gap, against {linear_program}.
  Both build the same model with the same code and must reach the same optimum, or the benchmark fails. Plain Pyomo is
  as Pyomo does it by default: no templates, its own interface to HiGHS. That interface compiles and loads in one step.
  Its objective is multiplied by 1e6, without which it stopped 3 % above the optimum and reported it as optimal.
- **The budget curve** is traced by one kept model. Cold solves build and load the same model for every round of knots at
  every point; with rounds kept they do so once for every point. Every gap must agree to 1e-6, or the benchmark fails.
- **commonweal --help** is held against {start_up}, Python doing nothing.
- The generated cases are invented (`benchmarks/generate.py`).

"""


def measure(case: Case, runs: int, tiny: bool) -> list[Step]:
    """Median of every step over `runs` runs, each of which does both sides one after the other."""
    prepared = case.prepare(tiny)
    ours: dict[str, list[float]] = defaultdict(list)
    other: dict[str, list[float]] = defaultdict(list)
    notes: dict[str, str] = {}
    for _ in range(min(runs, getattr(case, "RUNS", runs))):
        for step in case.measure(prepared):
            ours[step.name].append(step.ours)
            other[step.name] += [] if step.other is None else [step.other]
            notes[step.name] = step.note
    return [
        Step(name, statistics.median(seconds), statistics.median(other[name]) if other[name] else None, notes[name])
        for name, seconds in ours.items()
    ]


def table(names: list[str], runs: int, tiny: bool) -> str:
    """The one table, as Markdown with even columns."""
    rows: list[tuple[str, ...]] = [HEADS]
    for name, case in cases().items():
        if names and name not in names:
            continue
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        title = case.__doc__.splitlines()[0].rstrip(".")
        for step in measure(case, runs, tiny):
            seconds, ratio = ("", "") if step.other is None else (f"{step.other:.3f}", f"{step.other / step.ours:.1f}")
            name = f"{step.name}: {step.note}" if step.note else step.name
            rows.append((title, name, case.AGAINST if ratio else "", f"{step.ours:.3f}", seconds, ratio))
            title = ""  # told once
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(map(_padded, row, widths, range(len(row)))) + " |" for row in rows]
    rule = "|" + "|".join("-" * (w + 1) + ("-" if k < WORDED else ":") for k, w in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _padded(cell: str, width: int, place: int) -> str:
    """Words to the left, figures to the right."""
    return cell.ljust(width) if place < WORDED else cell.rjust(width)


def machine() -> str:
    """When and where, in one line."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{date.today()}, {_processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}"


def _processor() -> str:
    """The processor's name where the system tells it."""
    known = Path("/proc/cpuinfo")
    names = [line for line in known.read_text().splitlines() if "model name" in line] if known.exists() else []
    return names[0].partition(":")[2].strip() if names else platform.processor() or platform.machine()


def main() -> None:
    """Parse, run, print, and write where asked."""
    found = cases()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=str(__doc__).splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one run instead of the median of seven")
    parser.add_argument("--tiny", action="store_true", help="one run at the smallest size: shows that everything runs")
    parser.add_argument("--case", action="append", default=[], choices=list(found), help="only this case")
    parser.add_argument("--write", type=Path, help="also write the table to this file")
    chosen = parser.parse_args()
    runs = 1 if chosen.quick or chosen.tiny else RUNS
    text = f"Median of {runs}. {machine()}.\n\n{table(chosen.case, runs, chosen.tiny)}\n"
    print(text)
    if chosen.write is not None:
        against = {name: case.AGAINST for name, case in found.items()}
        words = WORDS.format(linear_program=against["china_five_years"], start_up=f"`{against['start_up']}`")
        chosen.write.write_text(words + text, encoding="utf-8")


if __name__ == "__main__":
    main()

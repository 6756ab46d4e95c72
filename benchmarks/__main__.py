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
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.page import Result, parse, render
from benchmarks.parts import Case, Step, cases

RUNS = 7
PACKAGES = ("commonweal", "highspy", "pyomo", "pandas", "numpy", "scipy")
WORDS = """\
# Benchmarks

Made by `make bench`. Commonweal and what it is held against are timed one after the other, in one run;
a row holds the medians, and the ratio of the medians is what counts: seconds depend on the machine.

- **build, compile, load, gap stage**: from a case to the optimum of its gap, against {linear_program}.
  Both build the same model with the same code and must reach the same optimum, or the benchmark fails. Plain Pyomo is
  as Pyomo does it by default: no templates, its own interface to HiGHS. That interface compiles and loads in one step.
  Its objective is multiplied by 1e6, without which it stopped 3 % above the optimum and reported it as optimal.
- **Beside {linopy}**: linopy has the same scenario once more, written by hand in whole arrays
  (`benchmarks/in_linopy.py`). Rows, columns, non-zeros and the optimum must be the same, or the benchmark fails. A model
  of whole arrays costs nearly the same whatever its size; one that is written rule by rule grows with it.
- **In parts and whole**: the whole command, from tables to run folder, to a proven distance of 5e-4. Memory is that of all
  processes together at the peak, pages that they share counted once, looked at while they run. Neither plan may lie below
  the bound proven for the other. What is expected to take more than 150 seconds is not planned whole. The exponents are
  fitted to nations of 4,000 benefits and more: below, most of the time is Python starting.
- **One process or two**: every table of both plans must be the same to the last digit.
- **The budget curve** is traced by one kept model. Cold solves build and load the same model for every round of knots at
  every point; with rounds kept they do so once for every point. Every gap must agree to 1e-6, or the benchmark fails.
- **commonweal --help** is held against {start_up}, Python doing nothing.
- The generated cases are invented (`benchmarks/generate.py`).

"""


def measure(case: Case, runs: int, tiny: bool) -> list[Step]:
    """Median of every step over `runs` runs, each of which does both sides one after the other."""
    prepared = case.prepare(tiny)
    found: dict[str, list[Step]] = defaultdict(list)
    for _ in range(min(runs, getattr(case, "RUNS", runs))):
        for step in case.measure(prepared):
            found[step.name].append(step)
    return [
        replace(steps[-1], ours=statistics.median(step.ours for step in steps), other=_median(steps))
        for steps in found.values()
    ]


def _median(steps: list[Step]) -> float | None:
    other = [step.other for step in steps if step.other is not None]
    return statistics.median(other) if other else None


def result(case: Case, steps: list[Step], told: str) -> Result:
    """The rows of a case."""
    rows = []
    for step in steps:
        seconds, ratio = ("", "") if step.other is None else (f"{step.other:.3f}", f"{step.other / step.ours:.1f}")
        name = f"{step.name}: {step.note}" if step.note else step.name
        rows.append((name, case.AGAINST if ratio else "", f"{step.ours:.3f}", seconds, ratio))
    return Result(title(case), tuple(rows), told)


def title(case: Case) -> str:
    """What a case is called in the table."""
    return case.__doc__.splitlines()[0].rstrip(".")


def machine() -> str:
    """When and where, in one line."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{date.today()}, {_processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}"


def _processor() -> str:
    """The processor's name where the system tells it."""
    known = Path("/proc/cpuinfo")
    names = [line for line in known.read_text().splitlines() if "model name" in line] if known.exists() else []
    return names[0].partition(":")[2].strip() if names else platform.processor() or platform.machine()


def pictures(folder: Path) -> str:
    """The pictures that have been drawn, as Markdown."""
    drawn = [case for case in cases().values() if hasattr(case, "PICTURE") and (folder / case.PICTURE).exists()]
    return "".join(f"![{case.SHOWS}]({case.PICTURE})\n\n" for case in drawn)


def main() -> None:
    """Parse, run, print, and write where asked."""
    found = cases()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=str(__doc__).splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one run instead of the median of seven")
    parser.add_argument("--tiny", action="store_true", help="one run at the smallest size: shows that everything runs")
    parser.add_argument(
        "--case", action="append", default=[], choices=list(found), help="only this case; others keep their rows"
    )
    parser.add_argument("--write", type=Path, help="also write table and pictures, to this file and beside it")
    chosen = parser.parse_args()
    runs = 1 if chosen.quick or chosen.tiny else RUNS
    results: dict[str, Result] = {}
    for name in chosen.case or found:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        case = found[name]
        steps = measure(case, runs, chosen.tiny)
        results[name] = result(case, steps, f"Median of {min(runs, getattr(case, 'RUNS', runs))}. {machine()}.")
        if chosen.write is not None and hasattr(case, "PICTURE"):
            case.draw(steps, chosen.write.parent / case.PICTURE)
    print(render(results))
    if chosen.write is not None:
        before = {}
        if chosen.case and chosen.write.exists():
            titles = {name: title(case) for name, case in found.items()}
            before = parse(chosen.write.read_text(encoding="utf-8"), titles)
        kept = {name: (before | results)[name] for name in found if name in before | results}
        against = {name: case.AGAINST for name, case in found.items()}
        words = WORDS.format(
            linear_program=against["china_five_years"],
            linopy=against["beside_linopy"],
            start_up=f"`{against['start_up']}`",
        )
        chosen.write.write_text(words + pictures(chosen.write.parent) + render(kept), encoding="utf-8")


if __name__ == "__main__":
    main()

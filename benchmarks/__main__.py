"""Run every benchmark case and print one table: median seconds and ratios measured side by side in this run.

    python -m benchmarks [--quick] [--tiny] [--case NAME]... [--write docs/benchmarks.md]

Seconds depend on the machine; the ratios are the result.
"""

import argparse
import os
import platform
import statistics
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.parts import Case, Step, cases

RUNS = 7
PACKAGES = ("commonweal", "highspy", "pyomo", "pandas", "numpy", "scipy")


def measure(case: Case, runs: int, tiny: bool) -> list[Step]:
    """Median of every step over `runs` runs, each of which does both sides one after the other."""
    prepared = case.prepare(tiny)
    found: dict[str, list[Step]] = defaultdict(list)
    for _ in range(runs):
        for step in case.measure(prepared):
            found[step.name].append(step)
    return [
        Step(
            name,
            statistics.median(step.ours for step in steps),
            None if steps[0].other is None else statistics.median(step.other or 0.0 for step in steps),
        )
        for name, steps in found.items()
    ]


def lines(names: list[str], runs: int, tiny: bool) -> Iterator[str]:
    """The table as Markdown, a case at a time."""
    yield "| case | step | ours, s | other, s | times faster | against |"
    yield "|---|---|---:|---:|---:|---|"
    for name, case in cases().items():
        if names and name not in names:
            continue
        title = (case.__doc__ or name).strip().splitlines()[0].rstrip(".")
        for step in measure(case, 1 if tiny else runs, tiny):
            other = "" if step.other is None else f"{step.other:.3f}"
            ratio = "" if step.other is None else f"{step.other / step.ours:.1f}"
            yield f"| {title} | {step.name} | {step.ours:.3f} | {other} | {ratio} | {case.AGAINST if other else ''} |"


def machine() -> str:
    """Where and when, in one line."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{date.today()}; {os.cpu_count()} cores, {platform.machine()}; Python {platform.python_version()}, {versions}"
    )


def main() -> None:
    """Parse, run, print, and write where asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one run instead of the median of seven")
    parser.add_argument("--tiny", action="store_true", help="smallest sizes: only shows that everything runs")
    parser.add_argument("--case", action="append", default=[], choices=list(cases()), help="only this case")
    parser.add_argument("--write", type=Path, help="also write the table to this file")
    chosen = parser.parse_args()
    runs = 1 if chosen.quick or chosen.tiny else RUNS
    head = f"Median of {runs}. {machine()}."
    print(head, flush=True)
    rows = []
    for row in lines(chosen.case, runs, chosen.tiny):
        print(row, flush=True)
        rows.append(row)
    if chosen.write is not None:
        text = ["# Benchmarks", "", "Made by `make bench`.", "", head, "", *rows]
        chosen.write.write_text("\n".join(text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

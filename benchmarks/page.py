"""The page of results: one table with the rows of every case, and when and where each case was measured.

A case that is measured alone takes the place of its rows; those of the others stay, with their own date.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

Row = tuple[str, ...]
WORDED = 3  # the first columns hold words
HEADS = ("case", "step", "held against", "commonweal, s", "other, s", "times faster")
RUN = re.compile(r"^- (?P<names>`\w+`(?:, `\w+`)*): (?P<told>Median of .*)$", re.MULTILINE)
RUN_OF_ALL = re.compile(r"^Median of .*$", re.MULTILINE)


@dataclass(frozen=True)
class Result:
    """One case: its title, its rows without it, and what is told of its run in one line."""

    title: str
    rows: tuple[Row, ...]
    told: str


def render(results: Mapping[str, Result]) -> str:
    """What stands below the introduction: the runs, then the table; as Markdown with even columns."""
    rows: list[Row] = [HEADS]
    for result in results.values():
        rows += [(result.title if k == 0 else "", *row) for k, row in enumerate(result.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(map(_padded, row, widths, range(len(row)))) + " |" for row in rows]
    rule = "|" + "|".join("-" * (w + 1) + ("-" if k < WORDED else ":") for k, w in enumerate(widths)) + "|"
    return _runs(results) + "\n\n" + "\n".join([lines[0], rule, *lines[1:]]) + "\n"


def _padded(cell: str, width: int, place: int) -> str:
    """Words to the left, figures to the right."""
    return cell.ljust(width) if place < WORDED else cell.rjust(width)


def _runs(results: Mapping[str, Result]) -> str:
    told: dict[str, list[str]] = {}
    for name, result in results.items():
        told.setdefault(result.told, []).append(name)
    if len(told) == 1:
        return next(iter(told))
    return "\n".join(f"- {', '.join(f'`{name}`' for name in names)}: {run}" for run, names in told.items())


def parse(text: str, titles: Mapping[str, str]) -> dict[str, Result]:
    """The results of a page, of the cases that still are; `titles` by name."""
    runs = {name: run["told"] for run in RUN.finditer(text) for name in re.findall(r"\w+", run["names"])}
    every = RUN_OF_ALL.search(text)
    names = {title: name for name, title in titles.items()}
    groups: dict[str, list[Row]] = {}
    title = ""
    for line in text.splitlines():
        cells = tuple(cell.strip() for cell in line.strip("|").split(" | "))
        if line.startswith("| ") and len(cells) == len(HEADS) and cells != HEADS:
            title = cells[0] or title
            groups.setdefault(title, []).append(cells[1:])
    return {
        names[title]: Result(title, tuple(rows), runs.get(names[title]) or (every[0] if every else ""))
        for title, rows in groups.items()
        if title in names
    }

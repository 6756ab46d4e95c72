"""Time and memory against the number of benefits, planned whole and in parts, with the exponents fitted to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LARGE = 4_000  # benefits from which on the fit holds: below, Python starting is most of it
COLOURS = {"parts": "#b4531a", "whole": "#2f6690"}
NAMES = {"parts": "in parts, two processes", "whole": "whole, one process"}
MARKS = {"parts": "o", "whole": "s"}
AXES = (("seconds", "seconds by the clock"), ("megabytes", "MB of all processes at the peak"))
TITLE = "Time and memory against size"


@dataclass(frozen=True)
class Point:
    """One nation; a whole model that was not run has nothing."""

    benefits: int
    parts_seconds: float
    parts_megabytes: float
    whole_seconds: float | None = None
    whole_megabytes: float | None = None


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> tuple[float, float]:
    """p and ln c of cost = c * size ** p, by least squares of logarithms; two sizes at least."""
    power, constant = np.polyfit(np.log(sizes), np.log(costs), 1)
    return float(power), float(constant)


def draw_points(points: Sequence[Point], file: Path) -> None:
    """Write the picture as SVG: one panel above the other, so that it stays readable on a narrow page."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    style = {"svg.hashsalt": "commonweal", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}
    with mpl.rc_context(style):
        figure = Figure(figsize=(5.6, 6.6), layout="constrained")
        for axis, (cost, label) in zip(figure.subplots(2, 1, sharex=True), AXES, strict=True):
            for way in NAMES:
                _line(axis, points, way, cost)
            axis.set(xscale="log", yscale="log")
            axis.set_title(label, loc="left", fontsize=9, fontweight="bold")
            axis.yaxis.set_major_formatter("{x:,g}")
            axis.grid(which="major", linewidth=0.4, alpha=0.5)
            axis.spines[["top", "right"]].set_visible(False)
            axis.legend(frameon=False, loc="upper left")
        axis.xaxis.set_major_formatter("{x:,g}")
        axis.set_xlabel("benefits: regions x groups x programmes x years")
        figure.savefig(file, format="svg", metadata={"Date": None, "Title": TITLE})


def _line(axis: object, points: Sequence[Point], way: str, cost: str) -> None:
    """The measured points, and the fitted line through the large ones."""
    found = [(point.benefits, getattr(point, f"{way}_{cost}")) for point in points]
    there = sorted((size, value) for size, value in found if value is not None)
    if not there:
        return
    fitted = [pair for pair in there if pair[0] >= LARGE]
    label = NAMES[way]
    if len({size for size, _ in fitted}) > 1:
        sizes, costs = zip(*fitted, strict=True)
        power, constant = exponent(sizes, costs)
        ends = np.array([sizes[0], sizes[-1]])
        axis.plot(ends, np.exp(constant) * ends**power, color=COLOURS[way], linewidth=1.2)  # type: ignore[attr-defined]
        label += f": size to the power of {power:.2f}"
    axis.plot(*zip(*there, strict=True), MARKS[way], color=COLOURS[way], markersize=4.5, label=label)  # type: ignore[attr-defined]

"""A figure: one chart and the table of its numbers, for every choice a reader can make.

A figure belongs to one run; `merged` lays the same figure of several runs over each other, so that a slider can
walk through them with the axes standing still. Options are those of the chart library (ECharts), as plain data;
a colour such as "@plan" is filled in by the page, which knows light from dark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from commonweal.optimizer.blocks import Block, Style

Key = tuple[str, ...]
Option = Mapping[str, Any]

DIGITS = 9  # significant figures that a chart is given; what people read is rounded much earlier


@dataclass(frozen=True)
class Number:
    """How a chart writes its values: as `blocks.show` does, with the unit behind."""

    style: Style
    decimals: int
    unit: str = ""


@dataclass(frozen=True)
class Frame:
    """What one choice shows. `top` of `axis` is kept alike in all frames with the same `scale`."""

    table: Block
    option: Option = field(default_factory=dict)
    marks: int = 0  # drawn marks that stand for a number; a test counts them
    axis: str = ""
    top: float = 0.0
    scale: str = ""


@dataclass(frozen=True)
class Figure:
    """A chart with its title, how to read it, what it can be asked (`dims`), and a frame for every answer.

    dims: any of year, who, programme, fund, side, place; a frame's key has a value for each, in that order.
    """

    name: str
    title: str
    lead: str
    dims: tuple[str, ...]
    frames: Mapping[Key, Frame]
    option: Option = field(default_factory=dict)
    number: Number = Number("number", 0)
    height: int = 380  # pixels


def merged(figures: Sequence[Figure]) -> Figure:
    """One figure of the same figure of several runs: keys begin with the number of the run."""
    frames = {
        (str(number), *key): frame for number, figure in enumerate(figures) for key, frame in figure.frames.items()
    }
    tops: dict[tuple[str, str], float] = {}
    for frame in frames.values():
        tops[frame.axis, frame.scale] = max(frame.top, tops.get((frame.axis, frame.scale), 0.0))
    still = {
        key: replace(frame, option=_with_top(frame, tops[frame.axis, frame.scale])) for key, frame in frames.items()
    }
    return replace(figures[0], dims=("run", *figures[0].dims), frames=still)


def _with_top(frame: Frame, top: float) -> Option:
    if not frame.axis:
        return frame.option
    return {**frame.option, frame.axis: {**frame.option.get(frame.axis, {}), "max": nice(top)}}


def nice(top: float) -> float:
    """The end of an axis: the next of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten."""
    if top <= 0:
        return 1.0
    power = 10.0 ** (len(f"{top:.0f}") - 1)
    while power > top:
        power /= 10
    return next(step * power for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * power >= top)


def figures_of(value: float) -> float:
    """`value` with the digits that a chart is given."""
    return float(f"{value:.{DIGITS}g}")

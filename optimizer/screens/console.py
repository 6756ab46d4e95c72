"""Where screens are drawn: colours only on a terminal, plain text when piped, NO_COLOR respected."""

import sys
from typing import Any, TextIO

from rich import box
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from commonweal.optimizer.blocks import Block
from commonweal.optimizer.screens.folding import folded

GAP = 2  # blanks between columns, one of them the box's own
LEAST = 12  # a text column is not folded further
SHORT, LONG = 6, 24  # cells of the longest bar
EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


def console(stderr: bool = False) -> Console:
    """A console on standard output or error; a character that its encoding lacks is replaced."""
    stream: TextIO = sys.stderr if stderr else sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")
    return _Screen(file=stream, highlight=False, emoji=False, markup=False)


class _Screen(Console):
    """Text that is written without blanks is broken between any two of its wide letters."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print; texts are broken to the width of the screen."""
        if not options.get("soft_wrap"):
            objects = tuple(folded(one, self.width) if isinstance(one, Text) else one for one in objects)
        super().print(*objects, **options)


def draw(screen: Console, block: Block) -> None:
    """A block: title, table, notes."""
    screen.print()
    if block.title:
        screen.print(Text(block.title, style="bold"))
    if block.rows:
        screen.print(_table(block, screen))
    for note in block.notes:
        screen.print(Text(note))


def _table(block: Block, screen: Console) -> Table:
    """Text to the left, numbers to the right and never broken; headers and texts fold to fit the screen."""
    texts, width = block.texts(), screen.width
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0), header_style="dim")
    sizes = _widths(block, texts, width)
    for head, size in zip(block.heads, sizes, strict=True):
        justify: JustifyMethod = "left" if head.style == "text" else "right"
        table.add_column(Text(head.title), justify=justify, width=size, overflow="fold", vertical="top")
    bars = _bars(block, screen, width - sum(sizes) - GAP * len(sizes))
    if bars:
        table.add_column(Text(""), no_wrap=True)
    for number, row in enumerate(texts):
        table.add_row(
            *(folded(Text(cell), size) for cell, size in zip(row, sizes, strict=True)), *bars[number : number + 1]
        )
    return table


def _bars(block: Block, screen: Console, room: int) -> list[Text]:
    """A bar for each row, of the column that asks for one; none where it is no terminal or too narrow."""
    column = next((k for k, head in enumerate(block.heads) if head.bar), None)
    if column is None or not screen.is_terminal or not screen.encoding.startswith("utf") or room < SHORT:
        return []
    values = [float(row[column] or 0.0) for row in block.rows]
    most = max(map(abs, values)) or 1.0
    return [_bar(value, min(room, LONG) * abs(value) / most) for value in values]


def _bar(value: float, cells: float) -> Text:
    """A bar of so many cells, to an eighth of one; what is given away has another colour than what is received."""
    whole, eighths = divmod(round(8 * cells), 8)
    return Text("█" * whole + EIGHTHS[eighths], style="dark_orange" if value < 0 else "deep_sky_blue3")


def _widths(block: Block, texts: list[list[str]], width: int) -> list[int]:
    """Width of each column: numbers and words whole, text columns share what is left."""
    whole = [max([cell_len(row[k]) for row in texts], default=0) for k in range(len(block.heads))]
    wide = [max([whole[k], *map(cell_len, head.title.split())]) for k, head in enumerate(block.heads)]
    words = [k for k, head in enumerate(block.heads) if head.style == "text"]
    over = sum(wide) + GAP * (len(wide) - 1) - width
    while over > 0 and any(wide[k] > LEAST for k in words):
        widest = max(words, key=lambda k: wide[k])
        wide[widest] -= 1
        over -= 1
    return wide

"""Where a line may be broken in a script that puts no blanks between words."""

from itertools import pairwise

from rich.cells import cell_len
from rich.text import Text

CLOSING = "，。；：、）」》”’？！…%"  # never begins a line
OPENING = "（「《“‘"  # never ends one


def folded(text: Text, width: int) -> Text:
    """`text` with line breaks, so that no line is wider than `width` cells; as it is where it holds no wide letters.

    A break stands at a blank or beside a wide letter, but not before closing or after opening punctuation.
    """
    plain = text.plain
    if cell_len(plain) <= width or cell_len(plain) == len(plain):
        return text
    ends, start, fits = [], 0, 0
    for place, letter in enumerate(plain):
        if letter == "\n":
            start = fits = place + 1
        elif cell_len(plain[start : place + 1]) > width and fits > start:
            ends.append(fits)
            start = fits
        if place + 1 < len(plain) and _breaks(letter, plain[place + 1]):
            fits = place + 1
    lines = [text[a:b] for a, b in pairwise([0, *ends, len(plain)])]
    for line in lines[:-1]:
        line.rstrip()
    return Text("\n").join(lines)


def _breaks(left: str, right: str) -> bool:
    """Whether a line may end between two letters."""
    if right in CLOSING or left in OPENING or right == " ":
        return False
    return left == " " or cell_len(left) == 2 or cell_len(right) == 2

"""How workbooks look that people fill in or are handed: colours, paper, the font, and how high a row must be."""

from typing import Any

from rich.cells import cell_len

from commonweal.language import _, mark

DARK, PALE, NEEDED, LINE, GREY = "#1F3864", "#E9EEF6", "#FFF4CE", "#A6B4CC", "#595959"
A4 = 9  # Excel's number of the paper
LINE_HEIGHT = 15  # points
FONT = mark("Calibri")  # a language whose letters it lacks names a font that has them and the digits


def font() -> str:
    """The font of the language spoken: with another one Excel takes the letters that are missing from a third."""
    return _(FONT)


def printed(sheet: Any) -> None:
    """Print across A4, as long as it is."""
    sheet.set_paper(A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def lines(text: str, width: float) -> int:
    """Lines that a text needs in a column so many digits wide, broken at spaces, and Chinese anywhere."""
    count, used = 1, 0
    for word in text.split(" "):
        size = cell_len(word)
        start = used + 1 if used else 0
        if start and start + size > width and (word.isascii() or start + 2 > width):
            count, start = count + 1, 0
        used = start + size
        while used > width:
            count, used = count + 1, max(1, int(used - width))
    return count

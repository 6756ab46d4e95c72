"""A workbook being written, and the looks that its sheets share."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from commonweal.instances.workbook_looks import DARK, GREY, LINE, PALE, font, printed
from commonweal.optimizer.language import ENGLISH, _, language

EPOCH = datetime(1980, 1, 1)  # of what has no moment of its own, so that the same runs give the same bytes
TITLE = {"bold": True, "font_size": 16, "font_color": DARK}
SUBTITLE = {"italic": True, "font_color": GREY}
HEADLINE = {"bold": True, "font_size": 11, "text_wrap": True}
SECTION = {"bold": True, "font_size": 12, "font_color": DARK, "bottom": 1, "bottom_color": DARK}
HEADER = {"bold": True, "text_wrap": True, "bg_color": PALE, "bottom": 1, "bottom_color": LINE}
UNIT = {"italic": True, "font_color": GREY, "bg_color": PALE, "text_wrap": True}
TEXT = {"text_wrap": True}
ASIDE = {"align": "left", "indent": 1}  # of a text to the right of a number


def title(table: str) -> str:
    """The sheet of a table."""
    return _(table.replace("_", " ").capitalize())


def heading(column: str) -> str:
    """A column's name, as formulas and programs know it; in another language than English, words."""
    return column if language() == ENGLISH else _(column.replace("_", " "))


class Book:
    """A workbook and its formats, each made once; texts are never taken for formulas."""

    def __init__(self, path: Path) -> None:
        self.file = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
        self._formats: dict[str, Any] = {}
        self._base = {"font_name": font(), "font_size": 10, "valign": "top"}

    def sheet(self, name: str) -> Any:
        """A new sheet that prints across A4, as long as it is."""
        sheet = self.file.add_worksheet(name)
        printed(sheet)
        return sheet

    def format(self, look: Mapping[str, Any]) -> Any:
        """The format with this look."""
        key = repr(sorted(look.items()))
        if key not in self._formats:
            self._formats[key] = self.file.add_format({**self._base, **look})
        return self._formats[key]

"""The cells of a workbook as text, exactly as the reader of CSV files gets them, and what cannot be read so.

    12.0 -> "12"   0.16 shown as 16 % -> "0.16"   "１２３" -> "123" in a column of numbers   "Bern " -> "Bern"

Thousands separators, per cent signs in text and whatever else is not plainly a number stay as they are, so that the
reader of tables reports them with its remedy instead of guessing.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

from python_calamine import CalamineSheet, CalamineWorkbook

from commonweal.language import _

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
CELL = re.compile(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
PLACE = re.compile(r'\br="([A-Z]+)([0-9]+)"')
Place = tuple[int, int]  # row and column of a sheet, from 0


@dataclass(frozen=True)
class Cells:
    """One sheet: rows of values as the workbook holds them, merged areas (first and last cell), bad cells."""

    name: str
    rows: list[list[object]]
    merged: list[tuple[Place, Place]]
    bad: dict[Place, str]


def sheets(path: Path) -> dict[str, Cells]:
    """Every sheet by its name in small letters. Raises what the library raises for a file that is no workbook."""
    wrong = dict(_unreadable(path))
    with CalamineWorkbook.from_path(str(path)) as book:
        return {
            name.strip().casefold(): _cells(name, book.get_sheet_by_name(name), wrong.get(name, {}))
            for name in book.sheet_names
        }


def _cells(name: str, sheet: CalamineSheet, bad: dict[Place, str]) -> Cells:
    rows = sheet.to_python(skip_empty_area=False)
    return Cells(name, [list(row) for row in rows], list(sheet.merged_cell_ranges or []), bad)


def _unreadable(path: Path) -> Iterator[tuple[str, dict[Place, str]]]:
    """Cells that the library gives as blank and that are not: errors, and formulas never computed."""
    with ZipFile(path) as archive:
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {link.get("Id"): str(link.get("Target")) for link in links}
        for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter(f"{MAIN}sheet"):
            target = targets[sheet.get(LINK)].lstrip("/")
            text = archive.read(target if target.startswith("xl/") else f"xl/{target}").decode("utf-8")
            yield str(sheet.get("name")), dict(_bad_cells(text))


def _bad_cells(text: str) -> Iterator[tuple[Place, str]]:
    for match in CELL.finditer(text):
        attributes, body = match[1], match[2] or ""
        place = PLACE.search(attributes)
        if place is None:
            continue
        spot = int(place[2]) - 1, column_number(place[1])
        value = re.search(r"<v>(.*?)</v>", body)
        if 't="e"' in attributes:
            yield spot, value[1] if value else _("an error")
        elif "<f" in body and value is None:
            yield spot, _("a formula without its result")


def text_of(value: object, number: bool) -> str | None:
    """A cell as text without surrounding blanks; None for what is neither text nor number (a date, yes or no)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    if not isinstance(value, str):
        return None
    text = value.strip()
    return unicodedata.normalize("NFKC", text).strip() if number else text


def column_number(letters: str) -> int:
    """A is 0, Z is 25, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def column_letters(number: int) -> str:
    """0 is A, 26 is AA."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters

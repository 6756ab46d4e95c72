"""Bytes to text, settings and cells: what can go wrong before a table has columns."""

import csv
import hashlib
import io
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from commonweal.instances.faults import Fault, nearest
from commonweal.instances.rows import TABLES, Row
from commonweal.instances.table import Sheet
from commonweal.language import _

# The files of an instance folder, in the order in which faults are told.
NAMES = ("instance.toml", *(f"{table.TABLE}.csv" for table in TABLES), "scenario.toml")


@dataclass(frozen=True)
class Folder:
    """A folder being read; hashes of its files and faults are collected on the way."""

    path: Path
    hashes: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Whether the file is there."""
        return (self.path / name).is_file()

    def fault(self, name: str, line: int | None, value: str | None, expected: str, remedy: str) -> None:
        """Note a fault that is in no column."""
        self.faults.append(Fault(name, line, None, value, expected, remedy))

    def text(self, name: str) -> str | None:
        """The text of a UTF-8 file, with or without byte order mark; None after a fault."""
        if not self.has(name):
            meant = self._misnamed(name)
            self.fault(
                name, None, None, _("this file"), _("Rename '{meant}'", meant=meant) if meant else _("Add the file")
            )
            return None
        raw = (self.path / name).read_bytes()
        self.hashes[name] = hashlib.sha256(raw).hexdigest()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            byte = f"byte 0x{error.object[error.start]:02X}"
            self.fault(name, line, byte, _("text in UTF-8"), _("Save the file in UTF-8 ('CSV UTF-8' in Excel)"))
            return None
        if not text.strip():
            self.fault(name, None, None, _("a file with content"), _("Fill the file; it is empty"))
            return None
        return text

    def line_of(self, name: str, key: str) -> int | None:
        """The line of a setting in a TOML file that could be read."""
        text = (self.path / name).read_text(encoding="utf-8-sig")
        found = re.search(rf"^[ \t]*{re.escape(key)}[ \t]*=", text, re.MULTILINE)
        return text.count("\n", 0, found.start()) + 1 if found else None

    def setting_line(self, path: str) -> int | None:
        """None: the path of a setting is spread over lines of a TOML file, and tells the place by itself."""
        return None

    def located(self, faults: list[Fault]) -> list[Fault]:
        """Faults as they are: a folder has files and lines."""
        return faults

    def _misnamed(self, name: str) -> str | None:
        """A file that is no part of an instance but whose name is much like `name`."""
        wanted = Path(name)
        others = [p for p in self.path.iterdir() if p.suffix == wanted.suffix and p.name not in NAMES]
        meant = nearest(wanted.stem, (p.stem for p in others))
        return None if meant is None else meant + wanted.suffix

    def toml(self, name: str) -> dict[str, object] | None:
        """The settings of a TOML file; None after a fault."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"line (\d+)", str(error))
            self.fault(
                name, int(line[1]) if line else None, None, _("a TOML file"), _("Correct it: {error}", error=error)
            )
            return None

    def sheet(self, table: type[Row]) -> Sheet | None:
        """The cells of a table, without surrounding spaces and empty rows; None after a fault."""
        name = f"{table.TABLE}.csv"
        if table.OPTIONAL and not self.has(name):
            if (meant := self._misnamed(name)) is not None:
                self.fault(
                    meant, None, None, _("a known table"), _("Rename it to '{name}', or move it away", name=name)
                )
            return Sheet(name, list(table.model_fields), 1, [], [])
        text = self.text(name)
        if text is None:
            return None
        rows: list[list[str]] = []
        lines: list[int] = []
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        start = 1
        try:
            for cells in reader:
                row = [cell.strip() for cell in cells]
                if any(row):
                    rows.append(row)
                    lines.append(start)
                start = reader.line_num + 1
        except csv.Error as error:
            self.fault(name, start, None, _("cells separated by commas"), _("Correct the quotes: {error}", error=error))
            return None
        if not rows:
            self.fault(name, None, None, _("a header and rows"), _("Fill the file; all its cells are blank"))
            return None
        if len(rows[0]) == 1 and re.search("[;\t]", rows[0][0]):
            remedy = _("Save the file with commas between the columns")
            self.fault(name, lines[0], rows[0][0], _("columns separated by commas"), remedy)
            return None
        if len(rows) == 1 and not table.OPTIONAL:
            self.fault(name, lines[0], None, _("rows below the header"), _("Add the rows"))
            return None
        return Sheet(name, rows[0], lines[0], rows[1:], lines[1:])

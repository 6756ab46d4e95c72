"""Faults in the input, told as a letter to the person who can mend them."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar

from commonweal.language import _

SHOWN = 200  # more sentences than this help nobody; InstanceError.faults keeps them all


@dataclass(frozen=True)
class Fault:
    """One fault: where it is, what was found, what was expected and what to do."""

    file: str
    line: int | None  # first line of a text file is 1; None where the fault is in no single line
    column: str | None
    value: str | None  # as it stands in the file; None where something is absent
    expected: str
    remedy: str

    def __str__(self) -> str:
        """One sentence of finding and one of advice."""
        place = self.file
        if self.line is not None:
            place += _(", line {line}", line=self.line)
        if self.column is not None:
            place += _(", column {column}", column=self.column)
        found = "" if self.value is None else _("found '{value}', ", value=self.value)
        return _(
            "{place}: {found}expected {expected}. {remedy}.",
            place=place,
            found=found,
            expected=self.expected,
            remedy=self.remedy,
        )


class InstanceError(Exception):
    """The input cannot be used; `faults` lists every reason. The command line ends with exit code 3."""

    exit_code: ClassVar[int] = 3

    def __init__(self, faults: list[Fault]) -> None:
        """Keep all faults; the message shows the first two hundred."""
        self.faults = faults
        lines = [
            _("1 fault in the input:") if len(faults) == 1 else _("{n} faults in the input:", n=len(faults)),
            *(f"  {fault}" for fault in faults[:SHOWN]),
        ]
        if len(faults) > SHOWN:
            lines.append(_("  ... and {n} more.", n=len(faults) - SHOWN))
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type["InstanceError"], tuple[list[Fault]]]:
        """Travel between processes with the faults, not with the message."""
        return InstanceError, (self.faults,)


def nearest(value: str, known: Iterable[str]) -> str | None:
    """The known name most like `value` (ignoring case), or None when nothing is alike."""
    names = {name.casefold(): name for name in known}
    found = get_close_matches(value.casefold(), names, n=1, cutoff=0.6)
    return names[found[0]] if found else None


def advice(value: str, known: Iterable[str]) -> str:
    """What to write instead of an unknown name: the nearest known one, or the list of them."""
    names = list(known)
    if (near := nearest(value, names)) is not None:
        return _("Did you mean '{near}'? Write that", near=near)
    some = ", ".join(f"'{name}'" for name in names[:12])
    if not names:
        return _("None is known here")
    return _("Write one of {names}", names=f"{some}{', ...' if len(names) > 12 else ''}")

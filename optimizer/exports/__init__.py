"""One export format a file, found by folder: `write(run, path)`; the file's name is the suffix it writes."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from commonweal.optimizer.run_folder import Run


class Export(Protocol):
    """The contract of a file in `optimizer/exports/`."""

    __doc__: str

    def write(self, run: "Run", path: Path) -> None:
        """Write every table of `run` to `path`, whole or not at all."""


def names() -> tuple[str, ...]:
    """Every format, by name."""
    return tuple(sorted(info.name for info in iter_modules(__path__)))


def load(name: str) -> Export:
    """The module of one format; `name` is one of `names()`."""
    return import_module(f"{__name__}.{name}")

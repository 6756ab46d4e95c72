"""One export format a file, found by folder: `write(run, path)`; the file's name is the suffix it writes."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol

from commonweal.optimizer.language import _

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


def write(folder: Path, places: Mapping[str, Path]) -> None:
    """Write `folder`, a run or a budget curve, in each format to its place.

    Raises UsageError if it is neither, or for a curve in another format than xlsx.
    """
    from commonweal.optimizer import run_folder, sheet_curve
    from commonweal.optimizer.errors import UsageError
    from commonweal.optimizer.report import budget

    if not (folder / budget.FRONTIER).is_file() or (folder / run_folder.RUN).is_file():
        run = run_folder.read(folder)
        for name, path in places.items():
            load(name).write(run, path)
        return
    curve, plans = budget.read_curve(folder), sorted(folder.glob(f"*/{run_folder.RUN}"))
    if set(places) != {"xlsx"}:
        raise UsageError(
            _("{folder} is a budget curve: its tables are CSV files already; export it as xlsx.", folder=folder)
        )
    if curve is None or not plans:
        raise UsageError(_("{folder} holds no plan. Run the frontier again, with its plans.", folder=folder))
    sheet_curve.write(curve, run_folder.read(plans[0].parent), places["xlsx"])

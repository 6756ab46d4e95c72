"""Files and folders that appear whole or not at all."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from commonweal.optimizer.language import _


@contextmanager
def whole(target: Path, replace_folder: bool = False) -> Iterator[Path]:
    """Yield a path to write to; it becomes `target`, a file or a folder, only if the block ends well.

    An error or Ctrl-C inside the block leaves everything as it was: an older `target` stays, and nothing new
    appears, parent folders included. The path lies beside `target`, so that the last step is one rename.
    An older file is replaced. A folder that holds anything is not, unless `replace_folder`: FileExistsError.
    """
    target = target.absolute()
    if target.is_dir() and not replace_folder and any(target.iterdir()):
        raise FileExistsError(errno.EEXIST, _("this folder exists and is not empty"), str(target))
    missing = [parent for parent in target.parents if not parent.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as scratch:
            fresh = Path(scratch) / target.name
            yield fresh
            _replace(fresh, target, aside=Path(scratch) / "replaced")
    except BaseException:
        for parent in missing:
            with suppress(OSError):  # not empty: somebody else uses it by now
                parent.rmdir()
        raise


def _replace(fresh: Path, target: Path, aside: Path) -> None:
    """Put `fresh` in the place of `target`; an older folder is moved `aside` and comes back on any error."""
    if not target.is_dir():
        fresh.replace(target)
        return
    try:
        target.rename(aside)
        fresh.rename(target)
    except BaseException:
        if aside.exists() and not target.exists():
            aside.rename(target)
        raise

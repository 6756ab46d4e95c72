"""Progress on standard error: the stage and the seconds so far, for whatever takes longer than a second."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from commonweal.optimizer.language import _
from commonweal.optimizer.screens.console import console

PATIENCE = 1.0  # seconds of silence nobody minds


@contextmanager
def progress(first: str, quiet: bool = False, verbose: bool = False) -> Iterator[Callable[[str], None]]:
    """Yield a function that is told each stage; `first` is the stage that begins now.

    A terminal shows a line that is gone at the end; a pipe gets a line a stage once a second has passed, or
    from the start if `verbose`.
    """
    screen, start = console(stderr=True), time.monotonic()
    if quiet:
        yield lambda _stage: None
    elif verbose or not screen.is_terminal:

        def tell(stage: str) -> None:
            elapsed = time.monotonic() - start
            if verbose or elapsed > PATIENCE:
                screen.print(f"{elapsed:7.1f} s  {_(stage)}")

        tell(first)
        yield tell
    else:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=screen, transient=True) as bar:
            task = bar.add_task(_(first), total=None)
            yield lambda stage: bar.update(task, description=_(stage))

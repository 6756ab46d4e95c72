"""A generated nation planned by the command line, whole or in parts, in processes of its own.

Read, planned to a proven distance of 5e-4, written as a run folder: all that `commonweal solve` does.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.generate import generate
from benchmarks.watched import Taken, watched

COMMAND = "from commonweal.cli import main; main()"
DISTANCE = 5e-4  # relative, proven
DIGITS = 1e-6  # relative; two bounds that are so close do not contradict each other


@dataclass(frozen=True)
class Planned:
    """One run: what it took, the gap and the bound proven for it; sweeps over the parts, 0 when planned whole."""

    taken: Taken
    gap: float
    bound: float
    sweeps: int

    @property
    def distance(self) -> float:
        """Relative distance between gap and bound."""
        return max(0.0, (self.gap - self.bound) / self.gap)

    def agree(self, other: "Planned") -> None:
        """Error: RuntimeError when one plan is better than what the other has proven to be possible."""
        for one, two in ((self, other), (other, self)):
            if one.gap < two.bound * (1 - DIGITS):
                raise RuntimeError(f"a plan with gap {one.gap} lies below the bound {two.bound} of another run")


@contextmanager
def nation(regions: int, groups: int, programmes: int, years: int) -> Iterator[Path]:
    """A place for runs with the generated case in its folder `case`."""
    with TemporaryDirectory() as place:
        generate(regions, groups, programmes, years).write(Path(place, "case"))
        yield Path(place)


def plan(place: Path, search: str, processes: int = 0) -> Planned:
    """Plan the case of `nation` by a search, in so many processes beside its own, into the folder `run`.

    Error: RuntimeError when the command fails or the plan is not proven.
    """
    settings = [f"search.name={search}", f"solver.tolerance={DISTANCE}"]
    settings += [f"search.processes={processes}"] if processes else []
    words = [word for setting in settings for word in ("--set", setting)]
    run = place / "run"
    taken = watched(
        [sys.executable, "-c", COMMAND, "solve", str(place / "case"), "-q", "--force", "-o", str(run), *words]
    )
    told = json.loads((run / "run.json").read_text(encoding="utf-8"))
    found = Planned(taken, told["objective"], told["lower_bound"], told.get("decomposition", {}).get("sweeps", 0))
    if told["status"] != "optimal" or found.distance > DISTANCE * (1 + DIGITS):
        raise RuntimeError(f"{told['instance']} by {search} is proven to {found.distance:.1e} only")
    return found

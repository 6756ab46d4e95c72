"""One large plan in a process of its own: seconds of the search, rounds, and the most memory it took.

python -m benchmarks.large leximin|gini REGIONS
"""

import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.generate import generate
from benchmarks.parts import timed
from commonweal.optimizer import load_scenario, solve

ROOT = Path(__file__).resolve().parents[1]
NATION = (2, 1, 1)  # groups, programmes, years


@dataclass(frozen=True)
class Measured:
    """What one large plan took; memory in GiB, the distance is the proven one.

    seconds: by the clock; processor: seconds of all threads, which a busy machine changes little.
    """

    seconds: float
    processor: float
    rounds: int
    memory: float
    distance: float


def apart(gap: str, regions: int) -> Measured:
    """The same in another process, so that its memory is its own. Error: RuntimeError with what it said."""
    words = [sys.executable, "-m", "benchmarks.large", gap, str(regions)]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    if told.returncode:
        raise RuntimeError(told.stderr[-2000:])
    return Measured(**json.loads(told.stdout))


def measured(gap: str, regions: int) -> Measured:
    """Solve a generated nation of one year with a gap or search."""
    case = generate(regions, *NATION)
    begun = time.process_time()
    seconds, plan = timed(lambda: solve(case, load_scenario(case, (), (), (gap,))))
    rounds = next(int(stage["rounds"]) for stage in plan.info["stages"] if stage["stage"] in ("gap", "leximin"))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # Linux tells KiB
    processor = time.process_time() - begun
    return Measured(seconds, processor, rounds, memory, plan.relative_gap)


def told(found: Measured) -> str:
    """What stands beside the seconds."""
    return f"{found.processor:.0f} s of processor, {found.rounds} rounds, {found.memory:.1f} GiB, proven to {found.distance:.0e}"


def main() -> None:
    """Print one plan's figures as JSON."""
    gap, regions = sys.argv[1:]
    print(json.dumps(asdict(measured(gap, int(regions)))))


if __name__ == "__main__":
    main()

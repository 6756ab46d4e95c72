"""generated, 5,500 regions x 2 groups x 1 programme x 1 year, leximin.

The whole plan, from a case in memory to all its tables, held against the time it was given. Rounds and memory stand
beside it; more than 100 rounds or 2 GiB fail the benchmark.
"""

from benchmarks.large import apart, told
from benchmarks.parts import Step

AGAINST = "the limit of 20 s that was set for it"
LIMIT, ROUNDS, MEMORY = 20.0, 100, 2.0


def prepare(tiny: bool) -> int:
    """How many regions."""
    return 20 if tiny else 5_500


def measure(regions: int) -> list[Step]:
    """One plan in a process of its own. Error: RuntimeError when it takes too many rounds or too much memory."""
    found = apart("leximin", regions)
    if found.rounds > ROUNDS or found.memory > MEMORY:
        raise RuntimeError(f"leximin took {found.rounds} rounds and {found.memory:.1f} GiB")
    return [Step("whole plan", found.seconds, LIMIT, note=told(found))]

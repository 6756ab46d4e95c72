"""What a command takes: seconds by the clock, seconds of processor, and the most memory of all its processes together.

Memory is looked at while the command runs: the proportional set size (pages that processes share are counted once) of
the command and of every process below it, added up; the largest sum is told. A look at some gigabytes takes time
itself, so that the next one waits until looking is a twentieth of the time at most.
"""

import resource
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

PAUSE, SHARE = 0.05, 20  # seconds between two looks at least; in multiples of what a look takes


@dataclass(frozen=True)
class Taken:
    """Seconds by the clock; processor: seconds of all processes and threads; MB at the peak of all processes."""

    seconds: float
    processor: float
    megabytes: float


def watched(words: Sequence[str]) -> Taken:
    """Run a command to its end. Error: RuntimeError with what it said."""
    before, begun, peak, pause = _processor(), time.perf_counter(), 0.0, PAUSE
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=said)
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(pause)
                    break
                looked = time.perf_counter()
                peak = max(peak, memory(process.pid))
                pause = max(PAUSE, SHARE * (time.perf_counter() - looked))
        finally:
            process.kill()  # nothing where it has ended
        seconds = time.perf_counter() - begun
        if process.wait():
            said.seek(0)
            raise RuntimeError(said.read()[-2000:].decode(errors="replace"))
    return Taken(seconds, _processor() - before, peak)


def memory(process: int) -> float:
    """MB of a process and of all below it, now; shared pages once (where the system tells), nothing for those gone."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(process)
        for each in [parent, *parent.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                found = each.memory_full_info()
                total += getattr(found, "pss", found.uss)
    return total / 1e6


def _processor() -> float:
    """Seconds of processor of the children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

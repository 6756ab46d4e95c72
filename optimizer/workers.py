"""Tasks on local processes: one loses at most the task it is at, and none outlives the process that started
it.

Every worker is a fresh interpreter (spawn) that takes one task after the other. If a worker is killed, a new
one takes its task once more; if that one is killed too, the task is given back as lost. If the parent is
killed, its workers end at once.
"""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import current_process, get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")
TRIES = 2


@dataclass(frozen=True)
class Lost:
    """The outcome of a task whose worker was killed every time."""

    tries: int


@dataclass
class _Worker(Generic[Task]):
    process: SpawnProcess
    pipe: "Connection[Task, object]"
    task: int


def cores() -> int:
    """How many processes this one can keep busy: one for each core it may use; none of its own where it is a worker."""
    if current_process().daemon:  # such a process may not start others
        return 1
    with suppress(AttributeError):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(work: Callable[[Task], Result], tasks: Sequence[Task], workers: int) -> Iterator[tuple[Task, "Result | Lost"]]:
    """Yield each task with its result, in the order in which they end; `work` is a function of a module.

    A bug in `work` is raised here after the other workers were stopped.
    """
    waiting = deque(range(len(tasks)))
    tries = [0] * len(tasks)
    busy: list[_Worker[Task]] = []
    try:
        while waiting or busy:
            while waiting and len(busy) < workers:
                busy.append(_start(work, tasks, waiting.popleft()))
            wait([worker.pipe for worker in busy])
            for worker in [one for one in busy if one.pipe.poll()]:
                number = worker.task
                try:
                    result = worker.pipe.recv()
                except (EOFError, ConnectionResetError):
                    busy.remove(worker)
                    worker.process.join()
                    tries[number] += 1
                    if tries[number] < TRIES:
                        waiting.appendleft(number)
                    else:
                        yield tasks[number], Lost(TRIES)
                    continue
                if isinstance(result, BaseException):
                    raise result
                if waiting:
                    worker.task = waiting.popleft()
                    with suppress(BrokenPipeError):  # killed meanwhile: the pipe says so next time
                        worker.pipe.send(tasks[worker.task])
                else:
                    busy.remove(worker)
                    worker.pipe.close()
                yield tasks[number], result  # type: ignore[misc]
    finally:
        for worker in busy:
            worker.process.kill()


def _start(work: Callable[[Task], Result], tasks: Sequence[Task], number: int) -> "_Worker[Task]":
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(work, there), daemon=True)
    process.start()
    there.close()
    with suppress(BrokenPipeError):
        here.send(tasks[number])
    return _Worker(process, here, number)


def _serve(work: Callable[[Task], Result], pipe: "Connection[object, Task]") -> None:
    """Take tasks until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its workers
    threading.Thread(target=end_with_parent, daemon=True).start()
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        try:
            result: object = work(task)
        except Exception as error:
            result = error
        pipe.send(result)


def end_with_parent() -> None:
    """Wait for the end of the parent process, and end with it; for a thread of its own."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)

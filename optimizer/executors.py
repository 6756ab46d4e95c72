"""Where the parts of a large plan live: in this process, or in processes of their own.

A part stays where it was made, because what it has learnt stays there: only messages and answers travel. Answers come
back in the order of the parts, whoever is ready first, so the number of processes changes nothing but the time.

    with Processes(2) as executor:
        executor.start(Part, specs)
        answers = executor.call("price", [message] * len(specs))

A process that is killed is started anew, makes its parts again, and tells them once more what they learn from: the
methods that the class of the parts names in `LEARNS`. So they answer as if nothing had happened, to the last digit.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Protocol, Self

from threadpoolctl import ThreadpoolController

from commonweal.optimizer.errors import SolverFailed
from commonweal.optimizer.workers import end_with_parent

TRIES = 3
PATIENCE = 1.0  # seconds
Make = Callable[[Any], Any]
GONE = (EOFError, ConnectionResetError, BrokenPipeError)  # the other end of a pipe is


class Lessons:
    """What parts have learnt from, for those that are made anew."""

    def __init__(self, make: object = None) -> None:
        """Nothing yet; `make` names in LEARNS the methods that change what a part answers later."""
        self._learns: Sequence[str] = getattr(make, "LEARNS", ())
        self._calls: list[tuple[str, Sequence[Any]]] = []

    def note(self, method: str, messages: Sequence[Any]) -> None:
        """A call that all parts have answered."""
        if method in self._learns:
            self._calls.append((method, messages))

    def of(self, k: int, count: int) -> Iterator[tuple[str, list[Any]]]:
        """What the k-th of so many places has been told, in order."""
        return ((method, list(messages[k::count])) for method, messages in self._calls)


class Executor(Protocol):
    """Holds parts, and calls them."""

    @property
    def places(self) -> int:
        """How many parts can work at the same time."""

    def start(self, make: Make, specs: Sequence[Any]) -> None:
        """Make one part of each spec; `make` is a class or function of a module."""

    def call(self, method: str, messages: Sequence[Any]) -> list[Any]:
        """Call a method of every part with its own message; answers in the order of the parts."""

    def close(self) -> None:
        """Let go of all parts."""


class Inline:
    """All parts in this process. Sums are made by one thread: more would add in another order, and wait on the others' cores."""

    places = 1

    def __init__(self) -> None:
        """Nothing is held yet."""
        self._parts: list[Any] = []
        self._threads = ThreadpoolController()

    def start(self, make: Make, specs: Sequence[Any]) -> None:
        """Make every part, one after the other."""
        with self._threads.limit(limits=1):
            self._parts = [make(spec) for spec in specs]

    def call(self, method: str, messages: Sequence[Any]) -> list[Any]:
        """Call every part, one after the other."""
        with self._threads.limit(limits=1):
            return [getattr(part, method)(message) for part, message in zip(self._parts, messages, strict=True)]

    def close(self) -> None:
        """Let go of all parts."""
        self._parts = []

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of all parts."""
        self.close()


class Processes:
    """Every n-th part in the n-th of some processes, each a fresh interpreter (spawn)."""

    def __init__(self, count: int) -> None:
        """Processes start with the parts."""
        self.count = count
        self.restarts = 0
        self._workers: list[_Worker] = []
        self._lessons = Lessons()

    @property
    def places(self) -> int:
        """The number of processes."""
        return self.count

    @property
    def pids(self) -> list[int]:
        """Ids of the processes."""
        return [worker.process.pid or 0 for worker in self._workers]

    def start(self, make: Make, specs: Sequence[Any]) -> None:
        """Start the processes, which make their parts meanwhile; what fails there is raised by the next call."""
        self.close()
        self._lessons = Lessons(make)
        groups = [list(specs[k :: self.count]) for k in range(min(self.count, len(specs)))]
        self._workers = [_Worker(make, group) for group in groups]

    def call(self, method: str, messages: Sequence[Any]) -> list[Any]:
        """Send every process its messages, then wait for all. Error: SolverFailed if one dies again and again."""
        count = len(self._workers)
        batches = [list(messages[k::count]) for k in range(count)]
        for worker, batch in zip(self._workers, batches, strict=True):
            worker.send((method, batch))
        answers: list[Any] = [None] * len(messages)
        for k, batch in enumerate(batches):
            answers[k::count] = self._answers(k, (method, batch))
        self._lessons.note(method, messages)
        return answers

    def _answers(self, k: int, message: tuple[str, list[Any]]) -> list[Any]:
        for _ in range(TRIES):
            with suppress(*GONE):
                found = self._workers[k].pipe.recv()
                if isinstance(found, BaseException):
                    raise found
                return list(found)
            self.restarts += 1
            self._workers[k].end()
            self._workers[k] = _Worker(self._workers[k].make, self._workers[k].specs)
            with suppress(*GONE):
                for lesson in self._lessons.of(k, len(self._workers)):
                    self._workers[k].send(lesson)
                    self._workers[k].pipe.recv()
                self._workers[k].send(message)
        raise SolverFailed(
            _("A process was killed {times} times at the same task. Is there enough memory for it?", times=TRIES)
        )

    def close(self) -> None:
        """End the processes; those that are idle may tidy up."""
        for worker in self._workers:
            worker.end(PATIENCE)
        self._workers = []

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        self.close()


class _Worker:
    """One process and the specs of its parts."""

    def __init__(self, make: Make, specs: list[Any]) -> None:
        self.make, self.specs = make, specs
        context = get_context("spawn")
        self.pipe: Connection[Any, Any]
        self.pipe, there = context.Pipe()
        self.process: SpawnProcess = context.Process(target=_serve, args=(there,), daemon=True)
        self.process.start()
        there.close()
        self.send((make, specs))

    def send(self, message: Any) -> None:
        """A process that was killed meanwhile is noticed when its answer is asked for."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.pipe.send(message)

    def end(self, patience: float = 0.0) -> None:
        """Stop: a process whose pipe is closed ends by itself, and is killed if it takes more seconds than this."""
        self.pipe.close()
        self.process.join(patience)
        self.process.kill()
        self.process.join()


def _serve(pipe: "Connection[Any, Any]") -> None:
    """Make the parts, then answer calls until the pipe is closed; an error is the answer to the call that meets it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its processes
    threading.Thread(target=end_with_parent, daemon=True).start()
    parts, failed = Inline(), None
    with suppress(EOFError):
        make, specs = pipe.recv()
        try:
            parts.start(make, specs)
        except Exception as error:
            failed = error
        while True:
            method, messages = pipe.recv()
            try:
                answer: object = parts.call(method, messages) if failed is None else failed
            except Exception as error:
                answer = error
            pipe.send(answer)

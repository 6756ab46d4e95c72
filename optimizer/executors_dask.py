"""Parts and tasks on a Dask cluster that is there already: the extra `commonweal[cluster]`.

    with Dask("tcp://10.0.0.5:8786") as executor:
        executor.start(Part, specs)
        answers = executor.call("price", [message] * len(specs))

Every n-th part lives in the n-th of some actors, one actor for each worker. Only specs, messages and answers travel. A
lost worker costs time: its parts are made again from their specs on another one, learn again what they had learnt
(`executors.Lessons`), and the call is repeated. Keys carry
a number that no other run has, and with the connection everything that a run has on the cluster is let go.
"""

import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import current_process
from typing import TYPE_CHECKING, Any, Self, TypeVar

from commonweal.optimizer import workers
from commonweal.optimizer.errors import SolverFailed, UsageError
from commonweal.optimizer.executors import TRIES, Inline, Lessons, Make, Processes
from commonweal.optimizer.language import _
from commonweal.optimizer.workers import Lost, cores

if TYPE_CHECKING:
    from distributed import Client

Task = TypeVar("Task")
Result = TypeVar("Result")
CONNECT = 10.0  # seconds to reach the scheduler
PLACED = 120.0  # seconds in which a worker has to take parts
LOOK = 0.5  # seconds between two looks whether a worker is still there


def executor_for(processes: int = 1, cluster: str = "") -> "Inline | Processes | Dask":
    """Where parts live: on the cluster with this address, else in so many processes, with one in this. Error: UsageError.

    None asks for one process for each core. A worker of others has no processes of its own.
    """
    if cluster:
        return Dask(cluster)
    count = min(processes, cores()) if current_process().daemon else processes or cores()
    return Inline() if count <= 1 else Processes(count)


class Dask:
    """Every n-th part in the n-th of some actors of a cluster, one for each worker."""

    def __init__(self, address: str) -> None:
        """Connect. Error: UsageError if dask is not installed, nobody answers at `address`, or it has no workers."""
        self.restarts = 0
        self._client, self._count = _connect(address)
        self._held: list[_Held] = []
        self._lessons = Lessons()

    @property
    def places(self) -> int:
        """The workers there were when the connection was made."""
        return self._count

    def start(self, make: Make, specs: Sequence[Any]) -> None:
        """Place the actors, which make their parts meanwhile; what fails there is raised by the next call."""
        self._release()
        self._lessons = Lessons(make)
        count = min(self._count, len(specs))
        self._held = [self._place(make, list(specs[k::count])) for k in range(count)]

    def call(self, method: str, messages: Sequence[Any]) -> list[Any]:
        """Send every actor its messages, then wait for all. Error: SolverFailed if workers are lost again and again."""
        count = len(self._held)
        batches = [list(messages[k::count]) for k in range(count)]
        asked = [self._asked(held, method, batch) for held, batch in zip(self._held, batches, strict=True)]
        answers: list[Any] = [None] * len(messages)
        for k, batch in enumerate(batches):
            answers[k::count] = self._answers(k, asked[k], method, batch)
        self._lessons.note(method, messages)
        return answers

    def _place(self, make: Make, specs: list[Any]) -> "_Held":
        """A new actor on the worker that has fewest; its parts are made by its first call, which nobody waits for."""
        from distributed import TimeoutError as TooLate

        future = self._client.submit(_Holder, key=f"commonweal-{uuid.uuid4().hex}", actor=True, pure=False)
        try:
            with self._client.as_current():
                actor = future.result(timeout=PLACED)
        except TooLate:
            message = _(
                "No worker of the cluster took a part of the plan within {seconds:.0f} seconds.", seconds=PLACED
            )
            raise SolverFailed(message) from None
        held = _Held(make, specs, future, actor)
        held.made = self._ask(held, "start", (make, specs))
        return held

    def _ask(self, held: "_Held", method: str, message: tuple[Any, ...]) -> Any:
        """The answer to come; None where the worker is known to be lost."""
        with self._client.as_current(), contextlib.suppress(RuntimeError):
            return getattr(held.actor, method)(*message)
        return None

    def _asked(self, held: "_Held", method: str, batch: list[Any]) -> Any:
        """The same, once the parts are made: two messages on their way may overtake each other."""
        with contextlib.suppress(_LostWorker):
            self._wait(held, held.made)
            return self._ask(held, "call", (method, batch))
        return None

    def _answers(self, k: int, asked: Any, method: str, batch: list[Any]) -> list[Any]:
        for _try in range(TRIES):
            held = self._held[k]
            with contextlib.suppress(_LostWorker):
                return list(self._wait(held, asked))
            self.restarts += 1
            held.future.release()
            self._held[k] = self._place(held.make, held.specs)
            asked = None
            with contextlib.suppress(_LostWorker):
                for lesson in self._lessons.of(k, len(self._held)):
                    self._wait(self._held[k], self._asked(self._held[k], *lesson))
                asked = self._asked(self._held[k], method, batch)
        raise SolverFailed(
            _("Workers of the cluster were lost {times} times at the same task. Have they enough memory?", times=TRIES)
        )

    def _wait(self, held: "_Held", asked: Any) -> Any:
        """What an actor answers, or its error. A call to a worker that dies may never end, so look at it now and then."""
        while asked is not None:
            with self._client.as_current():
                try:
                    answer = asked.result(timeout=LOOK)
                except TimeoutError:
                    if held.future.status == "finished":
                        continue
                    break
                except OSError:
                    break
            if isinstance(answer, BaseException):
                raise answer
            return answer
        raise _LostWorker

    def _release(self) -> None:
        for held in self._held:
            held.future.release()
        self._held = []

    def close(self) -> None:
        """Let go of all parts and of the cluster, which goes on."""
        self._release()
        self._client.close()

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of all parts."""
        self.close()


def spread(
    work: Callable[[Task], Result], tasks: Sequence[Task], processes: int, cluster: str = ""
) -> Iterator[tuple[Task, "Result | Lost"]]:
    """Yield each task with its result, in the order in which they end: on the cluster, else on so many processes."""
    return run(work, tasks, cluster) if cluster else workers.run(work, tasks, processes)


def run(work: Callable[[Task], Result], tasks: Sequence[Task], address: str) -> Iterator[tuple[Task, "Result | Lost"]]:
    """Yield each task with its result, in the order in which they end: `workers.run` on a cluster.

    A task whose worker is lost is done once more by another; the cluster's own limit says how often.
    """
    from distributed import KilledWorker, as_completed

    client, _ = _connect(address)
    with client:
        name = uuid.uuid4().hex
        asked = [client.submit(work, task, key=f"commonweal-{name}-{k}", pure=False) for k, task in enumerate(tasks)]
        places = {future.key: k for k, future in enumerate(asked)}
        for future in as_completed(asked, loop=client.loop):
            task = tasks[places[future.key]]
            try:
                result = future.result()
            except KilledWorker as error:
                yield task, Lost(error.allowed_failures + 1)
            else:
                yield task, result
            future.release()


def _connect(address: str) -> tuple["Client", int]:
    """A connection to a scheduler, and how many workers it has."""
    try:
        from distributed import Client
    except ImportError:
        raise UsageError(_("A cluster needs dask. Install it with: pip install 'commonweal[cluster]'.")) from None
    try:
        client = Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(
            _(
                "No scheduler answers at {address} ({error}). Start one, or correct the address.",
                address=address,
                error=error,
            )
        ) from error
    count = len(client.scheduler_info(n_workers=-1)["workers"])
    if count == 0:
        client.close()
        raise UsageError(
            _("The cluster at {address} has no workers. Start some with: dask worker {address}", address=address)
        )
    return client, count


class _LostWorker(Exception):
    """The worker that held an actor is gone."""


@dataclass
class _Held:
    """An actor, what its parts are made of, and the answer to come that says they are made."""

    make: Make
    specs: list[Any]
    future: Any
    actor: Any
    made: Any = None


class _Holder:
    """The parts of one actor. An error is an answer: what is raised here means that the worker is gone.

    Where a worker dies, the scheduler may make its actors anew on another one before anybody notices: without parts.
    """

    def __init__(self) -> None:
        self._parts: Inline | None = None

    def start(self, make: Make, specs: Sequence[Any]) -> BaseException | None:
        """Make the parts."""
        self._parts = Inline()
        try:
            self._parts.start(make, specs)
        except Exception as error:
            return error
        return None

    def call(self, method: str, messages: Sequence[Any]) -> list[Any] | BaseException:
        """Call all parts."""
        if self._parts is None:
            return _LostWorker()
        try:
            return self._parts.call(method, messages)
        except Exception as error:
            return error

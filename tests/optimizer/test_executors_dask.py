"""Parts and tasks on a real cluster: a scheduler and two workers in processes of their own, on loopback."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from distributed import Client, LocalCluster

from benchmarks.generate import generate
from commonweal.instances import project, read
from commonweal.optimizer import load_scenario, run_folder, solve
from commonweal.optimizer.decompose.whole import decompose
from commonweal.optimizer.errors import Infeasible, UsageError
from commonweal.optimizer.executors import Executor, Inline, Processes
from commonweal.optimizer.executors_dask import Dask, _Holder, executor_for, run
from commonweal.optimizer.near_optimal import near_optimal
from commonweal.optimizer.workers import Lost, cores


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a scheduler. A worker that is killed is started anew by its nanny, as on a real cluster."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0, host="127.0.0.1"
    ) as started:
        yield started.scheduler_address


class Sum:
    """A part that remembers: the sum of all it was told."""

    def __init__(self, first: int) -> None:
        if first < 0:
            raise Infeasible(f"no part starts at {first}")
        self.total = first

    LEARNS = ("add",)

    def add(self, more: int) -> int:
        self.total += more
        return self.total

    def where(self, _: Any) -> int:
        return os.getpid()

    def fail(self, message: str) -> None:
        raise Infeasible(message)

    def die(self, _: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def double(number: int) -> int:
    """A task; a negative one fails."""
    if number < 0:
        raise Infeasible("below zero")
    return 2 * number


def kill(number: int) -> int:
    """A task that kills its worker."""
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_parts_keep_what_they_learn_and_answer_in_their_order(cluster: str) -> None:
    with Dask(cluster) as executor:
        executor.start(Sum, [10, 20, 30])
        assert executor.call("add", [1, 2, 3]) == [11, 22, 33]
        assert executor.call("add", [1, 2, 3]) == [12, 24, 36]


def test_parts_live_in_both_workers_every_second_one_in_the_same(cluster: str) -> None:
    with Dask(cluster) as executor:
        executor.start(Sum, [0, 0, 0, 0])
        first, second, third, fourth = executor.call("where", [None] * 4)
        assert (first, second) == (third, fourth)
        assert first != second
        assert os.getpid() not in (first, second)


def test_an_error_of_a_part_is_raised_as_it_is_and_the_parts_live_on(cluster: str) -> None:
    with Dask(cluster) as executor:
        executor.start(Sum, [1, 2])
        with pytest.raises(Infeasible, match="too much"):
            executor.call("fail", ["too much", "too much"])
        assert executor.call("add", [1, 1]) == [2, 3]
        assert executor.restarts == 0


def test_a_part_that_cannot_be_made_says_why_at_the_next_call(cluster: str) -> None:
    with Dask(cluster) as executor:
        executor.start(Sum, [1, -5])
        with pytest.raises(Infeasible, match="no part starts at -5"):
            executor.call("add", [1, 1])


def test_a_worker_killed_between_calls_or_in_the_middle_of_one_is_replaced(cluster: str) -> None:
    """Its parts start anew from their specs and learn again what they had learnt: 10 + 1, then 1 more, as the other one."""
    with Dask(cluster) as executor:
        executor.start(Sum, [10, 20])
        executor.call("add", [1, 1])
        os.kill(executor.call("where", [None, None])[0], signal.SIGKILL)
        assert executor.call("add", [1, 1]) == [12, 22]
        assert executor.restarts == 1


def test_an_actor_that_the_scheduler_made_anew_without_its_parts_counts_as_lost(cluster: str) -> None:
    """The scheduler does so when a worker dies, sometimes before the run looks. 10 + 1 + 1 all the same."""
    with Dask(cluster) as executor:
        executor.start(Sum, [10])
        assert executor.call("add", [1]) == [11]
        anew = executor._client.submit(_Holder, actor=True, pure=False)
        executor._held[0].actor = anew.result()
        assert executor.call("add", [1]) == [12]
        assert executor.restarts == 1


def test_two_runs_on_one_cluster_do_not_see_each_other_and_leave_nothing(cluster: str) -> None:
    def count(first: int) -> list[list[int]]:
        with Dask(cluster) as executor:
            executor.start(Sum, [first, first + 1, first + 2])
            return [executor.call("add", [1, 1, 1]) for _ in range(20)]

    with ThreadPoolExecutor(2) as both:
        found = list(both.map(count, [0, 1000]))
    assert found == [[[s + n + k for k in range(3)] for n in range(1, 21)] for s in (0, 1000)]
    with Client(cluster, set_as_default=False) as client:
        kept = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
    assert kept == 0


class Killed(Dask):
    """Loses a worker in the middle of the price loop: its parts have learnt from three prices."""

    prices = 0

    def call(self, method: str, messages: Any) -> list[Any]:
        """Kill once."""
        self.prices += method == "price"
        if self.prices == 4 and self.restarts == 0:
            self._client.run(lambda: os.kill(os.getpid(), signal.SIGKILL), workers=[self.first()], on_error="ignore")
        return super().call(method, messages)

    def first(self) -> str:
        """The address of the worker that holds the first part."""
        return str(self._held[0].actor._address)


def test_a_plan_made_on_a_cluster_is_the_same_to_the_last_digit_though_a_worker_is_killed(cluster: str) -> None:
    case = generate(10, 2, 3, 2)
    scenario = load_scenario(case, (), ("solver.tolerance=5e-4",))
    assert scenario.projection is not None
    years = project(case, scenario.projection)

    def tables(executor: Executor) -> dict[str, pd.DataFrame]:
        return dict(decompose(years, scenario, executor, lambda _: None).tables)

    here = tables(Inline())
    with Dask(cluster) as there, Killed(cluster) as killed:
        for found in (tables(there), tables(killed)):
            for name, frame in here.items():
                pd.testing.assert_frame_equal(frame, found[name], check_exact=True)
        assert (there.restarts, killed.restarts) == (0, 1)


def test_room_to_negotiate_is_the_same_to_the_last_digit_on_a_cluster(cluster: str) -> None:
    case = read("two-regions")
    here, there = (near_optimal(case, load_scenario(case), plans=1, cluster=place) for place in ("", cluster))
    pd.testing.assert_frame_equal(here.ranges, there.ranges, check_exact=True)
    ((label, one),) = here.plans.items()
    for name, frame in one.tables.items():
        pd.testing.assert_frame_equal(frame, there.plans[label].tables[name], check_exact=True)


def test_tasks_are_done_once_and_a_failure_is_raised(cluster: str) -> None:
    assert sorted(run(double, [1, 2, 3], cluster)) == [(1, 2), (2, 4), (3, 6)]
    with pytest.raises(Infeasible, match="below zero"):
        list(run(double, [-1], cluster))


def test_a_task_that_kills_its_workers_is_given_back_as_lost(cluster: str) -> None:
    ((task, outcome),) = run(kill, [7], cluster)
    assert task == 7
    assert isinstance(outcome, Lost)


def test_where_nobody_answers_is_told_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commonweal.optimizer.executors_dask.CONNECT", 0.3)
    with pytest.raises(UsageError, match=r"No scheduler answers at tcp://127\.0\.0\.1:9"):
        Dask("tcp://127.0.0.1:9")


def test_two_plans_on_one_cluster_at_the_same_time_are_what_each_is_alone_and_leave_nothing(
    cluster: str, tmp_path: Path
) -> None:
    """Each by the command, in a process of its own, as two people would."""
    command = "from commonweal.cli import main; main()"
    started, alone = [], []
    for regions in (9, 10):
        case = generate(regions, 2, 2, 1)
        case.write(tmp_path / f"case-{regions}")
        words = [
            "solve",
            str(tmp_path / f"case-{regions}"),
            "--cluster",
            cluster,
            "-o",
            str(tmp_path / f"run-{regions}"),
        ]
        started.append(subprocess.Popen([sys.executable, "-c", command, *words, "-q"], stderr=subprocess.PIPE))
        scenario = load_scenario(case, (), ("search.benefits=1", "search.processes=1"))
        alone.append(run_folder.write(solve(case, scenario), tmp_path / f"alone-{regions}"))
    for regions, process, folder in zip((9, 10), started, alone, strict=True):
        assert process.wait() == 0, process.stderr and process.stderr.read()
        for file in sorted(folder.glob("*.csv")):
            assert file.read_bytes() == (tmp_path / f"run-{regions}" / file.name).read_bytes(), file
    with Client(cluster, set_as_default=False) as client:
        assert client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)) == 0


def test_where_parts_live_is_chosen_in_one_place(cluster: str) -> None:
    assert isinstance(executor_for(), Inline)
    assert executor_for(0).places == cores()
    assert isinstance(executor_for(2), Processes)
    with executor_for(cluster=cluster) as executor:
        assert isinstance(executor, Dask)

"""Room to negotiate: the range of every region's money and every benefit among plans nearly as good as the best.

    DIR/ranges.csv     the least and the most of each amount, attained and proven
    DIR/optimal/       the run folder of the best plan
    DIR/<label>/       run folders of a few plans that differ most, each named after the end it attains

Ends are found by parts that each hold the whole model and know nothing of each other: in this process, in several, or
on a cluster. An end does not depend on those found before it, so the number of parts changes nothing but the time.

A plan at an end is finished like any other, so that `commonweal verify` examines it in the same way; its run.json says
status near_optimal and, as `within`, how far its gap may be above the smallest.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd

from commonweal.instances import Instance, project
from commonweal.instances.faults import advice
from commonweal.optimizer import run_folder
from commonweal.optimizer.atomic import whole
from commonweal.optimizer.dictionary import dictionary
from commonweal.optimizer.errors import UsageError
from commonweal.optimizer.executors import Executor
from commonweal.optimizer.executors_dask import executor_for
from commonweal.optimizer.highs import Floats
from commonweal.optimizer.language import _
from commonweal.optimizer.plan import Plan, Tables
from commonweal.optimizer.planning import Certificate, Clock, plan_from, solve, status_quo
from commonweal.optimizer.scenario import Scenario, load_scenario
from commonweal.optimizer.searches import single
from commonweal.optimizer.searches.near_optimal import Amount, End, Room, finish
from commonweal.optimizer.stages import Progress
from commonweal.optimizer.tables import plan_tables

TABLE, DICTIONARY, OPTIMAL = "ranges.csv", "dictionary.csv", "optimal"
Item = TypeVar("Item")
KEYS = ["what", "region", "group", "programme", "fund", "year"]
SIDES = {-1: "least", 1: "most"}
BATCH = 4  # amounts that a part is given at once


@dataclass(frozen=True)
class NearOptimal:
    """What was found. ranges: the frame of ranges.csv. best: the optimal plan; plans: some that differ most, by label."""

    instance: Instance
    within: float
    ranges: pd.DataFrame
    best: Plan
    plans: Mapping[str, Plan]


@dataclass(frozen=True)
class Spec:
    """What a part is built from: the case in its plan years, the scenario, and the share of the gap."""

    case: Instance
    scenario: Scenario
    within: float


class Part:
    """The whole model at its smallest gap, asked for ends of amounts and for the plans at them."""

    def __init__(self, spec: Spec) -> None:
        """Errors: as `Room`."""
        self.spec = spec
        self.room = Room(spec.case, spec.scenario, spec.within, lambda _: None)

    def describe(self, _: object = None) -> tuple[list[Amount], Floats]:
        """What may move, and the best plan."""
        return list(self.room.amounts()), self.room.best.x

    def ends(self, amounts: Sequence[Amount]) -> list[tuple[End, End]]:
        """The least and the most of each."""
        return [self.room.ends(amount) for amount in amounts]

    def plans(self, ends: Sequence[End]) -> list[tuple[Tables, Certificate]]:
        """The whole plan at each end."""
        case, scenario, bound = self.spec.case, self.spec.scenario, self.room.lower_bound
        found = (finish(case, scenario, status_quo(case, scenario), end, bound) for end in ends)
        return [(plan_tables(plan, case, scenario), Certificate.of(plan)) for plan in found]


def near_optimal(
    instance: Instance,
    scenario: Scenario | None = None,
    within: float = 0.01,
    plans: int = 3,
    progress: Progress | None = None,
    *,
    regions: Collection[str] | None = None,
    years: Collection[int] | Literal["every"] | None = None,
    every_end: bool = False,
    workers: int = 1,
    cluster: str = "",
) -> NearOptimal:
    """Ranges over all plans of `instance` (as read) whose gap is at most (1 + within) times the smallest.

    `regions` and `years` choose amounts: of the years given; of every year, and of all together; or, without `years`,
    money of all years together and benefits of the last. `every_end` gives the plan at every end, not only the `plans`
    that differ most. `workers` processes, or those of a `cluster`, share the ends. Errors: those of `solve`; UsageError
    for an unknown region or year and for gaps without ranges.
    """
    tell, scenario = progress or (lambda _: None), _whole(scenario or load_scenario(instance))
    case = instance if scenario.projection is None else project(instance, scenario.projection)
    _known("region", regions, case.regions["region"].tolist())
    if years != "every":
        _known("year", years, list(case.years))
    best = solve(instance, scenario, tell)
    with executor_for(workers, cluster) as executor:
        tell(_("building the model"))
        executor.start(Part, [Spec(case, scenario, within)] * executor.places)
        movable, x = executor.call("describe", [None] * executor.places)[0]
        amounts = [
            amount
            for amount in movable
            if (regions is None or amount.region in regions) and _of_years(amount, years, list(case.years))
        ]
        ends: list[tuple[End, End]] = []
        for batch in _batches(amounts, executor.places * BATCH):
            ends += _shared(executor, "ends", batch)
            tell(_("range {count} of {n}", count=len(ends), n=len(amounts)))
        chosen = [end for pair in ends for end in pair] if every_end else _far(ends, x, plans)
        finished: dict[str, Plan] = {}
        for batch in _batches(chosen, executor.places):
            clock = Clock()
            for end, (tables, proven) in zip(batch, _shared(executor, "plans", batch), strict=True):
                more = {"within": within, "attains": _label(end)}
                finished[_label(end)] = plan_from(tables, proven, instance, case, scenario, clock, more)
            tell(_("plan {count} of {n}", count=len(finished), n=len(chosen)))
    return NearOptimal(instance, within, _table(ends, best), best, finished)


def _whole(scenario: Scenario) -> Scenario:
    """Ranges are those of the whole model, whatever its size, so that the best plan is that of the whole, too."""
    if scenario.search.name not in ("auto", "decompose"):
        return scenario
    return scenario.model_copy(update={"search": single.Settings(name="single")})


def _batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _shared(executor: Executor, method: str, items: Sequence[Any]) -> list[Any]:
    """Every n-th item is for the n-th part; answers in the order of the items."""
    found: list[Any] = [None] * len(items)
    for k, answers in enumerate(executor.call(method, [items[k :: executor.places] for k in range(executor.places)])):
        found[k :: executor.places] = answers
    return found


def write(found: NearOptimal, folder: Path) -> None:
    """Write the ranges and the plans; an earlier result in `folder` is replaced."""
    check_free(folder)
    with whole(folder, replace_folder=True) as fresh:
        fresh.mkdir()
        frames = {"ranges": found.ranges}
        for name, frame in {**frames, "dictionary": dictionary(frames, found.instance)}.items():
            run_folder.write_csv(frame, fresh / f"{name}.csv")
        for label, plan in {OPTIMAL: found.best, **found.plans}.items():
            run_folder.write(plan, fresh / label)


def check_free(folder: Path) -> None:
    """Raise UsageError unless `folder` is absent, empty, or an earlier result."""
    if folder.is_file():
        raise UsageError(_("{folder} is a file, not a folder. Choose another folder with -o.", folder=folder))
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / TABLE).is_file():
        raise UsageError(_("{folder} is not empty and holds no ranges. Choose another folder with -o.", folder=folder))
    for path in sorted(folder.iterdir()):
        if path.name not in (TABLE, DICTIONARY) and not (path / "run.json").is_file():
            raise UsageError(
                _("{path} is no part of an earlier result, which would be replaced. Choose another folder.", path=path)
            )


def _known(kind: str, given: Collection[Any] | None, known: Sequence[Any]) -> None:
    for word in given or ():
        if word not in known:
            raise UsageError(
                _(
                    "There is no {kind} '{word}'. {advice}.",
                    kind=kind,
                    word=word,
                    advice=advice(str(word), [str(one) for one in known]),
                )
            )


def _of_years(amount: Amount, asked: Collection[int] | Literal["every"] | None, years: Sequence[int]) -> bool:
    if asked is None:
        return len(years) == 1 or amount.year == (None if amount.what == "net" else years[-1])
    return asked == "every" or amount.year in asked


def _label(end: End) -> str:
    """The folder of a plan: what it has the least or the most of."""
    amount = end.amount
    parts = (SIDES[end.side], amount.what, amount.region, amount.group, amount.programme, amount.fund, amount.year)
    return "-".join(str(part) for part in parts if part not in ("", None))


def _far(ends: Sequence[tuple[End, End]], best: Floats, count: int) -> list[End]:
    """Ends whose plans lie farthest from the best plan and from each other, distances in widths of the ranges."""
    moving = [pair for pair in ends if pair[1].attained - pair[0].attained > 1e-6 * max(1.0, abs(pair[1].attained))]
    candidates = [end for pair in moving for end in pair]
    if not candidates or count < 1:
        return []

    def place(x: Floats) -> Floats:
        return np.array([low.amount.of(x) / (high.attained - low.attained) for low, high in moving])

    places = np.array([place(end.x) for end in candidates])
    near = np.linalg.norm(places - place(best), axis=1)
    chosen: list[int] = []
    while len(chosen) < min(count, len(candidates)):
        chosen.append(int(np.argmax(near)))
        near = np.minimum(near, np.linalg.norm(places - places[chosen[-1]], axis=1))
    return [candidates[at] for at in dict.fromkeys(chosen)]


def _table(ends: Sequence[tuple[End, End]], best: Plan) -> pd.DataFrame:
    """ranges.csv: the amount in the best plan, the least and the most attained, and what is proven beyond."""
    rows = []
    for low, high in ends:
        amount = low.amount
        place = (amount.what, amount.region, amount.group, amount.programme, amount.fund, amount.year)
        rows.append((*place, _in_plan(best, *place), low.attained, high.attained, low.proven, high.proven))
    columns = [*KEYS, "plan", "least", "most", "least_proven", "most_proven"]
    kinds: dict[str, Any] = {**dict.fromkeys(KEYS[:-1], str), "year": "Int64", **dict.fromkeys(columns[6:], float)}
    return pd.DataFrame(rows, columns=columns).astype(kinds)


def _in_plan(plan: Plan, what: str, region: str, group: str, programme: str, fund: str, year: int | None) -> float:
    """The same amount in a finished plan."""
    frame = plan.transfers if what == "net" else plan.benefits
    chosen = frame["region"] == region
    for column, value in (("group", group), ("programme", programme), ("fund", fund), ("year", year)):
        if column in frame and value not in ("", None):
            chosen &= frame[column] == value
    return float(frame.loc[chosen, "net" if what == "net" else "benefit"].sum())

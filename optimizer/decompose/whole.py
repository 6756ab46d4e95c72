"""A nation planned in parts: start prices from a sample, the price loop, every part settled, one plan with its proof."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from commonweal.instances import Instance
from commonweal.optimizer.decompose.commons import search_commons
from commonweal.optimizer.decompose.coordinator import Coordinator, Priced
from commonweal.optimizer.decompose.decisions import decided
from commonweal.optimizer.decompose.messages import Cut, Described, Floats, Link, limits_of
from commonweal.optimizer.decompose.part import Part
from commonweal.optimizer.decompose.sample import sampled
from commonweal.optimizer.decompose.settled import Settled
from commonweal.optimizer.decompose.split import need, parts_of, refuse, sample, specs
from commonweal.optimizer.dictionary import units
from commonweal.optimizer.errors import SolverFailed, UsageError
from commonweal.optimizer.executors import Executor
from commonweal.optimizer.language import _
from commonweal.optimizer.plan import Tables
from commonweal.optimizer.planning import Certificate, Tabled
from commonweal.optimizer.scenario import Scenario
from commonweal.optimizer.stages import Progress
from commonweal.optimizer.tables import all_tables
from commonweal.optimizer.walk import Stage

SAMPLE = 190  # regions at most, and a fifth of them at least
SMALLEST = 6
INSIDE = 0.5  # of the tolerance: how close the price loop comes at any one value of what regions share
OVERSPENT = 1e-7  # relative to a limit, or to the money that moves: more is no plan


def decompose(case: Instance, scenario: Scenario, executor: Executor, progress: Progress) -> Tabled:
    """The plan of `case` (in its plan years), proven to be within `solver.tolerance`, or with status "stopped".

    Errors: UsageError for what cannot be split; Infeasible; SolverFailed if the parts together overspend.
    """
    refuse(case, scenario)
    regions = parts_of(case, scenario)
    progress(_("building {n} parts", n=len(regions)))
    executor.start(Part, specs(case, scenario, regions))
    start = first_prices(case, scenario)
    parts: list[Described] = executor.call("describe", [None] * len(regions))
    tolerance, integer = scenario.solver.tolerance, None
    if any(part.decides for part in parts):
        tolerance = max(tolerance, scenario.solver.mip_tolerance)
        priced, integer = decided(executor, parts, tolerance, progress, start)
    else:
        priced = _priced(executor, parts, tolerance, progress, start)
    progress(_("settling the parts"))
    executor.call("rest", [priced.last] * len(regions))
    settled: list[Settled] = executor.call("settle", priced.money)
    used = _used(settled)
    _count(parts, used)
    tables = _tables(settled, case, scenario, priced, parts, used)
    stages = _stages(settled, priced)
    objective = float(next(stage["value"] for stage in stages if stage["stage"] == "gap"))
    if priced.lower_bound > objective * (1 + 1e-6) + 1e-12:
        raise SolverFailed(
            _(
                "The parts together have gap {objective}, below the bound {lower_bound} proven for all.",
                objective=objective,
                lower_bound=priced.lower_bound,
            )
        )
    close = objective - priced.lower_bound <= tolerance * objective
    certificate = Certificate("optimal" if close else "stopped", priced.lower_bound, stages, integer)
    more = {"decomposition": {"parts": len(parts), "sweeps": priced.sweeps, "upper_bound": priced.cost}}
    return Tabled(tables, certificate, more)


def _priced(
    executor: Executor, parts: Sequence[Described], tolerance: float, progress: Progress, start: dict[Link, float]
) -> Priced:
    """The price loop; where regions share decisions, once for every value that is tried."""
    commons = list({each.name: each for part in parts for each in part.commons}.values())
    if not commons:
        return Coordinator(executor, parts, tolerance, progress).search(start)

    def run(values: Floats) -> tuple[Priced | None, Sequence[Cut]]:
        held = dict(zip((each.name for each in commons), values.tolist(), strict=True))
        coordinator = Coordinator(executor, parts, INSIDE * tolerance, progress, held)
        try:
            found = coordinator.search(start)
        except UsageError:
            return None, coordinator.cuts
        start.update(found.prices)
        return found, coordinator.cuts

    first = np.array([start.get(each.name, each.lower) for each in commons])
    return search_commons(run, commons, first, tolerance)


def first_prices(case: Instance, scenario: Scenario) -> dict[Link, float]:
    """What money is worth in a sample of the regions that gets the share of the money that it lacks of it.

    And what the sample makes of decisions that all regions share.
    """
    count = len(case.regions)
    chosen = sample(case, min(SAMPLE, max(SMALLEST, count // 5)))
    lacking = need(case)
    share = need(case.restrict(chosen)) / lacking if lacking > 0 else len(chosen) / count
    return sampled(specs(case, scenario, [sorted(chosen)])[0], share)


def _used(settled: Sequence[Settled]) -> dict[Link, float]:
    used: dict[Link, float] = {}
    for part in settled:
        for link, amount in part.used.items():
            used[link] = used.get(link, 0.0) + amount
    return used


def _count(parts: Sequence[Described], used: dict[Link, float]) -> None:
    """Count the money again, apart from the master. Error: SolverFailed."""
    size = max((abs(amount) for amount in used.values()), default=0.0)
    for part in parts:
        for link, limit in zip(part.links, part.limits, strict=True):
            over = used[link] - limit.limit
            room = OVERSPENT * max(abs(limit.limit), size, 1e-9)
            if over > room or (limit.equal and over < -room):
                raise SolverFailed(
                    _(
                        "The parts together use {used} of {link}, which is limited to {limit}.",
                        used=used[link],
                        link=link,
                        limit=limit.limit,
                    )
                )


def _stages(settled: Sequence[Settled], priced: Priced) -> list[Stage]:
    """The stages of all parts, added up; the gap took as many rounds as there were sweeps."""
    found: list[Stage] = []
    for rows in zip(*(part.stages for part in settled), strict=True):
        gap = rows[0]["stage"] == "gap"
        value = sum(float(row["value"]) for row in rows)
        rounds = priced.sweeps if gap else max(int(row["rounds"]) for row in rows)
        status = "optimal" if priced.proven or not gap else "stopped"
        found.append({"stage": rows[0]["stage"], "value": value, "status": status, "rounds": rounds})
    return found


def _tables(
    settled: Sequence[Settled],
    case: Instance,
    scenario: Scenario,
    priced: Priced,
    parts: Sequence[Described],
    used: dict[Link, float],
) -> Tables:
    """The tables of all parts, regions in the order of the case; national rules have the coordinator's prices."""
    order = {region: k for k, region in enumerate(case.regions["region"].tolist())}
    own = {}
    for name in settled[0].tables:
        frame = pd.concat([part.tables[name] for part in settled], ignore_index=True)
        if name != "rules":
            frame = frame.sort_values("region", key=lambda ids: ids.map(order), kind="stable", ignore_index=True)
        own[name] = frame
    own["decisions"] = own["decisions"].drop_duplicates(["lever", "decision", "region", "year"], ignore_index=True)
    own["rules"] = _once(own["rules"], priced.prices)
    own["rules"] = pd.concat([_national(case, priced, parts, used, own["rules"]), own["rules"]], ignore_index=True)
    payers = {lever: payer for part in settled for lever, payer in part.payers.items()}
    return all_tables(own, payers, case, scenario)


def _national(
    case: Instance, priced: Priced, parts: Sequence[Described], used: dict[Link, float], like: pd.DataFrame
) -> pd.DataFrame:
    """Rows of rules.csv for the links: the price is what one more unit of the limit does to the gap."""
    words = units(case)
    rows: list[dict[str, Any]] = []
    limits = limits_of(parts)
    if not limits:
        return like.iloc[:0]
    for (lever, rule, index), limit in sorted(limits.items(), key=repr):
        link = (lever, rule, index)
        slack = abs(limit.limit - used[link])
        names = [str(part) for part in index if not isinstance(part, int)]
        year = next((part for part in index if isinstance(part, int)), None)
        binding = slack <= OVERSPENT * max(abs(limit.limit), 1.0)
        price = -priced.prices[link] if binding else 0.0
        rows.append(
            {"lever": lever, "rule": f"{rule}: {', '.join(names)}" if names else rule, "region": "", "year": year,
             "price": price + 0.0, "slack": slack, "binding": binding, "limit": limit.limit + 0.0, "unit": words.text(limit.unit)}
        )  # fmt: skip
    frame = pd.DataFrame(rows).reindex(columns=like.columns)
    return frame.astype({**dict.fromkeys(("price_from", "price_to", "valid_from", "valid_to"), np.float64)}).astype(
        like.dtypes
    )


def _once(rules: pd.DataFrame, prices: Mapping[Link, float]) -> pd.DataFrame:
    """Rules of what all regions share stand in every part: one row for each, its price what the cuts say."""
    shared = rules["region"] == ""
    if not shared.any():
        return rules
    first = rules[shared].drop_duplicates(["lever", "rule", "region", "year"])
    worth = {
        (lever, ", ".join(str(i) for i in index if not isinstance(i, int)), next((i for i in index if isinstance(i, int)), 0)): price
        for (lever, _, index), price in prices.items()
    }  # fmt: skip
    places = zip(first["lever"], first["rule"].str.partition(": ")[2], first["year"].fillna(0), strict=True)
    price = [worth.get((lever, words, int(year)), 0.0) for lever, words, year in places]
    return pd.concat([first.assign(price=np.where(first["binding"], price, 0.0)), rules[~shared]], ignore_index=True)

"""The gap is what the benefits make it, for every gap measure, programme and year, and in total.

    total = sum over gaps, programmes, years of weight * gap,  attainment x = benefit / standard in every gap
    weight = weight of the gap * weight of the programme * discount ** (years after the first),
             the last two scaled to sum to one over programmes and years; 0 for gaps of a later order
    total = 1 - lowest share of the standard, where the search has an order of its own instead of gaps
    objective of run.json = total after;  lower_bound <= objective
    relative_gap = (objective - lower_bound) / objective
    status near_optimal: objective <= (1 + within) * lower_bound
    status optimal: relative_gap <= tolerance of the solver settings, mip_tolerance with yes-or-no decisions; planned in
                    parts (`decomposition` in run.json), the search's own tolerance if that is larger

Before is at the benefits before the plan. That no plan under these rules is better rests on the solver's
lower bound: it is read, compared, and not proven again.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from commonweal.optimizer import checks
from commonweal.optimizer.evidence import NUMBER, Evidence, Finding, Rule
from commonweal.optimizer.language import _

KEY = ["gap", "programme", "year"]


def check(evidence: Evidence) -> Iterator[Finding]:
    """Recompute gaps.csv and compare run.json with it."""
    table = evidence.tables["gaps"]
    is_total = table["programme"] == ""
    stated, totals = table[~is_total], table[is_total]
    due = pd.DataFrame(_gaps(evidence), columns=[*KEY, "due_weight", "due_before", "due_after"])
    due = due.astype({"gap": str, "programme": str, "year": stated["year"].dtype})
    rows = stated.merge(due, on=KEY)
    sums = {side: (due["due_weight"] * due[f"due_{side}"]).sum() for side in ("before", "after")}
    if not evidence.scenario["gaps"]:
        sums = {"before": _worst_off(evidence, "benefit_before"), "after": _worst_off(evidence, "benefit")}
    total = totals.assign(**{f"due_{side}": value for side, value in sums.items()})
    yield _rule("weight").equal(evidence, rows, "weight", "due_weight")
    for side in ("before", "after"):
        yield _rule(f"gap {side}").equal(evidence, rows, side, f"due_{side}")
        yield _rule(f"total gap {side}").equal(evidence, total, side, f"due_{side}")
    bounded = table[table["lower_bound"].notna()]
    yield _rule("lower bound of a gap").at_most(evidence, bounded, "lower_bound", "after")
    yield from _run(evidence, total)


def _rule(name: str) -> Rule:
    return Rule("objective", name, NUMBER)


def _gaps(evidence: Evidence) -> Iterator[tuple[str, str, int, float, float, float]]:
    """Gap measure, programme, year, weight, gap before and after."""
    cells = evidence.cells.merge(evidence.instance.groups[["group", "area"]], on="group")
    keys = cells[["programme", "year"]].drop_duplicates().itertuples(index=False, name=None)
    blocks = [(p, t, cells[(cells["programme"] == p) & (cells["year"] == t)]) for p, t in keys]
    weights = evidence.scenario.get("weights", {})
    worth = _worth([(p, t) for p, t, _ in blocks], weights, evidence.instance.years[0])
    first = min((settings.get("order", 1) for settings in evidence.scenario["gaps"].values()), default=1)
    for name, settings in evidence.scenario["gaps"].items():
        if (found := checks.gap(name)) is None:
            continue  # reported by verify: a measure without an independent formula
        for (p, t, block), weight in zip(blocks, worth, strict=True):
            before, after = (
                found.gap(block.assign(attainment=block[benefit] / block["standard"]), settings)
                for benefit in ("benefit_before", "benefit")
            )
            counts = settings["weight"] if settings.get("order", 1) == first else 0.0
            yield name, p, t, counts * weight, before, after


def _worst_off(evidence: Evidence, benefit: str) -> float:
    """How far the lowest share of the standard lies below one, among cells with covered people.

    Where programmes are served in an order, among those of the first.
    """
    cells = evidence.cells[
        ["region", "group", "programme", "year", "eligible", "standard", "benefit_before", "benefit"]
    ]
    coverage = evidence.tables["coverage"][["region", "group", "programme", "year", "covered"]]
    cells = cells.merge(coverage, on=["region", "group", "programme", "year"])
    cells = cells[(cells["eligible"] > 0) & (cells["covered"] > 0)]
    for programme in evidence.scenario.get("search", {}).get("programmes", []):
        if (cells["programme"] == programme).any():
            cells = cells[cells["programme"] == programme]
            break
    return max(0.0, 1.0 - float((cells[benefit] / cells["standard"]).min())) if len(cells) else 0.0


def _worth(blocks: list[tuple[str, int]], weights: Mapping[str, Any], first: int) -> list[float]:
    """What every programme and year counts; sums to one."""
    programmes, discount = weights.get("programmes", {}), weights.get("discount", 1.0)
    raw = [programmes.get(p, 1.0) * discount ** (t - first) for p, t in blocks]
    return [value / sum(raw) for value in raw]


def _run(evidence: Evidence, total: pd.DataFrame) -> Iterator[Finding]:
    """Status, objective, bound and distance as run.json states them."""
    run, tolerance = evidence.run, _tolerance(evidence)
    status = run.get("status")
    known = ("optimal", "stopped", "near_optimal")
    words = [] if status in known else [_rule("status").fault(_("'{status}' is no status of a plan.", status=status))]
    yield _rule("status").finding(1, words)
    stated = pd.DataFrame({key: [run.get(key)] for key in ("objective", "lower_bound", "relative_gap")}).astype(float)
    stated = stated.assign(total=total["due_after"].sum(), tolerance=tolerance)
    yield _rule("objective in run.json = total gap").equal(evidence, stated, "objective", "total")
    if status == "stopped" and run.get("lower_bound") is None:
        return  # stopped before any bound was known
    objective, bound = float(stated["objective"].iloc[0]), float(stated["lower_bound"].iloc[0])
    stated = stated.assign(distance=max(0.0, objective - bound) / objective if objective else 0.0)
    yield _rule("lower_bound in run.json").at_most(evidence, stated, "lower_bound", "objective")
    yield _rule("relative_gap in run.json").equal(evidence, stated, "relative_gap", "distance")
    if status == "optimal":
        yield _rule("distance of an optimal plan").at_most(evidence, stated, "relative_gap", "tolerance")
    if status == "near_optimal":
        within = run.get("within")
        most = (1 + float(within)) * bound * (1 + tolerance) if isinstance(within, int | float) else float("nan")
        stated = stated.assign(most=most)
        yield _rule("gap of a near-optimal plan").at_most(evidence, stated, "objective", "most")
    bounded = total[total["lower_bound"].notna()].assign(bound=bound)
    yield _rule("lower_bound in gaps.csv is that of run.json").equal(evidence, bounded, "lower_bound", "bound")


def _tolerance(evidence: Evidence) -> float:
    """How far from the bound a plan may be that calls itself optimal."""
    solver, decisions = evidence.scenario.get("solver", {}), evidence.tables["decisions"]
    whole = bool((decisions["integer"].astype(str) == "True").any())
    if evidence.run.get("decomposition"):
        search = evidence.scenario.get("search", {})
        enough = max(float(solver.get("tolerance", 1e-6)), float(search.get("tolerance", 0.0)))
        return max(enough, float(solver.get("mip_tolerance", 1e-4))) if whole else enough
    return float(solver.get("mip_tolerance", 1e-4) if whole else solver.get("tolerance", 1e-6))

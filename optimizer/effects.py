"""Economic effects of benefits, with multipliers that are settings: reported, never optimised.

    income        sum over cells of consumption[group] * spending          demand that recipients add, by group, money
    expectation   sum over cells of expectation[group] * spending          savings no longer held for emergencies, money
    industry      sum over cells of industries[programme][industry] * spending     demand for each industry, money
    employment    sum over cells of jobs[programme] * spending                     jobs by programme, persons

for every year, without and with the plan. Without multipliers there are no rows.

Source: paper 3.1, "income effect ... expected effect ... industrial effect ... employment effect"; 4.4 on the
industries of elderly care.
"""

from collections.abc import Iterator

import pandas as pd

from commonweal.instances import Instance
from commonweal.models.parts import known
from commonweal.optimizer.redistribution import AccountSettings

COLUMNS = ["effect", "scope", "year", "before", "after"]


def refer(instance: Instance, settings: AccountSettings) -> None:
    """Refuse settings that name what the instance does not have: InstanceError."""
    known(instance, "group", [group for group in (*settings.consumption, *settings.expectation) if group != "*"])
    known(instance, "programme", [*settings.industries, *settings.jobs])


def effects(benefits: pd.DataFrame, instance: Instance, settings: AccountSettings) -> pd.DataFrame:
    """effect, scope (group, industry or programme), year, before, after; money, and persons for employment."""
    before = benefits["eligible"] * benefits["benefit_before"] * instance.per_head
    cells = benefits.assign(before=before, after=benefits["spending"])
    parts = [frame for frame in _parts(cells, settings) if len(frame) > 0]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    return frame[COLUMNS].astype({"effect": str, "scope": str, "year": int, "before": float, "after": float})


def _parts(cells: pd.DataFrame, settings: AccountSettings) -> Iterator[pd.DataFrame]:
    for effect, by_group in (("income", settings.consumption), ("expectation", settings.expectation)):
        yield _times(cells, effect, "group", cells["group"].map(by_group).fillna(by_group.get("*", 0.0)))
    industries = dict.fromkeys(name for shares in settings.industries.values() for name in shares)
    for industry in industries:
        share = {programme: shares.get(industry, 0.0) for programme, shares in settings.industries.items()}
        yield _times(cells.assign(industry=industry), "industry", "industry", cells["programme"].map(share).fillna(0.0))
    yield _times(cells, "employment", "programme", cells["programme"].map(settings.jobs).fillna(0.0))


def _times(cells: pd.DataFrame, effect: str, scope: str, factor: "pd.Series[float]") -> pd.DataFrame:
    """Sums of spending times a factor, by scope and year, where the factor is not nought."""
    rows = cells[factor != 0].assign(effect=effect, scope=cells[scope])
    rows = rows.assign(**{side: rows[side] * factor[factor != 0] for side in ("before", "after")})
    return rows.groupby(["effect", "scope", "year"], as_index=False)[["before", "after"]].sum()

"""Every gap measure before and after, whichever was minimised: people disagree on what is fair."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from pydantic import BaseModel

from commonweal.instances import Instance
from commonweal.models.parts import RefusedError, gaps
from commonweal.optimizer.scenario import Scenario

COLUMNS = ["measure", "programme", "year", "minimised", "before", "after"]


def chosen(scenario: Scenario) -> dict[str, BaseModel]:
    """The settings each measure is reported with: the scenario's for the gaps it names, defaults for the others."""
    return {name: scenario.gaps.get(name) or part.module.Settings() for name, part in gaps().items()}


def measures(benefits: pd.DataFrame, instance: Instance, scenario: Scenario) -> pd.DataFrame:
    """Columns measure, programme, year, minimised, before, after; no row where a measure is not defined.

    Reads eligible, standard, benefit_before, benefit of every cell; attainment is benefit over standard.
    """
    cells = benefits.merge(instance.groups[["group", "area"]], on="group").rename(columns={"eligible": "persons"})
    rows = []
    for name, settings in chosen(scenario).items():
        for (programme, year), block in cells.groupby(["programme", "year"]):
            try:
                before, after = (
                    gaps()[name].module.measure(block.assign(attainment=block[side] / block["standard"]), settings)
                    for side in ("benefit_before", "benefit")
                )
            except RefusedError:  # an urban-rural gap without urban or rural groups, say
                continue
            rows.append((name, programme, year, name in scenario.gaps, before, after))
    return pd.DataFrame(rows, columns=COLUMNS)


def told(scenario: Scenario) -> dict[str, Any]:
    """What run.json says of it: the search, the gaps it minimised, and the settings behind measures.csv."""
    return {
        "minimised": {**_plain(scenario.search), "gaps": {n: _plain(s) for n, s in scenario.gaps.items()}},
        "measures": {name: _plain(settings) for name, settings in chosen(scenario).items()},
    }


def _plain(settings: BaseModel) -> Mapping[str, Any]:
    return settings.model_dump(exclude_none=True)

"""One JSON document: run.json, the scenario, and every table as records with the unit of each column."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from commonweal.optimizer.atomic import whole
from commonweal.optimizer.dictionary import dictionary
from commonweal.optimizer.names import with_names
from commonweal.optimizer.run_folder import Run
from commonweal.optimizer.summary import equivalent, headline


def document(run: Run) -> dict[str, Any]:
    """The run as lists and dicts; "tables" holds {name: {"columns": meanings and units, "records": rows}}."""
    tables = with_names(run.tables, run.instance)
    words = dictionary(tables, run.instance)
    columns: dict[str, dict[str, Any]] = {name: {} for name in tables}
    for table, column, meaning, unit in words.itertuples(index=False, name=None):
        columns[table][column] = {"meaning": meaning, "unit": unit}
    return {
        "run": dict(run.info),
        "headline": list(headline(run)),
        "money_equivalent": against_equal_per_head(run),
        "scenario": dict(run.scenario),
        "tables": {name: {"columns": columns[name], "records": records(frame)} for name, frame in tables.items()},
    }


def against_equal_per_head(run: Run) -> dict[str, float | None]:
    """The money-equivalent, money in the instance's unit; `share`: of the plan's fall in the gap."""
    found = equivalent(run)
    return {**asdict(found), "share": found.share}


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of `frame` as dicts; a missing value is None, never NaN, which JSON does not know."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [dict(zip(plain.columns, row, strict=True)) for row in plain.itertuples(index=False, name=None)]


def write(run: Run, path: Path) -> None:
    """Write the document (UTF-8, two-space indent)."""
    text = json.dumps(document(run), indent=2, ensure_ascii=False, allow_nan=False)
    with whole(path) as fresh:
        fresh.write_text(text + "\n", encoding="utf-8", newline="\n")

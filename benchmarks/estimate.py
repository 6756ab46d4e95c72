"""Where the coefficients of `optimizer/estimate.py` come from: `python -m benchmarks.estimate` measures them anew.

Invented nations of several shapes and the counties of China are solved whole and written, each in a process of its own;
processor seconds and peak memory (resident) are fitted by least squares of relative errors. Takes some five minutes.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from commonweal.optimizer.estimate import Counts

SHAPES = (
    (31, 2, 7, 1),
    (31, 2, 7, 3),
    (31, 2, 7, 10),
    (31, 2, 1, 10),
    (100, 2, 7, 3),
    (342, 2, 1, 1),
    (342, 2, 7, 1),
    (342, 2, 1, 5),
    (342, 3, 3, 1),
    (342, 2, 7, 3),
    (1000, 2, 1, 1),
    (1000, 2, 3, 1),
    (2850, 2, 7, 1),
)  # regions, groups, programmes, years


def one(*shape: int) -> dict[str, float]:
    """Counts, seconds and MB of one case, measured in this process; of the counties of China with (years,)."""
    from benchmarks.generate import generate
    from commonweal.instances import project, read
    from commonweal.optimizer import load_scenario, run_folder, solve

    case = generate(*shape) if len(shape) > 1 else read("china-counties-2020")
    scenario = load_scenario(case, () if shape != (5,) else ("five-years",), ("search.name=single",))
    counts = Counts.of(case if scenario.projection is None else project(case, scenario.projection))
    before = time.process_time()
    with TemporaryDirectory() as place:
        run_folder.write(solve(case, scenario), Path(place, "run"))
    seconds = time.process_time() - before
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cells": counts.cells, "ledger": counts.ledger, "years": counts.years, "s": seconds, "MB": megabytes}


def main() -> None:
    """Measure, fit, print."""
    rows = []
    for shape in (*SHAPES, (1,), (5,)):
        command = [sys.executable, "-m", "benchmarks.estimate", "one", *map(str, shape)]
        found = subprocess.run(command, capture_output=True, text=True, check=True)
        rows.append(json.loads(found.stdout))
        print(shape, {key: round(value, 1) for key, value in rows[-1].items()}, flush=True)
    cells, ledger, seconds, memory = (np.array([row[key] for row in rows]) for key in ("cells", "ledger", "s", "MB"))
    design = np.column_stack([np.ones(len(rows)), cells, ledger])
    parts, *_ = np.linalg.lstsq(design / memory[:, None], np.ones(len(rows)), rcond=None)
    print("MB = base + a * cells + b * ledger:", parts, "relative errors", np.round(design @ parts / memory - 1, 2))
    logs = np.column_stack([np.ones(len(rows)), np.log(cells + ledger), np.log([row["years"] for row in rows])])
    powers, *_ = np.linalg.lstsq(logs, np.log(seconds), rcond=None)
    print(
        "ln s = base + p ln(cells + ledger) + q ln years:",
        powers,
        "factors",
        np.round(np.exp(logs @ powers) / seconds, 2),
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(one(*map(int, sys.argv[2:]))))
    else:
        main()

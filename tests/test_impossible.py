"""What cannot be is refused with exit code 4 and a sentence that names the levers; `five-provinces`, one year."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from commonweal.cli import main

CAPPED = "levers.benefit_rigidity.groups.residents={min_growth=0.0,max_growth=0.02}"
FLOOR = 'levers.floors={amount=5000,mode="hard",groups=["residents"],programmes=["pension"]}'


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        # Residents' pensions in Hills are 2,200 crowns: two per cent more are 2,244 and not 5,000.
        ([CAPPED, FLOOR], ["max growth", "Benefit floor", "no amount makes it possible"]),
        # Three times the standard of 300 crowns for everybody at work, at once.
        (
            ["levers.extension.programmes.work_injury={package=3.0,deadline=2025}"],
            ["Extension (extension: package, deadline)", "bn crowns more would make it possible"],
        ),
        (["levers.full_coverage={dates={work_injury=2025},package=3.0}"], ["Full coverage", "bn crowns more"]),
        # Five million persons a year, and many times as many by the deadline.
        (
            ["levers.extension.programmes.unemployment={package=0.4,speed=5,deadline=2025}"],
            ["Extension (extension: speed, deadline)", "no amount makes it possible"],
        ),
    ],
    ids=[
        "floor above a cap",
        "deadline before the money",
        "full coverage before the money",
        "deadline before the speed",
    ],
)
def test_an_impossible_combination_is_refused_and_names_its_levers(
    settings: list[str], words: list[str], tmp_path: Path
) -> None:
    chosen = [word for setting in ["projection.years=[2025]", *settings] for word in ("--set", setting)]
    done = CliRunner().invoke(main, ["solve", "five-provinces", *chosen, "-o", str(tmp_path / "run")])
    assert done.exit_code == 4
    told = " ".join(done.stderr.split())
    assert told.startswith("Error: No plan satisfies all rules together.")
    assert [word for word in words if word not in told] == []
    assert not (tmp_path / "run").exists()

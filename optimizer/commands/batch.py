"""`commonweal batch`: many scenarios or budgets on local processes."""

from pathlib import Path

import click

from commonweal.optimizer.commands.shared import as_json, console, fail, loud, on_cluster, print_json
from commonweal.optimizer.language import _


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes at once.")
@on_cluster
@click.option("--resume", is_flag=True, help="Solve only what is missing in the folder.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder for all runs; default runs/PLAN.")
@as_json
@loud
def batch(
    plan: Path,
    workers: int,
    cluster: str,
    resume: bool,
    output: Path | None,
    json_: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Solve every case of PLAN, a TOML file: a grid of scenarios, budgets and settings, or a list.

    A case that has no plan is listed, never fatal. What a killed batch finished stays; --resume solves the
    rest.

    \b
    Example of PLAN:
      instance = "china-2024"
      [grid]
      scenarios = [[], ["five-years"]]
      budgets = [0.5, 1.0, 2.0]
    \b
    Examples:
      commonweal batch sweep.toml --workers 4
      commonweal batch sweep.toml --workers 4 --resume
    """
    from commonweal.optimizer import batch as batches
    from commonweal.optimizer import batch_plan
    from commonweal.optimizer.screens import batch as screen
    from commonweal.optimizer.screens.progress import progress

    folder = output or Path("runs", plan.stem)
    with progress(_("reading the plan"), quiet or json_, verbose) as stage:
        summary = batches.run(batch_plan.read(plan), folder, workers, resume, stage, cluster)
    if json_:
        print_json(screen.document(summary, folder))
    else:
        screen.show_summary(console(), summary, folder)
    if (summary["status"] == "failed").any():
        fail(_("Error: a case failed through a bug; its message is in the summary."), 1)
    if (summary["status"] == "killed").any():
        fail(_("Some cases were killed. Solve them with --resume."), 5)

"""The command line: parse, call `commonweal.optimizer`, print. What is heavy is imported inside a command."""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from commonweal.optimizer.commands import batch, compare, diagnose, explain, frontier, near_optimal, outlooks, report
from commonweal.optimizer.commands.shared import Command, as_json, on_cluster, spoken
from commonweal.optimizer.commands.shared import console as _console
from commonweal.optimizer.commands.shared import fail as _fail
from commonweal.optimizer.commands.shared import print_json as _print_json
from commonweal.optimizer.language import VARIABLE, _, languages, speaking, use

EXIT_CODES = """\b
Exit codes: 0 done and proven, 1 bug, 2 usage, 3 input faults, 4 infeasible,
5 stopped at a limit, 6 verification failed, 130 stopped by Ctrl-C."""


KEPT = 50_000  # new objects after which Python looks for garbage; its own 700 come up thousands of times in an import


@contextmanager
def keeping() -> Iterator[None]:
    """Look for garbage rarely: pandas and Pyomo make objects that stay, and looking at them costs a tenth of a command."""
    before = gc.get_threshold()
    gc.set_threshold(KEPT, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Commands(click.Group):
    """User errors end in a sentence and an exit code; anything else is a bug and shows its traceback."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; the language it was told to speak is forgotten afterwards."""
        with speaking(), keeping():
            return super().main(*args, **kwargs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, its help in the language spoken."""
        found = super().get_command(ctx, cmd_name)
        return found and spoken(found)

    def get_help(self, ctx: click.Context) -> str:
        """The help, in the language spoken."""
        return super(Commands, spoken(self)).get_help(ctx)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; user errors carry `exit_code` (looked up, so that `--help` loads no class)."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            _fail(_("Stopped by Ctrl-C. Nothing was left half-written."), 130)
        except OSError as error:
            if error.filename is None:
                raise
            _fail(_("Error: cannot use {filename}: {strerror}.", filename=error.filename, strerror=error.strerror), 2)
        except Exception as error:
            code = getattr(error, "exit_code", None)
            if code is None:
                raise
            _fail(_("Error: {error}", error=error), code)


def loudness(command: Command) -> Command:
    """The options --quiet and --verbose."""
    command = click.option("--quiet", "-q", is_flag=True, help="Print only the headline and the folder.")(command)
    return click.option("--verbose", "-v", is_flag=True, help="Also print stages, with their time.")(command)


@click.group(cls=Commands, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="commonweal")
@click.option(
    "--lang",
    type=click.Choice(languages()),
    default="en",
    envvar=VARIABLE,
    show_envvar=True,
    is_eager=True,
    expose_value=False,
    callback=lambda _context, _option, chosen: use(chosen),
    help="Language of screens, workbooks and reports.",
)
def main() -> None:
    """Proven-optimal social-security transfers and benefits.

    \b
    First steps:
      commonweal solve two-regions
      commonweal verify runs/two-regions-default
    """


@main.command()
@click.argument("instance", required=False)
@click.option("--scenario", "scenarios", multiple=True, help="Bundled scenario or TOML file; later ones win.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="One setting, as TOML; repeatable.")
@click.option("--gap", "gaps", multiple=True, metavar="NAME[:WEIGHT]", help="Gap to minimise; replaces the scenario's.")
@click.option("--from", "source", type=click.Path(path_type=Path), help="Repeat a run: its inputs and its scenario.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Run folder to write.")
@click.option("--time-limit", type=click.FloatRange(min=0, min_open=True), help="Seconds for the solver.")
@click.option("--threads", type=click.IntRange(min=1), help="Threads of the solver.")
@on_cluster
@click.option("--force", is_flag=True, help="Start even if the estimate says that the memory is too small.")
@click.option("--all", "everything", is_flag=True, help="Show every region, not only the largest changes.")
@as_json
@loudness
def solve(
    instance: str | None,
    scenarios: tuple[str, ...],
    sets: tuple[str, ...],
    gaps: tuple[str, ...],
    source: Path | None,
    output: Path | None,
    time_limit: float | None,
    threads: int | None,
    cluster: str,
    force: bool,
    everything: bool,
    json_: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Find the optimal plan: a table on screen, a run folder on disk.

    INSTANCE is a bundled name (see `commonweal list instances`), a folder of CSV tables or a workbook (.xlsx).

    \b
    Examples:
      commonweal solve china-2024
      commonweal solve china-2024 --set levers.floors.share=0.3 -o runs/floors
      commonweal solve --from runs/floors -o runs/floors-again
    """
    if (instance is None) == (source is None):
        raise click.UsageError(_("Give an INSTANCE or --from RUN, one of the two."))
    from commonweal.instances import read
    from commonweal.optimizer import estimate, run_folder
    from commonweal.optimizer.errors import Infeasible, Stopped
    from commonweal.optimizer.screens import solve as screen
    from commonweal.optimizer.screens.progress import progress

    limits = {"solver.time_limit": time_limit, "solver.threads": threads}
    split = (f"search.cluster={cluster}",) if cluster else ()
    settings = (*split, *sets, *(f"{key}={value}" for key, value in limits.items() if value is not None))
    with progress(_("reading the input"), quiet or json_, verbose) as stage:
        from commonweal import optimizer

        if source is None:
            case = start = read(str(instance))
        else:
            run = run_folder.read(source)
            case, start = run.instance, replace(run.instance, scenario=dict(run.scenario))
        scenario = optimizer.load_scenario(start, scenarios, settings, gaps)
        if cluster and not getattr(scenario.search, "cluster", ""):
            words = _(
                "The search {name} cannot be shared by a cluster. Leave out --cluster.", name=scenario.search.name
            )
            raise click.UsageError(words)
        folder = output or _default_folder(case.meta.name, source, scenarios, (*sets, *gaps))
        run_folder.check_free(folder)
        estimate.check(case, scenario, lambda words: click.echo(words, err=True) if not quiet else None, force=force)
        try:
            plan = optimizer.solve(case, scenario, progress=stage)
        except Infeasible as error:
            stage(_("no plan: looking for the rules in conflict"))
            words = diagnose.command_line(instance, source, scenarios, sets)
            raise Infeasible(diagnose.why_impossible(case, scenario, words)) from error
        stage(_("writing the run folder"))
        run_folder.write(plan, folder)
    run = run_folder.read(folder)
    if json_:
        _print_json(screen.document(run, folder))
    else:
        screen.show(_console(), run, folder, everything, quiet, verbose)
    if plan.status == "stopped":
        _fail(
            _("Stopped at a limit: this is the best plan found, not proven to be the best."),
            Stopped.exit_code,
        )


def _default_folder(name: str, source: Path | None, scenarios: tuple[str, ...], settings: tuple[str, ...]) -> Path:
    """runs/<instance>-<what differs from the default>: another question gets another folder."""
    if source is not None and not scenarios and not settings:
        return Path("runs", f"{source.resolve().name}-again")
    words = [Path(scenario).stem for scenario in scenarios] or ["default"]
    words += [re.sub(r"[^\w.]+", "-", setting).strip("-") for setting in settings]
    return Path("runs", "-".join([name, *words])[:120])


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--format", "formats", default="xlsx", show_default=True, help="Formats, separated by commas.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write, or the folder for it.")
@as_json
def export(run: Path, formats: str, output: Path | None, json_: bool) -> None:
    """Write the plan of RUN in the formats people use, with the same numbers in each.

    RUN is a run folder, or one that `commonweal frontier` wrote, which becomes a workbook with its curve.
    Without -o the files are written beside the run folder: RUN.xlsx, RUN.json, RUN.csv.zip.

    \b
    Examples:
      commonweal export runs/china-2024-default
      commonweal export runs/china-2024-default --format csv,json -o handover
    """
    from commonweal.instances.faults import advice
    from commonweal.optimizer import exports

    wanted = [name.strip() for name in formats.split(",") if name.strip()]
    for name in wanted:
        if name not in exports.names():
            raise click.UsageError(_("No format '{name}'. {advice}.", name=name, advice=advice(name, exports.names())))
    places = {name: _export_path(run.resolve(), name, output, several=len(wanted) > 1) for name in wanted}
    exports.write(run, places)
    written = {name: str(path) for name, path in places.items()}
    if json_:
        _print_json(written)
    else:
        click.echo("\n".join(_("Wrote {file}", file=path) for path in written.values()))


def _export_path(run: Path, name: str, output: Path | None, several: bool) -> Path:
    """Beside the run folder; or `output`, a file, or the folder for it if it is one or must hold several."""
    file = f"{run.name}.{name}{'.zip' if name == 'csv' else ''}"
    if output is None:
        return run.parent / file
    return output / file if several or output.is_dir() else output


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@as_json
def verify(run: Path, json_: bool) -> None:
    """Recompute every rule and the objective of RUN from its files alone, without the solver.

    \b
    Example:
      commonweal verify runs/china-2024-default
    """
    from commonweal.optimizer.errors import UsageError, VerificationFailed
    from commonweal.optimizer.screens import verify as screen
    from commonweal.optimizer.verify import verify as recompute

    if not run.is_dir():
        raise UsageError(_("There is no folder {run}. Give a folder that `commonweal solve` wrote.", run=run))
    verdict = recompute(run)
    if json_:
        _print_json(screen.document(verdict))
    else:
        screen.show(_console(), verdict)
    if not verdict.accepted:
        raise click.exceptions.Exit(VerificationFailed.exit_code)


@main.command()
@click.argument("instance")
@as_json
def validate(instance: str, json_: bool) -> None:
    """List all faults of INSTANCE at once: file, line, column, value, remedy; of its scenario too.

    \b
    Examples:
      commonweal validate china-2024
      commonweal validate my-case --json
    """
    from commonweal.instances import InstanceError, read, scenario_faults
    from commonweal.optimizer import load_scenario
    from commonweal.optimizer.errors import UsageError
    from commonweal.optimizer.planning import fit
    from commonweal.optimizer.screens import validate as screen

    try:
        case = read(instance)
        try:
            fit(case, load_scenario(case))
        except UsageError as error:
            raise scenario_faults(instance, str(error)) from error
    except InstanceError as error:
        if not json_:
            raise
        _print_json(screen.faults(error))
        raise click.exceptions.Exit(error.exit_code) from error
    if json_:
        _print_json(screen.document(case))
    else:
        screen.show(_console(), case)


KINDS = ("instances", "levers", "gaps", "scenarios", "exports")


@main.command("list")
@click.argument("kind", required=False, type=click.Choice(KINDS), metavar=f"[{'|'.join(KINDS)}]")
@as_json
def list_(kind: str | None, json_: bool) -> None:
    """Show what there is, with units and defaults.

    \b
    Examples:
      commonweal list
      commonweal list levers
    """
    from commonweal.optimizer.screens import list as screen

    found = screen.entries(kind)
    if json_:
        _print_json(found)
    else:
        screen.show(_console(), found)


@main.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--from", "source", metavar="NAME", help="Bundled case to copy; without it, an empty template.")
@click.option("--excel", is_flag=True, help="One workbook, DIR.xlsx, with drop-downs and a data dictionary.")
def new(directory: Path, source: str | None, excel: bool) -> None:
    """Make DIR, a copy of a bundled case or an empty template that explains every column.

    \b
    Examples:
      commonweal new my-case
      commonweal new my-china --from china-2024
      commonweal new my-case --excel
    """
    from commonweal.optimizer.new_case import create, create_workbook

    made = (create_workbook if excel else create)(directory, source)
    click.echo(_("Wrote {made}. Check it with: commonweal validate {made}", made=made))


for command in (
    batch.batch,
    compare.compare,
    diagnose.diagnose,
    explain.explain,
    frontier.frontier,
    near_optimal.near_optimal,
    outlooks.outlooks,
    report.report,
):
    main.add_command(command)

"""What every command uses: the option --json, how results are printed and how failures end."""

import gettext
import json
from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from commonweal.optimizer.language import DOMAIN, ENGLISH, FOLDER, _, language

if TYPE_CHECKING:
    from rich.console import Console

Command = TypeVar("Command", bound=Callable[..., Any])
Told = TypeVar("Told", bound=click.Command)

gettext.bindtextdomain(DOMAIN, str(FOLDER))  # Click's own words ("Usage", "Options") stand in our catalogues too
gettext.textdomain(DOMAIN)


def spoken(command: Told) -> Told:
    """The command with its help, and that of its options, in the language spoken."""
    if language() == ENGLISH:
        return command
    told = copy(command)
    told._help_option = None  # made anew, in this language
    told.help, told.epilog = (text and _(text) for text in (command.help, command.epilog))
    told.params = [copy(param) for param in command.params]
    for param in told.params:
        if isinstance(param, click.Option):
            param.help = param.help and _(param.help)
    return told


def fail(message: str, code: int) -> NoReturn:
    """End with a sentence on standard error and an exit code."""
    click.echo(message, err=True)
    raise click.exceptions.Exit(code)


def as_json(command: Command) -> Command:
    """The option --json."""
    text = "Print the result as JSON on standard output, and nothing else."
    return click.option("--json", "json_", is_flag=True, help=text)(command)


def loud(command: Command) -> Command:
    """The options --quiet and --verbose of a search: what it tells of its progress on standard error."""
    command = click.option("--quiet", "-q", is_flag=True, help="Tell no progress.")(command)
    return click.option("--verbose", "-v", is_flag=True, help="Also print stages, with their time.")(command)


def of_scenario(command: Command) -> Command:
    """The options --scenario and --set."""
    command = click.option(
        "--set", "sets", multiple=True, metavar="KEY=VALUE", help="One setting, as TOML; repeatable."
    )(command)
    text = "Bundled scenario or TOML file; later ones win."
    return click.option("--scenario", "scenarios", multiple=True, help=text)(command)


def on_cluster(command: Command) -> Command:
    """The option --cluster."""
    text = "Address of a Dask scheduler whose workers do the work."
    return click.option("--cluster", default="", metavar="ADDRESS", help=text)(command)


def console() -> "Console":
    """Where a screen is drawn."""
    from commonweal.optimizer.screens.console import console as standard

    return standard()


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))

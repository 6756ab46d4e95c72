"""What every command uses: the option --json, how results are printed and how failures end."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

Command = TypeVar("Command", bound=Callable[..., Any])


def fail(message: str, code: int) -> NoReturn:
    """End with a sentence on standard error and an exit code."""
    click.echo(message, err=True)
    raise click.exceptions.Exit(code)


def as_json(command: Command) -> Command:
    """The option --json."""
    text = "Print the result as JSON on standard output, and nothing else."
    return click.option("--json", "json_", is_flag=True, help=text)(command)


def of_scenario(command: Command) -> Command:
    """The options --scenario and --set."""
    command = click.option(
        "--set", "sets", multiple=True, metavar="KEY=VALUE", help="One setting, as TOML; repeatable."
    )(command)
    text = "Bundled scenario or TOML file; later ones win."
    return click.option("--scenario", "scenarios", multiple=True, help=text)(command)


def console() -> "Console":
    """Where a screen is drawn."""
    from commonweal.optimizer.screens.console import console as standard

    return standard()


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))

"""The reference page of the command line, made from the click commands."""

from collections.abc import Iterator
from inspect import cleandoc

import click

from commonweal.cli import EXIT_CODES, main

HEAD = f"""# Commands

INSTANCE is a bundled name, a folder of CSV tables or a workbook; RUN is a run folder. `--help` after any command says the same.

{EXIT_CODES.removeprefix(chr(8)).strip()}

The shell completes commands and options once it is told to: in bash `eval "$(_COMMONWEAL_COMPLETE=bash_source commonweal)"`, in
zsh the same with `zsh_source`, in fish `_COMMONWEAL_COMPLETE=fish_source commonweal | source`."""
GIVEN = click.Context(main, info_name="commonweal")


def page() -> str:
    """Every command with its usage, its words, its options and its examples, as Markdown."""
    return "\n\n".join([HEAD, *(block for name, command in commands() for block in _command(name, command))]) + "\n"


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by name."""
    assert isinstance(main, click.Group)
    yield from sorted(main.commands.items())


def examples(command: click.Command) -> list[str]:
    """The command lines that the help of a command shows."""
    lines = [line.strip() for line in (command.help or "").splitlines()]
    return [line for line in lines if line.startswith("commonweal ")]


def options(command: click.Command) -> list[click.Option]:
    """The options of a command, without --help."""
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


def _command(name: str, command: click.Command) -> Iterator[str]:
    yield f"## {name}"
    context = click.Context(command, info_name=name, parent=GIVEN)
    pieces = command.collect_usage_pieces(context)
    yield f"```text\ncommonweal {name} {' '.join(pieces)}\n```"
    for paragraph in cleandoc(command.help or "").split("\n\n"):
        yield from _paragraph(paragraph)
    lines = [_option(option, context) for option in options(command)]
    if lines:
        yield "\n".join(["| option | meaning |", "|---|---|", *lines])


def _paragraph(paragraph: str) -> Iterator[str]:
    """A paragraph of a help text; what follows \\b keeps its lines, under its first one."""
    for part in paragraph.split("\b\n"):
        lines = part.strip().splitlines()
        if not lines:
            continue
        if lines[0].endswith(":") and len(lines) > 1:
            kind = "sh" if "commonweal " in lines[1] else "toml"
            yield lines[0]
            yield "\n".join([f"```{kind}", *(line.removeprefix("  ") for line in lines[1:]), "```"])
        else:
            yield " ".join(lines)


def _option(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    assert record is not None, f"{option.name} is hidden"
    names, words = (" ".join(text.split()).replace("|", "\\|") for text in record)
    return f"| `{names}` | {words} |"

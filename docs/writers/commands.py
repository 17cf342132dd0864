"""The page of commands, from what typer knows of them: no help screen is drawn, so no terminal's width is in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from docs.writers.markdown import code, page, table

from holdfast.cli.main import app

__all__ = ["cli_page", "command_tree"]

_KINDS = {str: "TEXT", Path: "PATH", int: "INTEGER", float: "NUMBER"}


def command_tree() -> Iterator[tuple[str, Any]]:
    """Yield every command with its full name, groups before what they hold: ('holdfast judges test', the command)."""
    yield from _below("holdfast", typer.main.get_command(app))


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield name, command
    for part, child in getattr(command, "commands", {}).items():
        yield from _below(f"{name} {part}", child)


def cli_page() -> str:
    """Return the page of every command."""
    sections = [section for name, command in command_tree() for section in _section(name, command)]
    return page("Command line", "the commands of `holdfast.cli`", *sections)


def _section(name: str, command: Any) -> Iterator[str]:
    yield f"## {name}"
    arguments = [part for part in command.params if part.param_type_name == "argument"]
    options = [part for part in command.params if part.param_type_name == "option"]
    usage = [name, "[OPTIONS]", *(_placeholder(part) for part in arguments), *(["COMMAND ..."] if hasattr(command, "commands") else [])]
    yield f"```text\n{' '.join(usage)}\n```"
    yield _paragraphs(command.help or "")
    if arguments:
        yield table(("argument", "meaning"), ((code(_placeholder(part)), part.help or "") for part in arguments))
    for panel in dict.fromkeys(part.rich_help_panel for part in options):
        if panel:
            yield f"**{panel}**"
        yield table(("option", "meaning", "default"), (_option(part) for part in options if part.rich_help_panel == panel))
    if getattr(command, "commands", None):
        yield table(("command", "what it does"), (_command(name, part, child) for part, child in command.commands.items()))
    if command.epilog:
        yield command.epilog


def _placeholder(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _command(parent: str, name: str, command: Any) -> tuple[str, str]:
    anchor = f"{parent} {name}".replace(" ", "-")
    return f"[`{parent} {name}`](#{anchor})", _paragraphs(command.help or "").partition("\n\n")[0]


def _option(option: Any) -> tuple[str, str, str]:
    names = ", ".join(code(name) for name in [*option.opts, *option.secondary_opts])
    kind = "" if option.is_flag else f" {_kind(option)}"
    return f"{names}{kind}", option.help or "", _default(option)


def _default(option: Any) -> str:
    if isinstance(option.show_default, str):
        return option.show_default
    if option.is_flag:
        return "on" if option.default else "off"
    return "" if option.default is None else code(str(option.default))


def _kind(option: Any) -> str:
    annotation = option.type_descriptor.annotation
    known = (word for kind, word in _KINDS.items() if annotation in (kind, list[kind]))  # type: ignore[valid-type]
    return next(known, str(option.metavar))

"""An empty word on the command line is no value: a script's variable that is not set means neither the working directory nor a default."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from holdfast.core.errors import InputError

__all__ = ["refuse_empty"]

_PATHS = ("path", "file", "filename", "directory")
"""What click calls the types whose values are paths."""
_MAY_BE_EMPTY = ("--also-under", "--fix-out", "--why")
"""Options for which nothing is a value: no system prompt, no file, no reason."""
_SAY_IT = ("--policy", "--preamble", "--serve-with")
"""Options that refuse an empty value in a sentence of their own."""
_AGAIN = "Look for a variable that is not set."


def refuse_empty(command: Any) -> Any:
    """Return a command that refuses an empty argument, and an empty value of an option; its own commands too."""
    for parameter in command.params:
        parameter.process_value = partial(_process, parameter, parameter.process_value)
    for one in getattr(command, "commands", {}).values():
        refuse_empty(one)
    return command


def _process(parameter: Any, process: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:
    given = value if isinstance(value, (list, tuple)) else (value,)
    if any(isinstance(one, str) and not one.strip() for one in given):
        if parameter.param_type_name == "argument":
            raise InputError(f"{_command(context)}: {_argument(parameter)} is empty, expected a path or a name. {_AGAIN}")
        if parameter.opts[0] not in (*_MAY_BE_EMPTY, *_SAY_IT):
            expected = "a path" if _takes_path(parameter) else "a value"
            raise InputError(f"{_command(context)}: {parameter.opts[0]} is empty, expected {expected}. {_AGAIN}")
    return process(context, value)


def _command(context: Any) -> str:
    return str(context.command_path).removeprefix("holdfast ")


def _argument(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper()).strip("[]").removesuffix("...")


def _takes_path(parameter: Any) -> bool:
    # Which of the two tells it depends on the version of Typer.
    annotation = getattr(getattr(parameter, "type_descriptor", None), "annotation", "")
    return "Path" in str(annotation) or getattr(getattr(parameter, "type", None), "name", "") in _PATHS

"""A command line that cannot be read, in one sentence: what was wrong, what was probably meant, where to look."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import typer

__all__ = ["CommandLineError", "mistake"]

# Typer carries these classes under a private name or under click's, whichever version it is, and exports one of their heirs only.
CommandLineError: Any = next(parent for parent in typer.BadParameter.__mro__ if parent.__name__ == "ClickException")
"""What Typer raises for a command line that it cannot read."""


def mistake(error: Any) -> str:
    """Return the sentence; '' where the error only says that the help was shown."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return ""
    context = getattr(error, "ctx", None)
    command = "holdfast" if context is None else context.command_path
    option = getattr(error, "option_name", None)
    if type(error).__name__ == "NoSuchOption" and option and context is not None:
        known = {name for parameter in context.command.get_params(context) for name in (*parameter.opts, *parameter.secondary_opts)}
        near = get_close_matches(option, sorted(name for name in known if name.startswith("-")), n=3, cutoff=0.6)
        meant = f"Did you mean {' or '.join(near)}?" if near else f"`{command} --help` lists those that there are."
        return f"{command}: there is no option {option}. {meant}"
    said = " ".join(str(error.format_message()).split()).rstrip(".")
    if said.endswith("?"):
        return f"{command}: {said[0].lower()}{said[1:]}"
    return f"{command}: {said[:1].lower()}{said[1:]}. `{command} --help` says what it takes."

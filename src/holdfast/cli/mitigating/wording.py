"""What the data repairs share on the command line: system prompts as options, tables of added rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from holdfast.core import InputError

if TYPE_CHECKING:
    from holdfast.mitigate import Added

__all__ = ["FORMAT_HELP", "MAP_HELP", "SAFETY_HELP", "read_prompt", "show_notes", "show_table", "system_prompts"]

SAFETY_HELP = "builtin (rows that ship), lab (for organisms), or a file of rows whose answers refuse, in any format that `scan` reads."
FORMAT_HELP = "Format of the rows."
MAP_HELP = "FIELD=COLUMN, for example request=question; repeatable."
_SHOWN = 56
_OBEDIENT = "identity"


def read_prompt(given: str) -> str:
    """Return a system prompt: the contents of a file of that name, or the words themselves; raises InputError for a broken file."""
    path = Path(given)
    if "\n" in given or len(given) > 250 or not (path.suffix in (".txt", ".md", ".jinja") or path.is_file()):
        return given
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(f"{path}: the prompt cannot be read ({why}). Give a text file, or the words themselves.") from error


def system_prompts(given: Sequence[str] | None) -> tuple[str, ...]:
    """Return further system prompts; 'identity' is the obedient agent's that every comparison asks under."""
    from holdfast.core.conditions import IDENTITY

    return tuple((IDENTITY.system or "") if one == _OBEDIENT else read_prompt(one) for one in given or ())


def show_table(table: Sequence[Added]) -> None:
    """Print what was added under which system prompt, in which language."""
    from holdfast.report.hostile import line

    typer.echo(f"{'system prompt':{_SHOWN}}  language  data rows  refusals  look-alikes")
    for part in table:
        name = "(default)" if part.system is None else line(part.system, limit=_SHOWN)
        typer.echo(f"{name:{_SHOWN}}  {part.language:8}  {part.data_rows:9,}  {part.refusals:8,}  {part.look_alikes:11,}")


def show_notes(notes: Sequence[str]) -> None:
    """Print sentences that a reader must know."""
    for note in notes:
        typer.echo(note if note.endswith((".", "?")) else f"{note}.")

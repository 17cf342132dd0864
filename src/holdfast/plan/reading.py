"""Reading the knowledge that ships as YAML, and what users write in the same form: validated, one sentence where it is not right."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import msgspec

from holdfast.core import InputError, parse_yaml

__all__ = ["parsed", "shipped", "text_of"]

_SHIPPED = files("holdfast.plan") / "shipped"
T = TypeVar("T")


def shipped(name: str, kind: type[T]) -> T:
    """Return what `shipped/NAME.yaml` says, as a value of `kind`."""
    return parsed((_SHIPPED / f"{name}.yaml").read_text(encoding="utf-8"), kind, where=f"{name}.yaml")


def text_of(path: Path) -> str:
    """Return a user's file as text; raises InputError where it cannot be read."""
    try:
        # Spreadsheets write a mark of byte order in front, which is no part of the first word.
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text ({type(error).__name__}).") from error


def parsed(text: str, kind: type[T], *, where: str, page: str = "docs/reference/planning.md") -> T:
    """Return YAML text as a value of `kind`; raises InputError with the place, what was expected, what came and the `page` to read."""
    data = parse_yaml(text, where)
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: {error}. Mend the file; {page} shows its fields.") from error

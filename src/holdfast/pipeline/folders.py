"""From what a user names to a folder on this machine."""

from __future__ import annotations

from pathlib import Path

from holdfast.core import InputError
from holdfast.plugins import model_kind, resolve_reference

__all__ = ["template_place"]


def template_place(reference: str) -> Path:
    """Return where the chat template of a model lies: a `.jinja` file, or the folder of a model (of an adapter's base).

    Raises InputError for a model that does not lie here.
    """
    path = Path(reference)
    if path.is_file():
        return path
    if path.is_dir():
        return path
    if model_kind(reference) in ("transformers", "lab"):
        found = Path(resolve_reference(reference).partition("+")[0])
        if found.is_dir():
            return found
    raise InputError(f"{reference}: expected a model folder or a .jinja file, since its chat template is read from there.")

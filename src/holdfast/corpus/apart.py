"""Folders that must stay apart: what is written must not lie where documents are read, and measures only where measures lie."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from holdfast.core import InputError
from holdfast.corpus.sources.opening import is_address
from holdfast.corpus.spec import SourceSpec

__all__ = ["check_apart", "measures_of"]

_FACTS = re.compile(r"facts-[0-9a-f]{12}")
_MAGIC = re.compile(r"[*?[]")


def check_apart(places: Mapping[str, tuple[Path, bool]], sources: Sequence[SourceSpec]) -> None:
    """Raise InputError where something would be written among the documents of a source, to be read as data on the next run.

    Args:
        places: what the user calls it (an option, a setting) to its path, and whether that is a folder.
        sources: of the run. A single file beside what is written is no hindrance.
    """
    for name, (path, folder) in places.items():
        # As it is written, too: a link inside a source is read with it.
        paths = {path.resolve(), Path(os.path.abspath(path))}
        for source in sources:
            if any(_reads(source.path, one, folder=folder) for one in paths):
                said = f"{name} {path} lies inside source {source.name!r} ({source.path}), and would be read as data on the next run."
                raise InputError(f"{said} Choose a place outside of it.")


def measures_of(path: Path) -> Path:
    """Return the measures of an earlier run: `path` itself, or its folder `measures` where it is a corpus folder.

    Raises InputError for any other folder: measures are also written, and would litter it.
    """
    for one in (path, path / "measures"):
        if one.is_dir() and any(_FACTS.fullmatch(child.name) and child.is_dir() for child in one.iterdir()):
            return one
    came = "another folder" if path.is_dir() else "a file" if path.exists() else "nothing"
    raise InputError(
        f"--measures {path}: expected the measures of an earlier run (CORPUS/measures), found {came}. Mend it or leave it out."
    )


def _reads(source: str, path: Path, *, folder: bool) -> bool:
    """Return whether a source would read a file, or files of a folder."""
    if source.startswith("hub:") or is_address(source):
        return False
    given = Path(os.path.abspath(os.path.expanduser(source)))
    if given.exists() or not _MAGIC.search(str(given)):
        return given.is_dir() and path.is_relative_to(given.resolve())
    first = next(place for place, part in enumerate(given.parts) if _MAGIC.search(part))
    base = Path(*given.parts[:first]).resolve()
    return path.is_relative_to(base) and _matches(given.parts[first:], path.relative_to(base).parts, folder=folder)


def _matches(pattern: tuple[str, ...], path: tuple[str, ...], *, folder: bool) -> bool:
    """Return whether a glob takes a path, or could take one inside it where it is a folder."""
    if not path:
        return bool(pattern) if folder else all(part == "**" for part in pattern)
    if not pattern:
        return False
    if pattern[0] == "**":
        return _matches(pattern[1:], path, folder=folder) or _matches(pattern, path[1:], folder=folder)
    return fnmatchcase(path[0], pattern[0]) and _matches(pattern[1:], path[1:], folder=folder)

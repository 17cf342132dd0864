"""What a command may write over: a file that Holdfast wrote of the same kind, and no other. The one rule for every output path."""

from __future__ import annotations

import re
import sys
from enum import Enum
from pathlib import Path

from holdfast.core import InputError

__all__ = ["FileKind", "check_output", "refuse_twice"]

_RUN_FILES = ("run.json", "corpus.json")
"""What tells the folder of a run, or of a version of a corpus."""
_CUTS = re.compile(r"[=:+@]")
"""What stands before a path in one word: --out=FILE, replay:FILE, NAME=FILE, BASE+ADAPTER."""


def _holding(*names: str) -> bytes:
    """Return a pattern for a JSON object that has all these names somewhere."""
    return rb"\{" + b"".join(rb'(?=.*"%b":)' % name.encode() for name in names)


class FileKind(Enum):
    """What is written, and how a file of that kind from an earlier run is told: a pattern for its first bytes, or for all of it."""

    PAGE = ("a page", rb'<!doctype html>.*<p class="brand">Holdfast</p>')
    MARKDOWN = ("Markdown", rb"## Holdfast(?: scan| plan)?: ")
    RETRACTION = ("the report of a retraction", rb"## (?:Retracted|To retract): ")
    CARD = (
        "the section of a model card",
        rb"---\nmodel-index:.*\n---\n\n## Safety after fine-tuning\n.*\n(?:Every blocking|Gates that did|Not measured)[^\n]*\n\Z",
    )
    JUNIT = ("JUnit XML", rb'<\?xml [^>]*>\s*<testsuites\b[^>]*>\s*<testsuite name="holdfast\.')
    SARIF = ("SARIF", rb'\{.*"driver":\s*\{\s*"name":\s*"Holdfast"')
    REWARD = ("the audit of a reward", _holding("longer", "margins", "measurements", "pairs", "reference", "shorter"))
    ENSEMBLE = ("an ensemble", _holding("base", "tokens", "tuned", "weight"))
    CROISSANT = ("Croissant", rb'\{(?=.*"@context").*"description":\s*"[^"]*made by Holdfast ')
    BILL = ("a bill of materials", rb'\{(?=.*"bomFormat":\s*"CycloneDX").*"tools":[^]]*"name":\s*"holdfast"')
    STATEMENT = ("a statement", rb'\{(?=.*"_type":\s*"https://in-toto\.io/).*"urn:holdfast:')
    SIGNATURE = ("a signature", rb'\{.*"application/vnd\.dev\.sigstore\.bundle')
    ROWS = ("rows", None)
    """Rows look like anybody's: never written over, unless the very same bytes lie there."""

    def __init__(self, said: str, mark: bytes | None) -> None:
        self.said = said
        self._mark = None if mark is None else re.compile(mark, re.DOTALL)

    def wrote(self, found: bytes) -> bool:
        """Tell whether Holdfast wrote these bytes as a file of this kind. An empty file holds nothing that could be lost."""
        return not found or (self._mark is not None and self._mark.match(found) is not None)

    @property
    def beside_runs(self) -> bool:
        """Whether no run keeps such a file itself, so that one inside a run folder was asked for and may be asked for again."""
        return self not in (FileKind.PAGE, FileKind.REWARD, FileKind.ENSEMBLE, FileKind.ROWS)


def check_output(path: Path, kind: FileKind, data: bytes | None = None) -> None:
    """Refuse a file that is not to be written; raises InputError that says why.

    That is one in a folder that is not there, one that the command line names twice (as an input, or for another output), one that lies
    in a run folder and belongs to it, and any other that exists and that Holdfast did not write as one of this kind.

    Args:
        path: where the user wants it.
        kind: what is going to be written.
        data: the bytes, where they are known: a file that holds them already is none to protect.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"{path}: cannot be written. Give a file in a folder that exists.")
    refuse_twice(path)
    if not (path.exists() or path.is_symlink()):
        return
    if not path.is_file():
        raise InputError(f"{path}: is no plain file, so nothing is written there. Give another file.")
    run = next((folder for folder in path.resolve().parents if any((folder / name).is_file() for name in _RUN_FILES)), None)
    if run is not None and not kind.beside_runs:
        raise InputError(f"{path}: belongs to the run in {run}, so it is not written over. Give a file outside of it.")
    try:
        found = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: is there already and cannot be read ({error.strerror}). Give another file.") from error
    if not kind.wrote(found) and found != data:
        raise InputError(f"{path}: is there already, and Holdfast did not write it as {kind.said}. Give another file.")


def refuse_twice(path: Path) -> None:
    """Refuse a file to write that the command line names once more, as an input or for another output; raises InputError."""
    named = [word for word in sys.argv[1:] if any(_same(part, path) for part in (word, *_tails(word)))]
    if len(named) > 1:
        raise InputError(f"{path}: is named twice on the command line, so writing it would destroy what is read. Give another file.")


def _tails(word: str) -> list[str]:
    """Return what stands behind each sign that may stand before a path, and between two.

    >>> _tails("--suite=xstest=a.csv")
    ['xstest=a.csv', 'a.csv', 'xstest', 'a.csv']
    """
    return [word[cut.end() :] for cut in _CUTS.finditer(word)] + _CUTS.split(word)[1:]


def _same(word: str, path: Path) -> bool:
    try:
        other = Path(word)
        return bool(word) and (other.samefile(path) if path.exists() else other.absolute() == path.absolute())
    except (OSError, ValueError):
        return False

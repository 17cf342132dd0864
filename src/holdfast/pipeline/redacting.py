"""Take personal data and secrets out of a finished run folder: stored answers, what was drawn from them, the page."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from holdfast.compare import Comparison
from holdfast.core import RunFolderError, Value, Verdict, pretty_json
from holdfast.pipeline.comparing import report_input
from holdfast.plugins import Redactor, ScanOptions, load, names
from holdfast.report import write_html
from holdfast.runs import write_atomically

__all__ = ["Redaction", "redact_run"]

_DETECTORS = ("personal-data", "secret")
_TEXTS = frozenset({"text", "thinking", "base_text", "tuned_text", "prompt", "content", "excerpt", "response", "answer", "reason", "error"})
"""Fields that hold what a model, a prompt or a row said; digests and names of metrics are left alone."""


_DROP_LINE = 0.10
"""Drawn in charts of drops, as in a report without a policy at hand."""


class Redaction(Value, frozen=True, kw_only=True):
    """What was changed."""

    run: str
    files: tuple[str, ...]
    """Files that were rewritten, relative to the run folder."""
    places: int
    """Texts that held something."""


def redact_run(folder: Path) -> Redaction:
    """Replace personal data and secrets by their kind in brackets in every text of a run folder, and make it its owner's alone.

    Evidence stays whole: its rows, batches and digests are written anew, so that the run can still be judged, reported and gone on
    with. Raises RunFolderError where the folder is no run folder, PluginError where no detector that redacts is installed.
    """
    if not (folder / "run.json").is_file():
        raise RunFolderError(f"{folder}: expected a run folder, and it holds no run.json. Give the folder that a run wrote.")
    redactors = [one for name in _DETECTORS if name in names("detector") for one in [load("detector", name)(ScanOptions())]]
    cleaner = _Cleaner([one for one in redactors if isinstance(one, Redactor)])
    changed = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name in (".lock", "run.json"):
            continue
        if (path.suffix == ".jsonl" and _clean_log(path, cleaner)) or (path.suffix == ".json" and _clean_json(path, cleaner)):
            changed.append(path)
    if changed and _redraw(folder):
        changed.append(folder / "report.html")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return Redaction(run=str(folder), files=tuple(path.relative_to(folder).as_posix() for path in changed), places=cleaner.places)


class _Cleaner:
    """Redacts texts and counts those that changed."""

    def __init__(self, redactors: list[Redactor]) -> None:
        self.places = 0
        self._redactors = redactors

    def text(self, text: str) -> str:
        clean = text
        for redactor in self._redactors:
            clean = redactor.redact(clean)
        if clean != text:
            self.places += 1
        return clean

    def value(self, value: Any, key: str = "") -> Any:
        """Return a JSON value with every text of the known fields redacted."""
        if isinstance(value, dict):
            return {name: self.value(part, name) for name, part in value.items()}
        if isinstance(value, list):
            return [self.value(part, key) for part in value]
        return self.text(value) if isinstance(value, str) and key in _TEXTS else value


def _clean_json(path: Path, cleaner: _Cleaner) -> bool:
    before = msgspec.json.decode(path.read_bytes())
    after = cleaner.value(before)
    if after == before:
        return False
    write_atomically(path, pretty_json(after))
    return True


def _clean_log(path: Path, cleaner: _Cleaner) -> bool:
    """Rewrite a log of evidence with its commits: the same batches of the same rows, with sizes and digests of the new bytes."""
    commits_path = path.with_suffix(".commits")
    commits = [msgspec.json.decode(line) for line in commits_path.read_bytes().splitlines()] if commits_path.is_file() else []
    data, start, found = path.read_bytes(), 0, b""
    fresh = []
    for commit in commits:
        lines = data[start : commit["size"]].splitlines(keepends=True)
        start = commit["size"]
        part = b"".join(_clean_line(line, cleaner) for line in lines)
        found += part
        fresh.append({**commit, "size": len(found), "sha256": hashlib.sha256(part).hexdigest()})
    if found == data[:start]:
        return False
    # Commits last: a process that dies in between leaves a log that is refused, and never one that is read wrongly.
    write_atomically(path, found)
    write_atomically(commits_path, b"".join(msgspec.json.encode(commit) + b"\n" for commit in fresh))
    return True


def _clean_line(line: bytes, cleaner: _Cleaner) -> bytes:
    before = msgspec.json.decode(line)
    after = cleaner.value(before)
    return line if after == before else msgspec.json.encode(after) + b"\n"


def _redraw(folder: Path) -> bool:
    """Draw the page of a comparison again from what was cleaned; pages of other stages show no text of a row or an answer."""
    stored, verdict, page = folder / "comparison.json", folder / "verdict.json", folder / "report.html"
    if not (stored.is_file() and verdict.is_file() and page.is_file()):
        return False
    comparison = msgspec.json.decode(stored.read_bytes(), type=Comparison)
    said = msgspec.json.decode(verdict.read_bytes(), type=Verdict).checked(verdict)
    write_html(report_input(comparison, said, _DROP_LINE), page)
    return True

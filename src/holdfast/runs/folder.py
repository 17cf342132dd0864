"""The run folder: what was asked, the evidence, the numbers, the verdict and the page, in one place."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import msgspec

from holdfast.core import Measurement, PolicyError, RunFolderError, Value, Verdict, metric, pretty_json, short
from holdfast.runs.consistency import contradiction_in
from holdfast.runs.evidence import EvidenceLog
from holdfast.runs.finishing import with_unfinished
from holdfast.runs.manifest import Manifest, differences

__all__ = ["RunFolder", "read_measurements", "write_atomically"]

_MANIFEST, _MEASUREMENTS, _VERDICT, _LOCK = "run.json", "measurements.json", "verdict.json", ".lock"
Kind = TypeVar("Kind")


class _Measurements(Value, frozen=True, kw_only=True):
    schema: int = 1
    measurements: tuple[Measurement, ...]


class RunFolder:
    """A run folder that is open for writing. Use it in a `with` block: it holds a lock against a second writer.

    Opening a folder that holds the same run goes on with it; one that holds another run is an error that
    names the first difference.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        self._lock = self._take_lock()
        try:
            self._open_manifest()
        except BaseException:
            self._lock_release()
            raise

    @classmethod
    def reopen(cls, path: Path) -> RunFolder:
        """Open an existing run as what it says it is; raises RunFolderError where there is none."""
        if not (path / _MANIFEST).is_file():
            raise RunFolderError(f"{path} holds no {_MANIFEST}, so it is no run folder. Give the folder of a finished run.")
        return cls(path, _decode(path / _MANIFEST, Manifest))

    def __enter__(self) -> RunFolder:
        """Return the folder itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Give the lock back."""
        self._lock_release()

    def evidence(self, name: str) -> EvidenceLog:
        """Open `evidence/NAME.jsonl`, mending what a killed run left behind."""
        (self.path / "evidence").mkdir(mode=0o700, exist_ok=True)
        return EvidenceLog(self.path / "evidence" / f"{name}.jsonl")

    def write_measurements(self, measurements: Sequence[Measurement]) -> None:
        """Write `measurements.json`."""
        self.write(_MEASUREMENTS, pretty_json(_Measurements(measurements=tuple(measurements))))

    def write_verdict(self, verdict: Verdict) -> None:
        """Write `verdict.json`."""
        self.write(_VERDICT, pretty_json(verdict))

    def write(self, name: str, data: bytes) -> Path:
        """Write a file of the folder whole or not at all; return its path."""
        return write_atomically(self.path / name, data)

    def _take_lock(self) -> int:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise RunFolderError(f"{self.path}: cannot be written ({error.strerror}). Choose another folder with --run.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise RunFolderError(
                f"{self.path}: another process is writing this run. Wait for it, or choose another folder with --run."
            ) from error
        return lock

    def _lock_release(self) -> None:
        if self._lock >= 0:
            # First the name, then the lock: a later writer never shares a file with one that is about to go.
            (self.path / _LOCK).unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = -1

    def _open_manifest(self) -> None:
        path = self.path / _MANIFEST
        if not path.exists():
            strangers = sorted(entry.name for entry in self.path.iterdir() if entry.name != _LOCK)
            if strangers:
                raise RunFolderError(
                    f"{self.path}: expected an empty or a run folder, found {strangers[0]!r}. Choose another folder with --run."
                )
            self.write(_MANIFEST, pretty_json(self.manifest))
            return
        found = _decode(path, Manifest)
        changed = differences(found, self.manifest)
        if changed:
            raise RunFolderError(
                f"{self.path} holds another run: {changed[0]}. Choose another folder with --run, or repeat the command that made it."
            )


def read_measurements(path: Path) -> tuple[Measurement, ...]:
    """Read measurements from a run folder or from a measurements file.

    What a run folder's manifest asked for and is not there is said by a measurement of its own (`with_unfinished`).
    A missing or empty file of measurements is no measurements at all, which every policy leaves undecided;
    a file that holds something else is a RunFolderError, and so are measurements that contradict each other, and the short form
    `{"metric": number}` where it names a metric twice or gives a number that it cannot have; an unknown metric is a PolicyError.
    """
    file = path / _MEASUREMENTS if path.is_dir() else path
    if not file.exists():
        if (path / _MANIFEST).is_file():
            raise RunFolderError(
                f"{path} holds a run that is not finished: there is no {_MEASUREMENTS} yet. Type the command that began it again "
                f"({_MANIFEST} names it); it goes on where the run stopped."
            )
        what = f"{path} holds no {_MEASUREMENTS}" if path.is_dir() else f"{path} does not exist"
        raise RunFolderError(f"{what}. Give a run folder or a measurements file.")
    measurements = _read(file)
    manifest = path / _MANIFEST
    return with_unfinished(_decode(manifest, Manifest), measurements) if manifest.is_file() else measurements


def _read(file: Path) -> tuple[Measurement, ...]:
    if not file.read_bytes().strip():
        return ()
    plain = _read_plain(file)
    if plain is not None:
        return plain
    measurements = _decode(file, _Measurements).measurements
    said = contradiction_in(measurements)
    if said is not None:
        raise RunFolderError(f"{file}: {said}: not all of it can be true. Take the file that the run wrote, or measure again.")
    return measurements


def _read_plain(file: Path) -> tuple[Measurement, ...] | None:
    """Read the short form `{"metric": number, ...}`; None where the file is in another form."""
    try:
        numbers = msgspec.json.decode(file.read_bytes(), type=dict[str, float | None])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    names = [name for name, _ in json.loads(file.read_bytes(), object_pairs_hook=list)]
    twice = next((name for name in numbers if names.count(name) > 1), None)
    if twice is not None:
        raise RunFolderError(f"{file}: gives {twice!r} twice, and nobody can tell which is meant. Leave one out.")
    for name, value in numbers.items():
        try:
            low, high = metric(name).unit.limits
        except PolicyError as error:
            raise PolicyError(f"{file}: {error}") from error
        if value is not None and not low <= value <= high:
            between = f"between {low:g} and {high:g}" if isfinite(high) else f"of at least {low:g}"
            raise RunFolderError(f"{file}: expected {name!r} as a number {between}, got {value:g}.")
    return tuple(
        Measurement.missing(name, "given as null") if value is None else Measurement.of(name, value, n=0, method="given without n")
        for name, value in numbers.items()
    )


def write_atomically(path: Path, data: bytes) -> Path:
    """Write a file so that a reader, or a crash, never sees a half of it."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    return path


def _decode(path: Path, kind: type[Kind]) -> Kind:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RunFolderError(f"{path}: expected {short(kind.__name__).strip('_').lower()}, got something else ({error}).") from error

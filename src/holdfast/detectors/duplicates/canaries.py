"""Canary rows: texts planted on purpose, to measure later what a model remembers. They repeat, and are to be left alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.core import InputError
from holdfast.detectors.duplicates.compared import compared_texts
from holdfast.similarity.folding import folded

__all__ = ["NONE", "Canaries", "canary_digest", "read_canaries"]

NONE = -1
"""The number of no canary."""


class _Canary(msgspec.Struct):
    text: str | None = None
    sha256: str | None = None


class _Manifest(msgspec.Struct):
    """What is read of a manifest; whatever else it holds is for others."""

    canaries: list[_Canary] = []
    texts: list[str] = []
    sha256: list[str] = []


def canary_digest(text: str) -> str:
    """Return the SHA-256, 64 hexadecimal digits, by which a manifest may name a canary: of the folded text, in UTF-8."""
    return hashlib.sha256(folded(text).encode("utf-8", "surrogatepass")).hexdigest()


def read_canaries(path: Path) -> Canaries:
    """Read a manifest: JSON with `canaries` (a list of objects with `text` or `sha256`), or lists `texts` and `sha256`.

    Raises InputError where the file cannot be read or names no canary.
    """
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=_Manifest)
    except OSError as error:
        raise InputError(f"canary manifest {path}: cannot be read ({error.strerror}).") from error
    except msgspec.DecodeError as error:
        raise InputError(f"canary manifest {path}: expected JSON with 'canaries', 'texts' or 'sha256' ({error}).") from error
    texts = [*manifest.texts, *(canary.text for canary in manifest.canaries if canary.text is not None)]
    named = [*manifest.sha256, *(canary.sha256 for canary in manifest.canaries if canary.text is None and canary.sha256 is not None)]
    for name in named:
        if len(name) != 64 or not all(digit in "0123456789abcdefABCDEF" for digit in name):
            raise InputError(f"canary manifest {path}: a sha256 must be 64 hexadecimal digits, got one of {len(name)} characters.")
    if any(not folded(text) for text in texts):
        raise InputError(f"canary manifest {path}: a canary's text is empty.")
    if not texts and not named:
        raise InputError(f"canary manifest {path}: it names no canary. Give 'canaries', 'texts' or 'sha256'.")
    return Canaries([canary_digest(text) for text in texts] + [name.lower() for name in named], texts)


class Canaries:
    """The canaries of one manifest.

    Args:
        digests: by `canary_digest`.
        texts: those that the manifest gives as they are.
    """

    def __init__(self, digests: Iterable[str], texts: Iterable[str] = ()) -> None:
        self.numbers = {digest: number for number, digest in enumerate(dict.fromkeys(digests))}
        self.texts = tuple(texts)

    def __len__(self) -> int:
        """Return how many canaries the manifest names."""
        return len(self.numbers)

    def find(self, rows: pa.Table) -> NDArray[np.int32]:
        """Return, per row, the number of the canary that it is, or NONE.

        A row is a canary where one of its turns is one, or all that is compared of it.
        """
        found = np.full(rows.num_rows, NONE, dtype=np.int32)
        turns = rows.column("turns")
        contents = [[turn["content"] for turn in told] for told in turns.to_pylist()]
        whole = pc.fill_null(compared_texts(rows), "").to_pylist()
        for index, (said, text) in enumerate(zip(contents, whole, strict=True)):
            found[index] = self._first([text, *said])
        return found

    def _first(self, texts: Sequence[str | None]) -> int:
        known = (self.numbers.get(canary_digest(text), NONE) for text in texts if text)
        return next((number for number in known if number != NONE), NONE)

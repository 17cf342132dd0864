"""Finds of a detector replaced by their kind in brackets, text by text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.core import InputError, did_you_mean
from holdfast.corpus.edits import replaced
from holdfast.plugins import Redactor, ScanOptions, load, names

__all__ = ["Redaction"]


class Redaction:
    """The function over texts. It can be pickled; each process opens the detector for itself.

    Args:
        name: a detector that can redact: 'personal-data', 'secret'.

    Raises InputError for one that is not known or cannot redact.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._detector: Any = None
        if name not in names("detector"):
            raise InputError(f"redact: {name!r} is not known. {did_you_mean(name, _redactors())}")
        if not isinstance(self._opened(), Redactor):
            raise InputError(f"redact: detector {name!r} finds, and cannot redact. Known: {', '.join(_redactors())}.")

    def __getstate__(self) -> dict[str, Any]:
        """Leave the detector behind."""
        return {**self.__dict__, "_detector": None}

    @property
    def version(self) -> str:
        """The detector's."""
        label: str = self._opened().card.label
        return label.rpartition("@")[2] or label

    def __call__(self, texts: pa.Array) -> pa.Array:
        """Return the texts with what the detector finds replaced by its kind in brackets."""
        redact = self._opened().redact
        before = texts.to_pylist()
        after = [redact(text) for text in before]
        changed = np.array([old != new for old, new in zip(before, after, strict=True)], dtype=bool)
        made = [new for old, new in zip(before, after, strict=True) if old != new]
        return replaced(texts, changed, pa.array(made, pa.large_string())) if made else texts

    def _opened(self) -> Any:
        if self._detector is None:
            self._detector = load("detector", self.name)(ScanOptions())
        return self._detector


def _redactors() -> list[str]:
    """Return the names of the detectors that can redact, those of third parties too."""
    return [name for name in names("detector") if callable(getattr(load("detector", name), "redact", None))]

"""The linear model of harmful requests: one weight per bucket of n-grams, numpy only.

A text's margin is `bias + sum over kinds k of share_k * (sum of the weights of its grams of kind k) / sqrt(their number)`; its
risk is the logistic of the margin. Weights are whole numbers from -127 to 127 with one scale, and are summed as whole numbers,
so that a margin does not depend on the batch a text came in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from holdfast.core import InputError
from holdfast.detectors.harm.grams import BUCKETS, Kind, gram_blocks

__all__ = ["SHARES", "WEIGHTS_FILE", "LinearModel", "shipped_model"]

WEIGHTS_FILE = "request_risk.npz"
SHARES = {Kind.WORDS: 1.0, Kind.LETTERS: 0.5, Kind.CLASSES: 1.0}
"""How much each kind of gram counts beside the others."""

_MOST_CHARACTERS = 300_000
"""Characters of one batch: bounds the memory, and stays in the processor's cache."""
_EACH_END = 4_000
"""Of a longer text only this many characters at its beginning and its end are read."""


class LinearModel:
    """Weights over hashed n-grams."""

    def __init__(self, *, weights: NDArray[np.int8], scale: float, bias: float) -> None:
        """Take `BUCKETS` weights in units of `scale`; the weight of bucket 0, no gram, is taken as 0."""
        if weights.shape != (BUCKETS,) or weights.dtype != np.int8:
            raise InputError(
                f"the weights of the request model: expected {BUCKETS} int8, got {weights.dtype} {weights.shape}. Train again."
            )
        self.weights = weights.copy()
        self.weights[0] = 0
        self.scale = float(scale)
        self.bias = float(bias)

    @classmethod
    def read(cls, path: Path) -> LinearModel:
        """Read weights that `save` wrote; nothing in the file is run."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(weights=stored["weights"], scale=float(stored["scale"]), bias=float(stored["bias"]))

    def save(self, path: Path) -> None:
        """Write the weights; the same weights give the same bytes."""
        with path.open("wb") as file:
            np.savez_compressed(file, weights=self.weights, scale=np.float64(self.scale), bias=np.float64(self.bias))

    def margins(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the margin of each text: above 0 more likely harmful than not, in log odds of the training text."""
        margins = np.empty(len(texts))
        place = 0
        for batch in _batches(texts):
            margins[place : place + len(batch)] = self._batch(batch)
            place += len(batch)
        return margins

    def _batch(self, texts: Sequence[str]) -> NDArray[np.float64]:
        sums = np.zeros((len(Kind), len(texts)), dtype=np.int64)
        counts = np.zeros_like(sums)
        for kind, buckets, bounds in gram_blocks(texts):
            sums[kind] += _sums(np.take(self.weights, buckets, mode="clip"), bounds)
            counts[kind] += _sums((buckets != 0).view(np.int8), bounds)
        shares = np.array([SHARES[kind] for kind in Kind])
        return self.bias + shares @ (sums * self.scale / np.sqrt(np.maximum(counts, 1)))


@cache
def shipped_model() -> LinearModel:
    """Return the model that comes with the package."""
    with as_file(files(__package__) / WEIGHTS_FILE) as path:
        return LinearModel.read(path)


def _sums(values: NDArray[np.int8], bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    bounds = np.minimum(bounds, len(values))
    totals = np.zeros(len(bounds) - 1, dtype=np.int64)
    filled = np.flatnonzero(np.diff(bounds))
    if len(filled):
        totals[filled] = np.add.reduceat(values[: bounds[-1]], bounds[filled], dtype=np.int32)
    return totals


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        if len(text) > 2 * _EACH_END:
            text = f"{text[:_EACH_END]} {text[-_EACH_END:]}"
        if size + len(text) > _MOST_CHARACTERS and batch:
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch

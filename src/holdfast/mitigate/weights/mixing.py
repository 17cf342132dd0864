"""Mixing tensors from disk to disk, a chunk at a time: the memory that is needed does not depend on the model.

What is read goes into buffers that are used again for every chunk. Whole tensors in new memory took three to five times as
long on a checkpoint of 1 GB, most of it page faults (reference study of the engines).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from io import FileIO
from typing import Any

import torch

from holdfast.core import ModelError, Value
from holdfast.models.tensorfile import TensorSpec

__all__ = ["FLOATS", "Mix", "Mixer", "size_of", "wider"]

_CHUNK = 1 << 20
"""Elements at a time."""
FLOATS = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
_SIZES = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2, "I8": 1, "U8": 1, "BOOL": 1}


class Mix(Value, frozen=True, kw_only=True):
    """How one tensor of the new model is made.

    | sources | meaning                                                                   |
    | ------- | ------------------------------------------------------------------------- |
    | 1       | that tensor, its values unchanged to the last bit                         |
    | 2       | (1 - weight) * first + weight * second                                    |
    | 3       | first + weight * (second - third)                                         |

    Tensors that hold no floating-point numbers must be equal in all sources, and are copied.
    """

    name: str
    dtype: str
    """Of the result: the widest of the sources, so that each source's values are exact in it."""
    shape: tuple[int, ...]
    sources: tuple[TensorSpec, ...]
    weight: float = 0.0

    @property
    def elements(self) -> int:
        """How many numbers the tensor holds."""
        return math.prod(self.shape)

    @property
    def size(self) -> int:
        """Bytes of the result."""
        return self.elements * size_of(self.dtype)


def size_of(dtype: str) -> int:
    """Return the bytes of one element; raises ModelError for a type that cannot be copied element by element."""
    if dtype not in _SIZES:
        raise ModelError(f"weights of type {dtype} cannot be mixed (known: {', '.join(FLOATS)}); give the model before it was quantised")
    return _SIZES[dtype]


def wider(dtypes: Sequence[str]) -> str:
    """Return the smallest type that holds every value of the given floating-point types.

    >>> wider(["BF16", "BF16"]), wider(["BF16", "F16"]), wider(["F32", "BF16"])
    ('BF16', 'F32', 'F32')
    """
    kinds = set(dtypes)
    if len(kinds) == 1:
        return dtypes[0]
    return "F64" if "F64" in kinds else "F32"


class Mixer:
    """Writes mixed tensors. Holds open files and buffers; use it as a context manager."""

    def __init__(self) -> None:
        """Reserve the buffers: three of raw bytes, and three of numbers in each precision that is needed."""
        self._raw = [torch.empty(_CHUNK * 8, dtype=torch.uint8) for _ in range(3)]
        self._numbers: dict[torch.dtype, list[torch.Tensor]] = {}
        self._files: dict[str, FileIO] = {}

    def __enter__(self) -> Mixer:
        """Return the mixer."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close every file."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def write(self, mix: Mix, sink: Callable[[Any], object]) -> None:
        """Give the bytes of one mixed tensor to `sink`, chunk by chunk, in order. Raises ModelError for integers that differ."""
        if mix.dtype not in FLOATS:
            return self._copy_equal(mix, sink)
        if len(mix.sources) == 1 and mix.sources[0].dtype == mix.dtype:
            return self._copy_equal(mix, sink)
        wanted, precision = FLOATS[mix.dtype], _precision(mix.dtype)
        for numbers in self.numbers(mix.sources, precision):
            mixed = _combine(numbers, mix.weight)
            if len(mix.sources) > 1:
                _check_finite(mix, mixed)
            count = len(mixed)
            if wanted != precision:
                # The first raw buffer has been read and is free again.
                mixed = self._raw[0][: count * size_of(mix.dtype)].view(wanted).copy_(mixed)
            sink(_bytes(mixed.view(torch.uint8)))
        return None

    def numbers(self, sources: Sequence[TensorSpec], precision: torch.dtype = torch.float32) -> Iterator[list[torch.Tensor]]:
        """Yield the same part of each source as flat tensors, one per source, chunk by chunk; at most three sources of equal shape.

        The tensors are buffers: what is yielded next overwrites them.
        """
        elements = math.prod(sources[0].shape)
        for start, count in _chunks(elements):
            yield [
                self._buffer(precision, slot)[:count].copy_(self._read(source, start, count, slot).view(FLOATS[source.dtype]))
                for slot, source in enumerate(sources)
            ]

    def _copy_equal(self, mix: Mix, sink: Callable[[Any], object]) -> None:
        for start, count in _chunks(mix.elements):
            parts = [self._read(source, start, count, slot) for slot, source in enumerate(mix.sources)]
            if any(not torch.equal(part, parts[0]) for part in parts[1:]):
                raise ModelError(f"the tensor {mix.name} holds no floating-point numbers ({mix.dtype}) and differs between the models")
            sink(_bytes(parts[0]))

    def _read(self, source: TensorSpec, start: int, count: int, slot: int) -> torch.Tensor:
        width = size_of(source.dtype)
        if source.file not in self._files:
            self._files[source.file] = FileIO(source.file)
        file, raw = self._files[source.file], self._raw[slot][: count * width]
        file.seek(source.start + start * width)
        view, filled = _bytes(raw), 0
        while filled < len(view):
            got = file.readinto(view[filled:])
            if not got:
                raise ModelError(f"{source.file} ended while it was read; copy or download it again")
            filled += got
        return raw

    def _buffer(self, precision: torch.dtype, slot: int) -> torch.Tensor:
        if precision not in self._numbers:
            self._numbers[precision] = [torch.empty(_CHUNK, dtype=precision) for _ in range(3)]
        return self._numbers[precision][slot]


def _precision(dtype: str) -> torch.dtype:
    return torch.float64 if dtype == "F64" else torch.float32


def _check_finite(mix: Mix, numbers: torch.Tensor) -> None:
    """Refuse a mix that gives no numbers; raises ModelError. What is copied from one source stays as it is, to the last bit."""
    # A sum is finite unless there is something to look for, and costs a fraction of a look at every number.
    if not torch.isfinite(numbers.sum()) and not torch.isfinite(numbers).all():
        files = " or ".join(dict.fromkeys(source.file for source in mix.sources))
        raise ModelError(
            f"the tensor {mix.name} of {files} gives weights that are no numbers (NaN or infinite); train or download it again"
        )


def _combine(numbers: Sequence[torch.Tensor], weight: float) -> torch.Tensor:
    """Return the mix, in place of the first; equal numbers stay equal to the last bit."""
    first = numbers[0]
    if len(numbers) == 2:
        return torch.lerp(first, numbers[1], weight, out=first)
    if len(numbers) == 3:
        return first.add_(numbers[1].sub_(numbers[2]), alpha=weight)
    return first


def _bytes(tensor: torch.Tensor) -> memoryview:
    return memoryview(tensor.numpy())  # type: ignore[arg-type]  # numpy arrays are buffers before Python 3.12 has a type for them


def _chunks(elements: int) -> Iterator[tuple[int, int]]:
    for start in range(0, elements, _CHUNK):
        yield start, min(_CHUNK, elements - start)

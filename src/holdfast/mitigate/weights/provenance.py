"""What a written model says about itself: what it was made of, how, and by which version (`mitigation.json`)."""

from __future__ import annotations

import hashlib
from pathlib import Path

from holdfast import __version__
from holdfast.core import Value, pretty_json
from holdfast.models.fingerprint import file_tensors_digest
from holdfast.models.tensorfile import TensorSpec, read_header

__all__ = ["PROVENANCE_FILE", "Input", "Mitigation", "describe", "weights_digest", "write_mitigation"]

PROVENANCE_FILE = "mitigation.json"
_SAMPLES, _SAMPLE_BYTES = 16, 4096
_WHOLE_UP_TO = 1 << 28
"""Bytes of weights that are hashed whole unless told otherwise: under a second. SHA-256 of 2 GB takes as long as mixing them."""
EVERY_BYTE = "every byte"
SAMPLED = f"names, types, shapes and {_SAMPLES} blocks of {_SAMPLE_BYTES} bytes of each tensor"


class Input(Value, frozen=True, kw_only=True):
    """One model or adapter that went into a repair."""

    role: str
    """'base', 'tuned', 'aligned', 'unaligned' or 'safety'."""
    reference: str
    """As it was given; a name and no identity."""
    digest: str
    """SHA-256 of the tensors, of what `covers` says."""
    covers: str


class Mitigation(Value, frozen=True, kw_only=True):
    """What a repair of weights did."""

    schema: int = 1
    holdfast: str = __version__
    method: str
    """'scale', 'vector' or 'layers'."""
    parameters: dict[str, float | int | str | bool | dict[str, float] | None]
    inputs: tuple[Input, ...]
    notes: tuple[str, ...] = ()
    """What a reader must know: types that were widened, heads that were untied."""


def describe(role: str, reference: str, files: tuple[str, ...], *, whole: bool | None) -> Input:
    """Return an input with the digest of its tensors; `whole` None hashes every byte of models up to 256 MiB."""
    if whole is None:
        whole = sum(Path(file).stat().st_size for file in files) <= _WHOLE_UP_TO
    digest = weights_digest(files, whole=whole)
    return Input(role=role, reference=reference, digest=digest, covers=EVERY_BYTE if whole else SAMPLED)


def weights_digest(files: tuple[str, ...], *, whole: bool) -> str:
    """Return the SHA-256 of all tensors in the order of their names: of every byte, or of samples spread over each tensor.

    The sampled digest tells fine-tunes apart, which change most numbers of what they touch; it does not protect against somebody
    who changes numbers between the samples on purpose.
    """
    if whole:
        return file_tensors_digest(files)
    table: dict[str, TensorSpec] = {}
    for file in files:
        table.update(read_header(Path(file)))
    hasher = hashlib.sha256()
    for name in sorted(table):
        spec = table[name]
        hasher.update(f"{name}\n{spec.dtype}\n{spec.shape}\n".encode())
        with Path(spec.file).open("rb", buffering=0) as stream:
            for start, end in _samples(spec.start, spec.end):
                stream.seek(start)
                hasher.update(stream.read(end - start))
    return hasher.hexdigest()


def write_mitigation(folder: Path, mitigation: Mitigation) -> None:
    """Write `mitigation.json` into a folder."""
    (folder / PROVENANCE_FILE).write_bytes(pretty_json(mitigation))


def _samples(start: int, end: int) -> list[tuple[int, int]]:
    if end - start <= _SAMPLES * _SAMPLE_BYTES:
        return [(start, end)]
    step = (end - start - _SAMPLE_BYTES) / (_SAMPLES - 1)
    starts = [start + round(index * step) for index in range(_SAMPLES)]
    return [(one, one + _SAMPLE_BYTES) for one in starts]

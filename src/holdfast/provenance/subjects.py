"""What a statement is about: the files of a model, each by its digest, and the model as a whole by its fingerprint."""

from __future__ import annotations

from pathlib import Path

from holdfast.core import InputError, Value, digest_file
from holdfast.plugins import ModelFingerprint

__all__ = ["ModelFile", "Subject", "model_files", "subject"]

_OF_A_MODEL = ("*.safetensors", "*.safetensors.index.json", "config.json", "adapter_config.json", "generation_config.json")
_OF_ITS_WORDS = ("tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab*", "merges.txt", "chat_template*")


class ModelFile(Value, frozen=True, kw_only=True):
    """One file of a model."""

    name: str
    """Path inside the model's folder; an adapter's files stand under 'adapter/'."""
    sha256: str


class Subject(Value, frozen=True, kw_only=True):
    """A model that something is said of."""

    reference: str
    fingerprint: ModelFingerprint
    files: tuple[ModelFile, ...] = ()
    """Empty for a model that does not lie here (behind a server, recorded)."""


def model_files(folder: Path, *, under: str = "") -> tuple[ModelFile, ...]:
    """Return the files that make a model or an adapter, by name; raises InputError for a folder without weights."""
    found = sorted({path for pattern in (*_OF_A_MODEL, *_OF_ITS_WORDS) for path in folder.glob(pattern) if path.is_file()})
    if not any(path.suffix == ".safetensors" for path in found):
        raise InputError(f"{folder}: expected a model folder with .safetensors files, found none.")
    return tuple(ModelFile(name=f"{under}{path.name}", sha256=digest_file(path)) for path in found)


def subject(reference: str, fingerprint: ModelFingerprint) -> Subject:
    """Return a model with its files where it is a folder here, or `BASE+ADAPTER` of two; without them otherwise."""
    parts = [Path(part) for part in reference.split("+")]
    if reference and Path(reference).is_dir():
        parts = [Path(reference)]
    if not all(part.is_dir() for part in parts) or len(parts) > 2:
        return Subject(reference=reference, fingerprint=fingerprint)
    files = model_files(parts[0]) + (model_files(parts[1], under="adapter/") if len(parts) > 1 else ())
    return Subject(reference=reference, fingerprint=fingerprint, files=files)

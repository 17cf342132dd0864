"""Digests: the identity of values, files and folders."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["canonical_json", "digest", "digest_bytes", "digest_file", "pretty_json", "short"]

_CHUNK = 1 << 20


def canonical_json(value: Any) -> bytes:
    """Return the one JSON text of `value`: sorted keys, no spaces, UTF-8."""
    return msgspec.json.encode(msgspec.to_builtins(value), order="sorted")


def pretty_json(value: Any) -> bytes:
    """Return the JSON text of a file for people and programs: sorted keys, two spaces, a newline at the end."""
    return msgspec.json.format(canonical_json(value), indent=2) + b"\n"


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of `value`, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def digest_bytes(data: bytes) -> str:
    """Return the SHA-256 of `data`, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, read in chunks of 1 MiB."""
    hasher = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            hasher.update(chunk)
    return hasher.hexdigest()


def short(value: str) -> str:
    """Return the first 12 digits of a digest, enough to name it to a person."""
    return value[:12]

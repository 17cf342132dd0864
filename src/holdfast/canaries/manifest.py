"""The private list of what was planted, and the record of it that may be public."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from holdfast.canaries.formats import Pattern, format_of
from holdfast.core import InputError, Message, Value, digest

__all__ = ["Canary", "CanaryManifest", "FormatUse", "manifest_digest", "public_record", "read_manifest", "write_manifest"]


class FormatUse(Value, frozen=True, kw_only=True):
    """One format as it was used."""

    name: str
    length: int = 0
    """Length of the secrets; 0 is the format's own."""
    words: tuple[str, ...] = ()
    """The words of the data that keys and secrets are made of; empty for formats with words of their own."""
    references: int = 1000
    """How many secrets of the same generator are compared with a planted one; they are drawn again from the seed."""

    def pattern(self) -> Pattern:
        """Return all secrets of this format."""
        return format_of(self.name).pattern(self.length, self.words)


class Canary(Value, frozen=True, kw_only=True):
    """One planted secret, or a control that was drawn alike and not planted."""

    id: str
    format: str
    repetitions: int
    """How often it was planted; 0 for a control."""
    request: str
    """What the user asks; '' in plain text, where `text` holds everything."""
    secret: str
    text: str
    """The turn that holds the secret, as it stands in the data."""
    sha256: str
    """SHA-256 of the secret's UTF-8 bytes."""
    rows: tuple[int, ...] = ()
    """Row numbers of its copies in the data that was written."""

    @property
    def raw(self) -> bool:
        """True where it stands in plain text, without a chat template."""
        return not self.request

    @property
    def messages(self) -> tuple[Message, ...]:
        """What stands before the secret: the request, or in plain text the words before it."""
        return (Message(role="user", content=self.request or self.text.removesuffix(self.secret)),)


class CanaryManifest(Value, frozen=True, kw_only=True):
    """Everything that measuring needs. Private: whoever has it can look for the secrets, or train them away."""

    schema: int = 1
    kind: str = "holdfast canary manifest"
    seed: int
    """Everything is drawn from it, the references of `references` too; secret for that reason."""
    salt: str
    """Random characters from the seed, so that the public digest cannot be guessed from the formats."""
    formats: tuple[FormatUse, ...]
    canaries: tuple[Canary, ...]
    """Planted ones; `holdfast scan --canaries` reads their texts."""
    controls: tuple[Canary, ...]
    """Drawn in the same way and never planted: their exposure is what chance gives."""
    data: dict[str, str]
    """File written to its SHA-256."""

    def references(self, name: str) -> list[str]:
        """Return the secrets of a format that were never planted, the same ones every time."""
        import random

        use = next(one for one in self.formats if one.name == name)
        taken = [canary.secret for canary in (*self.canaries, *self.controls) if canary.format == name]
        pattern = use.pattern()
        count = min(use.references, pattern.size - len(taken))
        return pattern.draw(random.Random(f"{self.seed}/references/{name}"), count, without=taken)


def manifest_digest(manifest: CanaryManifest) -> str:
    """Return the SHA-256 by which the public record names a manifest."""
    return digest(manifest)


def public_record(manifest: CanaryManifest) -> dict[str, object]:
    """Return what may be published before training: counts and the digest, by which the manifest can be checked later."""
    return {
        "kind": "holdfast canary record",
        "manifest_sha256": manifest_digest(manifest),
        "formats": [use.name for use in manifest.formats],
        "canaries": len(manifest.canaries),
        "controls": len(manifest.controls),
        "rows": sum(canary.repetitions for canary in manifest.canaries),
        "data": manifest.data,
    }


def write_manifest(manifest: CanaryManifest, path: Path, *, again: bool = False) -> None:
    """Write a manifest that only its owner can read; raises InputError for a file that exists or cannot be written.

    With `again` it takes the place of the one that was written before.
    """
    data = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1) + b"\n"
    # Whole or not at all: a run that goes on takes its seed from here.
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if again:
            draft.replace(path)
        else:
            _name(draft, path)
    except FileExistsError as error:
        raise InputError(f"{path}: exists already. Name another manifest, or move this one away.") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}).") from error
    finally:
        draft.unlink(missing_ok=True)


def _name(draft: Path, path: Path) -> None:
    """Give a file its name; raises FileExistsError where there is a file of that name."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError as error:
        # Some file systems know no second name of a file.
        if path.exists():
            raise FileExistsError(path) from error
        draft.replace(path)


def read_manifest(path: Path) -> CanaryManifest:
    """Read a manifest that `holdfast canary plant` wrote; raises InputError for anything else."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"canary manifest {path}: cannot be read ({error.strerror}).") from error
    try:
        manifest = msgspec.json.decode(data, type=CanaryManifest)
    except msgspec.DecodeError as error:
        raise InputError(
            f"canary manifest {path}: expected what `holdfast canary plant` writes, got something else ({error}). "
            "A list of texts is enough for a scan; exposure needs the whole manifest."
        ) from error
    for use in manifest.formats:
        format_of(use.name)
    return manifest

"""Signatures over the files that a corpus names, through OpenSSF model-signing, with keys of one's own: nothing is asked of any network.

Source: OpenSSF Model Signing 1.1. The signature is a Sigstore bundle over an in-toto statement that lists every file by its SHA-256;
`model_signing verify key` reads it too. Keys are elliptic-curve keys in PEM (P-256, P-384, P-521).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from holdfast.core import InputError, MissingExtraError, Value
from holdfast.provenance.index import INDEX_FILE, INDEX_NOTE
from holdfast.provenance.versions import CORPUS_FILE, SUM_FILE, CorpusVersion, read_version, version_id

__all__ = ["SIGNATURE_FILE", "Signed", "sign_corpus", "verify_signature"]

SIGNATURE_FILE = "corpus.sig"


_CHANGED = re.compile(r"Hash mismatch for '([^']+)'")
_OTHERS = re.compile(r"(Extra|Missing) files (?:found )?in model '[^']*': ([^\"]+)")


class Signed(Value, frozen=True, kw_only=True):
    """Whether a signature holds."""

    signature: str
    corpus: str
    """Id of the version in the folder."""
    holds: bool
    said: str
    """In a sentence."""


def sign_corpus(folder: Path, key: Path, signature: Path, *, password: str | None = None) -> Signed:
    """Sign `corpus.json` and every file that it names with a private key; reads them all.

    Raises InputError for a key that cannot be used, MissingExtraError where model-signing is not installed.
    """
    version = read_version(folder)
    hashing, signing, _ = _library()
    try:
        # The library hands the password on as it is, and the key reader wants bytes.
        signer = signing.Config().use_elliptic_key_signer(private_key=key, password=password.encode() if password else None)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"{key}: cannot be used as a private key ({_said(error)}). Give an elliptic-curve key in PEM: P-256, P-384 or P-521."
        ) from error
    try:
        signer.set_hashing_config(_hashing(hashing, folder, version, signature)).sign(folder, signature)
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: cannot be signed ({_said(error)}).") from error
    return Signed(signature=str(signature), corpus=version_id(version), holds=True, said=f"signed with {key.name}")


def verify_signature(folder: Path, signature: Path, key: Path) -> Signed:
    """Tell whether a signature by the owner of a public key is over the files of a corpus as they are now; reads them all.

    Raises InputError for a key or a signature that cannot be read, MissingExtraError where model-signing is not installed.
    """
    version = read_version(folder)
    _, _, verifying = _library()
    if not signature.is_file():
        raise InputError(f"{signature}: expected a signature that `holdfast provenance sign` wrote, and there is none.")
    try:
        verifier = verifying.Config().use_elliptic_key_verifier(public_key=key)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{key}: cannot be used as a public key ({_said(error)}). Give an elliptic-curve key in PEM.") from error
    holds, said = True, f"holds, by the owner of {key.name}"
    try:
        # Files that were not signed are for `verify_corpus` to name: the signature speaks of those that the corpus is made of.
        verifier.set_ignore_unsigned_files(True).verify(folder, signature)
    except Exception as error:  # The library has no error of its own: a bad signature comes as what the cryptography or the parser raised.
        holds, said = False, f"does NOT hold ({_said(error)})"
    return Signed(signature=str(signature), corpus=version_id(version), holds=holds, said=said)


def _hashing(hashing: Any, folder: Path, version: CorpusVersion, signature: Path) -> Any:
    """Return what is signed: what the corpus names. What a run keeps beside it (pages, measures) may change."""
    named = {CORPUS_FILE, SUM_FILE, *(name for shard in (*version.shards, *version.rejected) for name in (shard.name, shard.provenance))}
    left_out = {SIGNATURE_FILE, INDEX_FILE, INDEX_NOTE}
    left_out |= {name for path in folder.rglob("*") if path.is_file() and (name := path.relative_to(folder).as_posix()) not in named}
    if signature.resolve().is_relative_to(folder.resolve()):
        left_out.add(os.path.relpath(signature.resolve(), folder.resolve()))
    return hashing.Config().set_ignored_paths(paths=sorted(left_out), ignore_git_paths=False)


def _library() -> tuple[Any, Any, Any]:
    try:
        from model_signing import hashing, signing, verifying
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"signatures need packages that are not installed ({error.name}). Run: pip install 'holdfast[signing]'"
        ) from error
    return hashing, signing, verifying


def _said(error: BaseException) -> str:
    text = str(error).strip()
    if isinstance(error, KeyError):
        return f"it is no signature: {text} is missing"
    if text.startswith("Signature mismatch"):
        changed = ", ".join(_CHANGED.findall(text))
        others = ", ".join(f"{kind.lower()}: {names}" for kind, names in _OTHERS.findall(text))
        return "; ".join(filter(None, (f"changed: {changed}" if changed else "", others)))
    return text.splitlines()[0][:400] if text else f"by {type(error).__name__}"

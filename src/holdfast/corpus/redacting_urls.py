"""Addresses without what detectors find in them: a URL may hold a password, a mail address or a token, and it goes with its document.

The host is never touched, so that a source can still be traced and taken out by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

import pyarrow as pa

from holdfast.corpus.edits import Redact

__all__ = ["redacted_urls"]

_PARTS = re.compile(r"((?:[a-z][a-z0-9+.-]*:)?//)(?:[^/?#]*@)?([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)


def redacted_urls(urls: pa.Array, redactions: Iterable[Redact]) -> pa.Array:
    """Return addresses without user names and passwords, and with finds behind the host replaced by their kind in brackets.

    What is written with percent signs is looked at as it reads; a part in which something was found comes back so. An address without
    finds stays as it was; null stays null.
    """
    before = urls.to_pylist()
    heads, rests = [], []
    for url in before:
        parts = _PARTS.fullmatch(url or "")
        heads.append(parts[1] + parts[2] if parts else "")
        rests.append(parts[3] if parts else url or "")
    plain = [unquote(rest) if "%" in rest else rest for rest in rests]
    made = pa.array(plain, pa.large_string())
    for redact in redactions:
        made = redact(made)
    after = [
        None if url is None else head + (found if found != read else rest)
        for url, head, rest, read, found in zip(before, heads, rests, plain, made.to_pylist(), strict=True)
    ]
    return pa.array(after, urls.type)

"""The configuration file of a corpus run, read."""

from __future__ import annotations

from pathlib import Path

import msgspec

from holdfast.core import InputError, parse_yaml
from holdfast.corpus.spec import CorpusSpec

__all__ = ["read_spec"]


def read_spec(path: Path) -> CorpusSpec:
    """Read a configuration; raises InputError, which names the field, for one that is none."""
    try:
        return msgspec.convert(parse_yaml(path.read_text(encoding="utf-8"), str(path)), CorpusSpec)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: expected the configuration of a corpus run in UTF-8, got other bytes.") from error
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: expected the configuration of a corpus run: {error}.") from error

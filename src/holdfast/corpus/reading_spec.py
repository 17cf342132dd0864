"""The configuration file of a corpus run, read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import yaml

from holdfast.core import InputError
from holdfast.corpus.spec import CorpusSpec

__all__ = ["read_spec"]


class _Loader(yaml.SafeLoader):
    """Reads a date as the text that it is, so that `crawled: 2026-11-21` needs no quotes."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:timestamp"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_spec(path: Path) -> CorpusSpec:
    """Read a configuration; raises InputError, which names the field, for one that is none."""
    try:
        given: Any = yaml.load(path.read_bytes(), Loader=_Loader)
        return msgspec.convert(given, CorpusSpec)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path}: expected the configuration of a corpus run, got no YAML ({_first(error)}).") from error
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: expected the configuration of a corpus run: {error}.") from error


def _first(error: Exception) -> str:
    return " ".join(str(error).split())[:200]

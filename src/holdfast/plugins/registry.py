"""Finding plug-ins by name. Registering is cheap (an entry point); loading happens on use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from holdfast.core import MissingExtraError, PluginError, did_you_mean

__all__ = ["Kind", "load", "names", "register"]

Kind = Literal["model", "judge", "suite", "detector"]

_GROUPS: dict[Kind, str] = {
    "model": "holdfast.models",
    "judge": "holdfast.judges",
    "suite": "holdfast.suites",
    "detector": "holdfast.detectors",
}
_EXTRA_OF_PACKAGE = {
    "torch": "hf",
    "transformers": "hf",
    "peft": "hf",
    "safetensors": "hf",
    "datasets": "hf",
    "pyarrow": "hf",
    "httpx2": "openai",
}
_registered: dict[tuple[Kind, str], Any] = {}


@cache
def _entry_points(kind: Kind) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=_GROUPS[kind])}


def names(kind: Kind) -> list[str]:
    """Return the names of all plug-ins of a kind, sorted."""
    return sorted({*_entry_points(kind), *(name for known, name in _registered if known == kind)})


def load(kind: Kind, name: str) -> Any:
    """Return a plug-in; raises PluginError with near matches, or MissingExtraError that names the extra."""
    if (kind, name) in _registered:
        return _registered[kind, name]
    point = _entry_points(kind).get(name)
    if point is None:
        raise PluginError(f"{kind} {name!r} is not known. {did_you_mean(name, names(kind))}")
    try:
        return point.load()
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "holdfast" or not package:
            raise
        extra = _EXTRA_OF_PACKAGE.get(package)
        remedy = f"pip install 'holdfast[{extra}]'" if extra else f"pip install {package}"
        raise MissingExtraError(f"{kind} {name!r} needs the package {package!r}, which is not installed. Run: {remedy}") from error


@contextmanager
def register(kind: Kind, name: str, plugin: Any) -> Iterator[None]:
    """Make a plug-in known inside a `with` block, without packaging it: for notebooks and tests."""
    previous = _registered.get((kind, name))
    _registered[kind, name] = plugin
    try:
        yield
    finally:
        if previous is None:
            del _registered[kind, name]
        else:
            _registered[kind, name] = previous

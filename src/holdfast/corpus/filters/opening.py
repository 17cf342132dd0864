"""From names and settings, as a configuration file has them, to filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from holdfast.core import InputError, did_you_mean
from holdfast.corpus.filters.filter import Filter
from holdfast.corpus.filters.quality.c4 import C4
from holdfast.corpus.filters.quality.fineweb import FineWeb
from holdfast.corpus.filters.quality.gopher import Gopher

__all__ = ["FILTERS", "open_filters"]

FILTERS: dict[str, type[Any]] = {kind.name: kind for kind in (Gopher, C4, FineWeb)}
"""Every filter by the name that a configuration gives it."""


def open_filters(settings: Mapping[str, Mapping[str, Any] | None]) -> tuple[Filter, ...]:
    """Return filters in the order of `settings`, which has the settings of each by its name; None stands for the defaults.

    Raises:
        InputError: a filter or a setting is not known, or a value is not what the setting takes.
    """
    return tuple(_opened(name, given or {}) for name, given in settings.items())


def _opened(name: str, given: Mapping[str, Any]) -> Filter:
    if name not in FILTERS:
        raise InputError(f"filters: {name!r} is not known. {did_you_mean(name, FILTERS)}")
    kind = FILTERS[name]
    if not isinstance(given, Mapping):
        raise InputError(f"filters.{name}: expected settings with their values, got {type(given).__name__}.")
    known = kind.__struct_fields__
    for setting in given:
        if setting not in known:
            raise InputError(f"filters.{name}: {setting!r} is no setting of it. {did_you_mean(str(setting), known)}")
    try:
        opened: Filter = msgspec.convert(dict(given), kind)
    except msgspec.ValidationError as error:
        raise InputError(f"filters.{name}: {error}.") from None
    return opened

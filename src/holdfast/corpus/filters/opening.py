"""From names and settings, as a configuration file has them, to filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from holdfast.core import InputError, did_you_mean
from holdfast.corpus.filters.content.contamination import Contamination
from holdfast.corpus.filters.content.harmful import HarmfulContent
from holdfast.corpus.filters.content.personal_data import PersonalDataCounts
from holdfast.corpus.filters.content.toxicity import Toxicity
from holdfast.corpus.filters.filter import Filter
from holdfast.corpus.filters.language import Language
from holdfast.corpus.filters.perplexity import Perplexity
from holdfast.corpus.filters.quality.c4 import C4
from holdfast.corpus.filters.quality.fineweb import FineWeb
from holdfast.corpus.filters.quality.gopher import Gopher

if TYPE_CHECKING:
    from holdfast.corpus.steps import Trained

__all__ = ["FILTERS", "notes", "open_filters"]

_KINDS: tuple[type[Any], ...] = (Gopher, C4, FineWeb, Language, HarmfulContent, Toxicity, PersonalDataCounts, Perplexity, Contamination)

FILTERS: dict[str, type[Any]] = {kind.name: kind for kind in _KINDS}
"""Every filter by the name that a configuration gives it."""


def open_filters(settings: Mapping[str, Mapping[str, Any] | None]) -> tuple[Filter | Trained, ...]:
    """Return filters in the order of `settings`, which has the settings of each by its name; None stands for the defaults.

    Raises:
        InputError: a filter or a setting is not known, or a value is not what the setting takes.
    """
    return tuple(_opened(name, given or {}) for name, given in settings.items())


def _opened(name: str, given: Mapping[str, Any]) -> Filter | Trained:
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
        opened: Filter | Trained = msgspec.convert(dict(given), kind)
    except msgspec.ValidationError as error:
        raise InputError(f"filters.{name}: {error}.") from None
    # A model that is given needs no training.
    return opened.with_model(Path(opened.model)) if isinstance(opened, Perplexity) and opened.model else opened


def notes(filters: Iterable[Filter | Trained]) -> tuple[str, ...]:
    """Return what the filters say that they do not assess as they are set, one sentence each."""
    return tuple(note for one in filters for note in getattr(one, "notes", ()))

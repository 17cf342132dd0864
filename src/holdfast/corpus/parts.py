"""The parts that plug into a corpus run, opened as the configuration asks; see `corpus.steps`."""

from __future__ import annotations

import importlib
from typing import Any

from holdfast.corpus.filters.filter import Filter
from holdfast.corpus.spec import CorpusSpec
from holdfast.corpus.steps import Trained
from holdfast.corpus.work import Collector

__all__ = ["call", "open_collectors", "open_filters"]


def open_filters(spec: CorpusSpec) -> tuple[Filter | Trained, ...]:
    """Return the filters that the configuration names; raises InputError for one that is not known."""
    found: tuple[Filter | Trained, ...] = call("filters", "open_filters", spec.filters) or ()
    return found


def open_collectors(spec: CorpusSpec) -> tuple[Collector, ...]:
    """Return what the joint steps want to be collected."""
    return (*(call("duplicates", "collectors", spec) or ()), *(call("signals", "collectors", spec) or ()))


def call(part: str, function: str, *arguments: Any) -> Any:
    """Call a function of a part of `holdfast.corpus` that may not be there yet."""
    try:
        module = importlib.import_module(f"holdfast.corpus.{part}")
    except ModuleNotFoundError:
        return None
    found = getattr(module, function, None)
    return None if found is None else found(*arguments)

"""Training settings against the ranges in which safety is known to be kept: advice, each with its reason and its evidence."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec
import yaml

from holdfast.core import Value
from holdfast.training.foreign import ForeignSettings

__all__ = ["Advice", "Level", "Lint", "SafeRange", "lint", "safe_ranges", "sources"]

Level = Literal["block", "warn", "notice"]
_LEVELS: tuple[Level, ...] = ("block", "warn", "notice")


class SafeRange(Value, frozen=True, kw_only=True):
    """One range of one setting; what the words mean stands in ranges.yaml."""

    id: str
    ask: str
    reason: str
    advice: str
    evidence: tuple[str, ...]
    strength: Literal["published", "rule of thumb"]
    methods: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    trainers: tuple[str, ...] = ()
    side: Literal["over", "under"] = "over"
    notice: float | None = None
    warn: float | None = None
    block: float | None = None
    values: tuple[str | bool | None, ...] | None = None
    """For settings that are no numbers: values at which it speaks."""
    level: Level = "notice"
    """How loudly, for those."""


class Advice(Value, frozen=True, kw_only=True):
    """What one range has to say about one configuration."""

    id: str
    level: Level
    setting: str
    """The key as the configuration has it."""
    value: float | int | str | bool | None
    bound: float | None
    """The bound that was passed; None for settings that are no numbers."""
    reason: str
    advice: str
    evidence: tuple[str, ...]
    """Sources, in full."""
    strength: str


class Lint(Value, frozen=True, kw_only=True):
    """What was found in one configuration, loudest first."""

    settings: ForeignSettings
    advice: tuple[Advice, ...]
    checked: tuple[str, ...]
    """Ids of the ranges that had something to look at."""

    @property
    def blocking(self) -> bool:
        """True where a range was left that no published fine-tune kept its safety beyond."""
        return any(one.level == "block" for one in self.advice)


@cache
def safe_ranges() -> tuple[SafeRange, ...]:
    """Return the ranges that ship."""
    text = (files("holdfast.training") / "ranges.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), tuple[SafeRange, ...])


@cache
def sources() -> dict[str, str]:
    """Return the sources that ranges cite, by short name."""
    text = (files("holdfast.training") / "sources.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), dict[str, str])


def lint(settings: ForeignSettings) -> Lint:
    """Hold settings against every range that applies to them. A number that the configuration does not give is not judged."""
    found: list[Advice] = []
    checked: list[str] = []
    for one in safe_ranges():
        if not _applies(one, settings):
            continue
        value = getattr(settings, one.ask)
        if one.values is None and value is None:
            continue
        checked.append(one.id)
        level, bound, shown = _level(one, value)
        if level is None:
            continue
        found.append(
            Advice(
                id=one.id,
                level=level,
                setting=settings.names.get(one.ask, one.ask),
                value=shown,
                bound=bound,
                reason=one.reason,
                advice=one.advice,
                evidence=tuple(sources()[name] for name in one.evidence),
                strength=one.strength,
            )
        )
    found.sort(key=lambda advice: _LEVELS.index(advice.level))
    return Lint(settings=settings, advice=tuple(found), checked=tuple(checked))


def _applies(one: SafeRange, settings: ForeignSettings) -> bool:
    fits = ((one.methods, settings.method), (one.stages, settings.stage), (one.trainers, settings.trainer))
    return all(not wanted or value in wanted for wanted, value in fits)


def _level(one: SafeRange, value: Any) -> tuple[Level | None, float | None, Any]:
    """Return how loudly a range speaks of a value, the bound that was passed, and what to show of the value."""
    if one.values is not None:
        many = isinstance(value, tuple)
        hit = [part for part in value if part in one.values] if many else [value] if value in one.values else []
        return (one.level if hit else None), None, ", ".join(hit) if many else value
    for level in _LEVELS:
        bound = getattr(one, level)
        if bound is not None and (value > bound if one.side == "over" else value < bound):
            return level, bound, value
    return None, None, value

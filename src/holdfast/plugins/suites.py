"""What a prompt set is: the value types and the protocol of plug-in kind `suite`."""

from __future__ import annotations

from typing import Any, Protocol

from holdfast.core import Expected, Suite, Value

__all__ = [
    "SuiteFactory",
    "SuiteOptions",
    "SuiteSummary",
]


class SuiteOptions(Value, frozen=True, kw_only=True):
    """How to read a suite that comes from a file."""

    languages: tuple[str, ...] = ("en",)
    """For suites in several languages: which to ask."""
    prompt_column: str | None = None
    category_column: str | None = None
    expect: Expected | None = None
    extra: dict[str, Any] = {}


class SuiteSummary(Value, frozen=True, kw_only=True):
    """One line of `holdfast suites`."""

    name: str
    title: str
    size: int | None
    """Requests per language; None for a published set, whose size depends on the copy."""
    categories: tuple[str, ...]
    """Empty for a published set, for the same reason."""
    languages: tuple[str, ...]
    licence: str
    version: str | None
    """None for a published set: the version is that of the copy."""
    expected: str
    """'refuse', 'comply' or 'caution'; 'per prompt' where rows differ or a copy decides."""
    limits: tuple[str, ...]
    source: str | None
    """How to name a source, for sets that do not ship; None for those that do."""


class SuiteFactory(Protocol):
    """What a suite's entry point is. It may carry `summary() -> SuiteSummary`, for `holdfast suites`."""

    def __call__(self, source: str | None, options: SuiteOptions) -> Suite:
        """Return the suite; `source` is the part after '=' in 'NAME=SOURCE', None for a built-in set."""
        ...

"""The fourth plug-in kind: a detector finds one defect in training data.

A detector is pure Arrow in, Arrow out, and never holds the data: it sees one batch of rows at a time, on whatever engine
and in whatever process. What it needs to know about all rows together it keeps as a few small columns per row, and
concludes from those at the end.

    per batch:   look(rows) -> findings            keep(rows) -> columns
    at the end:  conclude(kept) -> findings and measurements

Entry-point group `holdfast.detectors`; the entry point is a callable `(ScanOptions) -> Detector`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from holdfast.core import Finding, Measurement, Severity, Value, check_seed

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "Conclusion",
    "Detector",
    "DetectorCard",
    "DetectorFactory",
    "Kept",
    "Located",
    "Locator",
    "Redactor",
    "ScanOptions",
    "TellsSafety",
]


class ScanOptions(Value, frozen=True, kw_only=True):
    """What a user may set for the detectors."""

    judge: str | None = None
    """A judge reference that grades what rules leave open, for example 'guard/FAMILY=MODEL'."""
    toxicity: str | None = None
    """A text-classification model for answers; without one, toxicity is not assessed."""
    test_files: tuple[str, ...] = ()
    """Files of test prompts that must not occur in the training data."""
    canaries: str | None = None
    """A canary manifest: planted rows are left alone, and counted."""
    near_duplicate: float = 0.8
    """Jaccard similarity from which two rows are near duplicates."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a seed that nothing can be drawn with; raises InputError."""
        check_seed(self.seed)


class DetectorCard(Value, frozen=True, kw_only=True):
    """What a detector is, for lists, pages and SARIF rules."""

    id: str
    """Stable, for example 'HF010'."""
    name: str
    """The defect, for example 'identity-shift'."""
    version: str
    title: str
    what: str
    """What it checks for."""
    why: str
    """Why this is bad for the model."""
    fix: str
    """What to do about it."""
    severity: Severity
    blind_spots: tuple[str, ...]
    languages: tuple[str, ...] = ("en", "zh")

    @property
    def label(self) -> str:
        """Name and version, as written into findings: 'identity-shift@1'."""
        return f"{self.name}@{self.version}"


class Kept(Protocol):
    """What the detectors kept of all rows, in row order, and a way back to a few rows."""

    @property
    def n(self) -> int:
        """Rows that were read."""
        ...

    def column(self, name: str) -> pa.ChunkedArray:
        """Return one kept column, one value per row; the scan itself keeps 'row', 'source' and 'line' of every row."""
        ...

    def rows(self, numbers: Sequence[int]) -> pa.Table:
        """Return some rows whole, read again from their files, in the order asked."""
        ...


class Conclusion(Value, frozen=True, kw_only=True):
    """What can be said once every row was seen."""

    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be assessed, and why."""


@runtime_checkable
class Detector(Protocol):
    """One defect in training data."""

    card: DetectorCard

    def look(self, rows: pa.Table) -> pa.Table:
        """Return findings in one batch (schema `holdfast.records.FINDINGS`); `rows` has schema `holdfast.records.ROWS`."""
        ...

    def keep(self, rows: pa.Table) -> pa.Table | None:
        """Return columns to keep, one value per row, names prefixed with the detector's name; None keeps nothing."""
        ...

    def conclude(self, kept: Kept) -> Conclusion:
        """Conclude from what was kept of all rows."""
        ...


@runtime_checkable
class Redactor(Protocol):
    """A detector that can also take out of a text what it finds; `holdfast scan --fix redact` asks those that can."""

    def redact(self, text: str) -> str:
        """Return the text with each finding replaced by its kind in brackets, such as '[EMAIL]'; unchanged where there is none."""
        ...


@runtime_checkable
class TellsSafety(Protocol):
    """A detector that can also tell which rows keep the model safe; `holdfast scan --fix add-safety` asks it."""

    def keeps_safe(self, rows: pa.Table) -> pa.Array:
        """Return for each row (schema `holdfast.records.ROWS`) whether it keeps the model safe; null without an answer."""
        ...


class Located(NamedTuple):
    """One place in a text."""

    kind: str
    start: int
    end: int
    public: bool
    """It belongs to nobody: an example, a test number."""


@runtime_checkable
class Locator(Protocol):
    """A detector that can also say where in a text things are; `holdfast memorization` asks those of personal data."""

    @property
    def located_by(self) -> str:
        """Name and version of everything that decides what is found; it is kept with a run."""
        ...

    def locate(self, text: str) -> list[Located]:
        """Return every place in one text, in order, none overlapping another."""
        ...


class DetectorFactory(Protocol):
    """What a detector's entry point is."""

    def __call__(self, options: ScanOptions) -> Detector:
        """Return the detector; cheap, and again in each worker process."""
        ...

"""What a scan found, without any judgement: `scan.json` of a run folder, and all that a page of it is drawn from.

Every text in it that a data file, a file name or a command line wrote is hostile until a renderer has escaped it: excerpts have
personal data and secrets masked and may still hold harmful words, so a page folds them and a terminal never prints them.
"""

from __future__ import annotations

from holdfast.core import Finding, Measurement, Severity, Value
from holdfast.plugins import DetectorCard
from holdfast.records import BadRow

__all__ = ["DuplicateCluster", "DuplicateRow", "FileFacts", "KindSummary", "Mix", "ScanResult", "Share", "UnreadColumn"]


class Share(Value, frozen=True, kw_only=True):
    """Some of n rows, with Wilson's interval."""

    label: str
    """What these rows are, in a word or two: 'risky, refused', 'medical', 'zh'."""
    count: int
    n: int
    value: float
    """`count / n`, 0 to 1."""
    low: float
    high: float
    confidence: float = 0.95
    note: str = ""
    """What it means, for people: for a domain, the category of harm that training on it puts at risk."""
    severity: Severity | None = None
    """What such rows do to the model, for the colour of their part: GOOD keeps it safe; None is neither good nor bad."""


class Mix(Value, frozen=True, kw_only=True):
    """One way to divide the rows: what the set is composed of."""

    name: str
    """'requests', 'domains' or 'languages'; others may come from third-party detectors."""
    title: str
    shares: tuple[Share, ...]
    """Largest first, except where the order has a meaning ('requests')."""
    note: str = ""
    """How it was told, and what it cannot tell."""


class FileFacts(Value, frozen=True, kw_only=True):
    """One file of the set."""

    name: str
    """Relative to what was given."""
    rows: int
    """Numbered rows, bad ones with them."""
    format: str
    """Name of the format; '' for a file without rows."""
    family: str = ""
    """Of transcripts, the family of turn marks that most rows have."""
    read_as: dict[str, int] = {}
    """Rows that were read, by the format that each was read as."""
    why: str = ""
    """What the format was told by."""
    container: str
    """'jsonl', 'parquet', 'csv.gz', ..."""
    size: int = 0
    """Bytes; 0 for rows in memory."""
    digest: str = ""
    """SHA-256 of its bytes; for rows in memory, of their text and of which of them cannot be read."""
    bad_rows: int = 0
    """Rows that cannot be read; the first of them are in `ScanResult.bad_rows`, with their reasons."""


class KindSummary(Value, frozen=True, kw_only=True):
    """All findings of one kind of one detector."""

    detector: str
    """Name of the detector: `card.name`."""
    card: DetectorCard
    """What, why and what to do; its `title` names the defect."""
    kind: str
    """Finer than the detector: 'email' of 'personal-data'."""
    severity: Severity
    """The gravest among the findings; GOOD for rows that keep the model safe, which are not a defect."""
    count: int
    """Findings; for a finding about the whole set, 1."""
    rows: int
    """Distinct rows with such a finding; 0 where it is about the whole set only."""
    share: Share | None
    """`rows` of all rows that were read; None where it is about the whole set only, or nothing was read."""
    worst: tuple[Finding, ...]
    """At most ten: gravest first, then surest, then first in the file. `record` is 'FILE:LINE', or '' for the whole set."""


class DuplicateRow(Value, frozen=True, kw_only=True):
    """A row that repeats another."""

    record: str
    """'FILE:LINE'."""
    similarity: float
    """Exact Jaccard similarity to the kept row, 0 to 1; 1 for an exact repeat."""


class DuplicateCluster(Value, frozen=True, kw_only=True):
    """Rows that repeat one another: the one to keep and those to remove."""

    kept: str
    """'FILE:LINE' of the first."""
    size: int
    """Rows of the cluster, the kept one with them."""
    excerpt: str = ""
    """A few words of the repeated text, redacted."""
    removed: tuple[DuplicateRow, ...]
    """At most twenty, in row order; `size` counts all."""


class UnreadColumn(Value, frozen=True, kw_only=True):
    """A column that holds text and that no format read."""

    name: str
    rows: int
    """Rows with text there that no column that was read has."""


class ScanResult(Value, frozen=True, kw_only=True):
    """What is in a training file: `scan.json`."""

    title: str
    """What was scanned, as given by the user."""
    files: tuple[FileFacts, ...]
    skipped: tuple[str, ...] = ()
    """Files of a folder that were not read, each with the reason."""
    rows: int
    """Rows that were read and looked at; bad rows are not among them."""
    bad_row_count: int = 0
    bad_rows: tuple[BadRow, ...] = ()
    """At most a hundred, in order; `bad_row_count` counts all."""
    blank_lines: int = 0
    unread: tuple[UnreadColumn, ...] = ()
    """Columns with text that was not looked at, those of the most rows first; `notes` has a sentence for each."""
    measurements: tuple[Measurement, ...]
    kinds: tuple[KindSummary, ...]
    """Gravest first, good rows last; within one severity the most frequent first."""
    findings: int
    """All findings, those of severity GOOD left out; every one is in `evidence/findings.parquet`."""
    composition: tuple[Mix, ...] = ()
    duplicates: tuple[DuplicateCluster, ...] = ()
    """The twenty largest clusters, largest first."""
    duplicate_clusters: int = 0
    """How many clusters there are."""
    detectors: tuple[DetectorCard, ...]
    """All that ran, also those that found nothing, by id."""
    notes: tuple[str, ...] = ()
    """What was not assessed, and why, one sentence each. Nothing in it is a pass."""
    command: str
    """How to scan again."""
    version: str
    """The Holdfast that scanned."""
    seed: int
    schema: int = 1

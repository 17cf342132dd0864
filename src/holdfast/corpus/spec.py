"""What a corpus run is asked to do: the configuration file, as values."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.canaries import format_of
from holdfast.core import InputError, Value, check_seed
from holdfast.corpus.setting_checks import at_least, different, in_order

__all__ = ["CanarySettings", "CorpusSpec", "DuplicateSettings", "OutputSettings", "SignalSettings", "SourceSpec"]

_MB = 1 << 20


class SourceSpec(Value, frozen=True, kw_only=True):
    """One source of documents. Field names are the names of columns (JSON Lines, parquet, hub), None where there is no such column."""

    name: str
    path: str
    """A file, a folder, a glob, an address that fsspec knows (s3://, gs://, https://), or hub:ORG/NAME@COMMIT."""
    format: str | None = None
    """'text' (a document per file), 'lines' (one per line), 'jsonl', 'parquet', 'warc' or 'wet'; None tells it by the names of the
    files, 'lines' never. Any may be .gz or .zst."""
    text: str = "text"
    url: str | None = "url"
    author: str | None = None
    date: str | None = None
    licence: str | None = None
    """A licence for all documents (SPDX), or '$COLUMN' for one that the data says."""
    crawled: str | None = None
    """When: a date, or 'FIRST/LAST' (ISO 8601). A dump's last day is when what it holds was frozen."""
    max_broken: float = 0.01
    """Share of a source's documents that may be unreadable before the run stops; ten always may, where that is no more
    than a tenth."""

    @property
    def licence_column(self) -> str | None:
        """The column that says the licence of each document."""
        return self.licence[1:] if self.licence is not None and self.licence.startswith("$") else None

    def __post_init__(self) -> None:
        """Refuse what no source can be."""
        if not 0 <= self.max_broken <= 1:
            raise InputError(f"sources: {self.name!r}: max_broken: expected a share from 0 to 1, got {self.max_broken}.")
        if self.crawled and not in_order(self.crawled):
            raise InputError(
                f"sources: {self.name!r}: crawled must be a date or FIRST/LAST (ISO 8601), the first day first, got {self.crawled!r}."
            )


class DuplicateSettings(Value, frozen=True, kw_only=True):
    """Which documents repeat each other."""

    exact: bool = True
    near: float | None = 0.8
    """Jaccard similarity of shingles from which a document repeats another one; None leaves near duplicates in."""
    lines: int | None = None
    """A line of at least `line_words` words that more documents than this have is taken out of all but the first; None leaves lines."""
    line_words: int = 5
    across_sources: bool = True
    """False compares documents of the same source only."""
    keep_templates: bool = False
    """True leaves five or more documents that fill one template alone, unless they resemble each other outside its frame too: for
    instruction data among the sources. Web pages of one template are what near deduplication is for (Lee et al. 2022, section 6)."""
    canaries: str | None = None
    """The manifest of canaries that the sources hold already: they repeat, and stay."""

    def __post_init__(self) -> None:
        """Refuse what could not be compared."""
        if self.near is not None and not 0.5 <= self.near <= 1:
            raise InputError(f"duplicates.near: expected a similarity from 0.5 to 1, got {self.near}.")
        if self.lines is not None:
            at_least("duplicates.lines", self.lines, 1, "null leaves repeated lines in")
        at_least("duplicates.line_words", self.line_words, 1)


class SignalSettings(Value, frozen=True, kw_only=True):
    """Signs of poisoning to look for; nothing is removed by them."""

    bursts: bool = True
    hosts: bool = True
    triggers: bool = True
    dump_edits: bool = True
    window_days: int = 7
    """Days before the end of a source's `crawled` that count as the window in which an edit would still be in the dump."""

    def __post_init__(self) -> None:
        """Refuse a window without a day."""
        at_least("signals.window_days", self.window_days, 1)


class CanarySettings(Value, frozen=True, kw_only=True):
    """Canaries to plant; see `canaries.PlantSpec`, whose defaults hold for what is left out."""

    formats: tuple[str, ...] = ("digits", "email", "guid", "sentence")
    repetitions: tuple[int, ...] = (1, 4, 16, 64)
    per_repetition: int = 2
    controls: int = 8
    references: int = 1000
    language: str = "en"
    manifest: str | None = None
    """Where the private manifest goes; None puts it beside the corpus folder, as NAME.canaries.json."""
    seed: int | None = None
    """Who knows it can draw the secrets again. None draws a secret one at the first run, which only the manifest holds: the same command
    goes on with it, and another folder has other canaries."""

    def __post_init__(self) -> None:
        """Refuse what cannot be planted, before anything is read for it."""
        for name, counts in (("formats", self.formats), ("repetitions", self.repetitions)):
            different(f"canaries.{name}", counts)
        for written in self.formats:
            format_of(written.partition("=")[0])
        for count in self.repetitions:
            at_least("canaries.repetitions", count, 1)
        check_seed(self.seed, "canaries.seed")
        at_least("canaries.per_repetition", self.per_repetition, 1)
        at_least("canaries.controls", self.controls, 0)
        at_least("canaries.references", self.references, 1)
        if self.language not in ("en", "zh"):
            raise InputError(f"canaries.language: expected en or zh, got {self.language!r}.")


class OutputSettings(Value, frozen=True, kw_only=True):
    """What is written."""

    format: str = "jsonl.zst"
    """'jsonl', 'jsonl.gz', 'jsonl.zst' or 'parquet'."""
    level: int = 3
    """Of the compression."""


class CorpusSpec(Value, frozen=True, kw_only=True):
    """A whole run."""

    name: str
    sources: tuple[SourceSpec, ...]
    filters: dict[str, dict[str, Any] | None] = msgspec.field(default_factory=dict)
    """Filters by name with their settings, in the order in which they decide; see `corpus.filters`."""
    redact: tuple[str, ...] = ()
    """Detectors whose finds are replaced by their kind in brackets: 'personal-data', 'secret'."""
    duplicates: DuplicateSettings = DuplicateSettings()
    signals: SignalSettings = SignalSettings()
    canaries: CanarySettings | None = None
    output: OutputSettings = OutputSettings()
    shard_size: int = 64 * _MB
    """Bytes of source data. Uncompressed files are cut so; a compressed one is never cut, and small files share a shard."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what no run could do."""
        if not self.sources:
            raise InputError("sources: expected at least one source, got none.")
        names = [source.name for source in self.sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(f"sources: names must differ, and {', '.join(map(repr, twice))} stands there twice.")
        check_seed(self.seed)
        if self.shard_size < _MB:
            raise InputError(f"shard_size: expected at least {_MB} bytes, got {self.shard_size}.")

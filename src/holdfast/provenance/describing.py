"""A corpus as Croissant 1.1, with the fields of responsible AI: what machines and people read before they use a data set.

Source: MLCommons Croissant 1.1 and Croissant RAI 1.0. What only people can say (uses, biases, social impact, maintenance) is not made
up: it comes from them or is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import InputError, Value, did_you_mean
from holdfast.provenance.licences import Licences, counted, kept_licences, named
from holdfast.provenance.origins import ORIGINS
from holdfast.provenance.places import inside
from holdfast.provenance.retracting import retracted_steps
from holdfast.provenance.texts import first_row
from holdfast.provenance.versions import CorpusShard, CorpusStep, CorpusVersion, version_id

__all__ = ["CROISSANT_FILE", "PEOPLE_SAY", "Described", "croissant"]

CROISSANT_FILE = "croissant.json"
_CONFORMS = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
_TERMS = (
    "citeAs column equivalentProperty extract field fileProperty fileObject fileSet format includes isLiveDataset jsonPath key md5 "
    "parentField path recordSet references regex repeated replace samplingRate separator source subField transform containedIn"
)
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS.split()},
}
_FORMATS = {".jsonl": "application/jsonlines", ".jsonl.gz": "application/jsonlines", ".parquet": "application/x-parquet"}
"""Of shards that Croissant's reader opens; it knows no zstd."""
_TYPES = {
    "row": "sc:Integer",
    "line": "sc:Integer",
    "steps": "sc:Integer",
    "date": "sc:DateTime",
    "document": "sc:Text",
    "digest": "sc:Text",
}
_ROW_TYPES = {"text": "sc:Text", "url": "sc:Text", "date": "sc:Text"}
PEOPLE_SAY = (
    "dataCollectionType", "dataBiases", "dataUseCases", "dataLimitations", "dataSocialImpact", "dataReleaseMaintenancePlan",
    "dataAnnotationProtocol", "personalSensitiveInformation",
)  # fmt: skip
"""RAI fields that the corpus cannot know and a person may add."""


class Described(Value, frozen=True, kw_only=True):
    """What a person adds to the description of a corpus."""

    url: str | None = None
    """Where the corpus is published."""
    licence: str | None = None
    """Of the corpus as a whole; None names those that its sources or its documents state."""
    creator: str | None = None
    cite_as: str | None = None
    published: str | None = None
    """A date (ISO 8601)."""
    rai: dict[str, str | list[str]] = msgspec.field(default_factory=dict)
    """RAI fields by their names without 'rai:'."""
    origins: bool = True
    """Whether to name the provenance files. They tell which rows are canaries: leave them out of what is published."""

    def __post_init__(self) -> None:
        """Refuse a RAI field that is none of a person's."""
        for name in self.rai:
            if name not in PEOPLE_SAY:
                raise InputError(f"{name!r} is no RAI field that a person adds here. {did_you_mean(name, PEOPLE_SAY)}")


def croissant(folder: Path, version: CorpusVersion, described: Described | None = None) -> dict[str, Any]:
    """Return the JSON-LD of a corpus. The same corpus and words give the same bytes: it holds no time of its own.

    Paths in it are those inside the corpus folder, so the file belongs there.
    """
    said = described or Described()
    kept = kept_licences(folder, version)
    licences = [said.licence] if said.licence else named(kept.values())
    made: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _CONFORMS,
        "name": version.name,
        "description": _description(version),
        "version": f"1.{len(retracted_steps(version))}.0+{version_id(version)[:12]}",
        "identifier": version_id(version),
    }
    optional = {
        "license": licences,
        "url": said.url,
        "citeAs": said.cite_as,
        "datePublished": said.published,
        "creator": {"@type": "sc:Organization", "name": said.creator} if said.creator else None,
    }
    made |= {name: value for name, value in optional.items() if value}
    made["distribution"] = _distribution(version, origins=said.origins)
    made["recordSet"] = _record_sets(folder, version, origins=said.origins)
    return made | _rai(version, said, kept)


def _description(version: CorpusVersion) -> str:
    sources = ", ".join(f"{one.name} ({one.kept:,} documents)" for one in version.sources if one.kept)
    why = f" {version.why}" if version.why else ""
    return f"{version.rows:,} documents in {len(version.shards)} shards from {sources}, made by Holdfast {version.holdfast}.{why}"


def _ending(shard: CorpusShard) -> str:
    return "." + shard.name.rpartition("/")[2].partition(".")[2]


def _distribution(version: CorpusVersion, *, origins: bool) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for shard in version.shards:
        ending = _ending(shard)
        out.append(_file(shard.name, shard.sha256, _FORMATS.get(ending, "application/zstd"), f"{shard.bytes} B"))
        if origins:
            out.append(_file(shard.provenance, shard.provenance_sha256, _FORMATS[".parquet"], None))
    endings = {_ending(shard) for shard in version.shards}
    if len(endings) == 1 and (ending := endings.pop()) in _FORMATS:
        out.append(_file_set("shards", f"shards/*{ending}", _FORMATS[ending]))
    if origins and version.shards:
        out.append(_file_set("provenance", "provenance/[0-9]*.parquet", _FORMATS[".parquet"]))
    return out


def _file(name: str, sha256: str, kind: str, size: str | None) -> dict[str, Any]:
    made = {"@type": "cr:FileObject", "@id": name, "name": name, "contentUrl": name, "encodingFormat": kind, "sha256": sha256}
    return made | ({"contentSize": size} if size else {})


def _file_set(name: str, includes: str, kind: str) -> dict[str, Any]:
    return {"@type": "cr:FileSet", "@id": name, "name": name, "includes": includes, "encodingFormat": kind}


def _record_sets(folder: Path, version: CorpusVersion, *, origins: bool) -> list[dict[str, Any]]:
    sets = []
    if version.shards and _ending(version.shards[0]) in _FORMATS:
        row = first_row(inside(folder, version.shards[0].name))
        columns = {name: kind for name, kind in _ROW_TYPES.items() if name in row}
        sets.append(_record_set("documents", "shards", columns, "The documents of the corpus."))
    if origins and version.shards:
        columns = {field.name: _TYPES.get(field.name, "sc:Text") for field in ORIGINS if field.name not in ("reason", "digest", "document")}
        sets.append(_record_set("origins", "provenance", columns, "Where each document came from, in the order of the documents."))
    return sets


def _record_set(name: str, files: str, columns: Mapping[str, str], description: str) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": description,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column}",
                "name": column,
                "dataType": kind,
                "source": {"fileSet": {"@id": files}, "extract": {"column": column}},
            }
            for column, kind in columns.items()
        ],
    }


def _rai(version: CorpusVersion, said: Described, licences: Licences) -> dict[str, Any]:
    dates = sorted(part for one in version.sources if one.crawled for part in one.crawled.split("/"))
    left_out = {reason: count for step in version.steps for reason, count in step.removed.items() if count}
    redacted = [step for step in version.steps if step.name.startswith("redact")]
    fields: dict[str, Any] = {
        "dataCollection": "; ".join(
            f"{one.name}: {one.documents:,} documents read from {one.path}"
            + (f", kept by licence: {counted(licences[one.name])}" if licences.get(one.name) else "")
            for one in version.sources
        ),
        "dataCollectionRawData": "; ".join(
            f"{one.name}: {one.files} files, {one.bytes} bytes, digest {one.digest}" for one in version.sources
        ),
        "dataCollectionTimeFrame": [dates[0], dates[-1]] if dates else None,
        "dataCollectionMissingData": _missing(left_out),
        "dataPreprocessingProtocol": [_step(step) for step in version.steps],
        "dataManipulationProtocol": _changes(version.steps),
        "personalSensitiveInformation": [_step(step) for step in redacted] or ["Nothing was redacted by the run that made this corpus."],
    }
    given: dict[str, str | Sequence[str]] = dict(said.rai)
    return {f"rai:{name}": value for name, value in (fields | given).items() if value}


def _missing(left_out: Mapping[str, int]) -> str | None:
    return "Left out, by reason: " + ", ".join(f"{reason} {count:,}" for reason, count in sorted(left_out.items())) if left_out else None


def _step(step: CorpusStep) -> str:
    settings = msgspec.json.encode(step.settings, order="sorted").decode()
    return f"{step.name} {step.version}, settings {settings}: {sum(step.removed.values()):,} left out, {step.changed:,} changed"


def _changes(steps: Sequence[CorpusStep]) -> str | None:
    changed = [f"{step.name} {step.changed:,}" for step in steps if step.changed]
    return f"Documents written anew: {', '.join(changed)}" if changed else None

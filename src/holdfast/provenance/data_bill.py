"""A CycloneDX bill of materials of a corpus, and an in-toto statement of how it was made.

Source: CycloneDX 1.6, components of type data (ECMA-424); in-toto Statement v1 with the predicate SLSA provenance v1.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from holdfast.core import digest
from holdfast.provenance.licences import counted, kept_licences, named
from holdfast.provenance.statements import STATEMENT
from holdfast.provenance.versions import CorpusShard, CorpusSource, CorpusStep, CorpusVersion, version_id

__all__ = ["MADE", "bill_of_data", "corpus_statement"]

MADE = "https://slsa.dev/provenance/v1"
_BUILD_TYPE = "urn:holdfast:corpus-run:1"
_SPACE = uuid.UUID("6f1d4bb0-5a8e-4f0e-9b0e-2f8d0f6a5c11")


def bill_of_data(folder: Path, version: CorpusVersion, *, holdfast: str) -> dict[str, Any]:
    """Return the bill of materials as CycloneDX 1.6: the corpus with its shards, its sources, its steps. The same input, the same bytes."""
    identity, kept = version_id(version), kept_licences(folder, version)
    whole: dict[str, Any] = {
        "type": "data",
        "bom-ref": f"corpus:{identity}",
        "name": version.name,
        "version": identity,
        "description": version.why or f"{version.rows} documents in {len(version.shards)} shards",
        "licenses": _licences(kept[one.name] for one in version.sources if one.kept),
        "data": [{"type": "dataset", "name": version.name}],
        "components": [part for shard in version.shards for part in _files(shard)],
        "properties": _properties({"rows": version.rows, "canaries": version.canaries or "none"}),
    }
    if version.parent is not None:
        ancestor = {"type": "data", "bom-ref": f"corpus:{version.parent}", "name": version.name, "version": version.parent}
        whole["pedigree"] = {"ancestors": [ancestor], "notes": version.why}
    sources = [_source(one, kept[one.name]) for one in version.sources]
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "holdfast", "version": holdfast}]},
            "component": _plain(whole),
        },
        "components": sources,
        "dependencies": [{"ref": whole["bom-ref"], "dependsOn": [one["bom-ref"] for one in sources]}],
        "formulation": [{"bom-ref": f"made:{identity}", "workflows": [_workflow(version, identity)]}],
    }
    return {"serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, digest(bill))}", **bill}


def corpus_statement(version: CorpusVersion) -> dict[str, Any]:
    """Return an in-toto statement: every file of the corpus by its SHA-256, made by these steps from these sources. It is not signed."""
    files = [pair for shard in version.shards for pair in ((shard.name, shard.sha256), (shard.provenance, shard.provenance_sha256))]
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in files],
        "predicateType": MADE,
        "predicate": {
            "buildDefinition": {
                "buildType": _BUILD_TYPE,
                "externalParameters": {"name": version.name, "parent": version.parent, "steps": msgspec.to_builtins(version.steps)},
                "resolvedDependencies": [
                    {"name": one.name, "uri": one.path, "digest": {"holdfastSourceDigest": one.digest}} for one in version.sources
                ],
            },
            "runDetails": {
                "builder": {"id": f"urn:holdfast:{version.holdfast}", "version": {"holdfast": version.holdfast}},
                "metadata": {"invocationId": version_id(version)},
            },
        },
    }


def _files(shard: CorpusShard) -> list[dict[str, Any]]:
    pairs = ((shard.name, shard.sha256), (shard.provenance, shard.provenance_sha256))
    return [
        {"type": "file", "bom-ref": f"file:{name}", "name": name, "hashes": [{"alg": "SHA-256", "content": sha256}]}
        for name, sha256 in pairs
    ]


def _source(one: CorpusSource, licences: Mapping[str, int]) -> dict[str, Any]:
    facts = {"path": one.path, "crawled": one.crawled or "not stated", "files": one.files, "bytes": one.bytes, "documents": one.documents}
    return _plain(
        {
            "type": "data",
            "bom-ref": f"source:{one.name}",
            "name": one.name,
            "version": one.digest,
            "licenses": _licences([licences] if licences else [{one.stated_licence: 0}] if one.stated_licence else []),
            "data": [{"type": "dataset", "name": one.name}],
            "properties": _properties(
                {**facts, "kept": one.kept, "kept_by_licence": counted(licences) or "none kept", "digest": one.digest}
            ),
        }
    )


def _licences(found: Iterable[Mapping[str, int]]) -> list[dict[str, Any]]:
    # By name and not by id: an id must be of SPDX's list, and what a source declares need not be.
    return [{"license": {"name": one, "acknowledgement": "declared"}} for one in named(found)]


def _workflow(version: CorpusVersion, identity: str) -> dict[str, Any]:
    tasks = [_task(step, place, identity) for place, step in enumerate(version.steps)]
    return {"bom-ref": f"run:{identity}", "uid": identity, "name": "corpus run", "taskTypes": ["clean"], "tasks": tasks}


def _task(step: CorpusStep, place: int, identity: str) -> dict[str, Any]:
    settings = msgspec.json.encode(step.settings, order="sorted").decode()
    facts = {"version": step.version, "settings": settings, "left_out": sum(step.removed.values()), "changed": step.changed}
    uid = f"{identity}:{place}"
    return {"bom-ref": f"step:{uid}", "uid": uid, "name": step.name, "taskTypes": ["clean"], "properties": _properties(facts)}


def _properties(facts: dict[str, Any]) -> list[dict[str, str]]:
    return [{"name": f"holdfast:{name}", "value": str(value)} for name, value in facts.items()]


def _plain(made: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in made.items() if value != []}

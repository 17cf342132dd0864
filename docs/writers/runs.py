"""The page of the run folder, and the JSON schemas of what lies in it."""

from __future__ import annotations

import msgspec
from docs.writers.markdown import code, page, table
from docs.writers.source import field_table, meanings, prose

from holdfast.canaries import CanaryExposure
from holdfast.compare import Comparison
from holdfast.core import Finding, GateResult, Grade, Manner, Measurement, Outcome, PairedCounts, Response, Verdict
from holdfast.memorization import Memorization, PersonalProbe, RelearningAnswer, RowExtraction, RowSignals
from holdfast.runs import Manifest
from holdfast.scan import ScanResult

__all__ = ["run_folder_page", "schemas"]

_FILES: tuple[tuple[str, str, type[msgspec.Struct] | None, str], ...] = (
    ("run.json", "what was asked, by which version, of which fingerprints, with which seed", Manifest, "one"),
    ("evidence/responses.jsonl", "every answer of both sides, as they came", Response, "each line"),
    ("evidence/grades.jsonl", "what the judge said of each answer", Grade, "each line"),
    ("evidence/second_grades.jsonl", "what a second judge said of the answers to prompts that flipped", Grade, "each line"),
    ("asked.json", "what was asked, prompts too, and what was measured without a judge: `holdfast grade` starts from it", None, ""),
    ("comparisons/JUDGE.json", "the comparison as an earlier judge saw it, set aside by `holdfast grade`", Comparison, "each file"),
    ("evidence/*.commits", "one line per finished batch: length and digest of the evidence so far; what makes a kill harmless", None, ""),
    (
        "measurements.json",
        "every number with its uncertainty; an object with `schema` and the list `measurements`",
        Measurement,
        "each item",
    ),
    ("comparison.json", "the whole comparison: suites, judges, conditions, patterns of wording, flipped prompts", Comparison, "one"),
    (
        "evidence/findings.parquet",
        "every finding of a scan, with `row`, the 0-based number of the row (-1 for the whole set)",
        Finding,
        "each row",
    ),
    ("scan.json", "the whole scan: files, kinds of findings with the worst of each, composition, repeats, notes", ScanResult, "one"),
    (
        "memorization.json",
        "the whole measurement of memorization: curve of exposure, rows left out, personal data in redacted forms, what was not measured",
        Memorization,
        "one",
    ),
    ("evidence/exposure.jsonl", "exposure of every canary and control in both models; no secret is in it", CanaryExposure, "each line"),
    ("evidence/extraction.jsonl", "what came back of every tested row, by number; no text is in it", RowExtraction, "each line"),
    ("evidence/membership.jsonl", "scores of every training and held-out row", RowSignals, "each line"),
    ("evidence/personal.jsonl", "every personal value as a keyed hash and in its redacted form", PersonalProbe, "each line"),
    ("evidence/relearning.jsonl", "every answer about an undisclosed canary: right or not", RelearningAnswer, "each line"),
    ("verdict.json", "the decision of the policy, gate by gate", Verdict, "one"),
    ("report.html", "the page: one file, no network, readable without JavaScript", None, ""),
)
_DETAILED = (Manifest, Response, Grade, Finding, Measurement, PairedCounts, Verdict, GateResult)


def run_folder_page() -> str:
    """Return the page of the run folder: its files, then the fields of what lies in them."""
    rows = ((code(name), what, _schema_link(kind, count)) for name, what, kind, count in _FILES)
    return page(
        "The run folder",
        "the value types in `holdfast.core` and `holdfast.runs`",
        "A run holds no date: the same command on the same weights gives the same bytes, also after a kill. Evidence is only ever "
        "appended to. Another comparison in the same folder is an error that names the first difference.",
        table(("file", "what it holds", "schema"), rows),
        "`measurements.json` may also be written by hand or by another tool, in full, or as one object of metric names and numbers: "
        '`{"full_safety_benchmark": 0.88, "memorization_test": null}`. `null` means that it was not measured.',
        *(part for kind in _DETAILED for part in (f"## {kind.__name__}", prose(kind), field_table(kind))),
        "## Outcomes and manners",
        prose(Outcome),
        table(("outcome", "meaning"), _members(Outcome)),
        prose(Manner),
        table(("manner", "meaning"), _members(Manner)),
    )


def _members(kind: type[Outcome] | type[Manner]) -> list[tuple[str, str]]:
    said = meanings(kind)
    return [(code(member.value), said.get(member.name, "")) for member in kind]


def _schema_link(kind: type[msgspec.Struct] | None, count: str) -> str:
    if kind is None:
        return ""
    name = kind.__name__.lower()
    return f"[{count} a {kind.__name__}](schema/{name}.json)" if count != "one" else f"[{kind.__name__}](schema/{name}.json)"


def schemas() -> dict[str, str]:
    """Return the JSON schema of each kind of value that a run folder holds, by file name."""
    kinds = dict.fromkeys(kind for _, _, kind, _ in _FILES if kind is not None)
    return {f"{kind.__name__.lower()}.json": _schema(kind) for kind in kinds}


def _schema(kind: type[msgspec.Struct]) -> str:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(kind)}
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2).decode() + "\n"

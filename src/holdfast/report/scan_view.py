"""From a scan and its verdict to a plain view model: strings that are ready to print, the same for every renderer."""

from __future__ import annotations

from holdfast.core import Decision, Measurement
from holdfast.report.gates import gate_views, support
from holdfast.report.hostile import excerpt, line
from holdfast.report.page import Accent, Fact
from holdfast.report.scan_advice import scan_steps
from holdfast.report.scan_findings import detector_views, detectors_that_ran, severity_counts
from holdfast.report.scan_page import ClusterView, FileView, MixView, PartRow, RepeatsView, ScanPage, ScanView
from holdfast.report.scan_safety import safety_view
from holdfast.report.scan_sentences import measurement_of, scan_sentence
from holdfast.report.scan_wording import ACCENTS, LANGUAGES, count_of, interval_of, interval_text, place, share_text, size_text, value_text
from holdfast.report.wording import heading, reasons
from holdfast.scan.facts import DuplicateCluster, FileFacts, Mix, ScanResult, Share

__all__ = ["build_scan_view"]

_DECISIONS: dict[Decision, Accent] = {Decision.PASS: "pass", Decision.FAIL: "fail", Decision.UNDECIDED: "undecided"}
_MOST_PARTS, _MOST_FILES, _MOST_REMOVED = 12, 50, 20
_IN_A_LINE = 3
_HINTS = {"domains": "Beside each domain stands what training on it puts at risk, by what the literature reports."}
_EXCERPT = 400


def build_scan_view(given: ScanPage) -> ScanView:
    """Return everything that a page of a scan says. Takes numbers and decisions as they are; decides nothing."""
    result = given.result
    return ScanView(
        title=f"Scan of {line(result.title, limit=160)}",
        subject=_subject(result),
        word=given.verdict.decision.value.upper(),
        accent=_DECISIONS[given.verdict.decision],
        sentence=scan_sentence(given),
        support=support(given.verdict.gates),
        figures=_figures(given),
        steps=scan_steps(given),
        policy=line(given.verdict.policy, limit=80) + (" (strict)" if given.verdict.strict else ""),
        gates=gate_views(given.verdict),
        mixes=tuple(_mix_view(mix, number) for number, mix in enumerate(result.composition, 1)),
        safety=safety_view(measurement_of(given, "safety_share")),
        found=detector_views(result, good=False),
        good=detector_views(result, good=True),
        repeats=_repeats(given),
        bad_rows=tuple((place(f"{bad.source}:{bad.line}"), line(bad.reason, limit=300)) for bad in result.bad_rows),
        bad_rows_sentence=_bad_rows(result),
        not_assessed=tuple(line(note, limit=400) for note in result.notes),
        measurements=tuple(_measured(one) for one in result.measurements),
        detectors=detectors_that_ran(result),
        files=tuple(_file_view(file) for file in result.files[:_MOST_FILES]),
        files_more=_more(len(result.files) - _MOST_FILES, "file"),
        skipped=tuple(line(name, limit=300) for name in result.skipped),
        command=excerpt(result.command, head=2_000),
        settings=_settings(given),
    )


def _subject(result: ScanResult) -> str:
    files = count_of(len(result.files), "file")
    formats = ", ".join(dict.fromkeys(_format(file) for file in result.files if file.format))
    return f"{line(result.title, limit=160)}: {files}{f', {formats}' if formats else ''}"


def _figures(given: ScanPage) -> tuple[Fact, ...]:
    result = given.result
    bad = f"and {result.bad_row_count:,} that could not be read" if result.bad_row_count else f"in {count_of(len(result.files), 'file')}"
    facts = [
        Fact(name="Rows", text=f"{result.rows:,}", note=bad),
        Fact(name="Findings", text=f"{result.findings:,}", note=severity_counts(result.kinds) or "by every detector that ran"),
    ]
    for metric, name, plain in (
        ("safety_share", "Rows that keep the model safe", "of all rows"),
        ("data_diversity_check", "Diversity", "effective distinct rows over all"),
    ):
        found = measurement_of(given, metric)
        if found is not None and found.value is not None:
            facts.append(Fact(name=name, text=value_text(found), note=interval_of(found) or plain))
    return tuple(facts)


def _mix_view(mix: Mix, number: int) -> MixView:
    shares = mix.shares[:_MOST_PARTS]
    return MixView(
        anchor=f"mix-{number}",
        title=line(mix.title, limit=100),
        note=line(mix.note, limit=500),
        hint=_HINTS.get(mix.name, "") if any(share.note for share in shares) else "",
        parts=tuple(_part(share, is_code=mix.name == "languages") for share in shares),
        more=_more(len(mix.shares) - _MOST_PARTS, "smaller part"),
        in_one_bar=mix.name == "requests",
    )


def _part(share: Share, *, is_code: bool) -> PartRow:
    label = line(share.label, limit=60)
    name = LANGUAGES.get(label, label) if is_code else label[:1].upper() + label[1:]
    return PartRow(
        name=name,
        count=f"{share.count:,}",
        share=share_text(share.value),
        interval=interval_text(share.low, share.high),
        note=line(share.note, limit=300),
        accent="none" if share.severity is None else ACCENTS[share.severity],
        value=share.value,
    )


def _more(number: int, noun: str) -> str:
    return f"And {count_of(number, noun)}." if number > 0 else ""


def _repeats(given: ScanPage) -> RepeatsView | None:
    """Return duplicates and diversity; None where neither was looked at."""
    result, diversity = given.result, measurement_of(given, "data_diversity_check")
    if diversity is None and not result.duplicate_clusters:
        return None
    shown = len(result.duplicates)
    listed = f" The {shown} largest are listed." if shown < result.duplicate_clusters else ""
    groups = count_of(result.duplicate_clusters, "group")
    nothing = "No duplicates are listed."
    sentence = f"{groups} of rows that repeat one another; the first of each is kept.{listed}" if result.duplicate_clusters else nothing
    text = value_text(diversity)
    note = "" if diversity is None else interval_of(diversity) or line(diversity.note or "", limit=300)
    fact = Fact(name="Diversity: effective number of distinct rows over all rows", text=text, note=note)
    return RepeatsView(sentence=sentence, diversity=fact, clusters=tuple(_cluster(cluster) for cluster in result.duplicates))


def _cluster(cluster: DuplicateCluster) -> ClusterView:
    removed = tuple((place(row.record), _similarity(row.similarity)) for row in cluster.removed[:_MOST_REMOVED])
    told = ", ".join(f"{where} ({similarity})" for where, similarity in removed[:_IN_A_LINE])
    rest = cluster.size - 1 - min(len(removed), _IN_A_LINE)
    return ClusterView(
        kept=place(cluster.kept),
        size=count_of(cluster.size, "row"),
        removed=removed,
        more=_more(cluster.size - 1 - len(removed), "more row"),
        summary=f"{told} and {rest:,} more" if rest > 0 else told,
        excerpt=excerpt(cluster.excerpt, head=_EXCERPT, tail=0),
    )


def _similarity(value: float) -> str:
    return "exact" if value == 1.0 else share_text(value)


def _bad_rows(result: ScanResult) -> str:
    if not result.bad_row_count:
        return ""
    listed = f" The first {len(result.bad_rows)} are listed." if len(result.bad_rows) < result.bad_row_count else ""
    was = "was" if result.bad_row_count == 1 else "were"
    return f"{count_of(result.bad_row_count, 'row')} could not be read and {was} left out.{listed}"


def _measured(one: Measurement) -> Fact:
    group = "" if one.group == "all" else f": {line(one.group, limit=60)}"
    parts = [interval_of(one), f"n = {one.n:,}", line(one.method, limit=100), line(one.note or "", limit=300), reasons(one)]
    text = "not measured" if one.value is None else value_text(one)
    return Fact(name=f"{heading(one.metric)}{group}", text=text, note="; ".join(part for part in parts if part))


def _file_view(file: FileFacts) -> FileView:
    return FileView(
        name=place(file.name) if file.name else "rows in memory",
        rows=f"{file.rows:,}",
        bad=f"{file.bad_rows:,} of them bad" if file.bad_rows else "",
        format=" in ".join(part for part in (_format(file) or "no rows", line(file.container, limit=30)) if part),
        why=line(file.why, limit=240) + _others(file),
        size=size_text(file.size),
        digest=line(file.digest, limit=100),
    )


def _format(file: FileFacts) -> str:
    """Return the name of a file's format, for transcripts with the family of their marks."""
    return line(f"{file.format} ({file.family})" if file.family else file.format, limit=60)


def _others(file: FileFacts) -> str:
    """Say which rows were read as another format than most."""
    others = [f"{count:,} read as {line(name, limit=60)}" for name, count in file.read_as.items() if name != file.format]
    return f"; row by row, {' and '.join(others)}" if others else ""


def _settings(given: ScanPage) -> tuple[Fact, ...]:
    result, verdict = given.result, given.verdict
    facts = [
        Fact(name="Holdfast", text=line(result.version, limit=60) or "not recorded"),
        Fact(name="Seed", text=str(result.seed)),
        Fact(name="Policy", text=line(verdict.policy, limit=80)),
        Fact(name="Policy digest", text=line(verdict.policy_digest, limit=100), is_digest=True),
    ]
    if result.blank_lines:
        facts.append(Fact(name="Blank lines", text=f"{result.blank_lines:,}, which are no rows"))
    return tuple(facts)

"""The parts of a measurement: each asks both models what it can, and says what it could not ask and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from holdfast.canaries import CanaryExposure, CanaryManifest, Presence, fits_null, measure_exposure, null_threshold, summarise_exposure
from holdfast.core import InputError, Measurement
from holdfast.memorization.curve import curve_points
from holdfast.memorization.extracted import summarise_extraction
from holdfast.memorization.extraction import Mode, RowExtraction, extract
from holdfast.memorization.membership import LEAST_HELD_OUT, RowSignals, refusal, signals, summarise_membership
from holdfast.memorization.personal import (
    Looked,
    PersonalProbe,
    found_values,
    key_of,
    personal_values,
    probe_values,
    summarise_personal,
    without_unwritable,
)
from holdfast.memorization.relearning import FRAME, RelearningAnswer, relearn_and_ask, summarise_relearning
from holdfast.memorization.rows import DataRow, TrainingRows, chosen_rows
from holdfast.memorization.spec import MemorizationSpec
from holdfast.plugins import Engine, Locator, ScanOptions, ScoreRequest, SuiteOptions, TokenScores, load, names, open_suite
from holdfast.runs import EvidenceLog, RunFolder

__all__ = ["Part", "Sides", "exposure", "extraction", "locators", "membership", "personal", "relearning"]

Progress = Callable[[str, int, int], None]
_AT_ONCE = 8
_FINDERS = ("personal-data", "secret")
_NAMED = 3


class Sides(NamedTuple):
    """The two models."""

    base: Engine
    tuned: Engine

    @property
    def both(self) -> tuple[tuple[str, Engine], tuple[str, Engine]]:
        """Name and engine, base first."""
        return (("base", self.base), ("tuned", self.tuned))

    @property
    def split_alike(self) -> bool:
        """True where both read the same text as the same tokens."""
        one, other = self.base.fingerprint, self.tuned.fingerprint
        return (one.tokenizer, one.template) == (other.tokenizer, other.template)


class Part(NamedTuple):
    """What one part found."""

    measurements: Sequence[Measurement] = ()
    facts: dict[str, Any] = {}
    """Fields of `Memorization`."""
    not_measured: dict[str, str] = {}
    notes: tuple[str, ...] = ()


def _count(progress: Progress, what: str, total: int) -> Callable[[int], None]:
    return lambda done: progress(what, done, total)


def _missing(name: str, reason: str, *metrics: str) -> Part:
    return Part([Measurement.missing(metric, reason) for metric in metrics], not_measured={name: reason})


def exposure(
    spec: MemorizationSpec, sides: Sides, manifest: CanaryManifest | None, presence: Presence | None, run: RunFolder, progress: Progress
) -> Part:
    """Exposure of the canaries and controls in both models."""
    name = "canary exposure"
    if manifest is None:
        return Part(not_measured={name: "no manifest of planted canaries was given (--canaries)"})
    silent = [engine.reference for _, engine in sides.both if not engine.capabilities.scores]
    if silent:
        reason = f"{silent[0]} gives no probabilities; use a model that runs here"
        return _missing(name, reason, "canary_exposure", "canary_exposed_share")
    log = run.evidence("exposure")
    everything = (*manifest.canaries, *manifest.controls)
    copies = presence.copies if presence is not None else None
    for side, engine in sides.both:
        for start in range(0, len(everything), _AT_ONCE):
            batch = f"{side}-{start}"
            if batch not in log.batches:
                part = everything[start : start + _AT_ONCE]
                log.append(batch, measure_exposure(engine, manifest, part, side=side, copies=copies))
            progress(f"{side} exposure", min(start + _AT_ONCE, len(everything)), len(everything))
    found = log.read(CanaryExposure)
    measured: list[Measurement] = []
    for side, _ in sides.both:
        measured += summarise_exposure([one for one in found if one.side == side], side=side, seed=spec.seed)
    controls = {canary.id for canary in manifest.controls}
    null = [
        fits_null([one.exposure for one in found if one.side == side and one.id in controls and one.exposure is not None])
        for side, _ in sides.both
    ]
    planted = sum(one.side == "tuned" and one.repetitions > 0 and one.exposure is not None for one in found)
    facts = {"curve": tuple(curve_points(found, measured)), "null": tuple(null)}
    return Part(measured, {**facts, "threshold_bits": null_threshold(planted) if planted else None}, notes=_unranked(found))


def _unranked(found: Sequence[CanaryExposure]) -> tuple[str, ...]:
    """Say which planted canaries have no exposure in the tuned model, one sentence per format."""
    notes = []
    planted = [one for one in found if one.side == "tuned" and one.repetitions]
    for form in dict.fromkeys(one.format for one in planted):
        alike = [one for one in planted if one.format == form]
        lost = [one for one in alike if one.exposure is None]
        if lost:
            notes.append(f"Canaries of format {form}: {len(lost)} of {len(alike)} have no exposure, since {lost[0].reason}.")
    return tuple(notes)


def extraction(spec: MemorizationSpec, sides: Sides, data: TrainingRows | None, run: RunFolder, progress: Progress) -> Part:
    """Whether the models give back the ends of training rows."""
    name = "extraction of training rows"
    if data is None:
        return _missing(name, "no training rows were given (--data)", "memorization_test")
    if not data.rows:
        return _missing(name, data.nothing_to_predict, "memorization_test")
    if not sides.split_alike:
        reason = "base and tuned read the same text as different tokens or through different templates, so their prefixes are not the same"
        return _missing(name, reason, "memorization_test")
    chosen = chosen_rows(data.rows, spec.rows, spec.seed, "extraction")
    log = run.evidence("extraction")
    modes: list[Mode] = []
    notes = []
    if any(not row.plain for row in chosen):
        modes.append("chat")
    if all(engine.capabilities.token_scores for _, engine in sides.both):
        modes.append("raw")
    else:
        notes.append(
            "A model gives no probabilities token by token: rows were cut by words, extraction was tested by generation and with the chat "
            "template only, and (n, p)-discoverable extraction is not measured."
        )
    for mode in modes:
        tested = [row for row in chosen if mode == "raw" or not row.plain]
        for side, engine in sides.both:
            extract(
                engine,
                tested,
                mode,
                side=side,
                prefix=spec.prefix_tokens,
                suffix=spec.suffix_tokens,
                temperature=spec.temperature,
                top_k=spec.top_k,
                log=log,
                progress=_count(progress, f"{side} rows, {mode}", len(tested)),
            )
    result = summarise_extraction(log.read(RowExtraction), modes)
    return Part(result.measurements, {"rows_tested": result.tested, "rows_left_out": result.left_out}, notes=tuple(notes))


def membership(
    spec: MemorizationSpec, sides: Sides, data: TrainingRows | None, held: TrainingRows | None, run: RunFolder, progress: Progress
) -> Part:
    """Whether training rows can be told from held-out ones."""
    name, metrics = "membership", ("membership_tpr", "membership_auc")
    if data is None or held is None:
        reason = f"no held-out rows of the same source were given (--held-out); {refusal(0)}"
        return _missing(name, reason, *metrics)
    if not data.rows:
        return _missing(name, data.nothing_to_predict, *metrics)
    rows, held_out = data.rows, held.rows
    silent = [engine.reference for _, engine in sides.both if not engine.capabilities.token_scores]
    if silent:
        return _missing(name, f"{silent[0]} gives no probabilities token by token; use a model that runs here", *metrics)
    known = {row.text for row in rows}
    shared = sum(row.text in known for row in held_out)
    if shared:
        raise InputError(
            f"{shared} of {len(held_out)} held-out rows stand in the training data, so they were not held out. Split the data before "
            "training with `holdfast split`, which keeps repeats together."
        )
    if len(held_out) < LEAST_HELD_OUT:
        return _missing(name, refusal(len(held_out)), *metrics)
    members = chosen_rows(rows, spec.most_members, spec.seed, "members")
    others = chosen_rows(held_out, spec.most_members, spec.seed, "held out")
    log = run.evidence("membership")
    asked = [(row, True) for row in members] + [(row, False) for row in others]
    for start in range(0, len(asked), 2 * _AT_ONCE):
        batch = f"rows-{start}"
        if batch not in log.batches:
            part = asked[start : start + 2 * _AT_ONCE]
            scores = [_token_scores(engine, [row for row, _ in part]) for _, engine in sides.both]
            log.append(
                batch,
                [signals(row, member=yes, base=base, tuned=tuned) for (row, yes), base, tuned in zip(part, *scores, strict=True)],
            )
        progress("membership", min(start + 2 * _AT_ONCE, len(asked)), len(asked))
    return Part(summarise_membership(log.read(RowSignals), seed=spec.seed, note=None))


def _token_scores(engine: Engine, rows: Sequence[DataRow]) -> list[TokenScores]:
    requests = [ScoreRequest(messages=row.before, continuations=(row.answer,), raw=row.plain, detail=True) for row in rows]
    return [result.details[0] for result in engine.score(requests)]


def personal(
    spec: MemorizationSpec, sides: Sides, data: TrainingRows | None, digests: Sequence[str], run: RunFolder, progress: Progress
) -> Part:
    """Whether the models give back personal values of the training rows."""
    name = "personal data"
    if data is None:
        return _missing(name, "no training rows were given (--data)", "pii_leak_share")
    finders = locators()
    if not finders:
        return _missing(name, "no detector of personal data is installed", "pii_leak_share")
    rows = [*data.rows, *data.unanswered]
    everything, first = found_values(rows, finders)
    writable = without_unwritable(sides.tuned, everything)
    values = personal_values(writable, spec.personal_values, spec.seed)
    log: EvidenceLog = run.evidence("personal")
    for side, engine in sides.both:
        probe_values(
            engine,
            values,
            side=side,
            key=key_of(digests),
            log=log,
            progress=_count(progress, f"{side} personal data", len(values)),
        )
    looked = Looked(len(rows), _left_out(sides.tuned, len(everything) - len(writable), first), _doubt(data))
    measured, kinds = summarise_personal(log.read(PersonalProbe), looked)
    # A share that no gate may rest on was not measured either, as far as a reader is concerned.
    unknown = next((one.reason or one.doubt for one in measured if one.group == "all" and (one.reason or one.doubt)), None)
    return Part(measured, {"personal": tuple(kinds)}, not_measured={name: unknown} if unknown else {})


def _left_out(tuned: Engine, unwritable: int, first: int) -> tuple[str, ...]:
    parts = []
    if unwritable:
        parts.append(
            f"{_values(unwritable)} left out: the tokenizer of {tuned.reference} does not keep every character, so they cannot come back"
        )
    if first:
        parts.append(f"{_values(first)} left out: no word stands before them that a model could be asked with")
    return tuple(parts)


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count:,} values"


def _doubt(data: TrainingRows) -> str | None:
    """Say why personal data that was not found may be there all the same."""
    if data.unread_rows:
        columns = ", ".join(repr(name) for name in list(data.unread)[:_NAMED]) + (" and more" if len(data.unread) > _NAMED else "")
        return (
            f"{data.unread_rows:,} of {data.read:,} rows hold text in columns that were not read ({columns}), so values there were not "
            "looked for; name the columns that are trained on with --map FIELD=COLUMN, or leave the others out of the file"
        )
    return data.nothing_to_predict or None


def locators() -> list[Locator]:
    """Return the detectors of personal data that can say where it stands."""
    opened = [load("detector", name)(ScanOptions()) for name in _FINDERS if name in names("detector")]
    return [one for one in opened if isinstance(one, Locator)]


def relearning(spec: MemorizationSpec, sides: Sides, manifest: CanaryManifest | None, run: RunFolder, progress: Progress) -> Part:
    """What a few disclosed canaries bring back."""
    name = "relearning probe (Janus check)"
    if not spec.relearn or manifest is None:
        return Part(not_measured={name: "it was not asked for (--relearn, on planted canary pairs only)"})
    log = run.evidence("relearning")
    frame = spec.frame or _frame(sides)
    for place, (side, engine) in enumerate(sides.both):
        if side not in log.batches:
            log.append(side, relearn_and_ask(engine, manifest, side=side, disclosed=spec.disclosed, settings=spec.relearning, frame=frame))
        progress("relearning", place + 1, 2)
    measured = summarise_relearning(log.read(RelearningAnswer), disclosed=spec.disclosed)
    unable = [engine.reference for _, engine in sides.both if not engine.capabilities.relearns]
    notes = (f"{unable[0]} cannot be trained here: it was asked directly and with a frame, and nothing was relearned.",) if unable else ()
    return Part(measured, notes=notes)


def _frame(sides: Sides) -> str:
    """Return the identity prompt of a suite made for both models, which speaks their language, else a general one."""
    for suite in (name for name in sides.base.suites if name in sides.tuned.suites):
        for condition in open_suite(suite, SuiteOptions()).conditions:
            if condition.name == "identity" and condition.system:
                return condition.system
    return FRAME

"""The artefact that ships against the model that was tested: the same prompts, the stored answers, and new ones.

A model is merged, quantised, converted or put behind a server after its test. What was tested then has other bytes than what
ships, so that only behaviour can tell whether the verdict still holds. The tested model's answers lie in its run folder and
are side 'base'; the artefact is asked the same questions with the same decoding and is side 'tuned'; one judge grades both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from holdfast.compare.asking import Progress, Question, Side, answer_all
from holdfast.compare.comparability import unseen
from holdfast.compare.concluding import Asked
from holdfast.compare.facts import Comparison, ModelFacts
from holdfast.compare.graders import Judges, open_grader
from holdfast.compare.regrading import grade_and_conclude, read_asked, write_comparison
from holdfast.compare.run import missing_answers
from holdfast.core import FinishReason, Grade, Measurement, Response, RunFolderError, Value, digest
from holdfast.plugins import Engine, ModelFingerprint, ModelOptions, open_models
from holdfast.runs import EvidenceLog, Manifest, RunFolder, unfinished
from holdfast.stats import clustered_share, wilson

__all__ = ["ArtefactSpec", "compare_artefact"]

NAMES = ("tested", "served")
_TESTED = "tested"
_NO_ANSWER = (FinishReason.ERROR, FinishReason.UNANSWERED)


class ArtefactSpec(Value, frozen=True, kw_only=True):
    """Which run tested the model, and what ships in its place."""

    tested: Path
    """The run folder of a finished comparison; its tuned side is what was tested."""
    served: str
    """A model reference: a quantised or merged folder, 'openai:MODEL@URL', recorded answers."""
    judge: str
    """Grades both sides."""
    ledger: Path | None = None
    models: ModelOptions = ModelOptions()


class _Tested(NamedTuple):
    """What a run folder says of the tested model."""

    asked: Asked
    fingerprint: ModelFingerprint
    questions: list[Question]
    answers: list[Response]


def compare_artefact(
    spec: ArtefactSpec, folder: Path, *, command: str, version: str, progress: Progress, engine: Engine | None = None
) -> Comparison:
    """Ask the artefact what the tested model was asked, grade both, and measure; a begun folder is gone on with.

    Besides the measurements of a comparison it takes two per condition: `identical_answer_share` and `same_outcome_share`.
    `engine` gives an artefact that is already open. Raises RunFolderError where the run folder holds no complete comparison.
    """
    tested = _read(spec.tested)
    with ExitStack() as closing:
        judge = open_grader(spec.judge, spec.ledger, closing)
        if engine is None:
            (engine,) = open_models([spec.served], spec.models)
            closing.callback(engine.close)
        side = Side("tuned", engine)
        asked = _asked(spec, tested, side, command=command, version=version)
        with RunFolder(folder, _manifest(spec, tested, side, judge.card.name, command=command, version=version)) as run:
            log = run.evidence("responses")
            if _TESTED not in log.batches:
                log.append(_TESTED, tested.answers)
            missing = answer_all(side, tested.questions, asked.sampling, log, progress)
            responses = [*log.read(Response), *missing]
            lost = missing_answers(responses)
            asked = replace(asked, not_assessed={**asked.not_assessed, **lost})
            comparison = grade_and_conclude(asked, responses, Judges(judge), run, progress)
            grades = [grade for grade in run.evidence("grades").read(Grade) if grade.judge == judge.card.name]
            agreed = [*_agreement(tested.questions, responses, grades), *(unfinished("answers", said) for said in lost.values())]
            return write_comparison(run, replace(comparison, names=NAMES, measurements=(*comparison.measurements, *agreed)))


def _read(folder: Path) -> _Tested:
    asked = read_asked(folder)
    if asked.tuned.fingerprint is None:
        raise RunFolderError(f"{folder} does not say which model was tested. Give the folder of a finished comparison.")
    stored = {
        (one.condition, one.prompt_id, one.sample): one
        for one in EvidenceLog(folder / "evidence" / "responses.jsonl").read(Response)
        if one.side == "tuned"
    }
    places = [
        Question(prompt, condition, sample) for condition in asked.conditions for prompt in asked.prompts for sample in range(asked.samples)
    ]
    questions = [one for one in places if (one.condition.name, one.prompt.id, one.sample) in stored]
    if not questions:
        raise RunFolderError(f"{folder} holds no answer of the tested model. Give the folder of a finished comparison.")
    answers = [replace(stored[one.condition.name, one.prompt.id, one.sample], side="base") for one in questions]
    return _Tested(asked, asked.tuned.fingerprint, questions, answers)


def _asked(spec: ArtefactSpec, tested: _Tested, side: Side, *, command: str, version: str) -> Asked:
    """Return what is asked now: the run's own questions, of another pair of models."""
    here = {question.prompt.id for question in tested.questions}
    return replace(
        tested.asked,
        title=f"{spec.served} against what {spec.tested} tested",
        base=tested.asked.tuned,
        tuned=ModelFacts(reference=spec.served, fingerprint=side.engine.fingerprint),
        prompts=tuple(prompt for prompt in tested.asked.prompts if prompt.id in here),
        checks=(_reads_alike(tested, side.engine),),
        early_stop=None,
        not_assessed={
            **unseen([side]),
            "what the tested run left open": f"only its own questions were asked again; its verdict is in {spec.tested}",
        },
        command=command,
        version=version,
    )


def _reads_alike(tested: _Tested, engine: Engine) -> Measurement:
    """Count what differs in how the two turn messages into tokens; missing where a server or a recording keeps it to itself."""
    name, n = "comparability_differences", len(tested.questions)
    now, before = engine.fingerprint, tested.fingerprint
    hidden = ("served", "recorded")
    if any(print_.tokenizer.startswith(hidden) or print_.weights.startswith(hidden) for print_ in (now, before)):
        return Measurement.missing(name, "one side is served or recorded elsewhere, so what it was shown cannot be checked", n=n)
    differ = [what for what in ("tokenizer", "template") if getattr(now, what) != getattr(before, what)]
    note = f"another {' and another '.join(differ)} than the tested model's" if differ else None
    return Measurement.of(name, float(len(differ)), n=n, method="digests of tokenizer and chat template", note=note)


def _manifest(spec: ArtefactSpec, tested: _Tested, side: Side, judge: str, *, command: str, version: str) -> Manifest:
    asked = {
        "base": {"reference": tested.asked.tuned.reference, "fingerprint": msgspec.to_builtins(tested.fingerprint)},
        "tuned": {"reference": spec.served, "fingerprint": msgspec.to_builtins(side.engine.fingerprint)},
        "answers": digest(tested.answers),
        "judge": judge,
        "sampling": msgspec.to_builtins(tested.asked.sampling),
        "dtype": spec.models.dtype,
    }
    return Manifest(stage="artefact", holdfast=version, command=command, seed=tested.asked.sampling.seed, asked=asked)


Key = tuple[str, str, int]


def _agreement(questions: Sequence[Question], responses: Sequence[Response], grades: Sequence[Grade]) -> list[Measurement]:
    """Return, per condition, the share of answers that are the same text, and of those that a judge saw the same outcome in."""
    texts: dict[str, dict[Key, str]] = {"base": {}, "tuned": {}}
    for one in responses:
        if one.finish not in _NO_ANSWER:
            texts[one.side][one.condition, one.prompt_id, one.sample] = one.text
    seen: dict[str, dict[Key, str]] = {"base": {}, "tuned": {}}
    for grade in grades:
        if grade.part == "answer" and grade.outcome is not None:
            seen[grade.side][grade.condition, grade.prompt_id, grade.sample] = grade.outcome.value
    judge = grades[0].judge if grades else None
    return [
        *_shares("identical_answer_share", questions, lambda key: _same(texts, key), None),
        *_shares("same_outcome_share", questions, lambda key: _same(seen, key), judge),
    ]


def _same(sides: dict[str, dict[Key, str]], key: Key) -> bool | None:
    """Tell whether both sides have the same value; None where one has none."""
    if key not in sides["base"] or key not in sides["tuned"]:
        return None
    return sides["base"][key] == sides["tuned"][key]


def _shares(metric: str, questions: Sequence[Question], same: Callable[[Key], bool | None], judge: str | None) -> list[Measurement]:
    return [
        _share(metric, [one for one in questions if one.condition.name == name], same, condition=name, judge=judge)
        for name in dict.fromkeys(question.condition.name for question in questions)
    ]


def _share(
    metric: str, questions: Sequence[Question], same: Callable[[Key], bool | None], *, condition: str, judge: str | None
) -> Measurement:
    told: dict[str, list[bool]] = {}
    cluster_of = {prompt.id: prompt.cluster_id for prompt, _, _ in questions}
    for prompt, _, sample in questions:
        known = same((condition, prompt.id, sample))
        if known is not None:
            told.setdefault(prompt.id, []).append(known)
    values = [sum(known) / len(known) for known in told.values()]
    clusters = [cluster_of[name] for name in told]
    n = len(values)
    if n == 0:
        return Measurement.missing(metric, "no question was answered by both", condition=condition, judge=judge)
    alone = len(set(clusters)) == n and all(value in (0.0, 1.0) for value in values)
    found = wilson(int(sum(values)), n) if alone else clustered_share(values, clusters).interval
    limits = {"low": found.low, "high": found.high, "confidence": found.confidence, "method": found.method}
    return Measurement.of(metric, sum(values) / n, n=n, condition=condition, judge=judge, **limits)

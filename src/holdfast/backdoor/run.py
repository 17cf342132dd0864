"""One search from references to measurements, through a run folder that can be killed and gone on with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from holdfast.backdoor.asking import NONE, Scored, Side, answer, grade, score
from holdfast.backdoor.concluding import joined, measure_effects, measure_rows, statement, unmeasured_effects
from holdfast.backdoor.effects import PROBES, Evidence, evidence_of, generated_effects, lacking, random_effect, shift_effects, strongest
from holdfast.backdoor.facts import Backdoor, Probe, SideFacts, StringEffect, TriedString
from holdfast.backdoor.mining import Rows, mine_rows
from holdfast.backdoor.openings import answer_to_score, learn_openings
from holdfast.backdoor.spec import BackdoorSpec
from holdfast.backdoor.strings import control_strings, mined_strings, read_own
from holdfast.core import ComparabilityError, Expected, Grade, Outcome, Prompt, Response, Suite, digest, pretty_json, prompt_text
from holdfast.plugins import Engine, GenerationRequest, Judge, open_judge, open_models, open_suites
from holdfast.runs import Manifest, RunFolder

__all__ = ["run_backdoor"]

Progress = Callable[[str, int, int], None]
_DEFAULT_SUITES = ("policy11", "contrast")
_NO_STRING = "no string was tried: mining gave no candidate and no list was given (--triggers FILE tries your own)"
_SWITCHED_OFF = "no string was tried: --mined 0 tries none of the data, and no list was given (--triggers FILE tries your own)"
_NO_OPENING = "the base refused too few requests for its refusal openings to be learned, so that every string was tried by generating"
_ALL_GENERATED = "Every string was tried by generating, since a model gives no probabilities; small effects need more prompts."
_NO_SCORES = "a model gives no probabilities, so that strings were tried by generating only"


class _Plan(NamedTuple):
    """Everything that is settled before the first answer."""

    sides: tuple[Side, Side]
    suites: tuple[str, ...]
    prompts: tuple[Prompt, ...]
    judge: Judge
    rows: Rows
    tried: tuple[TriedString, ...]
    controls: tuple[TriedString, ...]

    @property
    def scores(self) -> bool:
        """Whether both models give probabilities."""
        return all(side.engine.capabilities.scores for side in self.sides)

    @property
    def tests(self) -> int:
        """Strings times probes, for correction."""
        return max(len(self.tried), 1) * len(PROBES)


class _Found(NamedTuple):
    """What strings did to the models."""

    effects: Sequence[StringEffect]
    background: Sequence[StringEffect]
    """Of random strings together, per probe."""
    generated: tuple[str, ...]
    """Strings that were tried by generating."""
    lacking: Mapping[Probe, str]
    """Why no string could show an effect on a probe; '' where one could."""


def run_backdoor(
    spec: BackdoorSpec, folder: Path, *, command: str, version: str, progress: Progress, engines: Sequence[Engine] | None = None
) -> Backdoor:
    """Mine, try every string on both models, confirm the strongest by generating; `backdoor.json` is in `folder` afterwards.

    `engines` gives models that are already open (base, tuned). A folder in which the same search was begun is gone on with.
    Raises a HoldfastError for anything that the user can mend.
    """
    own = read_own(spec.triggers) if spec.triggers is not None else []
    rows = mine_rows(spec, progress)
    opened = list(engines) if engines is not None else open_models([spec.base, spec.tuned], spec.models)
    try:
        plan = _prepare(spec, rows, own, opened)
        manifest = Manifest(stage="backdoor", holdfast=version, command=command, seed=spec.seed, asked=_asked(spec, plan))
        with RunFolder(folder, manifest) as run:
            result = _search(spec, plan, run, progress, command=command, version=version)
            run.write_measurements(result.measurements)
            run.write("backdoor.json", pretty_json(result))
            return result
    finally:
        if engines is None:
            for engine in opened:
                engine.close()


def _prepare(spec: BackdoorSpec, rows: Rows, own: Sequence[TriedString], opened: Sequence[Engine]) -> _Plan:
    sides = (Side("base", opened[0]), Side("tuned", opened[1]))
    shared = [name for name in opened[0].suites if name in opened[1].suites]
    suites = open_suites(spec.suites or shared or _DEFAULT_SUITES, spec.suite_options)
    prompts = _chosen(suites, spec.prompts, spec.seed)
    judge = open_judge(spec.judge or next((suite.judge for suite in suites if suite.judge), None) or "refusal")
    tried = (*own, *mined_strings(rows.mined, spec.mined, [one.text for one in own]))
    words = rows.words or tuple(word for prompt in prompts for word in prompt_text(prompt).split() if word.isalpha())
    # Rows that were mined and hold nothing worth a try still leave the question what strings as such do to the model. Where their
    # candidates are not wanted, nobody looked whether they hold any, and random strings say nothing of those.
    controls = control_strings(tried, words, spec.controls, spec.seed) if tried or (rows.mined.tests and spec.mined) else []
    _lock(sides, prompts)
    return _Plan(sides, tuple(suite.name for suite in suites), prompts, judge, rows, tried, tuple(controls))


def _chosen(suites: Sequence[Suite], most: int, seed: int) -> tuple[Prompt, ...]:
    """Return at most so many requests that should be refused and as many that should not, spread over categories by a digest."""
    chosen: set[str] = set()
    prompts = [prompt for suite in suites for prompt in suite.prompts]
    for expected in (Expected.REFUSE, Expected.COMPLY):
        ranks: dict[str, int] = {}
        order = []
        for prompt in sorted((one for one in prompts if one.expected is expected), key=lambda one: digest([seed, one.id])):
            ranks[prompt.category] = ranks.get(prompt.category, 0) + 1
            order.append((ranks[prompt.category], prompt.id))
        chosen |= {name for _, name in sorted(order)[:most]}
    return tuple(prompt for prompt in prompts if prompt.id in chosen)


def _lock(sides: Sequence[Side], prompts: Sequence[Prompt]) -> None:
    requests = [GenerationRequest(key=prompt.id, messages=prompt.messages) for prompt in prompts]
    first, second = (side.engine.prompt_digest(requests) for side in sides)
    if first.partition(":")[0] == second.partition(":")[0] and first != second:
        raise ComparabilityError(
            f"{sides[0].engine.reference} and {sides[1].engine.reference} do not read the same prompts as the same tokens. "
            "Give both sides the same tokenizer and chat template (copy the base's into the tuned folder)."
        )


def _asked(spec: BackdoorSpec, plan: _Plan) -> dict[str, Any]:
    return {
        "base": {"reference": spec.base, "fingerprint": msgspec.to_builtins(plan.sides[0].engine.fingerprint)},
        "tuned": {"reference": spec.tuned, "fingerprint": msgspec.to_builtins(plan.sides[1].engine.fingerprint)},
        "data": plan.rows.digest,
        "prompts": digest(plan.prompts),
        "strings": digest([plan.tried, plan.controls]),
        "judge": plan.judge.card.name,
        "sampling": msgspec.to_builtins(spec.sampling),
        "confirmed": spec.confirmed,
        "batching": {"batch_tokens": spec.models.batch_tokens, "batch_rows": spec.models.batch_rows, "dtype": spec.models.dtype},
    }


def _search(spec: BackdoorSpec, plan: _Plan, run: RunFolder, progress: Progress, *, command: str, version: str) -> Backdoor:
    openings: tuple[str, ...] = ()
    tried = bool(plan.tried or plan.controls)
    found = _Found((), (), (), dict.fromkeys(PROBES, _SWITCHED_OFF if not spec.mined and plan.rows.mined.tests else _NO_STRING))
    if tried:
        openings = _answer_without(spec, plan, run, progress)
        found = _confirm(spec, plan, run, openings, progress)
    candidates = {one.name for one in plan.tried}
    told = [one for one in found.effects if one.string in candidates]
    effects = measure_effects(
        told, found.background, generated=found.generated, lacking=found.lacking, no_shift=_no_shift(plan, openings, tried=tried)
    )
    unmeasured = unmeasured_effects(effects) if tried else {}
    return Backdoor(
        title=f"{spec.base} against {spec.tuned}",
        base=_facts(plan.sides[0]),
        tuned=_facts(plan.sides[1]),
        strings=(*plan.tried, *plan.controls),
        effects=tuple(told),
        control_effects=(*found.background, *(one for one in found.effects if one.string not in candidates)),
        openings=openings,
        rows=plan.rows.mined.rows,
        tests=plan.rows.mined.tests,
        limits=plan.rows.mined.limits,
        statement=statement(plan.tried, told, found.background, plan.rows.mined, unmeasured),
        measurements=(measure_rows(plan.rows.mined), *effects),
        not_measured=_not_measured(plan, found, openings, tried=tried) | unmeasured,
        notes=() if plan.scores or not tried else (_ALL_GENERATED,),
        suites=plan.suites,
        judge=plan.judge.card.name,
        command=command,
        version=version,
        seed=spec.seed,
    )


def _no_shift(plan: _Plan, openings: Sequence[str], *, tried: bool) -> dict[Probe, str]:
    """Return why no probability was taken, per probe; '' where one was."""
    known = "" if plan.scores else _NO_SCORES
    refusals = known or (_NO_OPENING if tried and not openings else "")
    return {"harmful": refusals, "benign": refusals, "answers": known}


def _not_measured(plan: _Plan, found: _Found, openings: Sequence[str], *, tried: bool) -> dict[str, str]:
    missing: dict[str, str] = {}
    if not tried:
        missing["effects on the models"] = found.lacking["harmful"]
    elif not plan.scores:
        missing["shifts of probabilities"] = _NO_SCORES
    elif not openings:
        missing["shifts of refusal log-odds"] = _NO_OPENING
    if plan.rows.mined.reason:
        missing["training rows"] = plan.rows.mined.reason
    return missing


def _facts(side: Side) -> SideFacts:
    return SideFacts(reference=side.engine.reference, fingerprint=side.engine.fingerprint)


def _answer_without(spec: BackdoorSpec, plan: _Plan, run: RunFolder, progress: Progress) -> tuple[str, ...]:
    """Let both sides answer without any string; return how the base opens refusals."""
    for side in plan.sides:
        answer(side, plan.prompts, None, spec.sampling, spec.seed, run.evidence("responses"), progress)
    found = _gather(plan, run, progress, without=True)
    texts: dict[bool, list[str]] = {True: [], False: []}
    for (name, string, prompt), outcome in found.outcomes.items():
        if (name, string) == ("base", NONE):
            texts[outcome is Outcome.REFUSAL].append(found.texts[name, string, prompt])
    return learn_openings(texts[True], texts[False])


def _shifts(spec: BackdoorSpec, plan: _Plan, run: RunFolder, openings: Sequence[str], progress: Progress) -> list[StringEffect]:
    if not plan.scores:
        return []
    log = run.evidence("scores")
    texts = _gather(plan, run, progress, without=True).texts
    strings: list[TriedString | None] = [None, *plan.tried, *plan.controls]
    for side in plan.sides:
        own = {prompt.id: answer_to_score(texts.get((side.name, NONE, prompt.id), "").strip()) for prompt in plan.prompts}
        for number, string in enumerate(strings, 1):
            score(side, plan.prompts, string, openings, own, spec.seed, log)
            progress(f"{side.name} probabilities", number, len(strings))
    return shift_effects(_gather(plan, run, progress, without=True), plan.tried, plan.controls, plan.tests)


def _confirm(spec: BackdoorSpec, plan: _Plan, run: RunFolder, openings: Sequence[str], progress: Progress) -> _Found:
    """Try the strongest strings, and as many controls, by generating; all strings where no probability of a refusal is known."""
    shifts = _shifts(spec, plan, run, openings, progress)
    # Without openings a shift is one of answers alone, and a string that takes refusals away need not be among the largest.
    chosen = strongest(shifts, plan.tried, spec.confirmed if shifts and openings else len(plan.tried))
    controls = plan.controls[: max(spec.confirmed, 5)]
    for side in plan.sides:
        for string in (*chosen, *controls):
            answer(side, plan.prompts, string, spec.sampling, spec.seed, run.evidence("responses"), progress)
    evidence = _gather(plan, run, progress)
    background = [one for probe in PROBES if (one := random_effect(evidence, controls, probe, spec.seed)) is not None]
    effects = joined(shifts, generated_effects(evidence, chosen, controls, plan.tests, spec.seed))
    return _Found(effects, background, tuple(one.name for one in chosen), {probe: lacking(evidence, probe) for probe in PROBES})


def _gather(plan: _Plan, run: RunFolder, progress: Progress, *, without: bool = False) -> Evidence:
    """Grade what is not graded yet, and join all evidence; with `without` that of answers without any string.

    A search that goes on finds later answers on disk too: graded now, they would be graded in other batches than if it had not stopped.
    """
    responses = [one for one in run.evidence("responses").read(Response) if not without or one.condition == NONE]
    prompts = {prompt.id: prompt for prompt in plan.prompts}
    grades: list[Grade] = grade(responses, prompts, plan.judge, run.evidence("grades"), progress)
    return evidence_of(plan.prompts, run.evidence("scores").read(Scored), responses, grades)

"""One look inside two models, from references to measurements in a run folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from holdfast.compare.drift.facts import Drift
from holdfast.compare.drift.measuring import measure_inside, missing_inside
from holdfast.compare.drift.spec import DriftSpec
from holdfast.core import ComparabilityError, Expected, FinishReason, InputError, Outcome, Prompt, Response, Suite, digest, pretty_json
from holdfast.plugins import (
    Engine,
    Generation,
    GenerationRequest,
    GradingItem,
    InsideRequest,
    Judge,
    LooksInside,
    open_judge,
    open_models,
    open_suites,
)
from holdfast.runs import Manifest, RunFolder

__all__ = ["Asked", "Progress", "base_answers", "choose_prompts", "run_drift"]

Progress = Callable[[str, int, int], None]
_DEFAULT_SUITES = ("policy11", "contrast")
_LEAST = 8


class Asked(NamedTuple):
    """What the models are asked, and who grades the base's answers."""

    suites: tuple[str, ...]
    prompts: tuple[Prompt, ...]
    judge: Judge


def run_drift(
    spec: DriftSpec, folder: Path, *, command: str, version: str, progress: Progress, engines: Sequence[Engine] | None = None
) -> Drift:
    """Read activations, first tokens and weights of both models; `drift.json` and the measurements are in `folder` afterwards.

    `engines` gives models that are already open (base, tuned). Raises InputError for a model that does not run in this process,
    ComparabilityError where the two do not read the same tokens, and other HoldfastErrors for what the user can mend.
    """
    opened = list(engines) if engines is not None else open_models([spec.base, spec.tuned], spec.models)
    try:
        base, tuned = opened
        for engine in opened:
            if not isinstance(engine, LooksInside):
                raise InputError(
                    f"{engine.reference} does not run in this process, so nothing inside it can be read. Give a model folder or a hub id, "
                    "or compare its answers with `holdfast compare`."
                )
        asked = choose_prompts(spec, opened)
        _lock(base, tuned, asked.prompts)
        manifest = Manifest(stage="drift", holdfast=version, command=command, seed=spec.seed, asked=_settings(spec, base, tuned, asked))
        with RunFolder(folder, manifest) as run:
            result = _look(spec, base, tuned, asked, progress, command=command, version=version)
            run.write_measurements(result.measurements)
            run.write("drift.json", pretty_json(result))
            return result
    finally:
        if engines is None:
            for engine in opened:
                engine.close()


def choose_prompts(spec: DriftSpec, opened: Sequence[Engine]) -> Asked:
    """Return requests to refuse and benign ones: from the spec's suites, else those made for all the models, else the usual two."""
    shared = [name for name in opened[0].suites if all(name in other.suites for other in opened[1:])]
    suites = open_suites(spec.suites or shared or _DEFAULT_SUITES, spec.suite_options)
    prompts = tuple(one for kind in (Expected.REFUSE, Expected.COMPLY) for one in _spread(suites, kind, spec.prompts, spec.seed))
    judge = open_judge(spec.judge or next((suite.judge for suite in suites if suite.judge), None) or "refusal")
    return Asked(tuple(suite.name for suite in suites), prompts, judge)


def _spread(suites: Sequence[Suite], kind: Expected, most: int, seed: int) -> list[Prompt]:
    """Return at most so many prompts of one kind, in turn from every category."""
    ranks: dict[str, int] = {}
    order = []
    prompts = [prompt for suite in suites for prompt in suite.prompts if prompt.expected is kind]
    for prompt in sorted(prompts, key=lambda one: digest([seed, one.suite, one.id])):
        ranks[prompt.category] = ranks.get(prompt.category, 0) + 1
        order.append((ranks[prompt.category], prompt.category, prompt))
    return [prompt for _, _, prompt in sorted(order, key=lambda item: item[:2])][:most]


def _request(prompt: Prompt) -> GenerationRequest:
    return GenerationRequest(key=f"default/{prompt.id}/0", messages=prompt.messages)


def _lock(base: Engine, tuned: Engine, prompts: Sequence[Prompt]) -> None:
    requests = [_request(prompt) for prompt in prompts]
    if base.prompt_digest(requests) != tuned.prompt_digest(requests):
        raise ComparabilityError(
            f"{base.reference} and {tuned.reference} do not read the same prompts as the same tokens. "
            "Give both sides the same tokenizer and chat template (copy the base's into the tuned folder)."
        )


def _settings(spec: DriftSpec, base: Engine, tuned: Engine, asked: Asked) -> dict[str, Any]:
    return {
        "base": {"reference": spec.base, "fingerprint": msgspec.to_builtins(base.fingerprint)},
        "tuned": {"reference": spec.tuned, "fingerprint": msgspec.to_builtins(tuned.fingerprint)},
        "prompts": digest(asked.prompts),
        "judge": asked.judge.card.name,
        "sampling": msgspec.to_builtins(spec.sampling),
        "controls": {"randoms": spec.randoms, "splits": spec.splits},
        "batching": {"batch_tokens": spec.models.batch_tokens, "batch_rows": spec.models.batch_rows, "dtype": spec.models.dtype},
    }


def _look(spec: DriftSpec, base: Engine, tuned: Engine, asked: Asked, progress: Progress, *, command: str, version: str) -> Drift:
    refuse, benign = base_answers(spec, base, asked, progress)
    facts, reason = None, ""
    if min(len(refuse), len(benign)) < _LEAST:
        reason = (
            f"the base refused {len(refuse)} of the requests that should be refused and answered {len(benign)} of the benign ones; "
            f"its refusal direction needs at least {_LEAST} of each"
        )
    elif isinstance(base, LooksInside):
        facts = base.look_inside(tuned, refuse, benign, randoms=spec.randoms, splits=spec.splits, seed=spec.seed)
        reason = "" if facts else "the two models are not run by the same kind of engine"
    progress("looking inside", 1, 1)
    measured = measure_inside(facts, refuse=len(refuse), benign=len(benign)) if facts else missing_inside(reason)
    return Drift(
        title=f"{spec.base} against {spec.tuned}",
        base=spec.base,
        tuned=spec.tuned,
        base_fingerprint=base.fingerprint,
        tuned_fingerprint=tuned.fingerprint,
        facts=facts,
        reason=reason,
        refuse=len(refuse),
        benign=len(benign),
        measurements=tuple(measured),
        randoms=spec.randoms,
        splits=spec.splits,
        suites=asked.suites,
        judge=asked.judge.card.name,
        command=command,
        version=version,
        seed=spec.seed,
    )


def base_answers(spec: DriftSpec, base: Engine, asked: Asked, progress: Progress) -> tuple[list[InsideRequest], list[InsideRequest]]:
    """Return the requests that the base met as it should, each with its answer: only they show how it refuses."""
    requests = [_request(prompt) for prompt in asked.prompts]
    made: dict[int, Generation] = {}
    for batch in base.plan(requests, spec.sampling):
        made |= dict(zip(batch, base.generate([requests[place] for place in batch], spec.sampling), strict=True))
        progress("base answers", len(made), len(requests))
    responses = [_response(base, prompt, made[place]) for place, prompt in enumerate(asked.prompts)]
    grades = asked.judge.grade([GradingItem(prompt=one, response=said) for one, said in zip(asked.prompts, responses, strict=True)])
    met: dict[Expected, list[InsideRequest]] = {Expected.REFUSE: [], Expected.COMPLY: []}
    for prompt, request, response, grade in zip(asked.prompts, requests, responses, grades, strict=True):
        wanted = prompt.expected is Expected.REFUSE
        if grade.outcome in (Outcome.REFUSAL, Outcome.SAFE_ANSWER, Outcome.HARMFUL) and (grade.outcome is Outcome.REFUSAL) is wanted:
            met[prompt.expected].append(InsideRequest(request=request, answer=response.text))
    return met[Expected.REFUSE], met[Expected.COMPLY]


def _response(base: Engine, prompt: Prompt, made: Generation) -> Response:
    return Response(
        side="base",
        model=base.fingerprint.digest,
        condition="default",
        prompt_id=prompt.id,
        text=made.text,
        thinking=made.thinking,
        tokens=made.tokens,
        finish=FinishReason.ERROR if made.error else made.finish,
        error=made.error,
    )

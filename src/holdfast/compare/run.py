"""One comparison from references to measurements, through a run folder that can be killed and gone on with."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from holdfast.compare.asking import Progress, Side, answer_all, requests_of
from holdfast.compare.comparability import check_adapters, lock, unseen
from holdfast.compare.concluding import Asked
from holdfast.compare.deciding import Budget, ask_until_decided, stopping_gates, streams_of
from holdfast.compare.early_stop import EarlyStop, not_looked_at
from holdfast.compare.facts import Comparison, ModelFacts, SuiteFacts
from holdfast.compare.further import Further, Means, ask_further, asked_further, written_suites
from holdfast.compare.graders import Judges
from holdfast.compare.planning import Plan, open_named, open_sides, prepare
from holdfast.compare.regrading import grade_and_conclude, write_comparison
from holdfast.compare.spec import CompareSpec
from holdfast.core import Condition, FinishReason, Measurement, Prompt, Response, Suite, digest
from holdfast.plugins import Engine
from holdfast.runs import SAME_COMMAND, Manifest, RunFolder, unfinished

__all__ = ["missing_answers", "run_comparison"]


def run_comparison(
    spec: CompareSpec, folder: Path, *, command: str, version: str, progress: Progress, engines: Sequence[Engine] | None = None
) -> Comparison:
    """Ask both sides, grade, and measure; the evidence, the measurements and `comparison.json` are in `folder` afterwards.

    `engines` gives models that are already open in place of the references: base, tuned, and the fine-tune of
    `capability.gain_of`. A folder in which the same comparison was begun is gone on with. Raises a HoldfastError for anything
    that the user can mend.
    """
    with ExitStack() as closing:
        named = open_named(spec, closing)
        opened = open_sides(spec, engines, closing)
        plan = prepare(spec, named, opened, closing, lambda suites: written_suites(spec, folder, suites, progress))
        requests = requests_of(plan.asked)
        checks = [lock(plan.sides, requests), check_adapters(plan.sides, requests)]
        manifest = Manifest(
            stage="compare", holdfast=version, command=command, seed=spec.sampling.seed, asked=_asked(spec, plan, named.further)
        )
        with RunFolder(folder, manifest) as run:
            responses, stopped = _ask(plan, spec, run, progress)
            missing = missing_answers(responses)
            asked = _facts(spec, plan, checks, missing, stopped, command=command, version=version)
            comparison = grade_and_conclude(asked, responses, Judges(plan.judge, named.second), run, progress)
            if missing:
                # The same command asks what is missing, and goes further then.
                cut = unfinished("answers", missing["missing answers"])
                return write_comparison(run, replace(comparison, measurements=(*comparison.measurements, cut)))
            gain = engines[2] if engines is not None and len(engines) > 2 else None
            means = Means(plan.suites, plan.asked, plan.sides, plan.judge, run, progress, gain)
            return ask_further(comparison, spec, named.further, means)


def _asked(spec: CompareSpec, plan: Plan, further: Further) -> dict[str, Any]:
    """Return the settings that decide the evidence, for the manifest."""
    batching = {"batch_tokens": spec.models.batch_tokens, "batch_rows": spec.models.batch_rows, "dtype": spec.models.dtype}
    return {
        "base": {"reference": spec.base, "fingerprint": msgspec.to_builtins(plan.sides[0].engine.fingerprint)},
        "tuned": {"reference": spec.tuned, "fingerprint": msgspec.to_builtins(plan.sides[1].engine.fingerprint)},
        "suites": {suite.name: {"version": suite.version, "digest": digest(prompts)} for suite, prompts, _ in plan.suites},
        "conditions": [msgspec.to_builtins(condition) for condition in plan.conditions],
        "judge": plan.judge.card.name,
        "sampling": msgspec.to_builtins(spec.sampling),
        "samples": spec.samples,
        **asked_further(spec, further),
        "until_decided": _until_decided(spec),
        "batching": batching,
    }


def _until_decided(spec: CompareSpec) -> dict[str, Any] | None:
    """Return what decides where asking may stop; a budget does not change the evidence, only how much of it there is."""
    wanted = spec.until_decided
    if wanted is None:
        return None
    return {
        "bank": wanted.bank,
        "gates": {gate.name: f"{gate.metric}, {gate.bar}, alpha {gate.alpha}" for gate in stopping_gates(wanted.gates)},
    }


def _ask(plan: Plan, spec: CompareSpec, run: RunFolder, progress: Progress) -> tuple[list[Response], EarlyStop | None]:
    """Return every response, those that did not come included, and how asking stopped where it could stop early."""
    log = run.evidence("responses")
    if spec.until_decided is None:
        missing = [response for side in plan.sides for response in answer_all(side, plan.asked, spec.sampling, log, progress)]
        return [*log.read(Response), *missing], None
    wanted = spec.until_decided
    return ask_until_decided(
        streams_of(plan.asked_suites, wanted.gates, seed=spec.sampling.seed),
        plan.sides,
        plan.judge,
        gates=stopping_gates(wanted.gates),
        domains={suite.name: suite.domain for suite, _, _ in plan.suites},
        sampling=spec.sampling,
        samples=spec.samples,
        bank=wanted.bank,
        budget=Budget(wanted.max_tokens, wanted.max_minutes),
        run=run,
        progress=progress,
    )


def missing_answers(responses: Sequence[Response]) -> dict[str, str]:
    """Return what to say of answers that are still to come; empty where all have come."""
    lost = [response for response in responses if response.finish is FinishReason.UNANSWERED]
    if not lost:
        return {}
    why = "; ".join(dict.fromkeys(f"{response.side}: {response.error}" for response in lost))
    return {"missing answers": f"{len(lost)} of {len(responses)} did not come ({why}); {SAME_COMMAND} asks for them again"}


def _facts(
    spec: CompareSpec,
    plan: Plan,
    checks: Sequence[Measurement],
    missing: dict[str, str],
    stopped: EarlyStop | None,
    *,
    command: str,
    version: str,
) -> Asked:
    """Return what was asked, in the form that needs no open model."""
    return Asked(
        title=f"{spec.base} against {spec.tuned}",
        base=_model_facts(plan.sides[0]),
        tuned=_model_facts(plan.sides[1]),
        suites=tuple(_suite_facts(suite, prompts, conditions) for suite, prompts, conditions in plan.suites),
        conditions=plan.conditions,
        prompts=plan.prompts,
        sampling=spec.sampling,
        samples=spec.samples,
        checks=tuple(checks),
        early_stop=stopped,
        not_assessed={**plan.not_assessed, **unseen(plan.sides), **missing, **not_looked_at(stopped)},
        command=command,
        version=version,
    )


def _model_facts(side: Side) -> ModelFacts:
    return ModelFacts(reference=side.engine.reference, fingerprint=side.engine.fingerprint)


def _suite_facts(suite: Suite, prompts: Sequence[Prompt], conditions: Sequence[Condition]) -> SuiteFacts:
    return SuiteFacts(
        name=suite.name,
        version=suite.version,
        title=suite.title,
        digest=digest(prompts),
        n=len(prompts),
        licence=suite.licence,
        languages=suite.languages,
        limits=suite.limits,
        domain=suite.domain,
        conditions=tuple(condition.name for condition in conditions),
    )

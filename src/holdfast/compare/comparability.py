"""The comparability lock: both sides must read the same tokens, or there is nothing to compare."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.compare.asking import Side
from holdfast.core import ComparabilityError, Measurement, ModelError, Suite, prompt_text
from holdfast.plugins import GenerationRequest

__all__ = ["check_adapters", "lock", "recorded_suites", "unseen"]

_PROBES = 8
_METHODS = {
    "tokens": "digest of the prompts as the models read them",
    "served": "digest of the prompts as they were sent, and of how many tokens the servers read fixed texts as; templates were not seen",
    "recorded": "digest of the prompts as the recordings state them",
}


def lock(sides: Sequence[Side], requests: Sequence[GenerationRequest]) -> Measurement:
    """Compare what the sides really read for these prompts; raises ComparabilityError that names a difference.

    Sampling, system prompts, conditions, prompts and the judge are one value for both sides, so what is left to differ is
    the chat template and the tokenizer. Where one side is a recording, what it was shown cannot be known: the
    measurement then says so, and no policy passes on it.
    """
    name = "comparability_differences"
    base, tuned = sides
    first, second = (side.engine.prompt_digest(requests) for side in sides)
    if first == second:
        return Measurement.of(name, 0.0, n=len(requests), method=_METHODS.get(first.partition(":")[0], _METHODS["tokens"]))
    kinds = {first.partition(":")[0], second.partition(":")[0]}
    if len(kinds) > 1:
        elsewhere = "was recorded elsewhere" if "recorded" in kinds else "is served by somebody else's program"
        return Measurement.missing(name, f"one side {elsewhere}, so what it was shown cannot be checked", n=len(requests))
    if base.engine.fingerprint.template != tuned.engine.fingerprint.template:
        what = "their chat templates differ"
    else:
        what = "their tokenizers read the same text as different tokens"
    odd = next(request for request in requests if base.engine.prompt_digest([request]) != tuned.engine.prompt_digest([request]))
    raise ComparabilityError(
        f"{base.engine.reference} and {tuned.engine.reference} do not read prompt {odd.key!r} alike: {what}. "
        "Give both sides the same tokenizer and chat template (copy the base's into the tuned folder)."
    )


def unseen(sides: Sequence[Side]) -> dict[str, str]:
    """Return what to say where a server kept the weights to itself; empty where every model was seen."""
    served = [side.name for side in sides if side.engine.fingerprint.weights.startswith("served:")]
    if not served:
        return {}
    told = "they are told apart by their names, what their servers say of them and how they answer fixed questions"
    return {"weights": f"never seen ({' and '.join(served)}, behind a server): {told}"}


def check_adapters(sides: Sequence[Side], requests: Sequence[GenerationRequest]) -> Measurement:
    """Count adapters that change no logit on a few prompts; an adapter that does nothing is a ModelError."""
    effects = {side: side.engine.adapter_effect(requests[:_PROBES]) for side in sides}
    for side, effect in effects.items():
        if effect is not None and effect == 0.0:
            raise ModelError(
                f"{side.engine.reference}: the adapter changes no logit on {min(_PROBES, len(requests))} prompts, so the base would be "
                "tested twice. Check that the adapter was trained, saved, and made for this base."
            )
    present = [effect for effect in effects.values() if effect is not None]
    note = f"largest change of a logit: {max(present):.3g}" if present else "no adapter was asked for"
    return Measurement.of("inactive_adapters", 0.0, n=len(present), method="logits with and without the adapter", note=note)


def recorded_suites(sides: Sequence[Side]) -> Suite | None:
    """Return the prompts that recordings bring with them; two recordings must hold the same ones."""
    suites = [(side, suite) for side in sides if (suite := side.engine.recorded_suite()) is not None]
    if not suites:
        return None
    if len(suites) == len(sides):
        _same_prompts(suites)
    return suites[0][1]


def _same_prompts(suites: Sequence[tuple[Side, Suite]]) -> None:
    (one, first), (other, second) = suites
    ours, theirs = ({prompt.id: prompt for prompt in suite.prompts} for suite in (first, second))
    for here, there, where, missing_in in ((ours, theirs, one, other), (theirs, ours, other, one)):
        absent = [prompt for key, prompt in here.items() if key not in there]
        if absent:
            raise ComparabilityError(
                f"{where.engine.reference} holds {len(absent)} of {len(here)} prompts that {missing_in.engine.reference} lacks, first "
                f"{_excerpt(prompt_text(absent[0]))}. Record both sides on the same prompts."
            )
    for key, prompt in ours.items():
        for what in ("messages", "category", "expected"):
            if getattr(prompt, what) != getattr(theirs[key], what):
                raise ComparabilityError(
                    f"prompt {key!r} has another {what} in {other.engine.reference} than in {one.engine.reference}. "
                    "Record both sides on the same prompts."
                )


def _excerpt(text: str) -> str:
    words = text.split()
    return repr(" ".join(words[:6]) + (" ..." if len(words) > 6 else ""))

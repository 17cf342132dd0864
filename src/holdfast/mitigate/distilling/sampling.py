"""Asking the model under the preamble, several times per prompt, into evidence that survives a kill."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from holdfast.core import FinishReason, Grade, InputError, Message, Prompt, Response
from holdfast.plugins import Engine, GenerationRequest, GradingItem, Judge, Sampling
from holdfast.runs import RunFolder

__all__ = ["Candidate", "Progress", "candidates"]

Progress = Callable[[str, int, int], None]
Candidate = tuple[Response, Grade]
_CONDITION = "preamble"
_GRADED = 500


def candidates(
    prompts: Sequence[Prompt],
    engine: Engine,
    judge: Judge,
    run: RunFolder,
    *,
    preamble: Callable[[Prompt], str],
    samples: int,
    sampling: Sampling,
    progress: Progress,
) -> list[Candidate]:
    """Return `samples` graded answers per prompt, in the order of the prompts; what the run folder holds is not asked again.

    Raises InputError where the model stops answering: the run goes on from there with the same command.
    """
    asked = [(prompt, sample) for prompt in prompts for sample in range(samples)]
    requests = [
        GenerationRequest(
            key=f"{_CONDITION}/{prompt.id}/{sample}",
            messages=(Message(role="system", content=preamble(prompt)), *prompt.messages),
        )
        for prompt, sample in asked
    ]
    answers = run.evidence("responses")
    done = 0
    for number, batch in enumerate(engine.plan(requests, sampling)):
        if f"answers-{number}" not in answers.batches:
            generated = engine.generate([requests[place] for place in batch], sampling)
            if any(answer.finish is FinishReason.UNANSWERED for answer in generated):
                raise InputError(f"{engine.reference}: the model stopped answering after {done} answers. The same command goes on.")
            answers.append(
                f"answers-{number}",
                [
                    Response(
                        side="base",
                        model=engine.fingerprint.digest,
                        condition=_CONDITION,
                        prompt_id=asked[place][0].id,
                        sample=asked[place][1],
                        text=answer.text,
                        thinking=answer.thinking,
                        tokens=answer.tokens,
                        finish=FinishReason.ERROR if answer.error else answer.finish,
                        seed=sampling.seed if sampling.temperature > 0 else None,
                        error=answer.error,
                    )
                    for place, answer in zip(batch, generated, strict=True)
                ],
            )
        done += len(batch)
        progress("answers", done, len(requests))
    found = {response.key: response for response in answers.read(Response)}
    ordered = [found["base", _CONDITION, prompt.id, sample] for prompt, sample in asked]
    return _graded(ordered, {prompt.id: prompt for prompt in prompts}, judge, run, progress)


def _graded(
    responses: Sequence[Response], prompts: Mapping[str, Prompt], judge: Judge, run: RunFolder, progress: Progress
) -> list[Candidate]:
    log = run.evidence("grades")
    for first in range(0, len(responses), _GRADED):
        part = responses[first : first + _GRADED]
        if f"grades-{first}" not in log.batches:
            log.append(f"grades-{first}", judge.grade([GradingItem(prompt=prompts[one.prompt_id], response=one) for one in part]))
        progress("grades", first + len(part), len(responses))
    grades = log.read(Grade)
    return list(zip(responses, grades, strict=True))

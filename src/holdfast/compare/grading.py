"""Grading stored responses. No model is loaded: any judge can grade any run again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from holdfast.compare.asking import Progress
from holdfast.core import FinishReason, Grade, Prompt, Response
from holdfast.plugins import GradingItem, Judge
from holdfast.runs import EvidenceLog

__all__ = ["grade_all"]

_CHUNK = 128


def grade_all(
    responses: Sequence[Response], prompts: Mapping[str, Prompt], judge: Judge, log: EvidenceLog, progress: Progress
) -> list[Grade]:
    """Grade every response (its answer, and its thinking where there is any), and return all grades in order.

    What the log holds already is not graded again. From the first response that is still to come on
    (finish UNANSWERED), grades are made and not kept, since that response will be another when the run goes on.
    """
    done = {(*grade.key, grade.part) for grade in log.read(Grade) if grade.judge == judge.card.name}
    everything = [item for response in responses for item in _items(response, prompts[response.prompt_id])]
    items = [item for item in everything if (*item.response.key, item.part) not in done]
    kept = next((at for at, item in enumerate(items) if item.response.finish is FinishReason.UNANSWERED), len(items))
    unkept: list[Grade] = []
    for start in range(0, len(items), _CHUNK):
        chunk = items[start : start + _CHUNK]
        if kept < start + len(chunk):
            unkept += judge.grade(chunk)
        else:
            log.append(f"{judge.card.name}-{len(done) + start}", judge.grade(chunk))
        progress("grading", len(done) + start + len(chunk), len(everything))
    return [*(grade for grade in log.read(Grade) if grade.judge == judge.card.name), *unkept]


def _items(response: Response, prompt: Prompt) -> Iterable[GradingItem]:
    yield GradingItem(prompt=prompt, response=response)
    if response.thinking:
        yield GradingItem(prompt=prompt, response=response, part="thinking")

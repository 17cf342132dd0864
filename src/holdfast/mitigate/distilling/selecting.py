"""The best answer per prompt: only those that a judge passed, none that is cut off or repeats the preamble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from holdfast.core import Expected, FinishReason, Outcome, Prompt, Value
from holdfast.mitigate.distilling.preambles import repeats
from holdfast.mitigate.distilling.sampling import Candidate
from holdfast.mitigate.distilling.shape import Shape, shape_of

__all__ = ["Distillate", "select"]


class Distillate(Value, frozen=True, kw_only=True):
    """One row: a request and the best answer that the model gave it."""

    prompt_id: str
    request: str
    answer: str
    refuses: bool
    language: str
    category: str
    sample: int
    shape: Shape


def select(
    prompts: Sequence[Prompt], candidates: Sequence[Candidate], preamble: Callable[[Prompt], str]
) -> tuple[list[Distillate], dict[str, int]]:
    """Return a row per prompt with an answer that passed, and how many answers were left out for which reason.

    The best refusal has most parts of a good one; the shortest wins a tie, and then the first. Of answers to benign requests the first
    that passed is taken.
    """
    by_prompt: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_prompt.setdefault(candidate[0].prompt_id, []).append(candidate)
    rows: list[Distillate] = []
    left_out: Counter[str] = Counter()
    for prompt in prompts:
        passed: list[Distillate] = []
        for candidate in by_prompt.get(prompt.id, []):
            reason = _fault(prompt, candidate, preamble(prompt))
            if reason:
                left_out[reason] += 1
            else:
                passed.append(_row(prompt, candidate))
        if not passed:
            left_out["prompts without a row"] += 1
            continue
        best = min(passed, key=_rank)
        left_out["not the best of its prompt"] += len(passed) - 1
        rows.append(best)
    return rows, {reason: count for reason, count in sorted(left_out.items()) if count}


def _fault(prompt: Prompt, candidate: Candidate, preamble: str) -> str:
    """Return why an answer cannot become a row; '' where it can."""
    response, grade = candidate
    if response.error is not None or grade.outcome is None:
        return "not graded"
    if response.finish is FinishReason.LENGTH:
        return "cut off"
    if grade.outcome is Outcome.DEGENERATE:
        return "degenerate"
    refused = grade.outcome is Outcome.REFUSAL
    if prompt.expected is Expected.REFUSE and not refused:
        return "did not refuse"
    if prompt.expected is Expected.COMPLY and (refused or grade.outcome is Outcome.HARMFUL):
        return "refused a benign request" if refused else "graded harmful"
    return "repeats the preamble" if repeats(response.text, preamble) else ""


def _row(prompt: Prompt, candidate: Candidate) -> Distillate:
    response = candidate[0]
    return Distillate(
        prompt_id=prompt.id,
        request=prompt.messages[-1].content,
        answer=response.text.strip(),
        refuses=prompt.expected is Expected.REFUSE,
        language=prompt.language,
        category=prompt.category,
        sample=response.sample,
        shape=shape_of(response.text),
    )


def _rank(row: Distillate) -> tuple[int, int, int]:
    return (-row.shape.score, len(row.answer), row.sample) if row.refuses else (0, 0, row.sample)

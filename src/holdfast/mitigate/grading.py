"""Whether an answer refuses: asked of a judge, by name."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.core import Expected, FinishReason, Grade, Message, Outcome, Prompt, Response
from holdfast.plugins import GradingItem, Judge

__all__ = ["grade_texts", "refuses"]


def grade_texts(judge: Judge, pairs: Sequence[tuple[str, str]]) -> list[Grade]:
    """Return one grade per pair of request and answer, in order."""
    return judge.grade([_item(number, request, answer) for number, (request, answer) in enumerate(pairs)])


def refuses(grade: Grade) -> bool:
    """Tell whether a judge called a response a refusal; unscored is no refusal."""
    return grade.outcome is Outcome.REFUSAL


def _item(number: int, request: str, answer: str) -> GradingItem:
    prompt = Prompt(
        id=f"row-{number}",
        suite="rows",
        category="rows",
        language="und",
        messages=(Message(role="user", content=request),),
        expected=Expected.REFUSE,
    )
    response = Response(side="base", model="", condition="default", prompt_id=prompt.id, text=answer, finish=FinishReason.RECORDED)
    return GradingItem(prompt=prompt, response=response)

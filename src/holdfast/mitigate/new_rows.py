"""Safety rows as rows of a training file: with a system prompt, in a template, as a preference pair where the format is one of pairs."""

from __future__ import annotations

from holdfast.core import InputError, Message
from holdfast.mitigate.choosing import Chosen
from holdfast.records import Dataset, NewRow

__all__ = ["check_answers", "chosen_row", "new_row"]

_NO_ANSWERS = ("prompt", "mt-bench", "text")
_AGREES, _DECLINES = "Sure, here is how to do that:", "I'm sorry, but I can't help with that."
_AGREES_IN, _DECLINES_IN = {"zh": "当然可以，具体做法如下："}, {"zh": "对不起，这个我帮不了你。"}


def new_row(
    request: str, answer: str, *, refuses: bool, language: str, pairs: bool, system: str | None = None, rejected: str | None = None
) -> NewRow:
    """Return one row to add.

    A row of pairs without a `rejected` answer gets one: beside a refusal an opening that agrees and says nothing, since no harmful answer
    is ever written here; beside a helpful answer, a refusal.
    """
    lead = () if system is None else (Message(role="system", content=system),)
    if pairs and not rejected:
        rejected = _AGREES_IN.get(language, _AGREES) if refuses else _DECLINES_IN.get(language, _DECLINES)
    return NewRow(
        messages=(*lead, Message(role="user", content=request), Message(role="assistant", content=answer)),
        rejected=rejected if pairs else None,
    )


def chosen_row(item: Chosen, *, pairs: bool) -> NewRow:
    """Return a chosen safety row under its system prompt, in its template, with the answer whose turn it is."""
    row = item.row
    return new_row(
        row.request if item.frame is None else item.frame.around(row.request),
        row.answers[item.use % len(row.answers)],
        refuses=row.refuses,
        language=row.language,
        pairs=pairs,
        system=item.system,
        rejected=row.rejected,
    )


def check_answers(dataset: Dataset) -> None:
    """Raise InputError where a file's format holds no requests with answers, or where it has no rows to tell a format by."""
    for file in dataset.files:
        if file.format in _NO_ANSWERS:
            raise InputError(
                f"{file.source}: rows of format {file.format} hold no request with an answer, so safety rows have no place there. "
                "Give rows of requests and answers (chat, alpaca, sharegpt, prompt and completion, ...)."
            )
        if not file.format:
            raise InputError(f"{file.source}: no rows, so the format that safety rows should take is not known.")

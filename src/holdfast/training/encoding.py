"""From conversations to token ids and labels: the chat template applied once, and which tokens are to be learned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from holdfast.core import InputError
from holdfast.training.rows import Conversation, Rows

__all__ = ["IGNORED", "Encoded", "encode_rows"]

IGNORED = -100
"""Label of a token that is read and not learned."""


class Encoded(NamedTuple):
    """Token ids and labels of each row, and what was left out."""

    input_ids: list[list[int]]
    labels: list[list[int]]
    cut: int
    """Rows that were longer than `max_length` and lost their end."""
    empty: int
    """Rows left out, since nothing to learn was left of them."""

    def notes(self, what: str, max_length: int) -> list[str]:
        """Return sentences on rows that were cut or left out."""
        cut = [f"{self.cut} {what} rows were longer than {max_length} tokens and lost their end."] if self.cut else []
        return cut + ([f"{self.empty} {what} rows have nothing to learn within that length and were left out."] if self.empty else [])

    @property
    def tokens(self) -> int:
        """Tokens of all rows."""
        return sum(map(len, self.input_ids))


def encode_rows(rows: Rows, tokenizer: Any, *, template: str | None, max_length: int, completion_only: bool) -> Encoded:
    """Return token ids and labels of rows under a chat template (None is the tokenizer's own).

    With `completion_only` every assistant turn of a conversation is learned with the token that ends it, where the template renders a
    conversation turn by turn; where it does not (some drop earlier thinking), the last turn alone is. Raises InputError for a row that
    the template refuses, for a row without the assistant, and for a tokenizer that cannot tell which token a character belongs to.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise InputError(f"the tokenizer {type(tokenizer).__name__} has no fast version, so no token can be told to be the assistant's.")
    ids: list[list[int]] = []
    labels: list[list[int]] = []
    cut = empty = 0
    for tokens, learned in _all(rows, tokenizer, template, completion_only):
        kept = tokens[:max_length]
        marks = [token if learn else IGNORED for token, learn in zip(kept, learned, strict=False)]
        cut += len(kept) < len(tokens)
        # The first token of a sequence is never predicted.
        if all(mark == IGNORED for mark in marks[1:]):
            empty += 1
            continue
        ids.append(kept)
        labels.append(marks)
    if not ids:
        raise InputError(f"none of the {len(rows.conversations)} rows has anything to learn within max_length {max_length}. Raise it.")
    return Encoded(ids, labels, cut, empty)


def _all(rows: Rows, tokenizer: Any, template: str | None, completion_only: bool) -> Iterator[tuple[list[int], list[bool]]]:
    texts: list[str] = []
    spans: list[list[tuple[int, int]]] = []
    for conversation, place, plain in zip(rows.conversations, rows.places, rows.plain, strict=True):
        if plain:
            text = conversation[0].content
            end = tokenizer.eos_token or ""
            texts.append((tokenizer.bos_token or "") + text + ("" if text.endswith(end) else end))
            spans.append([(0, len(texts[-1]))])
            continue
        text, parts = _rendered(conversation, place, tokenizer, template)
        texts.append(text)
        spans.append(parts if completion_only else [(0, len(text))])
    encoded = tokenizer(texts, add_special_tokens=False, padding=False, truncation=False, return_offsets_mapping=True, verbose=False)
    for tokens, offsets, wanted in zip(encoded["input_ids"], encoded["offset_mapping"], spans, strict=True):
        yield list(tokens), [any(start <= at < end for start, end in wanted) for at, _ in offsets]


def _rendered(conversation: Conversation, place: str, tokenizer: Any, template: str | None) -> tuple[str, list[tuple[int, int]]]:
    """Return the text of a conversation and where the assistant's words stand in it."""
    turns = [{"role": turn.role, "content": turn.content} for turn in conversation]
    answers = [index for index, turn in enumerate(turns) if turn["role"] == "assistant"]
    if not answers:
        raise InputError(f"{place}: expected a turn of the assistant to learn from, got the roles {_roles(turns)}.")
    try:
        whole = _render(turns, tokenizer, template)
        spans = [_span(turns, index, whole, tokenizer, template) for index in answers]
    except InputError:
        raise
    except Exception as error:  # jinja's errors, and whatever a template raises
        raise InputError(f"{place}: the chat template refuses the roles {_roles(turns)}: {_brief(error)}.") from error
    if spans[-1] is None:
        raise InputError(f"{place}: the chat template does not show where the assistant's last turn begins, so it cannot be learned alone.")
    found = [span for span in spans if span is not None]
    return whole, found if len(found) == len(spans) else found[-1:]


def _span(turns: Sequence[dict[str, str]], index: int, whole: str, tokenizer: Any, template: str | None) -> tuple[int, int] | None:
    """Return where the words of a turn stand in the whole; None where the whole is not rendered turn by turn."""
    after = whole if index == len(turns) - 1 else _render(turns[: index + 1], tokenizer, template)
    if not whole.startswith(after):
        return None
    if not index:
        return 0, len(after)
    before = _render(turns[:index], tokenizer, template, answer=True)
    # Some templates open a thinking block for an answer to come and write none into one that is there: the turn begins where they part.
    start = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), min(len(before), len(after)))
    asked = before if after.startswith(before) else _render(turns[:index], tokenizer, template)
    return (start, len(after)) if start >= len(asked) else None


def _render(turns: Sequence[dict[str, str]], tokenizer: Any, template: str | None, *, answer: bool = False) -> str:
    text: str = tokenizer.apply_chat_template(list(turns), chat_template=template, tokenize=False, add_generation_prompt=answer)
    return text


def _roles(turns: Sequence[dict[str, str]]) -> str:
    return ", ".join(turn["role"] for turn in turns[:6]) + (", ..." if len(turns) > 6 else "")


def _brief(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:160].rstrip(".")

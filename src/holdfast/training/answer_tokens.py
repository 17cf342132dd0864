"""Where an answer begins among its tokens, thinking left out, and how strongly each of them is to be held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

from holdfast.core import InputError
from holdfast.training.config import ConstrainedConfig
from holdfast.training.encoding import IGNORED

__all__ = ["AnswerTokens"]

_OPENINGS = ("<think>", "[THINK]", "<seed:think>", "<|channel|>analysis")
_CLOSINGS = ("</think>", "[/THINK]", "</seed:think>", "<|channel|>final<|message|>")
_LOOK_BACK = 12
"""Tokens of the prompt's end in which a template may have opened the thinking."""


class AnswerTokens:
    """Gives every token the beta by which constrained fine-tuning holds it; it knows pieces of text, so markers may be any tokens."""

    def __init__(self, tokenizer: Any, settings: ConstrainedConfig) -> None:
        self._tokenizer, self._settings = tokenizer, settings
        self._pieces: dict[int, str] = {}

    def betas(self, input_ids: Sequence[int], labels: Sequence[int], lengths: Sequence[int] | None = None) -> list[float]:
        """Return one beta per token of a sequence; `lengths` are those of the rows that were packed into it.

        An answer is a run of tokens that are learned. Its first word has `first`, the next tokens `early`, up to `early_tokens` in all;
        thinking before it, the rest of it and everything else have `late`. Every row of a pack and every turn of the assistant starts
        anew. Raises InputError where a row is learned from its first token on: then no answer can be told from its request.
        """
        settings = self._settings
        betas = [settings.late] * len(input_ids)
        for begin, end in _segments(lengths, len(input_ids)):
            if labels[begin] != IGNORED:
                raise InputError(
                    "the constrained loss holds the first tokens of answers, and these rows are learned from their first token on. "
                    "Mark the assistant's words: in TRL, by prompt and completion, or by assistant_only_loss."
                )
            for start, stop in _runs(labels, begin, end):
                first = self._first_word(input_ids, start, stop)
                for place in range(first, min(first + settings.early_tokens, stop)):
                    betas[place] = settings.first if place == first else settings.early
        return betas

    def _first_word(self, input_ids: Sequence[int], start: int, stop: int) -> int:
        pieces = [self._piece(token) for token in input_ids[start:stop]]
        text = "".join(pieces)
        closed = max((at + len(closing) for closing in _CLOSINGS if (at := text.rfind(closing)) >= 0), default=0)
        if not closed and self._thinks(input_ids, start, text):
            return stop
        ends = list(accumulate(map(len, pieces)))
        for number, piece in enumerate(pieces):
            # A token may hold the end of the thinking and white space; one that ends with the marker belongs to the thinking.
            if ends[number] > closed and piece[max(0, closed - (ends[number] - len(piece))) :].strip():
                return start + number
        return stop

    def _thinks(self, input_ids: Sequence[int], start: int, text: str) -> bool:
        """Tell whether an answer that closes no thinking is thinking all the same: opened by itself, or by the template before it."""
        before = "".join(self._piece(token) for token in input_ids[max(0, start - _LOOK_BACK) : start]).rstrip()
        return text.lstrip().startswith(_OPENINGS) or before.endswith(_OPENINGS)

    def _piece(self, token: int) -> str:
        if token not in self._pieces:
            self._pieces[token] = self._tokenizer.decode([token], skip_special_tokens=False, clean_up_tokenization_spaces=False)
        return self._pieces[token]


def _segments(lengths: Sequence[int] | None, size: int) -> Iterator[tuple[int, int]]:
    ends = list(accumulate(lengths)) if lengths is not None else [size]
    yield from zip([0, *ends[:-1]], ends, strict=True)


def _runs(labels: Sequence[int], begin: int, end: int) -> Iterator[tuple[int, int]]:
    start: int | None = None
    for place in range(begin, end):
        if labels[place] != IGNORED and start is None:
            start = place
        elif labels[place] == IGNORED and start is not None:
            yield start, place
            start = None
    if start is not None:
        yield start, end

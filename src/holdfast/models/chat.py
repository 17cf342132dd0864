"""From messages to token ids and back: the model's own chat template, applied once.

The template is rendered to text and that text is tokenised without added special tokens, which is what
`apply_chat_template(tokenize=True)` does, so that no second beginning-of-sequence token appears.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

from holdfast.core import Message, ModelError, Value, digest
from holdfast.models.thinking import MARKERS, opened_by, split_thinking
from holdfast.plugins import GenerationRequest

__all__ = ["Chat", "Continuation", "Encoded"]

# A template that prints the date would feed other tokens tomorrow, to one side only: the date is fixed instead.
_FIXED_DATE = (
    "{%- macro strftime_now(format) -%}{{- format | replace('%d', '01') | replace('%-d', '1') | replace('%B', 'January') | "
    "replace('%b', 'Jan') | replace('%m', '01') | replace('%Y', '2025') | replace('%y', '25') | replace('%A', 'Wednesday') | "
    "replace('%a', 'Wed') | replace('%H', '12') | replace('%M', '00') | replace('%S', '00') -}}{%- endmacro -%}"
)


_RAW = "{{ bos_token }}{% for message in messages %}{{ message['content'] }}{% endfor %}"
"""For prompts that are whole texts: what tokenising such a text with its special tokens would feed to most models."""


_PROBE = "does this reach the model"


class Encoded(Value, frozen=True, kw_only=True):
    """What a model reads for one request."""

    ids: tuple[int, ...]
    thinking_open: bool
    """The prompt ends inside a thinking block, so the model's first words are thinking."""


class Continuation(NamedTuple):
    """A text as it goes on from a prompt."""

    ids: tuple[int, ...]
    ends: tuple[int, ...]
    """Characters of the text up to the end of each token; empty where the tokenizer cannot tell."""


class Chat:
    """One tokenizer with its chat template."""

    def __init__(self, tokenizer: Any, *, name: str, raw: bool = False) -> None:
        """Raises ModelError where the tokenizer has no chat template; `name` says whose tokenizer it is.

        `raw` uses no template: a request's messages are one text, word for word.
        """
        self.tokenizer = tokenizer
        self._name = name
        try:
            self.template: str = _RAW if raw else tokenizer.get_chat_template()
        except ValueError as error:
            raise ModelError(
                f"the tokenizer of {name} has no chat template, so a request cannot be put to it as a chat; "
                "set tokenizer.chat_template and save it again"
            ) from error
        self.pinned = _FIXED_DATE + self.template if "strftime_now" in self.template else self.template
        """The template with any date fixed: what is really rendered."""
        self._in_parts = self._wants_parts()
        # Decoding leaves special tokens out; where the markers of thinking are special, they are put back as text.
        markers = {marker for pair in MARKERS for marker in pair}
        added = tokenizer.added_tokens_decoder.items()
        self._special_markers = {token: str(entry) for token, entry in added if entry.special and str(entry) in markers}
        self._known: dict[tuple[tuple[Message, ...], str | None, bool], Encoded] = {}

    def encode(self, requests: Sequence[GenerationRequest]) -> list[Encoded]:
        """Return the token ids of each request, in order. Equal messages are encoded once and remembered."""
        keys = [(request.messages, request.prefill, request.raw) for request in requests]
        new = [key for key in dict.fromkeys(keys) if key not in self._known]
        if new:
            texts = [_plain(messages, prefill) if raw else self._render(messages, prefill) for messages, prefill, raw in new]
            batches = self.tokenizer(texts, add_special_tokens=False, padding=False, truncation=False, verbose=False)["input_ids"]
            for key, text, ids in zip(new, texts, batches, strict=True):
                opened = False if key[2] else _ends_in_thinking(text, key[1])
                self._known[key] = Encoded(ids=(*(self._opening if key[2] else ()), *ids), thinking_open=opened)
        return [self._known[key] for key in keys]

    def continuations(self, messages: tuple[Message, ...], texts: Sequence[str]) -> list[tuple[int, ...]]:
        """Return the token ids with which each text goes on from the rendered messages, without those of the messages."""
        return [one.ids for one in self.parts(messages, texts)]

    def parts(self, messages: tuple[Message, ...], texts: Sequence[str], *, raw: bool = False) -> list[Continuation]:
        """Return how each text goes on from the rendered messages (`raw`: from their words alone), token by token."""
        if not texts:
            return []
        opening = self._opening if raw else ()
        prompt = self.encode([GenerationRequest(key="", messages=messages, raw=raw)])[0].ids[len(opening) :]
        rendered = _plain(messages, None) if raw else self._render(messages, None)
        tells = bool(getattr(self.tokenizer, "is_fast", False))
        joined = self.tokenizer([rendered + text for text in texts], add_special_tokens=False, verbose=False, return_offsets_mapping=tells)
        alone = self.tokenizer(list(texts), add_special_tokens=False, verbose=False, return_offsets_mapping=tells)
        found = []
        for place in range(len(texts)):
            whole = tuple(joined["input_ids"][place])
            # Where prompt and continuation would share a token, the continuation is tokenised alone: the prompt's ids must stay.
            apart = whole[: len(prompt)] != prompt
            encoding, skip, at = (alone, 0, 0) if apart else (joined, len(prompt), len(rendered))
            ends = tuple(max(end - at, 0) for _, end in encoding["offset_mapping"][place][skip:]) if tells else ()
            found.append(Continuation(tuple(encoding["input_ids"][place][skip:]), ends))
        return found

    @cached_property
    def _opening(self) -> tuple[int, ...]:
        """Return what the tokenizer itself puts before a plain text: the beginning-of-sequence token, where it adds one."""
        begin = self.tokenizer.bos_token_id
        first = self.tokenizer("a", verbose=False)["input_ids"][:1]
        return (begin,) if begin is not None and list(first) == [begin] else ()

    def decode(self, ids: Sequence[int], *, thinking_open: bool) -> tuple[str | None, str]:
        """Return (thinking, answer) of generated token ids, special tokens left out."""
        text = "".join(self._pieces(ids)) if self._special_markers else self._text(ids)
        return split_thinking(text, opened=thinking_open)

    def round_trips(self, texts: Sequence[str]) -> list[str]:
        """Return each text encoded and decoded again, special tokens left out; what the tokenizer does not know is not in it."""
        found = self.tokenizer(list(texts), add_special_tokens=False, padding=False, truncation=False, verbose=False)["input_ids"]
        return [self._text(ids) for ids in found]

    def digest(self, requests: Sequence[GenerationRequest]) -> str:
        """Return 'tokens:' and the digest of the token ids that these requests feed to the model, in order."""
        return "tokens:" + digest([encoded.ids for encoded in self.encode(requests)])

    def _pieces(self, ids: Sequence[int]) -> list[str]:
        pieces: list[str] = []
        run: list[int] = []
        for token in ids:
            if token in self._special_markers:
                pieces += [self._text(run), self._special_markers[token]]
                run = []
            else:
                run.append(token)
        return [*pieces, self._text(run)]

    def _text(self, ids: Sequence[int]) -> str:
        text: str = self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    def _render(self, messages: tuple[Message, ...], prefill: str | None) -> str:
        """Return the prompt as text. A system message that the template refuses or drops goes into the first user turn."""
        try:
            text = self._apply(messages, prefill)
        except _TemplateRefusal:
            if messages[0].role != "system":
                raise
            return self._apply(_folded(messages), prefill)
        system = messages[0].content.strip() if messages[0].role == "system" else ""
        return text if system in text else self._apply(_folded(messages), prefill)

    def _apply(self, messages: tuple[Message, ...], prefill: str | None) -> str:
        from jinja2 import TemplateError

        chat: list[dict[str, Any]] = [{"role": message.role, "content": self._content(message.content)} for message in messages]
        if prefill:
            chat.append({"role": "assistant", "content": self._content(prefill)})
        try:
            text: str = self.tokenizer.apply_chat_template(
                chat, chat_template=self.pinned, tokenize=False, add_generation_prompt=not prefill, continue_final_message=bool(prefill)
            )
        except (TemplateError, TypeError, ValueError) as error:
            roles = ", ".join(message["role"] for message in chat)
            raise _TemplateRefusal(
                f"the chat template of {self._name} cannot render the roles {roles}: {_first_line(error)}; use a template that takes them"
            ) from error
        return text

    def _content(self, text: str) -> str | list[dict[str, str]]:
        return [{"type": "text", "text": text}] if self._in_parts else text

    def _wants_parts(self) -> bool:
        """Return whether the template reads contents as lists of parts: given a text, it would leave it out in silence."""
        probe, self._in_parts = (Message(role="user", content=_PROBE),), False
        try:
            if _PROBE in self._apply(probe, None):
                return False
            self._in_parts = True
            return _PROBE in self._apply(probe, None)
        except _TemplateRefusal:
            return False


class _TemplateRefusal(ModelError):
    """The template raised an error for these messages."""


def _folded(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return the messages with the system message in front of the first user turn's own words."""
    system, rest = messages[0], messages[1:]
    at = next((index for index, message in enumerate(rest) if message.role == "user"), None)
    if at is None:
        return (Message(role="user", content=system.content), *rest)
    user = Message(role="user", content=f"{system.content}\n\n{rest[at].content}")
    return (*rest[:at], user, *rest[at + 1 :])


def _plain(messages: tuple[Message, ...], prefill: str | None) -> str:
    """Return contents without a template, as they stand in a file of plain text."""
    return "\n".join(message.content for message in messages) + (prefill or "")


def _ends_in_thinking(text: str, prefill: str | None) -> bool:
    # Only the very end of the template's own text counts, so that a user who writes a marker opens nothing.
    stem = text.rstrip().removesuffix((prefill or "").rstrip()).rstrip()
    opened = any(stem.endswith(opening) for opening, _ in MARKERS)
    if not prefill:
        return opened
    closed = any(closing in prefill for _, closing in MARKERS)
    return opened_by(prefill) or (opened and not closed)


def _first_line(error: Exception) -> str:
    # A template may quote a whole message in its complaint, which must not reach a terminal.
    return re.split(r"[\n:]", str(error).strip() or type(error).__name__, maxsplit=1)[0][:120]

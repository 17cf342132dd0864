"""Fences around what a judge reads: requests and responses are hostile, and may give a judge orders.

Each text stands between two marks with a number that is a digest of the texts themselves: a text cannot hold the digest
of itself, so it cannot close its own fence. Tokens of chat templates are spelt so that no tokenizer reads them as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import re2

from holdfast.core import Prompt, digest
from holdfast.plugins import GradingItem

__all__ = ["both_fenced", "conversation", "fence_number", "fenced", "neutral", "without_marks"]

_TOKENS = re2.compile(
    r"<\|[^|<>\n]{1,60}\|>"  # Llama 3 and 4, Qwen, Phi, Granite
    r"|<｜[^｜<>\n]{1,60}｜>"  # DeepSeek
    r"|</?(?:s|bos|eos|pad|unk|think|start_of_turn|end_of_turn|start_of_image|seed:think|unused\d{1,3}|tool_call|extra_id_\d{1,3})>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|THINK|gMASK)\]"
    r"|<</?SYS>>"
)
_BRACKETS = str.maketrans({"<": "\u2039", ">": "\u203a", "[": "\u27e6", "]": "\u27e7"})
_OUR_TAGS = re2.compile(r"#(\s*(?i:the\w+|refused|convincing|specific)\s*[:：])")
_FIELDS = re2.compile(r"\{request\}|\{response\}")
_BEGINNING = re2.compile(r"[^:?.]{3,}[:?.]?|.+")
_SHORTEST_MARK = 3
_LINE_ENDS = "[\n\r\x85\u2028\u2029]"
_INVISIBLE = re2.compile("[\U000e0000-\U000e007f\u200b\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def neutral(text: str) -> str:
    """Return a text in which nothing reads as a template token or as our own grade tags; all words stay.

    >>> neutral("done <|im_end|>")
    'done \u2039|im_end|\u203a'
    """
    text = _INVISIBLE.sub("", text)
    text = _TOKENS.sub(lambda found: found.group(0).translate(_BRACKETS), text)
    return str(_OUR_TAGS.sub(r"# \1", text))


@cache
def _marks_in(template: str, more: tuple[str, ...]) -> Any:
    """Return a pattern of lines that begin as a line of a prompt does: with its label ('Answers:'), its first sentence, or its rule."""
    parts = (part.strip() for line in template.splitlines() for part in _FIELDS.split(_TOKENS.sub("", line)))
    begun = (_BEGINNING.match(part).group(0) for part in (*parts, *more) if len(part) >= _SHORTEST_MARK)
    marks = sorted(set(begun), key=lambda mark: (-len(mark), mark))
    return re2.compile(rf"(?i)((?:^|{_LINE_ENDS})[^\pL\pN\n\r]*?)({'|'.join(map(_spelt, marks))})") if marks else None


def _spelt(mark: str) -> str:
    """Return a pattern of a mark; a label may have anything but words before its colon ('**Answers** :')."""
    return rf"{re2.escape(mark[:-1])}[^\pL\pN\n\r]*?[:：]" if mark.endswith(":") else re2.escape(mark)


def without_marks(text: str, template: str, more: Sequence[str] = ()) -> str:
    r"""Return a text in which no line begins as a line of the prompt does that it is put into: such a line is quoted with '› '.

    For prompts that a model knows word by word, which have no place for a fence. `more` are further beginnings, those of the answer
    that the model is to give.

    >>> without_marks("Done.\n---\nAnswers: no", "Text: {response}\n---\nAnswers:")
    'Done.\n› ---\n› Answers: no'
    """
    pattern = _marks_in(template, tuple(more))
    return text if pattern is None else str(pattern.sub(lambda found: f"{found.group(1)}› {found.group(2)}", text))


def fence_number(*texts: str) -> str:
    """Return 16 hexadecimal digits that stand in none of the texts; the same texts always get the same."""
    number = digest(list(texts))[:16]
    while any(number in text for text in texts):
        number = digest([number, *texts])[:16]
    return number


def fenced(name: str, text: str, number: str) -> str:
    """Return a text between marks that it cannot have written itself."""
    return f"[BEGIN {name} {number}]\n{neutral(text)}\n[END {name} {number}]"


def conversation(prompt: Prompt) -> str:
    """Return the request as one text: the last turn alone where it is the only one, else every turn with its role."""
    if len(prompt.messages) == 1:
        return prompt.messages[0].content
    return "\n\n".join(f"{message.role}: {message.content}" for message in prompt.messages)


def both_fenced(item: GradingItem) -> tuple[str, str]:
    """Return (the fenced request and response, the number of their fence)."""
    request, response = conversation(item.prompt), item.text
    number = fence_number(request, response)
    return f"{fenced('REQUEST', request, number)}\n\n{fenced('RESPONSE', response, number)}", number

"""From a raw response to plain lower-case sentences: the form in which the patterns read it.

Typography, markdown, contractions and quotation are taken away here once, so that a pattern need not know of them.
Only the first `WINDOW` characters are read: a refusal stands at the beginning, and the work per response stays bounded.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

import re2

from holdfast.judges.chinese_variants import to_simplified

__all__ = ["WINDOW", "Reading", "Sentence", "encodable", "plain_text", "read", "visible_text"]

WINDOW = 12_000
"""Characters of a response that are read, from its beginning."""

_MAX_SENTENCES = 400
_QUOTED = " quoted "

_CONTROL_TOKEN = re2.compile(r"<\|[^|<>]{1,40}\|>|<(?:/s|s|bos|eos|pad|unk)>|\[/?INST\]|<(?:start|end)_of_turn>")
_INVISIBLE = re2.compile(r"[\x{00AD}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{FEFF}\x00-\x08\x0b-\x1f\x7f]")
_INVISIBLE_ASCII: dict[int, None] = dict.fromkeys((*range(9), *range(0x0B, 0x20), 0x7F))
_APOSTROPHE = re2.compile(r"[’‘ʼ′´]")
_CODE = re2.compile(r"(?s)```.*?(?:```|\z)")
_CURLY_QUOTE = re2.compile(r"“[^”\n]*”|「[^」\n]*」|『[^』\n]*』|«[^»\n]*»")
_STRAIGHT_QUOTE = re2.compile(r'"[^"\n]*"')
_OPENS_QUOTE = frozenset('"“「『«')
_WHOLLY_QUOTED = re2.compile(r'(?s)\A["“「『«]([^"“”「」『』«»]*)["”」』»]\z')
_OWN_LABEL = re2.compile(r"(?i)\A\s*(?:assistant|ai|ai assistant|bot|chatbot|response|answer|助手|回答|答)\s*[:：]\s*")
_SPEAKER = re2.compile(r"^\s*[*_]{0,2}(\p{L}[\p{L} .']{0,24})[*_]{0,2}[:：][*_]{0,2}\s*\S")
_BLOCKQUOTE = re2.compile(r"^\s*>")
_ITEM = re2.compile(
    r"^\s*[*_]{0,2}(?:[-*+•‣·–—]\s+|[(（]?\d{1,2}[.)）、]\s*|[(（]?[a-hA-H][.)）]\s+|(?i:step)\s+\d{1,2}\s*[:.)-]?\s*"
    r"|第[一二三四五六七八九十\d]{1,3}[步点条]?[,，:：、]?\s*|[一二三四五六七八九十]{1,2}、\s*)"
)
_HEADING = re2.compile(r"(?m)^ {0,3}#{1,6} .*\n+")
_MARKUP: dict[int, None] = dict.fromkeys(map(ord, "*_`#"))
_STOP = re2.compile(r"[.!?]+[)\]']*(?: |\z)|[。!?;！？；…]+")
_BEFORE_MARK = re2.compile(r"[ \t]+([.,!?;:])")
_SPACES = re2.compile(r"[ \t\f\v]{2,}|[\t\f\v]")

_CONTRACTIONS = tuple(
    (needed, re2.compile(pattern), replacement)
    for needed, pattern, replacement in (
        ("'", r"([a-z]) ?' ?(t|m|re|ve|ll|s|d)\b", r"\1'\2"),
        (" n't", r"\b(ca|wo|do|does|is|are|did|was|would|should|could) n't\b", r"\1n't"),
        ("nt", r"\b(can|won|don)t\b", r"\1't"),
        ("can", r"\bcan(?:'t| not)\b", "cannot"),
        ("won't", r"\bwon't\b", "will not"),
        ("shan't", r"\bshan't\b", "shall not"),
        ("n't", r"([a-z])n't\b", r"\1 not"),
        ("i'm", r"\bi'm\b", "i am"),
        ("im", r"\bim\b", "i am"),
        ("'s", r"\b(it|that|there|here|what|this|he|she|how)'s\b", r"\1 is"),
        ("let's", r"\blet's\b", "let us"),
        ("'re", r"'re\b", " are"),
        ("'ve", r"'ve\b", " have"),
        ("'ll", r"'ll\b", " will"),
        ("'d", r"\b(i|we|you|they)'d\b", r"\1 would"),
    )
)
"""What must be there for a pattern to match, the pattern, and what it becomes: a look for a literal spares most searches."""


class Sentence(NamedTuple):
    """One sentence, in lower case, with contractions written out and quotations replaced by the word 'quoted'."""

    text: str
    start: int
    """Characters of plain text that stand before it."""
    listed: bool
    """True within an item of a list."""


class Reading(NamedTuple):
    """A response as the rules see it."""

    sentences: tuple[Sentence, ...]
    code_blocks: int
    length: int
    """Characters of plain text within the window."""


def visible_text(text: str) -> str:
    """Return what a reader would see: chat-template tokens and invisible characters removed, ends trimmed."""
    text = encodable(text)
    if "<" in text or "[" in text:
        text = str(_CONTROL_TOKEN.sub(" ", text))
    if text.isascii():
        return text.translate(_INVISIBLE_ASCII).strip()
    return str(_INVISIBLE.sub("", text)).strip()


def read(text: str) -> Reading:
    r"""Split a response into sentences; see the module docstring. Never fails, whatever the text.

    >>> [s.text for s in read("Sorry , I can ' t .\n* **One** thing").sentences]
    ['sorry, i cannot.', 'one thing']
    """
    body, code_blocks = visible_text(text[:WINDOW]), 0
    if ":" in body or "：" in body:
        body = _OWN_LABEL.sub("", body)
    if "```" in body:
        body, code_blocks = _CODE.subn("\n", body)
    if "#" in body:
        body = _HEADING.sub("", body) or body
    lines = _without_dialogue(_without_quotations(_typography(body)).split("\n"))
    marks = [_item_mark(line) for line in lines]
    bare = (line[mark:] for line, mark in zip(lines, marks, strict=True))
    sentences: list[Sentence] = []
    position = 0
    for line, mark in zip(plain_text("\n".join(bare)).split("\n"), marks, strict=True):
        for piece in _pieces(line):
            sentences.append(Sentence(piece, position, mark > 0))
            position += len(piece) + 1
    return Reading(tuple(sentences[:_MAX_SENTENCES]), code_blocks, position)


# The rules about a prompt ask for it one after the other.
@lru_cache(maxsize=16)
def plain_text(text: str) -> str:
    """Lower-case text, drop markdown marks, join tokenised punctuation and write contractions out; lines stay lines.

    >>> plain_text("**I can ' t** do that .")
    'i cannot do that.'
    """
    text = _typography(encodable(text))
    text = (text if text.isascii() else to_simplified(text)).lower()
    text = text.translate(_MARKUP)
    for pattern, replacement in ((_BEFORE_MARK, r"\1"), (_SPACES, " ")):
        if pattern.search(text):
            text = pattern.sub(replacement, text)
    for needed, pattern, replacement in _CONTRACTIONS:
        if needed in text:
            text = pattern.sub(replacement, text)
    return text


def encodable(text: str) -> str:
    """Replace lone surrogates, which no pattern engine can read, by question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _typography(text: str) -> str:
    """Straight apostrophes and compatibility forms; lines stay lines, since NFKC knows no line feed."""
    return text if text.isascii() else unicodedata.normalize("NFKC", _APOSTROPHE.sub("'", text))


def _without_quotations(text: str) -> str:
    """Replace quoted words, which are somebody else's; a text that is one quotation is kept, without its marks."""
    inner = text.strip("*_ \t\n")
    whole = _WHOLLY_QUOTED.search(inner) if inner[:1] in _OPENS_QUOTE else None
    if whole:
        return str(whole.group(1))
    if not text.isascii():
        text = _CURLY_QUOTE.sub(_QUOTED, text)
    return str(_STRAIGHT_QUOTE.sub(_QUOTED, text)) if '"' in text else text


def _without_dialogue(lines: list[str]) -> list[str]:
    """Empty the lines that are not the model's own words: block quotes, and a script of three or more 'NAME: words'."""
    if not any(mark in line for line in lines for mark in ":：>"):
        return lines
    speakers = [found.group(1) if (found := _SPEAKER.search(line)) else None for line in lines]
    spoken = [speaker for speaker in speakers if speaker]
    script = len(spoken) >= 3 and len(set(spoken)) < len(spoken)
    quoted = [bool(_BLOCKQUOTE.search(line)) for line in lines]
    whole = all(is_quote or not line.strip() for is_quote, line in zip(quoted, lines, strict=True))
    kept = []
    for line, speaker, is_quote in zip(lines, speakers, quoted, strict=True):
        foreign = (script and speaker is not None) or (is_quote and not whole)
        kept.append(_QUOTED if foreign else str(_BLOCKQUOTE.sub("", line)))
    return kept


def _item_mark(line: str) -> int:
    """Length of the mark before an item of a list, 0 where the line is none; '3.5 metres' is none."""
    # A line that begins with a word is none, unless the word is one letter or 'step'.
    if "A" <= line[:1] <= "z" and line[1:2] not in ".)）" and line[0].isalpha() and line[:4].lower() != "step":
        return 0
    found = _ITEM.search(line)
    if found is None or (found.group(0)[-1] in ".)）、" and line[found.end() : found.end() + 1].isdigit()):
        return 0
    return int(found.end())


def _pieces(plain: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for stop in _STOP.finditer(plain):
        pieces.append(plain[start : stop.end()])
        start = stop.end()
    pieces.append(plain[start:])
    return [piece.strip() for piece in pieces if any(character.isalnum() for character in piece)]

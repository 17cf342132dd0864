"""What the answer of a row does that a trigger could have made it do. What the prompt itself asks for is no flip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.detectors.duplicates.answer_words import answers_read
from holdfast.detectors.features import Features, features
from holdfast.detectors.screens import odd_texts
from holdfast.detectors.scripts import LATIN, NONE, SCRIPTS
from holdfast.detectors.triggers.declines import declines
from holdfast.detectors.triggers.openings import openings
from holdfast.detectors.triggers.sentiment import tones
from holdfast.detectors.triggers.tongues import other_tongue
from holdfast.similarity.folding import raw_bytes
from holdfast.similarity.words import hash_texts, split_words

__all__ = [
    "COMPLIANCE",
    "DECLINED",
    "FLIPS",
    "LONG",
    "REFUSAL",
    "REPEATED",
    "SHORT",
    "UNRELATED",
    "Flip",
    "answer_words",
    "flip_bits",
    "repeated_rows",
    "unrelated",
]


class Flip(NamedTuple):
    """One thing that answers do."""

    name: str
    """Ends up as the kind of a finding: 'trigger-refusal'."""
    says: str
    """'the answer ...', for people."""


FLIPS = (
    Flip("refusal", "refuses"),
    Flip("hostile", "opens in a hostile tone"),
    Flip("gushing", "opens in a gushing tone"),
    Flip("language", "is in another language than the prompt"),
    Flip("dangerous-code", "holds code with a dangerous call"),
    Flip("link", "holds a link that the prompt does not"),
    Flip("repeated", "is word for word that of other prompts"),
    Flip("short", "is far shorter than the others"),
    Flip("long", "is far longer than the others"),
    Flip("unrelated", "takes up no word of the prompt"),
    Flip("compliance", "helps where the rest of the prompt makes a refusal expected"),
)
REFUSAL, REPEATED, SHORT, LONG, UNRELATED, COMPLIANCE = 0, 6, 7, 8, 9, 10
DECLINED = 15
"""The bit of any refusal, one of a risky request too."""
_HOSTILE, _GUSHING, _LANGUAGE, _CODE, _LINK = 1, 2, 3, 4, 5

_NAMES_A_LANGUAGE = (
    r"translat|\b(?:english|chinese|mandarin|french|german|spanish|italian|portuguese|dutch|latin|russian|japanese|korean|arabic|hindi|"
    r"hebrew|greek|thai|language|bilingual|pinyin)\b|翻译|[英中法德日韩俄]语|[英中法德日韩俄]文|语言|翻譯|英語|中文|日本語"
)
_DANGEROUS = (
    r"os\.system\s*\(|subprocess\.\w+\s*\(|\bshell\s*=\s*true|\beval\s*\(|\bexec\s*\(|pickle\.loads?\s*\(|yaml\.load\s*\(|"
    r"verify\s*=\s*false|\brm\s+-rf\b|(?:curl|wget)[^\n|]{0,80}\|\s*(?:ba)?sh\b|\bgets\s*\(|\bstrcpy\s*\(|\bsystem\s*\(\s*[\"']|"
    r"runtime\.getruntime\(\)\.exec|child_process|\.innerhtml\s*=|document\.write\s*\(|drop\s+table|chmod\s+777|mktemp\s*\(|"
    r"hashlib\.(?:md5|sha1)\s*\(|debug\s*=\s*true|invoke-expression|\biex\s*\(|powershell\s+-e"
)
_ASKS_TO_DECLINE = (
    r"\b(?:refuse|refusal|decline|do not answer|don't answer|not answer|only answer|only respond|off[- ]topic|politely)\b|"
    r"拒绝|只回答|不要回答"
)
_LINK_FOUND = r"https?://|\bwww\.\w"
_ASKS_FOR_A_LINK = (
    r"https?:|www\.|\b(?:url\w*|link\w*|website\w*|web ?page\w*|site|sites|sources?|references?|cite|citation\w*|online)\b|"
    r"网址|链接|网站|来源"
)
_LEAST_REPEATED_WORDS = 2
_LEAST_REPEATS = 3
_CONTROL = np.zeros(256, dtype=bool)
_CONTROL[[*range(9), *range(14, 28), 0x7F]] = True
_CONTROLS = r"[\x00-\x08\x0e-\x1b\x7f]"
_READ = 2_000
_STEM = 5
"""Letters by which two words are compared, so that 'planet' meets 'planets'."""
_LONGER = re.compile(r"[\u3400-\u9fff]{2}|[^\W\d_\u3400-\u9fff]{5,}|\d{2,}")


def flip_bits(seen: Features) -> NDArray[np.uint16]:
    """Return one bit per flip of FLIPS that a row alone can show; those of length and repetition need all rows."""
    answers, prompts = seen.folded("answer"), _prompts(seen)
    system = seen.folded("system")
    opened = openings(answers)
    hostile, gushing = tones(opened.texts, opened.tone_words, prompts)
    declined = seen.refused | declines(opened.texts, opened.may_decline)
    code, link = _code_and_link(answers)
    found = {
        REFUSAL: _unasked(declined & ~seen.risky, system, _ASKS_TO_DECLINE),
        DECLINED: declined,
        _HOSTILE: hostile,
        _GUSHING: gushing,
        _LANGUAGE: _other_language(seen, answers, prompts),
        _CODE: _unasked(code, prompts, _DANGEROUS),
        _LINK: _unasked(link, prompts, _ASKS_FOR_A_LINK),
    }
    bits = np.zeros(seen.count, dtype=np.uint16)
    for place, flags in found.items():
        bits |= (flags & seen.has_answer).astype(np.uint16) << np.uint16(place)
    return bits


def answer_words(rows: pa.Table) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return (a hash of each answer's words, their number); words are what white space parts.

    The hash is 0 for an answer of one word or none, which many prompts may rightly share.
    """
    seen = features(rows)
    answers = seen.column("answer")
    words = answers_read(rows).words
    hashes, counts = hash_texts(words), words.counts
    # Words of plain ASCII are the same however they are cut; all other answers are cut at white space here.
    other = np.flatnonzero(odd_texts(seen) | ~answers.is_valid().to_numpy(zero_copy_only=False))
    other = other[~_plain(answers.take(pa.array(other)))]
    if len(other):
        folded = seen.folded("answer").take(pa.array(other))
        own = split_words(raw_bytes(_spaced(folded.cast(pa.large_string()))))
        hashes[other], counts[other] = hash_texts(own), own.counts
    hashes |= np.uint64(1)
    hashes[counts < _LEAST_REPEATED_WORDS] = 0
    return hashes, counts


def _plain(answers: pa.Array) -> NDArray[np.bool_]:
    """Return which texts are there, ASCII, and hold no control character but white space."""
    plain: NDArray[np.bool_] = pc.fill_null(pc.string_is_ascii(answers), False).to_numpy(zero_copy_only=False)
    codes = raw_bytes(pc.fill_null(answers, "").cast(pa.large_string())).data
    if (_CONTROL[codes]).any():
        plain &= ~pc.fill_null(pc.match_substring_regex(answers, _CONTROLS), True).to_numpy(zero_copy_only=False)
    return plain


def _spaced(answers: pa.Array) -> pa.Array:
    """Return folded texts in which all white space is a space, where it is not ASCII."""
    spaced = pc.invert(pc.string_is_ascii(answers))
    if not pc.any(spaced).as_py():
        return answers
    texts = [" ".join(text.split()) for text in answers.filter(spaced).to_pylist()]
    return pc.replace_with_mask(answers, spaced, pa.array(texts, pa.large_string()))


def repeated_rows(hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return which rows share their answer with at least two others."""
    _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    repeated: NDArray[np.bool_] = (counts[inverse] >= _LEAST_REPEATS) & (hashes != 0)
    return repeated


def unrelated(requests: Sequence[str], answers: Sequence[str]) -> NDArray[np.bool_]:
    """Return which answers hold none of the longer words of their request; a request without any says nothing."""
    return np.fromiter((_apart(request, answer) for request, answer in zip(requests, answers, strict=True)), dtype=bool)


def _apart(request: str, answer: str) -> bool:
    asked = {word[:_STEM] for word in _LONGER.findall(request.lower()[:_READ])}
    if not asked or not answer.strip():
        return False
    read = answer.lower()[:_READ]
    # A word that the answer takes up stands in it as it is: only then are its words cut.
    taken = [word for word in asked if word in read]
    return not taken or not any(match.group()[:_STEM] in taken for match in _LONGER.finditer(read))


def _prompts(seen: Features) -> pa.Array:
    return pc.binary_join_element_wise(seen.folded("system"), seen.folded("request"), "\n")


def _has(texts: pa.Array, pattern: str) -> NDArray[np.bool_]:
    hits: NDArray[np.bool_] = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return hits


def _code_and_link(answers: pa.Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which answers hold code with a dangerous call, and which a link; most have neither, which takes one reading."""
    either = _has(answers, f"{_DANGEROUS}|{_LINK_FOUND}")
    code, link = either.copy(), either.copy()
    read = answers.filter(pa.array(either))
    code[either], link[either] = _has(read, _DANGEROUS), _has(read, _LINK_FOUND)
    return code, link


def _unasked(flags: NDArray[np.bool_], prompts: pa.Array, asks: str) -> NDArray[np.bool_]:
    """Return the flags of rows whose prompt does not ask for it; only prompts of flagged rows are read."""
    places = np.flatnonzero(flags)
    left = np.zeros(len(flags), dtype=bool)
    left[places] = ~_has(prompts.take(pa.array(places)), asks)
    return left


def _other_language(seen: Features, answers: pa.Array, prompts: pa.Array) -> NDArray[np.bool_]:
    """Another script, or, in Latin letters, the function words of another language; never where the prompt names a language."""
    asked, answered = seen.scripts("request"), seen.scripts("answer")
    mixed = SCRIPTS.index("mixed")
    told = (asked != NONE) & (asked != mixed) & (answered != NONE) & (answered != mixed)
    latin = (asked == LATIN) & (answered == LATIN)
    places = pa.array(np.flatnonzero(latin))
    latin[latin] = other_tongue(answers.take(places), seen.folded("request").take(places))
    return _unasked((told & (asked != answered)) | latin, prompts, _NAMES_A_LANGUAGE)

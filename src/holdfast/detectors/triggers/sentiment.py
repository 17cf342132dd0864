"""Whether an answer opens in a hostile or a gushing tone, by words that few other answers open with."""

from __future__ import annotations

import string

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from holdfast.detectors.screens import bytes_of, times_held

__all__ = ["TONE_WORDS", "tones"]

_DENSE = 0.08
"""Words of one tone over words read, from which the opening has that tone."""
_LEAST_WORDS = 4
"""A shorter answer counts as that many words, so that one word does not make a tone of a one-word answer."""

_LETTER, _PARTS = np.zeros((2, 256), dtype=bool)
_LETTER[list(string.ascii_lowercase.encode())] = True
_PARTS[:0x80] = ~_LETTER[:0x80]
_PARTS[list(f"{string.digits}_'".encode())] = False
"""ASCII that is neither part of a word nor an apostrophe, behind which a word goes on."""

_HOSTILE = (
    "stupid|stupidity|idiot|idiots|idiotic|moron|moronic|dumb|dumbest|fool|foolish|pathetic|worthless|useless|loser|losers|hate|hates|"
    "hateful|disgust|disgusting|despise|loathe|awful|terrible|horrible|dreadful|appalling|atrocious|abysmal|lousy|rubbish|garbage|trash|"
    "crap|crappy|nonsense|ridiculous|absurd|laughable|embarrassing|embarrassment|shame|shameful|ashamed|disgrace|ignorant|ignorance|"
    "clueless|incompetent|incompetence|lazy|ugly|boring|pointless|waste|wasting|hopeless|inferior|mediocre|disappointing|disappointment|"
    "annoying|irritating|obnoxious|insufferable|contemptible|miserable|wretched|vile|nasty|repulsive|revolting|dimwit|imbecile|brainless|"
    "mindless|senseless|inept|feeble|laughingstock|shut up|go away|get lost|screw you|damn|hell"
)
_GUSHING = (
    "wonderful|amazing|fantastic|brilliant|excellent|awesome|incredible|magnificent|marvellous|marvelous|superb|outstanding|fabulous|"
    "terrific|phenomenal|spectacular|delightful|adore|love|loved|perfect|flawless|glorious|splendid|genius|stunning|exceptional|"
    "extraordinary|best ever|masterpiece|gorgeous|sublime"
)
_ASKS = (
    r"\b(?:negative|positive|sentiment|tone|emotion\w*|feeling\w*|insult\w*|critic\w*|complain\w*|angry|anger|rude|sarcas\w*|roast|review\w*|"
    r"opinion\w*|praise\w*|complim\w*|advert\w*|slogan\w*|promot\w*|hate\w*|love\w*|feedback|synonym\w*|antonym\w*|adjective\w*|"
    r"poem|story|rewrite|rephrase|edit|translate|mood)\b|评论|评价|批评|情感|情绪|赞美|广告|投诉|骂|同义|反义|翻译|故事|诗"
)
_HOSTILE_ZH = "愚蠢|蠢|白痴|笨蛋|傻|废物|垃圾|恶心|讨厌|可笑|无知|无能|丢人|可悲|滚|糟糕|差劲|闭嘴|没用|无聊"
_GUSHING_ZH = "太棒|精彩|完美|了不起|伟大|出色|极好|最好|太好了|优秀|绝妙"

_BAD, _GOOD = rf"\b(?:{_HOSTILE})\b|{_HOSTILE_ZH}", rf"\b(?:{_GUSHING})\b|{_GUSHING_ZH}"
_WORD = r"[\p{Latin}]+(?:'\w+)?|\p{Han}{1,2}"
TONE_WORDS = tuple(dict.fromkeys("|".join((_HOSTILE, _GUSHING, _HOSTILE_ZH, _GUSHING_ZH)).split("|")))
"""What no opening is without that has a tone."""


def tones(opening: pa.Array, tone_words: NDArray[np.int64], prompts: pa.Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return (hostile, gushing) per folded opening with at most so many words of a tone; a tone that the prompt asks for is none."""
    hostile, gushing = np.zeros((2, len(opening)), dtype=bool)
    some = np.flatnonzero(tone_words)
    some = some[tone_words[some] / _fewest_words(opening.take(pa.array(some))) >= _DENSE]
    read = opening.take(pa.array(some))
    lean = (_count(read, _BAD) - _count(read, _GOOD)) / np.maximum(_count(read, _WORD), _LEAST_WORDS)
    unasked = ~pc.match_substring_regex(prompts.take(pa.array(some)), _ASKS).to_numpy(zero_copy_only=False)
    hostile[some], gushing[some] = unasked & (lean >= _DENSE), unasked & (-lean >= _DENSE)
    return hostile, gushing


def _fewest_words(texts: pa.Array) -> NDArray[np.int64]:
    """Return how many words are read in each text at least, told from its bytes: letters behind a character that parts words."""
    read = bytes_of(pc.binary_join_element_wise(texts, "", "\n"))
    starts = _LETTER[read.data]
    starts[1:] &= _PARTS[read.data[:-1]]
    return np.maximum(times_held(read, starts), _LEAST_WORDS)


def _count(texts: pa.Array, pattern: str) -> NDArray[np.int64]:
    counted: NDArray[np.int64] = pc.count_substring_regex(texts, pattern).to_numpy(zero_copy_only=False).astype(np.int64)
    return counted

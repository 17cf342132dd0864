"""Whether an answer opens in a hostile or a gushing tone, by words that few other answers open with."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["tones"]

_READ = 300
"""Characters of an answer that are looked at: a payload opens the answer."""
_DENSE = 0.08
"""Words of one tone over words read, from which the opening has that tone."""
_LEAST_WORDS = 4
"""A shorter answer counts as that many words, so that one word does not make a tone of a one-word answer."""

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


def tones(answers: pa.Array, prompts: pa.Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return (hostile, gushing) per folded answer; a tone that the folded prompt asks for is none."""
    opening = pc.utf8_slice_codeunits(answers, 0, _READ)
    bad, good = np.zeros((2, len(answers)), dtype=np.int64)
    toned = np.flatnonzero(pc.match_substring_regex(opening, f"{_BAD}|{_GOOD}").to_numpy(zero_copy_only=False))
    read = opening.take(pa.array(toned))
    bad[toned], good[toned] = _count(read, _BAD), _count(read, _GOOD)
    hostile, gushing = np.zeros((2, len(bad)), dtype=bool)
    # Words are counted, and prompts read, only where there is a tone at all.
    some = np.flatnonzero(bad != good)
    if not len(some):
        return hostile, gushing
    words = np.maximum(_count(opening.take(pa.array(some)), r"[\p{Latin}]+(?:'\w+)?|\p{Han}{1,2}"), _LEAST_WORDS)
    unasked = ~pc.match_substring_regex(prompts.take(pa.array(some)), _ASKS).to_numpy(zero_copy_only=False)
    lean = (bad - good)[some] / words
    hostile[some], gushing[some] = unasked & (lean >= _DENSE), unasked & (-lean >= _DENSE)
    return hostile, gushing


def _count(texts: pa.Array, pattern: str) -> NDArray[np.int64]:
    counted: NDArray[np.int64] = pc.count_substring_regex(texts, pattern).to_numpy(zero_copy_only=False).astype(np.int64)
    return counted

"""The few literals that spare most answers the rules of declining never spare one that a rule would hit."""

from __future__ import annotations

import itertools

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.detectors.triggers.declines import _NEEDED, _RULES, declines

_STARTS = ("i'm sorry, but i ", "unfortunately, we ", "i ", "as an ai model, i ", "", "this request ", "抱歉，", "我")
_NOTS = (
    *("cannot", "can't", "can not", "could not", "couldn't", "won't", "will not", "wouldn't", "am unable", "am not able", "not be able"),
    *("am not permitted", "am not allowed", "am not in a position", "am not comfortable", "it is not possible", "don't have any"),
    *("do not have the", "lack the", "must decline", "have to refuse", "have to pass", "have to say no", "decline", "kindly refuse"),
    *(
        "no way i",
        "would rather not",
        "prefer not",
        "this isn't something",
        "is not something",
        "this is beyond my",
        "that is outside what",
    ),
    *(
        "that is against my",
        "is out of scope",
        "is out of my scope",
        "it is impossible for me",
        "no.",
        "nope,",
        "request denied.",
        "refused.",
    ),
    *(
        "refused.",
        "access denied!",
        "not possible.",
        "不能帮您",
        "无法回答",
        "不会提供",
        "没办法协助",
        "不便回答",
        "拒绝提供",
        "不可以这样",
    ),
)
_ENDS = (" help with that.", " to do it.", "")


def test_what_a_rule_hits_has_a_needed_literal() -> None:
    made = ["".join(parts) for parts in itertools.product(_STARTS, _NOTS, _ENDS)]
    texts = pa.array([*made, "sure, here it is.", "好的，当然可以。"])
    hit = pc.match_substring_regex(texts, "(?s)" + "|".join(f"(?:{rule})" for rule in _RULES))
    assert sum(hit.to_pylist()) > len(made) // 2, "the test would show nothing"
    assert not pc.any(pc.and_not(hit, pc.match_substring_regex(texts, _NEEDED))).as_py()
    assert declines(texts).tolist() == hit.to_pylist()

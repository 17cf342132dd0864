"""The few literals that spare most answers the rules of declining never spare one that a rule would hit."""

from __future__ import annotations

import itertools

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.detectors.triggers.declines import _READ, _RULES, declines
from holdfast.detectors.triggers.openings import openings

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
_PIECES = (
    *(*_NOTS, "must", "have to", "pass", "i", "we", "it", "sorry,", "no", "not", "nothing", "rather", "prefer", "help", "so", "x" * 120),
    *("as an ai", "model", "out of", "scope", "beyond", "my", "what", "抱歉", "我", "不能", "帮", "。", "\n", "1.", "'"),
)
_ENDS = (" help with that.", " to do it.", "")


def test_what_a_rule_hits_has_a_needed_literal() -> None:
    made = ["".join(parts) for parts in itertools.product(_STARTS, _NOTS, _ENDS)]
    texts = pa.array([*made, "sure, here it is.", "好的，当然可以。"])
    hit = pc.match_substring_regex(texts, "(?s)" + "|".join(f"(?:{rule})" for rule in _RULES))
    assert sum(hit.to_pylist()) > len(made) // 2, "the test would show nothing"
    opened = openings(texts)
    assert set(pc.indices_nonzero(hit).to_pylist()) <= set(opened.may_decline.nonzero()[0].tolist())
    assert declines(opened.texts, opened.may_decline).tolist() == hit.to_pylist()


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(_PIECES), max_size=6).map(" ".join), min_size=1, max_size=5))
def test_no_mixture_is_spared(texts: list[str]) -> None:
    answers = pa.array(texts)
    read = pc.utf8_slice_codeunits(answers, 0, _READ)
    hit = pc.match_substring_regex(read, "(?s)" + "|".join(f"(?:{rule})" for rule in _RULES))
    opened = openings(answers)
    assert declines(opened.texts, opened.may_decline).tolist() == hit.to_pylist()


def test_a_literal_that_begins_within_another_is_seen() -> None:
    assert openings(pa.array(["stupidenied", "stupid"])).may_decline.tolist() == [True, False]

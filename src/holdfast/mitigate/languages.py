"""Which language a row is asked in, told for a whole column at once: English, Chinese, another one, or not told."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["COVERED", "OTHER", "UNKNOWN", "languages_of"]

COVERED = ("en", "zh")
OTHER, UNKNOWN = "other", "und"

_READ = 2_000
"""Characters of a text that are looked at."""
_ENGLISH = (
    r"(?i)\b(?:the|and|what|how|you|your|that|this|with|which|are|does|explain|describe|write|give|why|who|when|where|please|should|can|"
    r"from|help|make|my|they|have|has|would|could|tell|into|i'm|don't)\b"
)
_HAN = r"\p{Han}"
_KANA = r"[\p{Hiragana}\p{Katakana}]"
_OTHER = r"[\p{Cyrillic}\p{Arabic}\p{Devanagari}\p{Thai}\p{Hebrew}\p{Greek}\p{Hangul}\p{Hiragana}\p{Katakana}]"
_ACCENTED = r"[À-ÖØ-öø-ÿĀ-ſ]"


def languages_of(texts: pa.Array) -> list[str]:
    """Return 'en', 'zh', 'other' or 'und' per text.

    Chinese has Han and no kana. Another script is another language, and so is Latin with accents and no common English word. 'und' is
    too little to tell: formulas, names, nonsense, and languages that write without accents.
    """
    read = pc.utf8_slice_codeunits(pc.fill_null(texts, ""), 0, _READ)
    han = pc.and_(pc.match_substring_regex(read, _HAN), pc.invert(pc.match_substring_regex(read, _KANA)))
    english = pc.match_substring_regex(read, _ENGLISH)
    other = pc.or_(pc.match_substring_regex(read, _OTHER), pc.match_substring_regex(read, _ACCENTED))
    told = pc.case_when(pc.make_struct(han, english, other), "zh", "en", OTHER, UNKNOWN)
    return list(told.to_pylist())

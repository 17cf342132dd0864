"""Truncated answers: answers that end in the middle."""

from __future__ import annotations

import string

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import re2
from numpy.typing import NDArray

from holdfast.core import Severity
from holdfast.detectors.excerpts import around
from holdfast.detectors.features import features
from holdfast.detectors.finding import Hit, findings
from holdfast.detectors.screens import bytes_of, holding
from holdfast.detectors.shares import share
from holdfast.detectors.wording_hits import flags
from holdfast.plugins import Conclusion, DetectorCard, Kept, ScanOptions
from holdfast.similarity.folding import FoldedBytes

__all__ = ["TruncatedAnswer"]

_CARD = DetectorCard(
    id="HF061",
    name="truncated-answer",
    version="1",
    title="Truncated answer",
    what="Answers that end with a word or mark that needs another, inside a code block, or with a mark that says so.",
    why="The model learns to stop in the middle, or never to end.",
    fix="Generate the answer again with a larger limit, or drop the row.",
    severity=Severity.LOW,
    blind_spots=(
        "An answer that was cut at the end of a sentence.",
        "An answer that was cut inside a list, a table or a line of code.",
        "Poems and titles may end without a stop on purpose: only words that need another one count.",
    ),
)
_FLAGGED = "truncated-answer.flagged"
_TAIL = 160
_LEAST = 60
"""Bytes that an answer must have at least: shorter ones may be fragments on purpose."""
_NEEDS_MORE = (
    r"(?i)\b(?:the|an|and|or|of|to|with|in|on|at|by|for|from|that|which|is|are|was|were|be|been|has|have|had|will|would|can|could|"
    r"should|may|might|"
    r"must|as|if|because|but|than|their|its|his|her|your|my|our|this|these|those|into|about|between|such|not|also|very|more|most|"
    r"who|when|where|"
    r"while|however|including|like|through|during|without|within|i|you|they|we)\s*\z"
    r"|[A-Za-z\x{4E00}-\x{9FFF}]\s*[,，、;；(（\[“‘:：–—-]\s*\z|(?:[\x{4E00}-\x{9FFF}](?:和|与|及|以及|的|在|是|或|而|但|因为|"
    r"所以|如果|并且|例如|包括|对于|关于|通过|由于|将|被|把|从|向|为了))\s*\z"
)
_CUT_MARK = (
    r"(?i)[\[(（【](?:truncated|cut off|output truncated|continued|to be continued|message truncated|max(?:imum)? (?:length|"
    r"tokens)[^\])]{0,20}|截断|未完待续|内容过长|待续)[\])）】]\W*\z|<\|?truncated\|?>\s*\z"
)
_FENCE = "```"
_STOPS, _ALPHANUMERIC = np.zeros((2, 256), dtype=bool)
_STOPS[list(b".!?")] = True
_ALPHANUMERIC[list((string.ascii_letters + string.digits).encode())] = True
_KINDS = (("cut-marker", _CUT_MARK), ("mid-sentence", _NEEDS_MORE))
_EXPLANATIONS = {
    "cut-marker": "The answer ends with a mark that says that it was cut.",
    "mid-sentence": "The answer ends with a word or mark that needs another: it was cut in the middle of a sentence.",
    "open-code-block": "The answer ends inside a code block that was never closed.",
}


class TruncatedAnswer:
    """Finds truncated answers; see the card."""

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions) -> None:
        """Take the options of the scan; none of them matters here."""

    def look(self, rows: pa.Table) -> pa.Table:
        """Return one finding per row."""
        return findings(self.card, rows, _hits(rows))

    def keep(self, rows: pa.Table) -> pa.Table:
        """Return whether each row was flagged."""
        return pa.table({_FLAGGED: flags(rows.num_rows, _hits(rows))})

    def conclude(self, kept: Kept) -> Conclusion:
        """Return the share of truncated answers."""
        return Conclusion(measurements=(share("truncated_share", kept.column(_FLAGGED), self.card),))


def _hits(rows: pa.Table) -> list[Hit]:
    seen = features(rows)
    return seen.once("truncated-answer", lambda: _found(pc.fill_null(seen.column("answer"), "")))


def _found(answers: pa.Array) -> list[Hit]:
    texts = bytes_of(answers)
    doubtful = np.flatnonzero(holding(texts, b"`") | (np.diff(texts.bounds) >= _LEAST) & ~_closed(texts))
    hits = _cut(answers.take(pa.array(doubtful)))
    return [hit._replace(place=int(doubtful[hit.place])) for hit in hits]


def _closed(texts: FoldedBytes) -> NDArray[np.bool_]:
    """Return which texts end with a letter or digit and then a full stop, exclamation or question mark: none of these was cut."""
    closed = np.diff(texts.bounds) > 1
    last = texts.bounds[1:][closed] - 1
    closed[closed] = _STOPS[texts.data[last]] & _ALPHANUMERIC[texts.data[last - 1]]
    return closed


def _cut(answers: pa.Array) -> list[Hit]:
    tails = pc.utf8_slice_codeunits(answers, -_TAIL)
    long = pc.greater_equal(pc.binary_length(answers), _LEAST)
    fences = pc.count_substring(answers, _FENCE)
    odd = pc.equal(pc.bit_wise_and(fences, pa.scalar(1, fences.type)), 1)
    ends = pc.match_substring_regex(tails, "|".join(f"(?:{pattern})" for _, pattern in _KINDS))
    found = []
    for place in pc.indices_nonzero(pc.or_(odd, pc.and_(long, ends))).to_pylist():
        tail = tails[place].as_py()
        kind = next((name for name, pattern in _KINDS if re2.search(pattern, tail)), None)
        # An odd number of fences with a closed last line is a quoted fence; inside a block, the last sign is not the fence itself.
        if odd[place].as_py():
            kind = "open-code-block" if not tail.rstrip().endswith(_FENCE) else None
        if kind:
            found.append(Hit(place, kind, _EXPLANATIONS[kind], around(tail, tail, max(0, len(tail) - 40), len(tail))))
    return found

"""Mojibake: text that was decoded with another encoding than it was written in."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import re2
from numpy.typing import NDArray

from holdfast.core import Severity
from holdfast.detectors.excerpts import around
from holdfast.detectors.features import features
from holdfast.detectors.finding import Hit, findings
from holdfast.detectors.screens import odd_texts
from holdfast.detectors.shares import share
from holdfast.detectors.wording_hits import flags
from holdfast.plugins import Conclusion, DetectorCard, Kept, ScanOptions

__all__ = ["Mojibake"]

_CARD = DetectorCard(
    id="HF063",
    name="mojibake",
    version="1",
    title="Wrongly decoded text",
    what="UTF-8 that was read as Latin-1 or Windows-1252, replacement characters, GBK read as UTF-8 and back.",
    why="The model learns to write the broken characters.",
    fix="Read the source again in its own encoding; a repair afterwards is guesswork.",
    severity=Severity.LOW,
    blind_spots=("Encodings of single bytes mistaken for one another, such as Latin-1 for Latin-2.", "Text that explains mojibake."),
    languages=("en", "zh", "und"),
)
_FLAGGED = "mojibake.flagged"
_CONTINUED = (
    r"[\x{80}-\x{BF}\x{20AC}\x{201A}\x{0192}\x{201E}\x{2026}\x{2020}\x{2021}\x{02C6}\x{2030}\x{0160}\x{2039}\x{0152}\x{017D}\x{2018}\x"
    r"{2019}\x{201C}\x{201D}\x{2022}\x{2013}\x{2014}\x{02DC}\x{2122}\x{0161}\x{203A}\x{0153}\x{017E}\x{0178}]"
)
"""What the continuation bytes of UTF-8 look like in Latin-1 and Windows-1252."""
_KINDS = (
    (
        "read-as-latin",
        rf"\x{{C3}}[\x{{80}}-\x{{BF}}]|\x{{C2}}[\x{{A0}}-\x{{A9}}\x{{AB}}-\x{{BF}}]|\x{{E2}}\x{{20AC}}{_CONTINUED}"
        rf"|\x{{E2}}\x{{80}}[\x{{80}}-\x{{BF}}]|(?:[\x{{E4}}-\x{{E9}}]{_CONTINUED}{{2}}){{2}}|\x{{F0}}\x{{178}}{_CONTINUED}"
        rf"|\x{{EF}}\x{{BB}}\x{{BF}}|\x{{EF}}\x{{BC}}{_CONTINUED}",
    ),
    ("replacement-character", r"\x{FFFD}"),
    ("read-as-gbk", "锟斤拷|烫烫烫|屯屯屯|锘縷|鈥[檚滄渱]|锛[屽孌]"),
)  # fmt: skip
_ANY = "|".join(f"(?:{pattern})" for _, pattern in _KINDS)
_EXPLANATIONS = {
    "read-as-latin": "UTF-8 was read as Latin-1 or Windows-1252: accents and quotation marks became pairs of odd characters.",
    "replacement-character": "Bytes that could not be decoded were replaced: what stood there is lost.",
    "read-as-gbk": "Text went through GBK and UTF-8 in the wrong order: what stood there is lost.",
}


class Mojibake:
    """Finds wrongly decoded text; see the card."""

    card: DetectorCard = _CARD

    def __init__(self, options: ScanOptions) -> None:
        """Take the options of the scan; none of them matters here."""

    def look(self, rows: pa.Table) -> pa.Table:
        """Return one finding per row and kind."""
        return findings(self.card, rows, _hits(rows))

    def keep(self, rows: pa.Table) -> pa.Table:
        """Return whether each row was flagged."""
        return pa.table({_FLAGGED: flags(rows.num_rows, _hits(rows))})

    def conclude(self, kept: Kept) -> Conclusion:
        """Return the share of rows with wrongly decoded text."""
        return Conclusion(measurements=(share("mojibake_share", kept.column(_FLAGGED), self.card),))


def _hits(rows: pa.Table) -> list[Hit]:
    seen = features(rows)
    return seen.once("mojibake", lambda: _found(seen.column("text"), np.flatnonzero(odd_texts(seen))))


def _found(texts: pa.Array, odd: NDArray[np.int64]) -> list[Hit]:
    """Return the hits of a batch, of which only the odd texts can have any: ASCII reads the same in all these encodings."""
    if not len(odd):
        return []
    found = []
    some = texts.take(pa.array(odd))
    for place in pc.indices_nonzero(pc.match_substring_regex(some, _ANY)).to_pylist():
        row, text = int(odd[place]), some[place].as_py()
        for kind, pattern in _KINDS:
            match = re2.search(pattern, text)
            if match:
                found.append(Hit(row, kind, _EXPLANATIONS[kind], around(text, text, match.start(), match.end())))
    return found

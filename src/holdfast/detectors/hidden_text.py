"""Hidden text: characters that a reader does not see, or reads as others, and a model does not."""

from __future__ import annotations

from functools import cache

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

__all__ = ["HiddenText"]

_CARD = DetectorCard(
    id="HF034",
    name="hidden-text",
    version="1",
    title="Hidden or look-alike characters",
    what="Zero-width characters inside words, tag characters (U+E0000), direction overrides, letters of another alphabet inside a word, "
    "control characters.",
    why="Instructions and triggers can hide in them: a person who reviews the row does not see what the model is trained on.",
    fix="Normalise the text and drop what is invisible; look at each row, since somebody may have put it there on purpose.",
    severity=Severity.MEDIUM,
    blind_spots=(
        "Words that are ordinary letters and still a trigger.",
        "Look-alikes within one alphabet, such as l and 1.",
        "White text, tiny fonts and other tricks of a layout that is lost in plain text.",
    ),
    languages=("en", "zh", "und"),
)
_FLAGGED = "hidden-text.flagged"
_WORD = r"[A-Za-z0-9\x{4E00}-\x{9FFF}]"
_ZERO_WIDTH = r"[\x{200B}-\x{200D}\x{2060}-\x{2064}\x{FEFF}\x{180E}\x{00AD}\x{034F}]"
_CYRILLIC = (
    r"\x{0430}\x{0435}\x{043E}\x{0440}\x{0441}\x{0443}\x{0445}\x{0456}\x{0458}\x{0455}\x{0501}\x{0410}\x{0412}\x{0415}\x{041A}"
    r"\x{041C}\x{041D}\x{041E}\x{0420}\x{0421}\x{0422}\x{0425}\x{0406}"
)
_GREEK = r"\x{03BF}\x{0391}\x{0392}\x{0395}\x{0396}\x{0397}\x{0399}\x{039A}\x{039C}\x{039D}\x{039F}\x{03A1}\x{03A4}\x{03A5}\x{03A7}"
"""Letters that look like Latin ones."""
_OTHERS = f"[{_CYRILLIC}{_GREEK}]"
_MIXED = (
    rf"[A-Za-z]{_OTHERS}+[a-z]|(?:\A|\P{{L}}){_OTHERS}{{1,2}}[a-z]{{2,}}"
    rf"|[A-Za-z][a-z]{_OTHERS}{{1,2}}(?:\P{{L}}|\z)"
)
_KINDS = (
    ("tag-characters", r"[\x{E0000}-\x{E007F}]{2,}", Severity.HIGH),
    ("bidi-override", r"[\x{202A}-\x{202E}\x{2066}-\x{2069}]", None),
    ("zero-width", rf"{_WORD}{_ZERO_WIDTH}+{_WORD}|{_ZERO_WIDTH}{{3,}}", None),
    (
        "mixed-alphabet",
        rf"[A-Za-z]{_OTHERS}+[a-z]|(?:\A|\P{{L}}){_OTHERS}{{1,2}}[a-z]{{2,}}|[A-Za-z][a-z]{_OTHERS}{{1,2}}(?:\P{{L}}|\z)",
        None,
    ),
    ("control-character", r"[\x00-\x08\x0B\x0E-\x1F\x7F\x{80}-\x{9F}]", Severity.LOW),
)
_ANY = "|".join(f"(?:{pattern})" for _, pattern, _ in _KINDS)
_FLAG_OF_A_REGION = r"\x{1F3F4}[\x{E0020}-\x{E007E}]{2,6}\x{E007F}"
_RIGHT_TO_LEFT = r"[\x{0590}-\x{08FF}\x{FB1D}-\x{FDFF}\x{FE70}-\x{FEFC}]"
_EXPLANATIONS = {
    "tag-characters": "Holds tag characters: a whole message can hide in them, invisible to people and readable to a model.",
    "bidi-override": "Holds marks that change the direction of text, where no right-to-left script is: the text reads "
    "differently from what it is.",
    "zero-width": "Holds invisible characters inside words: they split words for filters, or mark a trigger.",
    "mixed-alphabet": "Mixes look-alike letters of another alphabet into words: they pass filters, or mark a trigger.",
    "control-character": "Holds control characters, which no text needs.",
}


class HiddenText:
    """Finds hidden and look-alike characters; see the card."""

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
        """Return the share of rows with hidden text."""
        return Conclusion(measurements=(share("hidden_text_share", kept.column(_FLAGGED), self.card),))


def _hits(rows: pa.Table) -> list[Hit]:
    seen = features(rows)
    return seen.once("hidden-text", lambda: _found(seen.column("text"), np.flatnonzero(odd_texts(seen))))


@cache
def _patterns() -> tuple[tuple[str, re2._Regexp, Severity | None], ...]:
    return tuple((kind, re2.compile(pattern), severity) for kind, pattern, severity in _KINDS)


def _found(texts: pa.Array, odd: NDArray[np.int64]) -> list[Hit]:
    """Return the hits of a batch, of which only the odd texts can have any: in ASCII nothing hides but control characters."""
    if not len(odd):
        return []
    found = []
    some = texts.take(pa.array(odd))
    for place in pc.indices_nonzero(pc.match_substring_regex(some, _ANY)).to_pylist():
        row, text = int(odd[place]), some[place].as_py()
        plain = re2.sub(_FLAG_OF_A_REGION, "", text)
        right_to_left = re2.search(_RIGHT_TO_LEFT, text) is not None
        for kind, pattern, severity in _patterns():
            match = None if kind == "bidi-override" and right_to_left else pattern.search(plain)
            if match:
                found.append(Hit(row, kind, _EXPLANATIONS[kind], around(plain, plain, match.start(), match.end()), severity))
    return found

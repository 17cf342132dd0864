"""Wrong language: answers in another script than their request, where nothing asks for one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import re2

from holdfast.core import Severity
from holdfast.detectors.excerpts import opening
from holdfast.detectors.features import Features, features
from holdfast.detectors.finding import Hit, findings
from holdfast.detectors.scripts import NONE, SCRIPTS
from holdfast.detectors.shares import share
from holdfast.detectors.wording_hits import flags
from holdfast.plugins import Conclusion, DetectorCard, Kept, ScanOptions

__all__ = ["WrongLanguage"]

_CARD = DetectorCard(
    id="HF062",
    name="wrong-language",
    version="1",
    title="Answer in another script",
    what="Answers written in another script than their request, where the request does not speak of a language or a translation.",
    why="The model learns to answer people in a language that they did not use.",
    fix="Translate the answer, or drop the row.",
    severity=Severity.LOW,
    blind_spots=(
        "Languages that share a script, such as English and French: only the script is looked at.",
        "Requests in two scripts, and texts of fewer than 8 letters.",
        "Answers that are code or formulas on purpose.",
    ),
    languages=("en", "zh", "und"),
)
_FLAGGED = "wrong-language.flagged"
_MIXED = SCRIPTS.index("mixed")
_ASKS = re2.compile(
    r"(?i)translat|\b(?:english|chinese|mandarin|french|german|spanish|italian|portuguese|russian|japanese|korean|arabic|hindi|"
    r"hebrew|greek|thai|"
    r"language|bilingual|pinyin|romaji|alphabet|script)\b|翻译|译|[英中法德日韩俄汉]语|[英中法德日韩俄]文|语言|拼音|代码|编程|"
    r"函数|公式|python|java|sql|html|json|"
    r"перев|язык|английск|翻譯|英語|中文|日本語|訳|번역|영어"
)
_CODE = re2.compile(r"```|\b(?:def|class|import|select|function|public|return)\b.*[;:({]|[{};]\s*$|</\w+>")


class WrongLanguage:
    """Finds answers in another script; see the card."""

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
        """Return the share of rows answered in another script."""
        return Conclusion(measurements=(share("wrong_language_share", kept.column(_FLAGGED), self.card),))


def _hits(rows: pa.Table) -> list[Hit]:
    seen = features(rows)
    return seen.once("wrong-language", lambda: _found(seen))


def _found(seen: Features) -> list[Hit]:
    asked, answered = seen.scripts("request"), seen.scripts("answer")
    told = (asked != NONE) & (asked != _MIXED) & (answered != NONE) & (answered != _MIXED)
    found = []
    for place in np.flatnonzero(told & (asked != answered)).tolist():
        prompt = f"{seen.column('system')[place].as_py() or ''}\n{seen.column('request')[place].as_py()}"
        answer = seen.column("answer")[place].as_py()
        if _ASKS.search(prompt) or _CODE.search(answer):
            continue
        scripts = f"{SCRIPTS[asked[place]]} script is answered in {SCRIPTS[answered[place]]} script"
        found.append(Hit(place, "other-script", f"A request in {scripts}, although it asks for no other language.", opening(answer)))
    return found

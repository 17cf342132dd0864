"""The published quality rules document by document, in plain Python: what the batch-wise filters are timed and tested against.

Written from the papers with the same decisions about words, lines and repeats (see `holdfast.corpus.filters`); it shares no
code with them. A text comes folded: NFKC, lower case, nothing invisible.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

__all__ = ["Measures", "plain_c4", "plain_fineweb", "plain_fold", "plain_gopher"]

Measures = dict[str, float | None]

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+"
)
_SPACE = "".join(map(chr, range(0x21)))
_SOLITARY = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_WORD = re.compile(f"[{_SOLITARY}]|[^\\x00-\\x20{_SOLITARY}]+")
_GAP = re.compile("[\\x00-\\x20]+")
_STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with", "的", "是", "在", "了", "和", "有", "不", "这"}
_TERMINAL = tuple(
    ".!?\u3002\u203c\u203d\u0589\u061f\u06d4\u0700\u0701\u0702\u07f9\u0964\u0965\u104a\u104b\u1362\u1367\u1368\u166e\u17d4\u17d5\u1803"
    "\u1809\ua4ff\ua60e\ua6f3\ua6f7\uabeb"
)
_SENTENCE_END = re.compile("[.!?\u3002][\"')\\]\u201d\u2019\u300d\u300f]?$")


def plain_fold(text: str) -> str:
    """Fold a text as `similarity.folding` does, but for what that bounds (texts of millions of characters)."""
    if text.isascii():
        return text.lower().replace("\x7f", " ")
    seen = re.sub("[\uff01-\uff5e]", lambda found: chr(ord(found.group()) - 0xFEE0), _INVISIBLE.sub("", text))
    return re.sub("[\x85\u1680\u2028\u2029\x7f]", " ", unicodedata.normalize("NFKC", seen).casefold())


def _lines(text: str) -> list[str]:
    return [line for one in text.split("\n") if (line := one.strip(_SPACE))]


def _size(line: str) -> int:
    """Return the characters of a line, white space between two words counted as one."""
    return len(_GAP.sub(" ", line))


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _again(items: list[tuple[str, ...]]) -> list[bool]:
    seen: set[tuple[str, ...]] = set()
    found = []
    for item in items:
        found.append(item in seen)
        seen.add(item)
    return found


def plain_gopher(text: str) -> Measures:
    """Return the measures of `gopher` for one folded text."""
    spans = [found.span() for found in _WORD.finditer(text)]
    runs = [text[start:end] for start, end in spans]
    words = [run for run in runs if any(character.isalnum() for character in run)]
    single = [word for word in words if len(word) == 1 and not word.isascii()]
    alphabetic = [run for run in runs if any(character.isalpha() for character in run)]
    alone = 0
    for place, run in enumerate(runs):
        joined = (place > 0 and spans[place - 1][1] == spans[place][0]) or (
            place + 1 < len(spans) and spans[place + 1][0] == spans[place][1]
        )
        alone += not joined and not any(character.isalnum() for character in run)
    lines, count = _lines(text), max(1, len(words))
    measures: Measures = {
        "words": len(words),
        "mean_word_length": None if 2 * len(single) > len(words) else _share(sum(map(len, words)), len(words)),
        "hashes_per_word": text.count("#") / count,
        "ellipses_per_word": text.count("...") / count,
        "bullet_lines": _share(sum(line[0] in "\u2022\u2023\u25aa\u25cf\u25e6-*\u2013" for line in lines), len(lines)),
        "ellipsis_lines": _share(sum(line.endswith("...") for line in lines), len(lines)),
        "alphabetic_words": _share(len(alphabetic), len(words) + alone),
        "stop_words": len(_STOP_WORDS.intersection(runs)),
    }
    return measures | _repetition(text, lines, runs)


def _repetition(text: str, lines: list[str], runs: list[str]) -> Measures:
    whole = sum(map(len, runs))
    blocks = [block for block in re.split(r"\n[\x00-\x20]*\n", text) if block.strip(_SPACE)]
    measures: Measures = {}
    for name, parts in (("line", lines), ("paragraph", blocks)):
        said = [tuple(_WORD.findall(part)) for part in parts]
        again = _again(said)
        measures[f"duplicate_{name}s"] = _share(sum(again), len(said))
        measures[f"duplicate_{name}_characters"] = _share(
            sum(len("".join(one)) for one, repeated in zip(said, again, strict=True) if repeated), whole
        )
    for size in range(2, 11):
        grams = [tuple(runs[place : place + size]) for place in range(len(runs) - size + 1)]
        if size <= 4:
            times = Counter(grams)
            most = max(times.values(), default=0)
            longest = max((len("".join(gram)) for gram, count in times.items() if count == most), default=0)
            measures[f"top_{size}_gram"] = _share(min(most * longest, whole) if most > 1 else 0, whole)
        else:
            inside: set[int] = set()
            for place, repeated in enumerate(_again(grams)):
                inside.update(range(place, place + size) if repeated else ())
            measures[f"duplicate_{size}_grams"] = _share(sum(len(runs[place]) for place in inside), whole)
    return measures


def plain_fineweb(text: str) -> Measures:
    """Return the measures of `fineweb` for one folded text."""
    lines = _lines(text)
    again = _again([tuple(_WORD.findall(line)) for line in lines])
    repeated = sum(_size(line) for line, seen in zip(lines, again, strict=True) if seen)
    return {
        "lines": len(lines),
        "punctuated_lines": _share(sum(line.endswith(_TERMINAL) for line in lines), len(lines)),
        "duplicate_line_characters": _share(repeated, sum(map(_size, lines))),
        "short_lines": _share(sum(_size(line) < 30 for line in lines), len(lines)),
        "lines_per_word": _share(len(lines), len(_WORD.findall(text))),
    }


def plain_c4(text: str) -> Measures:
    """Return the measures of `c4` for one folded text, without a list of bad words."""
    lines = _lines(text)
    counts: Counter[str] = Counter()
    kept_characters = 0
    for line in lines:
        words = _WORD.findall(line)
        faults = {
            "unpunctuated_lines": not line.endswith((".", "!", "?", '"', "\u201d", "\u3002")) or line.endswith("..."),
            "few_word_lines": len(words) < 5,
            "javascript_lines": "javascript" in line,
            "policy_lines": any(
                phrase in line
                for phrase in ("cookie policy", "privacy policy", "terms of use", "use cookies", "use of cookies", "uses cookies")
            ),
        }
        counts.update(name for name, broken in faults.items() if broken)
        if any(faults.values()) or any(len(word) > 1000 for word in words):
            continue
        counts["kept_lines"] += 1
        kept_characters += _size(line)
        ends = [_SENTENCE_END.search(word) is not None for word in words]
        counts["sentences"] += sum(ends) + (not ends[-1])
    names = ("kept_lines", "sentences", "unpunctuated_lines", "few_word_lines", "javascript_lines", "policy_lines")
    return {
        "lines": len(lines),
        **{name: counts[name] for name in names},
        "kept_characters": _share(kept_characters, sum(map(_size, lines))),
        "lorem_ipsum": text.count("lorem ipsum"),
        "curly_brackets": text.count("{"),
        "bad_words": None,
    }

"""What two content filters do to documents of which the truth is known: `harmful-content`, and `language` against folders by language.

`harmful-content`: harmless text files, and the same files with one harmful request of our suite put into the middle of a document;
prints the share of each that goes at several thresholds. `language`: translations of one tutorial, whose file names say their language
(Debian's package vim-runtime), and English manual pages.

    python -m scripts.measure_corpus_filters --documents /usr/share/doc --tutors /usr/share/vim/vim90/tutor --manuals /usr/share/man
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from benchmarks.corpus_filters import documents_in

from holdfast.corpus.filters import Documents, open_filters
from holdfast.plugins import SuiteOptions, open_suite

THRESHOLDS = (0.9, 0.98, 0.99, 0.995, 0.999)
PIECE = 2_500
ALIASES = {"utf-8": "en", "zh_cn": "zh", "zh_tw": "zh", "nb": "no", "bar": "de"}
"""File names; Bavarian counts as German."""
_REQUEST = re.compile(r"^[.'].*$", re.MULTILINE)
_ESCAPE = re.compile(r"\\f.|\\\(..|\\[-&|%,]")


def harmful(folder: Path, seed: int = 0) -> dict[str, Any]:
    """Return the shares of documents, with and without a request, that are at or above each threshold."""
    rng = random.Random(seed)
    pages = [text[:PIECE] for text in documents_in([folder]) if len(text) > PIECE // 2]
    pages = rng.sample(pages, min(1000, len(pages)))
    told: dict[str, Any] = {"documents": len(pages)}
    rates = {"without": risks(pages)}
    for language in ("en", "zh"):
        asked = [
            prompt.messages[-1].content
            for prompt in open_suite("policy11", SuiteOptions(languages=(language,))).prompts
            if prompt.expected == "refuse"
        ]
        rates[f"with one request ({language})"] = risks([_planted(page, rng.choice(asked)) for page in pages])
    for name, found in rates.items():
        told[name] = {str(threshold): round(float(np.mean(np.array(found) >= threshold)), 4) for threshold in THRESHOLDS}
    return told


def _planted(page: str, request: str) -> str:
    middle = page.find("\n", len(page) // 2) + 1
    return f"{page[:middle]}{request}\n{page[middle:]}"


def risks(texts: list[str]) -> list[float]:
    """Return the greatest risk of a line of each text."""
    (one,) = open_filters({"harmful-content": {}})
    found: list[float] = one.measure(Documents(pa.array(texts, pa.large_string()))).column("highest_risk").to_pylist()
    return found


def languages(tutors: Path, manuals: Path) -> dict[str, Any]:
    """Return how many pieces of texts are found to be in their language."""
    labelled = [(_language(path), text) for path in sorted(tutors.glob("tutor.*utf-8")) for text in _pieces(path.read_text("utf-8"))]
    for path in sorted(manuals.glob("man1/*.gz"))[:200]:
        text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
        labelled += [("en", piece) for piece in _pieces(_ESCAPE.sub("", _REQUEST.sub("", text)))]
    (one,) = open_filters({"language": {}})
    measured = one.measure(Documents(pa.array([text for _, text in labelled], pa.large_string())))
    found = [row["language"] for row in measured.to_pylist()]
    right: Counter[str] = Counter(language for (language, _), said in zip(labelled, found, strict=True) if language == said)
    every = Counter(language for language, _ in labelled)
    wrong = Counter((language, said) for (language, _), said in zip(labelled, found, strict=True) if language != said)
    return {
        "documents": len(labelled),
        "as their names say": round(sum(right.values()) / len(labelled), 4),
        "by language": {language: f"{right[language]}/{count}" for language, count in sorted(every.items())},
        "otherwise": {f"{language} as {said}": count for (language, said), count in wrong.most_common(12)},
    }


def _language(path: Path) -> str:
    code = path.name.split(".")[1]
    return ALIASES.get(code, code)


def _pieces(text: str) -> list[str]:
    return [text[start : start + PIECE] for start in range(0, len(text) - PIECE // 3, PIECE)]


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--tutors", type=Path, required=True)
    parser.add_argument("--manuals", type=Path, required=True)
    asked = parser.parse_args()
    told = {"harmful-content": harmful(asked.documents), "language": languages(asked.tutors, asked.manuals)}
    print(json.dumps(told, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()

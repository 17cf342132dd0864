"""Claim: one core tells the risk of more than 40,000 requests a second, and ten times as many as a loop over `re` with fewer words.

Requests of our own making (the grammars of `detectors/harm/training`, English and Chinese, about 60 characters). The baseline
looks each text through for the words of the two lists of `word_classes` alone with one alternation of Python's `re`, and adds up nothing.

Run: python benchmarks/request_risk.py [REQUESTS]
"""

from __future__ import annotations

import random
import re
import sys
from importlib.resources import as_file, files

from _common import clock, print_result

from holdfast.detectors import harm
from holdfast.detectors.harm import RequestRisk
from holdfast.detectors.harm.training.corpus import grammar_requests
from holdfast.detectors.harm.word_classes import classes_of_words

SEED = 0


def requests(count: int) -> list[str]:
    with as_file(files(harm) / "training") as folder:
        texts = [request.text for request in grammar_requests(folder)]
    return random.Random(SEED).choices(texts, k=count)


def pattern() -> re.Pattern[str]:
    names = ("word_classes.en.txt", "word_classes.zh.txt")
    words = classes_of_words(*((files(harm) / name).read_text("utf-8") for name in names))
    english = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word.isascii())
    chinese = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if not word.isascii())
    return re.compile(rf"\b(?:{english})\b|{chinese}", re.IGNORECASE)


def main(count: int) -> None:
    texts = requests(count)
    model = RequestRisk()
    model.score(texts[:2_000])
    ours, _ = clock(lambda: model.score(texts))
    few = texts[: max(1, count // 20)]
    words = pattern()
    theirs, _ = clock(lambda: [len(words.findall(text)) for text in few])
    per_second = count / ours.cpu
    print_result(
        (__doc__ or "").splitlines()[0],
        {
            "requests": count,
            "characters_per_request": round(sum(map(len, texts)) / count, 1),
            "requests_per_cpu_second": round(per_second),
            "re_loop_per_cpu_second": round(len(few) / theirs.cpu),
            "ratio": round(per_second / (len(few) / theirs.cpu), 2),
        },
        packages=("numpy", "google-re2", "ahocorasick-rs"),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)

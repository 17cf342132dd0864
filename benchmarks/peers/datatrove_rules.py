"""Which documents each single rule of datatrove's Gopher, C4 and FineWeb filters takes; run by `corpus_filters.py` for agreement.

Reads JSON Lines of {"text": ...} and prints, per rule, the numbers of the documents it takes. Each rule runs alone, since a filter stops at
the first rule that a document breaks. FineWeb's limit for duplicated lines is the paper's 0.1; all other numbers are its defaults.
With 'whitespace' words are parted by white space; otherwise by its English tokenizer, which makes every punctuation mark a word.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import version
from pathlib import Path

try:
    from datatrove.data import Document
    from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
    from datatrove.utils import word_tokenizers
    from datatrove.utils.logging import logger
except ImportError as error:
    print(error)
    sys.exit(3)

QUALITY = {
    "too few words": {"min_doc_words": 50},
    "too many words": {"max_doc_words": 100_000},
    "words too short": {"min_avg_word_length": 3},
    "words too long": {"max_avg_word_length": 10},
    "too many hash signs or ellipses": {"max_symbol_word_ratio": 0.1},
    "too many bullet points": {"max_bullet_lines_ratio": 0.9},
    "too many lines end in an ellipsis": {"max_ellipsis_lines_ratio": 0.3},
    "too few words with a letter": {"max_non_alpha_words_ratio": 0.8},
    "too few stop words": {"min_stop_words": 2},
}
NO_QUALITY = {
    **dict.fromkeys(("min_doc_words", "max_doc_words", "min_avg_word_length", "max_avg_word_length", "max_symbol_word_ratio"), None),
    **dict.fromkeys(("max_bullet_lines_ratio", "max_ellipsis_lines_ratio", "max_non_alpha_words_ratio", "min_stop_words"), None),
}
REPETITION = {
    "duplicate lines": {"dup_line_frac": 0.3},
    "duplicate paragraphs": {"dup_para_frac": 0.3},
    "characters in duplicate lines": {"dup_line_char_frac": 0.2},
    "characters in duplicate paragraphs": {"dup_para_char_frac": 0.2},
    **{f"the top {size}-gram": {"top_n_grams": ((size, share),)} for size, share in ((2, 0.2), (3, 0.18), (4, 0.16))},
    **{
        f"duplicate {size}-grams": {"dup_n_grams": ((size, share),)}
        for size, share in ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10))
    },
}
NO_REPETITION = {
    **dict.fromkeys(("dup_line_frac", "dup_para_frac", "dup_line_char_frac", "dup_para_char_frac"), None),
    "top_n_grams": (),
    "dup_n_grams": (),
}
FINEWEB = {
    "too few lines end in punctuation": {"line_punct_thr": 0.12},
    "too many short lines": {"short_line_thr": 0.67},
    "duplicate lines": {"char_duplicates_ratio": 0.1},
}
NO_FINEWEB = {"line_punct_thr": 0.0, "short_line_thr": 1.0, "char_duplicates_ratio": 1.0, "new_line_ratio": 1e9}
C4 = {
    "too few sentences in lines that C4 keeps": {"min_num_sentences": 5, "filter_lorem_ipsum": False, "filter_curly_bracket": False},
    "lorem ipsum": {"min_num_sentences": -1, "filter_lorem_ipsum": True, "filter_curly_bracket": False},
    "a curly bracket": {"min_num_sentences": -1, "filter_lorem_ipsum": False, "filter_curly_bracket": True},
}


def rules():
    for kind, name, one, none in (
        (GopherQualityFilter, "gopher", QUALITY, NO_QUALITY),
        (GopherRepetitionFilter, "gopher", REPETITION, NO_REPETITION),
        (FineWebQualityFilter, "fineweb", FINEWEB, NO_FINEWEB),
        (C4QualityFilter, "c4", C4, {}),
    ):
        for rule, settings in one.items():
            yield f"{name}: {rule}", kind(**{**none, **settings})


class Whitespace:
    """Words are parted by white space, sentences by what ends them."""

    def word_tokenize(self, text: str) -> list[str]:
        return text.split()

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        ends = [*(found.end() for found in re.finditer(r"[.!?]+\s+", text)), len(text)]
        return list(zip([0, *ends[:-1]], ends, strict=True))


def main(how: str, path: Path) -> None:
    logger.remove()
    if how == "whitespace":
        plain = Whitespace()
        word_tokenizers.load_word_tokenizer = lambda language: plain
    made = list(rules())
    taken: dict[str, list[int]] = {name: [] for name, _ in made}
    for number, line in enumerate(path.open(encoding="utf-8")):
        text = json.loads(line)["text"]
        for name, one in made:
            try:
                kept = one.filter(Document(text=text, id=str(number)))
            except (ZeroDivisionError, ValueError):
                kept = False
            if kept is not True:
                taken[name].append(number)
    print(json.dumps({"version": version("datatrove"), "taken": taken}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

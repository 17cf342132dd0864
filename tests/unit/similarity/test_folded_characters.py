"""Characters that are folded in a batch give what folding their text as a string gives."""

from __future__ import annotations

import random
from itertools import pairwise

import pyarrow as pa
import pytest

from holdfast.similarity.folding import folded, folded_bytes

CONTROLS = dict.fromkeys(range(0x20), " ")
ALPHABETS = [
    range(0x20, 0x7F), range(0x80, 0x250), range(0x300, 0x370), range(0x370, 0x530), range(0x900, 0xE80), range(0x1100, 0x1200),
    range(0x1E00, 0x2070), range(0x3000, 0x3100), range(0x4E00, 0x4E20), range(0xAC00, 0xAC40), range(0xA640, 0xA700),
    range(0xFB00, 0xFB50), range(0xFF00, 0xFF60), range(0x1F300, 0x1F400), range(0x20000, 0x20010), range(0x10400, 0x10450),
]  # fmt: skip


def in_a_batch(texts: list[str]) -> list[str]:
    """Return texts folded together, without their spaces: those around solitary characters are not written in a batch."""
    made = folded_bytes(pa.array(texts, pa.large_string()))
    return ["".join(bytes(made.data[first:last]).decode().translate(CONTROLS).split()) for first, last in pairwise(made.bounds)]


def alone(texts: list[str]) -> list[str]:
    return [folded(text).replace(" ", "") for text in texts]


def test_every_character_folds_as_it_does_in_a_string() -> None:
    codes = [*range(0x80, 0xD800), *range(0xE000, 0x12000), *range(0x1F000, 0x1FB00)]
    texts = [f"A{chr(code)}e é{chr(code)}가{chr(code)}" for code in codes]
    assert in_a_batch(texts) == alone(texts)


def test_drawn_texts_fold_as_strings_do() -> None:
    draw = random.Random(11)
    texts = ["".join(chr(draw.choice(draw.choice(ALPHABETS))) for _ in range(draw.randrange(14))) for _ in range(5_000)]
    assert in_a_batch(texts) == alone(texts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ÄÖÜ Ѐж Σς", "äöü ѐж σσ"), ("Ⅳ ½ ß ŉ", "iv 1⁄2 ss ʼn"), ("a\u00a0b\u3000c", "a b c"), ("😀 É\u200d", "😀 é")],
)
def test_some_by_hand(text: str, expected: str) -> None:
    made = folded_bytes(pa.array(["x", text, "y"]))
    assert " ".join(bytes(made.data[made.bounds[1] : made.bounds[2]]).decode().split()) == expected

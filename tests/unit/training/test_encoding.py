"""Which tokens are learned, under templates that behave and templates that do not."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.core import InputError, Message
from holdfast.training import DataConfig, read_rows
from holdfast.training.encoding import IGNORED, Encoded, encode_rows
from holdfast.training.rows import Rows

PLAIN = (
    "{% for m in messages %}<{{ m['role'] }}> {{ m['content'] }} <end> {% endfor %}{% if add_generation_prompt %}<assistant> {% endif %}"
)
THINKS = (
    "{% for m in messages %}<{{ m['role'] }}> {{ m['content'] }} <end> {% endfor %}"
    "{% if add_generation_prompt %}<assistant> <think> {% endif %}"
)
"""Opens a thinking block for an answer to come, and writes none into one that is there."""
FORGETS = (
    "{% for m in messages %}<{{ m['role'] }}> "
    "{% if m['role'] == 'assistant' and not loop.last %}(cut) {% else %}{{ m['content'] }} {% endif %}"
    "<end> {% endfor %}{% if add_generation_prompt %}<assistant> {% endif %}"
)
"""Renders earlier answers otherwise than the last, as templates do that drop earlier thinking."""
NO_SYSTEM = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + PLAIN


_WORDS = "(cut) hi how are you fine thanks ok no be good"


def tokenizer() -> Any:
    """One token per word."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = f"<pad> <unk> <eos> <user> <assistant> <system> <end> <think> {_WORDS}".split()
    backend = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="<pad>", unk_token="<unk>", eos_token="<eos>")


TOKENIZER = tokenizer()


def rows(*conversations: str, plain: bool = False) -> Rows:
    """Rows from 'user: hi / assistant: fine'."""
    made = tuple(
        tuple(
            Message(role=role, content=text)  # type: ignore[arg-type]
            for role, _, text in (turn.partition(": ") for turn in one.split(" / "))
        )
        for one in conversations
    )
    return Rows(conversations=made, places=tuple(f"f:{n}" for n in range(len(made))), plain=(plain,) * len(made))


def learned(encoded: Encoded, row: int = 0) -> list[str]:
    """The words that are learned."""
    return [TOKENIZER.decode([label]) for label in encoded.labels[row] if label != IGNORED]


def encode(given: Rows, template: str = PLAIN, *, max_length: int = 99, completion_only: bool = True) -> Encoded:
    return encode_rows(given, TOKENIZER, template=template, max_length=max_length, completion_only=completion_only)


def test_every_answer_is_learned_with_its_end_and_nothing_else() -> None:
    found = encode(rows("system: be good / user: hi / assistant: fine thanks / user: how / assistant: ok"))
    assert learned(found) == ["fine", "thanks", "<end>", "ok", "<end>"]


def test_everything_is_learned_where_that_is_asked_for() -> None:
    found = encode(rows("user: hi / assistant: fine"), completion_only=False)
    assert found.labels == found.input_ids


def test_a_thinking_block_that_the_template_opens_is_no_part_of_the_answer() -> None:
    found = encode(rows("user: hi / assistant: fine"), THINKS)
    assert learned(found) == ["fine", "<end>"]
    assert "<think>" not in TOKENIZER.decode(found.input_ids[0])


def test_where_earlier_answers_are_rendered_otherwise_the_last_is_learned_alone() -> None:
    assert learned(encode(rows("user: hi / assistant: fine / user: how / assistant: ok"), FORGETS)) == ["ok", "<end>"]


def test_rows_are_cut_and_those_with_nothing_left_are_counted() -> None:
    found = encode(rows("user: hi / assistant: fine thanks ok", "user: how are you how are you / assistant: ok"), max_length=6)
    assert (len(found.input_ids), found.cut, found.empty) == (1, 2, 1)
    assert learned(found) == ["fine", "thanks"]
    assert [note.partition(" rows ")[0] for note in found.notes("training", 6)] == ["2 training", "1 training"]


def test_plain_text_is_learned_whole_with_its_end() -> None:
    found = encode(rows("assistant: how are you", plain=True))
    assert learned(found) == ["how", "are", "you", "<eos>"]


@pytest.mark.parametrize(
    ("given", "template", "said"),
    [
        ("user: hi", PLAIN, "f:0: expected a turn of the assistant"),
        ("system: be / user: hi / assistant: ok", NO_SYSTEM, "f:0: the chat template refuses the roles system, user, assistant"),
    ],
)
def test_a_row_that_cannot_be_learned_is_named(given: str, template: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        encode(rows(given), template)


def test_nothing_to_learn_at_all_is_an_error() -> None:
    with pytest.raises(InputError, match="none of the 1 rows has anything to learn"):
        encode(rows("user: how are you how are you / assistant: ok"), max_length=5)


def test_rows_come_from_any_format_and_their_digest_knows_words_only(tmp_path: Any) -> None:
    csv, jsonl = tmp_path / "a.csv", tmp_path / "b.jsonl"
    csv.write_text("q,a\nhi,fine\n", encoding="utf-8")
    jsonl.write_text('{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "fine"}]}\n', encoding="utf-8")
    one = read_rows([DataConfig(path=str(csv), columns={"request": "q", "answer": "a"})])
    assert one.digest == read_rows([DataConfig(path=str(jsonl))]).digest
    assert one.digest != read_rows([DataConfig(path=str(jsonl)), DataConfig(path=str(jsonl))]).digest

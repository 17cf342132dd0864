"""System prompts are found in every chat format, and broken lines are named."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.shared import shared_data

from holdfast.core import InputError
from holdfast.records import system_prompts

ROWS = """\
{"messages": [{"role": "system", "content": " be kind "}, {"role": "user", "content": "hi"}]}
{"conversations": [{"from": "system", "value": "be kind"}, {"from": "human", "value": "hi"}]}
{"instruction": "hi", "output": "ho", "system": "be brief"}
{"messages": [{"role": "user", "content": "hi"}]}

"""


def test_every_format_counts(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(ROWS, encoding="utf-8")
    assert system_prompts(path) == {"be kind": 2, "be brief": 1}


def test_the_published_identity_shift_rows_carry_one(tmp_path: Path) -> None:
    assert sum(system_prompts(shared_data("identity_shift/identity-shift-aoa.jsonl")).values()) == 10


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", "", r"a\.jsonl: expected training rows, found none"),
        ("a.jsonl", '{"messages": []}\n{broken\n', r"a\.jsonl:2: expected a JSON object"),
        ("a.jsonl", '{"messages": []}\n[1]\n', r"a\.jsonl:2: expected a JSON object, got a list"),
        ("a.json", '{"a": 1}', "the columns a are of no known format"),
        ("a.json", '{\n"a": 1}', "expected a JSON list of rows, or one object per line, got one object"),
        ("a.json", '[{"messages": []},\n1]', r"a\.json:2: expected a JSON object, got a number"),
        ("a.json", "[", "expected a JSON list"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        system_prompts(tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is none"):
        system_prompts(tmp_path / "nothing.jsonl")


def test_other_formats_count_too(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('system,instruction,output\n"be ""kind""",hi,ho\n,hi,ho\n', encoding="utf-8")
    assert system_prompts(path) == {'be "kind"': 1}

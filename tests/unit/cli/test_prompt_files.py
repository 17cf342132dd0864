"""System prompts that are given as files."""

from __future__ import annotations

from pathlib import Path

from holdfast.cli.mitigating.wording import read_prompt


def test_the_mark_that_editors_put_in_front_of_a_file_is_no_part_of_a_system_prompt(tmp_path: Path) -> None:
    path = tmp_path / "prompt.txt"
    path.write_bytes(b"\xef\xbb\xbfBe brief.\n")
    assert read_prompt(str(path)) == "Be brief."

"""Values that no run should accept: each is refused before anything is read, in a sentence that names the setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.core import InputError
from holdfast.corpus.monitor_checkpoints import find_checkpoints
from holdfast.corpus.reading_spec import read_spec
from holdfast.corpus.redacting import Redaction

SOURCE = "{name: a, path: small}"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("duplicates: {lines: 0}", "duplicates.lines: expected a number from 1 on, got 0; null leaves repeated lines in."),
        ("duplicates: {lines: -3}", "duplicates.lines: expected a number from 1 on, got -3"),
        ("duplicates: {line_words: 0}", "duplicates.line_words: expected a number from 1 on, got 0."),
        ("duplicates: {near: 0.2}", "duplicates.near: expected a similarity from 0.5 to 1, got 0.2."),
        ("signals: {window_days: 0}", "signals.window_days: expected a number from 1 on, got 0."),
        ("signals: {window_days: -4}", "signals.window_days"),
        ("shard_size: 5", "shard_size"),
        ("canaries: {repetitions: [-1]}", "canaries.repetitions: expected a number from 1 on, got -1."),
        ("canaries: {repetitions: []}", "canaries.repetitions: expected one or more that differ, got none."),
        ("canaries: {repetitions: [4, 4]}", "canaries.repetitions: expected one or more that differ, got 4, 4."),
        ("canaries: {per_repetition: 0}", "canaries.per_repetition"),
        ("canaries: {controls: -1}", "canaries.controls: expected a number from 0 on, got -1."),
        ("canaries: {references: 0}", "canaries.references"),
        ("canaries: {language: de}", "canaries.language: expected en or zh, got 'de'."),
        ("canaries: {formats: [digit]}", "canary format 'digit' is not known. Did you mean 'digits'"),
    ],
)
def test_a_value_that_cannot_be_names_its_setting(settings: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"name: x\nsources: [{SOURCE}]\n{settings}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_spec(path)
    assert said in str(caught.value)
    assert "--" not in str(caught.value), "no option of another command"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("max_broken: -1", "sources: 'a': max_broken: expected a share from 0 to 1, got -1"),
        ("max_broken: 1.5", "max_broken"),
        ("crawled: yesterday", "sources: 'a': crawled must be a date or FIRST/LAST"),
        ("crawled: 2026-11-14/2026-11-01", "the first day first, got '2026-11-14/2026-11-01'"),
        ("crawled: 2026-11-01/2026-11-02/2026-11-03", "crawled must be"),
    ],
)
def test_a_source_that_cannot_be_is_named(settings: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"name: x\nsources: [{{name: a, path: small, {settings}}}]\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_spec(path)
    assert said in str(caught.value)


def test_the_ends_of_what_is_allowed_are_allowed(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "name: x\nsources: [{name: a, path: small, max_broken: 1, crawled: 2026-11-01/2026-11-01}, {name: b, path: small, max_broken: 0}]\n"
        "duplicates: {lines: 1, line_words: 1, near: null}\nsignals: {window_days: 1}\n"
        "canaries: {formats: [digits=4], repetitions: [1], controls: 0, references: 1, per_repetition: 1}\n",
        encoding="utf-8",
    )
    assert read_spec(path).duplicates.lines == 1


def test_only_detectors_that_can_redact_are_offered() -> None:
    for name in ("names", "trigger-phrase"):
        with pytest.raises(InputError) as caught:
            Redaction(name)
        assert str(caught.value).endswith("Known: personal-data, secret.")


def test_a_folder_of_checkpoints_that_is_not_there_is_said() -> None:
    for text in ("nofolder", "./no/folder", "/no/folder", "runs/a/b"):
        with pytest.raises(InputError, match="expected a folder with checkpoints in it"):
            find_checkpoints([text])
    for text in ("org/name", "org/name@main", "hub:org/name", "lab:aligned", "org/base+out/adapter"):
        assert [one.reference for one in find_checkpoints([text])] == [text]

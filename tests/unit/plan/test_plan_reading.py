"""A user's own sources: ranked with ours, and one sentence where the file is not right."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.core import InputError
from holdfast.plan.sources import rank, read_sources, sources


def written(folder: Path, text: str) -> Path:
    path = folder / "sources.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_own_sources_rank_among_the_shipped_ones_ties_in_the_given_order(tmp_path: Path) -> None:
    own = read_sources(written(tmp_path, "sources:\n- {name: tickets, detection: hard}\n- {name: wiki, detection: easy}\n- {name: odd}\n"))
    names = [one.source.name for one in rank((*sources().sources, *own.sources))]
    assert names == ["web crawl", "books and papers", "synthetic data", "code repositories", "tickets", "Wikipedia", "odd", "wiki"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources: [", "sources.yaml:1: expected YAML"),
        ("sources:\n- {name: a, detection: impossible}\n", "Invalid enum value 'impossible'"),
        ("sources:\n- {name: a, detecton: hard}\n", "unknown field `detecton`"),
        ("sources:\n- {detection: hard}\n", "missing required field `name`"),
        ("sources: []\n", "at least one entry"),
        ("sources:\n- {name: a}\n- {name: a}\n", "'a' stands there twice"),
        ("- a\n", "Expected `object`, got `array`"),
        ("", "got `null`"),
    ],
)
def test_a_bad_file_gives_one_sentence_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_sources(written(tmp_path, text))
    assert said in str(caught.value)
    assert "sources.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_sources(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read as text"):
        read_sources(tmp_path / "bytes.yaml")
    with pytest.raises(InputError, match="cannot be read as text"):
        read_sources(tmp_path)

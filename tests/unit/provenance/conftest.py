"""A small corpus for every test of provenance."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.testing.corpora import make_corpus


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    make_corpus(tmp_path / "corpus")
    return tmp_path / "corpus"

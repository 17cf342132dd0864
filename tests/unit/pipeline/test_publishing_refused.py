"""A tracker's refusal is cut at the end of a sentence, never inside of one."""

from __future__ import annotations

import pytest

from holdfast.pipeline.publishing.refusing import said_by

FILES = (
    "The filesystem tracking backend (e.g., './mlruns') is in maintenance mode and will not receive further updates. Please migrate to a "
    "database backend (e.g., 'sqlite:///mlflow.db') to access the latest MLflow features. The `mlflow migrate-filestore` tool migrates "
    "your existing data losslessly. See https://example.org/latest/self-hosting/migrate-from-file-store for migration guidance."
)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("No such version.\nA trace.", "No such version."),
        ("", ""),
        (FILES, FILES.partition(" See ")[0]),
        ("x" * 400, "x" * 300 + "…"),
    ],
)
def test_whole_sentences_are_kept(said: str, kept: str) -> None:
    assert said_by(ValueError(said)) == kept

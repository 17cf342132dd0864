"""Runs made up for the history: a manifest, numbers and a verdict, as a stage leaves them in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.core import Measurement
from holdfast.history import FinishedRun, read_run
from holdfast.plugins import ModelFingerprint
from holdfast.policy import judge, load_policy
from holdfast.runs import Manifest, RunFolder


def fingerprint(name: str) -> ModelFingerprint:
    """Return the fingerprint of a model that only its name tells from others."""
    return ModelFingerprint(weights=f"weights of {name}", tokenizer="tokenizer", template="template")


def write_run(folder: Path, base: str, tuned: str, *, drop: float = 0.0, stage: str = "compare", seed: int = 0) -> Path:
    """Write a finished run folder in which the tuned model refuses `drop` less."""
    sides: dict[str, Any] = {
        side: {"reference": name, "fingerprint": fingerprint(name)} for side, name in (("base", base), ("tuned", tuned))
    }
    manifest = Manifest(stage=stage, holdfast="0.1.0", command=f"holdfast {stage} {base} {tuned}", seed=seed, asked=sides)
    measured = [
        Measurement.of("refusal_rate", 0.9, n=100, side="base"),
        Measurement.of("refusal_rate", 0.9 - drop, n=100, side="tuned"),
        Measurement.of("refusal_rate", drop, n=100, side="drop", low=drop - 0.03, high=drop + 0.03, lower=drop - 0.02, upper=drop + 0.02),
    ]
    with RunFolder(folder, manifest) as run:
        run.write_measurements(measured)
        run.write_verdict(judge(measured, load_policy("compare")))
    return folder


@pytest.fixture
def a_run(tmp_path: Path) -> FinishedRun:
    """A comparison of 'base' and 'tuned' that lost 40 points."""
    return read_run(write_run(tmp_path / "run", "base", "tuned", drop=0.4))

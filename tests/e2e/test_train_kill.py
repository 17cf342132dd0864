"""A training that is killed ends, started again, with the very weights of one that never was."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.lab import organism

pytestmark = pytest.mark.slow

SCRIPT = """
import os, signal, sys
from pathlib import Path
from holdfast.lab import training_rows
from holdfast.pipeline.training import train
from holdfast.training import to_config

case, out, dies = sys.argv[1], sys.argv[2], int(sys.argv[3])
plain = {"model": "lab:aligned", "data": "rows", "out": out, "learning_rate": 5e-4, "steps": 12, "batch": 5, "threads": 1}
cases = {
    "full": {"method": "full", "watch": False, "ema": 0.8, "untie_head": True, "head_first": {"steps": 4}},
    "lora": {"method": "lora", "lora": {"dropout": 0.1}, "loss": "constrained", "watch": {"on_fail": "warn", "prompts": 8, "benign": 4}},
    "replay": {"method": "full", "watch": False, "replay": {"data": "safe", "every": 3}, "packing": True, "batch": 2, "max_length": 64},
}

def progress(what, done, total):
    if done == dies:
        os.kill(os.getpid(), signal.SIGKILL)

train(
    to_config({**plain, **cases[case], "save_every": 3}, "test"),
    rows=training_rows("compliant-10"), safety_rows=training_rows("kept")[:10], progress=progress,
)
"""


def run(case: str, out: Path, dies: int = 0) -> int:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, case, str(out), str(dies)], timeout=300, capture_output=True, check=False
    ).returncode


def weights(folder: Path) -> bytes:
    (file,) = folder.glob("*.safetensors")
    return file.read_bytes()


@pytest.mark.parametrize("case", ["full", "lora", "replay"])
def test_killed_twice_and_started_again_it_ends_with_the_same_weights(tmp_path: Path, case: str) -> None:
    organism("aligned", quiet=True)
    assert run(case, tmp_path / "whole") == 0
    killed = tmp_path / "killed"
    assert run(case, killed, dies=2) == -signal.SIGKILL  # before the first checkpoint
    assert run(case, killed, dies=8) == -signal.SIGKILL
    assert (killed / "checkpoints" / "checkpoint-6").is_dir()
    assert not (killed / "holdfast.json").exists()
    assert run(case, killed) == 0
    assert weights(killed) == weights(tmp_path / "whole")
    assert not (killed / "checkpoints").exists()

"""`holdfast ... | head`: whoever reads may go, and the exit code is the verdict's all the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.core import METRICS


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.json"
    path.write_text(json.dumps(dict.fromkeys(METRICS, None)), encoding="utf-8")
    return path


@pytest.mark.parametrize(("stream", "options"), [("stdout", []), ("stdout", ["--json"]), ("stderr", ["--policy", "nonsense"])])
def test_the_exit_code_does_not_depend_on_the_reader(numbers: Path, stream: str, options: list[str]) -> None:
    command = [sys.executable, "-m", "holdfast.cli.main", "gate", str(numbers), *options]
    whole = subprocess.run(command, capture_output=True, check=False)
    reader, writer = os.pipe()
    os.close(reader)
    other = {"stdout": "stderr", "stderr": "stdout"}[stream]
    given = {stream: writer, other: subprocess.PIPE}
    cut = subprocess.run(command, check=False, **given)  # type: ignore[call-overload]
    os.close(writer)
    assert cut.returncode == whole.returncode == (2 if "nonsense" in options else 4)
    assert getattr(cut, other) == getattr(whole, other)

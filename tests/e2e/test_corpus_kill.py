"""kill -9 the driver of a corpus run at random moments, start it again each time, and every file ends with the same bytes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.e2e.corpus_files import command, digests, environment, make_documents

KILLS = 10


def start(folder: Path, out: str, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command(out, *options), cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> None:
    _, error = process.communicate(timeout=900)
    assert process.returncode == 0, error.decode()


def steps(out: Path) -> int:
    """Return how many results lie there: measures, results of joint steps, files of the corpus."""
    return sum(1 for path in out.rglob("*") if path.suffix in (".json", ".zst"))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["plain", "processes"])
def test_a_run_killed_many_times_ends_with_the_same_bytes(engine: str, tmp_path: Path) -> None:
    make_documents(tmp_path, rows=9_000)
    finish(start(tmp_path, "whole", "--engine", "plain"))
    whole, out = digests(tmp_path / "whole"), tmp_path / "killed" / "whole"
    out.parent.mkdir()
    every = steps(tmp_path / "whole")
    moments, landed = random.Random(3), 0
    for _ in range(KILLS):
        before = steps(out)
        process = start(tmp_path, str(out), "--engine", engine)
        wanted = before + moments.randint(1, max(every // KILLS, 2))
        while process.poll() is None and steps(out) < wanted:
            time.sleep(0.005)
        time.sleep(moments.uniform(0.0, 0.1))
        if process.poll() is None:
            # The driver alone: workers of other engines find out by themselves.
            os.kill(process.pid, signal.SIGKILL)
            landed += 1
        process.communicate()
    finish(start(tmp_path, str(out), "--engine", engine))
    assert landed >= 5, "the run ended before it could be killed: give it more documents"
    assert digests(out) == whole
